//! Everything that can happen to the console.

use std::path::PathBuf;

use crossterm::event::KeyEvent;

use super::editor::EditedText;
use super::effect::Work;
use super::input::MouseInput;
use super::question::{Answer, Ticket};
use crate::config::{Config, TokenStatus};
use crate::domain::environment::PerEnvironment;
use crate::engine::{AccountQuery, AcknowledgeRequest, EnvironmentSave, Status, Submission};
use crate::provider::AccountReport;
use crate::store::{Event, QuotaRow, Remedy};

/// One thing that happened: a key, a report of the engine, a moment that was waited for.
#[derive(Debug)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// Something happened with the mouse.
    Mouse(MouseInput),
    /// Text was pasted.
    Paste(String),
    /// A paste broke off, and its rest is thrown away; or with `false`, that is over.
    PasteBroken(bool),
    /// The terminal has this size now.
    Resize(u16, u16),
    /// A moment has come that something on screen waits for.
    Tick,
    /// The terminal is ours again after Ctrl-Z.
    Resumed,
    /// The config was read, or built in.
    Loaded(Box<LoadedDeck>),
    /// The config cannot be read; nothing can be done until it can.
    LoadFailed(String),
    /// The engine is open.
    EngineReady,
    /// The engine cannot be opened; settings can still be edited, nothing can be sent.
    EngineFailed(String),
    /// The newest events, oldest first.
    Events(Vec<Event>),
    /// Who has used how many codes.
    Quota(PerEnvironment<Vec<QuotaRow>>),
    /// The config has changed and cannot be read; what was read before stays in force.
    ConfigUnusable(String),
    /// The store could not be read.
    StoreFailed(String),
    /// What a question brought, or why it brought nothing.
    Answered {
        /// The question.
        ticket: Ticket,
        /// The answer.
        answer: Result<Answer, String>,
    },
    /// A request for a code came to its first result.
    Sent(Result<Submission, String>),
    /// The settings of an environment were saved, or not.
    Saved {
        /// What was to be saved.
        save: Box<EnvironmentSave>,
        /// What became of it.
        outcome: SaveOutcome,
    },
    /// A user was helped, or not.
    Unlocked {
        /// The user.
        user: String,
        /// What was to be given.
        remedy: Remedy,
        /// Whether there was anything to give, or why nothing was given.
        result: Result<bool, String>,
    },
    /// A finding was acknowledged, or not.
    Acknowledged {
        /// What was asked for.
        request: Box<AcknowledgeRequest>,
        /// Whether there is such a finding, or why nothing was done.
        result: Result<bool, String>,
    },
    /// The health of the environments.
    Status(PerEnvironment<Option<Box<Status>>>),
    /// The config was edited as a text, and nothing came of it.
    NotEdited {
        /// Why.
        reason: String,
        /// Where the text is that was typed, if it is kept.
        kept: Option<PathBuf>,
    },
    /// The config was edited as a text, in which nothing is wrong.
    Edited(Box<EditedText>),
    /// The edited text has credentials that no account could be asked about.
    UncheckedText {
        /// The text.
        edited: Box<EditedText>,
        /// Why not.
        reason: String,
    },
    /// The edited text is in force.
    EditTaken(Box<LoadedDeck>),
    /// How far work has come.
    Progress {
        /// The work.
        work: Work,
        /// Codes, rows or senders so far.
        count: usize,
    },
    /// What is older than is kept is forgotten.
    Pruned,
    /// A message was called back, or not.
    Canceled(Result<(), String>),
    /// An account has accepted or rejected its credentials.
    AccountChecked {
        /// What it was asked about.
        query: Box<AccountQuery>,
        /// Its answer, or why it cannot be used.
        result: Result<AccountReport, String>,
    },
}

/// What became of a save.
#[derive(Debug, Default)]
pub struct SaveOutcome {
    /// Whether the settings are in the file.
    pub is_saved: bool,
    /// Whether the token is as wanted too.
    pub has_token: bool,
    /// The config as it is now with the token's state; `None` where it cannot be read.
    pub deck: Option<Box<LoadedDeck>>,
    /// Why nothing was saved, where no account could be asked about the credentials.
    pub unchecked: Option<String>,
    /// What went wrong, if anything did; also of settings that are saved.
    pub problem: Option<String>,
}

/// The config as read, with what the form shows of the tokens.
#[derive(Debug, Clone)]
pub struct LoadedDeck {
    /// The settings.
    pub config: Config,
    /// The tokens, without their values.
    pub tokens: PerEnvironment<TokenStatus>,
    /// Why this person may not save settings, if they may not.
    pub unwritable: Option<String>,
    /// Where the files will be, if no settings were ever saved.
    pub welcome: Option<Places>,
}

/// Where a deck's files are, as people write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The settings.
    pub config: String,
    /// The store.
    pub store: String,
}
