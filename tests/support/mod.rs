//! What several test files share. Each uses a part of it.
#![allow(dead_code, reason = "every test file is a crate of its own and uses a part of it")]

pub mod busy_day;
pub mod deck;
pub mod screen;
pub mod terminal;
pub mod wire;
