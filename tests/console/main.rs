//! The console without a terminal: keys in; effects, screens and the model out.

mod account;
mod codes;
mod conflicts;
mod from_numbers;
mod keys;
mod log;
mod mouse;
mod quota;
mod random_keys;
mod remapped_keys;
mod saving;
mod settings_form;
mod status;
#[path = "../support/mod.rs"]
mod support;

/// Columns and rows of the screen, unless a test wants others.
const SIZE: (u16, u16) = (80, 24);
