//! What `update` wants done: plain data, carried out by the executor.

use std::path::PathBuf;

use super::editor::EditedText;
use super::question::{Question, Ticket};
use crate::domain::from_numbers::FromNumbers;
use crate::engine::{
    AccountQuery, AcknowledgeRequest, Checking, CodeRequest, EnvironmentSave, UnlockRequest,
};
use crate::store::DeliveryId;

/// Work that takes long enough to tell how far it is, and that can be stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// What a pop-up has asked, by the ticket of its question.
    Asked(Ticket),
    /// Forgetting what is older than is kept.
    Pruning,
}

/// One thing to do outside of the model, by who does it.
#[derive(Debug, Clone)]
pub enum Effect {
    /// It is done on the terminal.
    Terminal(TerminalEffect),
    /// It takes the deck's files, and no store.
    Files(FileEffect),
    /// The engine does it.
    Engine(EngineEffect),
    /// Stop work that is under way; nothing comes of it any more.
    Stop(Work),
}

/// What is done on the terminal.
#[derive(Debug, Clone)]
pub enum TerminalEffect {
    /// Leave the console.
    Quit,
    /// Give the terminal back and stop, as Ctrl-Z does.
    Suspend,
    /// Redraw the whole screen.
    Repaint,
    /// Put a text into the clipboard.
    Copy(String),
    /// Have the config edited in `$EDITOR`, or what was typed there before and not taken.
    Edit(Option<PathBuf>),
}

/// What takes the deck's files, and works also while the store cannot be opened.
#[derive(Debug, Clone)]
pub enum FileEffect {
    /// Read the config (again) and open the engine.
    Load,
    /// Save the settings of an environment.
    Save(Box<EnvironmentSave>, Checking),
    /// Put a text that was edited in the place of the config.
    TakeEdited(Box<EditedText>, Checking),
    /// Ask an account whether it accepts its credentials.
    CheckAccount(Box<AccountQuery>),
    /// Read the versions of the config that were in force before, and the audit. Without an open
    /// store there are the versions at least.
    ReadHistory(Ticket),
    /// Read From numbers from a CSV file.
    ReadNumbers {
        /// Comes back with the answer.
        ticket: Ticket,
        /// The file.
        file: PathBuf,
    },
    /// Write From numbers into a new CSV file.
    WriteNumbers {
        /// Comes back with the answer.
        ticket: Ticket,
        /// The file, which must not exist yet.
        file: PathBuf,
        /// The numbers.
        grid: Box<FromNumbers>,
    },
    /// Ask an account for what it can send from.
    ListSenders {
        /// Comes back with the answer.
        ticket: Ticket,
        /// The account.
        query: Box<AccountQuery>,
    },
}

/// What the engine does. Before it is open, each of these comes back as a failure.
#[derive(Debug, Clone)]
pub enum EngineEffect {
    /// Read who has used how many codes.
    LoadQuota,
    /// Read the health of the environments.
    LoadStatus,
    /// Answer a question.
    Ask {
        /// Comes back with the answer.
        ticket: Ticket,
        /// The question.
        question: Question,
    },
    /// Send a code.
    Send(CodeRequest),
    /// Give a user codes back, or forgive wrong tries.
    Unlock(Box<UnlockRequest>),
    /// Acknowledge a finding.
    Acknowledge(Box<AcknowledgeRequest>),
    /// Call a message back.
    Cancel(DeliveryId),
}

impl From<TerminalEffect> for Effect {
    fn from(effect: TerminalEffect) -> Self {
        Self::Terminal(effect)
    }
}

impl From<FileEffect> for Effect {
    fn from(effect: FileEffect) -> Self {
        Self::Files(effect)
    }
}

impl From<EngineEffect> for Effect {
    fn from(effect: EngineEffect) -> Self {
        Self::Engine(effect)
    }
}
