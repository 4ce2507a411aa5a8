//! The console: one of the two faces of the engine.
//!
//! Data flows one way: a terminal event or a report of the engine becomes a [`message`], the
//! message changes the [`model`] in [`update`](mod@update), what is to be done comes back as
//! [`effect`]s, the [`executor`] has the engine do it, and the outcome is a message again.
//! The [`view`] only reads.

mod bytes;
mod display;
mod editor;
pub mod effect;
mod event_loop;
pub mod executor;
pub mod fit;
pub mod input;
pub mod keymap;
pub mod layout;
pub mod message;
pub mod modal;
pub mod model;
pub mod pane;
pub mod plain;
mod reports;
mod saving;
mod status_clock;
pub mod terminal;
pub mod text_field;
pub mod theme;
pub mod update;
pub mod view;

use crate::config::Paths;
use crate::domain::environment::Environment;
use crate::engine::Operator;
use crate::runtime::Runtime;

pub use event_loop::run;

/// What the console is started with.
#[derive(Debug, Clone)]
pub struct ConsoleOptions {
    /// Where the deck's files are.
    pub paths: Paths,
    /// The environment to begin with.
    pub environment: Environment,
    /// Who sits in front of it.
    pub operator: Operator,
    /// Whether it is read out line by line.
    pub plain: bool,
    /// The time and the chance of its deck.
    pub runtime: Runtime,
    /// In which times are shown.
    pub time_zone: jiff::tz::TimeZone,
}
