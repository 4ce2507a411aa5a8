//! The console: one of the two faces of the engine.
//!
//! Data flows one way: a terminal event or a report of the engine becomes a [`message`], the
//! message changes the [`model`] in [`update`](mod@update), what is to be done comes back as
//! [`effect`]s, the [`executor`] has the engine do it, and the outcome is a message again.
//! The [`view`] only reads.

mod bytes;
mod console;
mod display;
mod editor;
pub mod effect;
mod event_loop;
pub mod executor;
pub mod fit;
pub mod flow;
mod hidden;
mod hint_bar;
pub mod input;
pub mod keyboard;
pub mod keymap;
pub mod layout;
pub mod lifecycle;
mod line;
pub mod mark;
pub mod message;
mod message_line;
pub mod modal;
pub mod model;
mod mouse;
pub mod pane;
pub mod plain;
pub mod question;
mod reports;
mod saving;
pub mod session;
mod signals;
mod status_clock;
pub mod tab;
mod tab_bar;
pub mod terminal;
pub mod text_field;
pub mod theme;
pub mod update;
pub mod view;
mod words;

pub use event_loop::{ConsoleOptions, run};
