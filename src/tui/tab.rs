//! What belongs to one environment on the screen: its four panes, and what is known of its account.

use super::pane::form::Form;
use super::pane::log::Log;
use super::pane::numbers::Numbers;
use super::pane::quota::QuotaPane;
use crate::domain::environment::Environment;
use crate::domain::settings::Settings;
use crate::engine::Status;

/// What belongs to one environment.
#[derive(Debug)]
pub struct Tab {
    /// The settings form.
    pub form: Form,
    /// The table of From numbers.
    pub numbers: Numbers,
    /// Who has used how many codes.
    pub quota: QuotaPane,
    /// What happened to the codes.
    pub log: Log,
    /// Whether a save is under way.
    pub is_saving: bool,
    /// The health of the environment, once that is read.
    pub status: Option<Box<Status>>,
    /// The number last sent to, offered where a number is asked for next.
    pub last_number: String,
}

impl Default for Tab {
    fn default() -> Self {
        Self {
            form: Form::new(Settings::built_in(Environment::Production)),
            numbers: Numbers::default(),
            quota: QuotaPane::default(),
            log: Log::default(),
            is_saving: false,
            status: None,
            last_number: String::new(),
        }
    }
}
