//! Everything that can happen to the console.

use std::path::PathBuf;

use crossterm::event::KeyEvent;

use super::effect::Work;
use crate::config::{Config, TokenStatus};
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::passcode::Verdict;
use crate::domain::secret::LookupKey;
use crate::engine::EnvironmentSave;
use crate::engine::{Preview, Status, Submission};
use crate::provider::{AccountReport, HandsetMessage, OfferedSender};
use crate::store::{Event, QuotaRow, Remedy};

/// One thing that happened: a key, a report of the engine, a moment that was waited for.
#[derive(Debug)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
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
    /// What a send would do. Answers the preview of the same ticket.
    Previewed {
        /// Which preview was asked for.
        ticket: u64,
        /// The answer, or why there is none.
        preview: Result<Box<Preview>, String>,
    },
    /// A request for a code came to its first result.
    Sent(Result<Submission, String>),
    /// A code was judged.
    Verified {
        /// Which try was judged.
        ticket: u64,
        /// The verdict, or why there is none.
        result: Result<Verdict, String>,
    },
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
    /// How the environments fare.
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
    /// The edited text is in force.
    EditTaken(Box<LoadedDeck>),
    /// What another rule would have meant.
    WhatIfReady {
        /// Which question it answers.
        ticket: u64,
        /// The sentences, or why there are none.
        news: Result<Vec<String>, String>,
    },
    /// How far work has come.
    Progress {
        /// The work.
        work: Work,
        /// Codes, rows or senders so far.
        count: usize,
    },
    /// What is older than is kept is forgotten.
    Pruned,
    /// Under what a user is found.
    KeysFound {
        /// Which question it answers.
        ticket: u64,
        /// The keys of the number and of the id that what was typed may be.
        keys: Vec<LookupKey>,
    },
    /// Everything that happened to one delivery.
    StoryLoaded {
        /// Which question it answers.
        ticket: u64,
        /// The events, oldest first, or why there are none.
        story: Result<Vec<Event>, String>,
    },
    /// What happened to a user's codes.
    UserLoaded {
        /// Which question it answers.
        ticket: u64,
        /// The events, oldest first, or why there are none.
        story: Result<Vec<Event>, String>,
    },
    /// A message was called back, or not.
    Canceled(Result<(), String>),
    /// An account has answered whether it accepts its credentials.
    AccountChecked {
        /// The environment whose account it is.
        environment: Environment,
        /// Its answer, or why it cannot be used.
        result: Result<AccountReport, String>,
    },
    /// An account has told what it can send from.
    SendersOffered {
        /// Which question it answers.
        ticket: u64,
        /// The senders, or why there are none.
        offered: Result<Vec<OfferedSender>, String>,
    },
    /// What a phone has received.
    Handset {
        /// Which look at the phone it was.
        ticket: u64,
        /// The messages, or why they cannot be read.
        received: Result<Vec<HandsetMessage>, String>,
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
    /// What went wrong, if anything did; also of settings that are saved.
    pub problem: Option<String>,
}

/// A config that was edited as a text.
#[derive(Debug, Clone)]
pub struct EditedText {
    /// The text that the edit began with.
    pub before: String,
    /// The text as edited.
    pub after: String,
    /// What the former says, or the last good version where that is out of order.
    pub old: Config,
    /// What the latter says.
    pub new: Config,
    /// Where the edited text is kept until it is taken.
    pub kept: PathBuf,
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
