//! What several test files share. Each uses a part of it.
#![allow(dead_code, reason = "every test file is a crate of its own and uses its own part")]

pub mod deck;
pub mod screen;
pub mod terminal;
pub mod wire;
