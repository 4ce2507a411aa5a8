//! What `update` wants done: plain data, carried out by the executor.

use std::path::PathBuf;

use super::message::EditedText;
use crate::domain::environment::Environment;
use crate::domain::quota::QuotaRule;
use crate::engine::{AccountQuery, CodeAttempt, CodeRequest, EnvironmentSave, UnlockRequest};
use crate::store::{DeliveryId, QuotaRow};

/// Work that takes long enough to tell how far it is, and that can be stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// What a pop-up has asked, by the ticket of its question.
    Asked(u64),
    /// Forgetting what is older than is kept.
    Pruning,
}

/// One thing to do outside of the model.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Leave the console.
    Quit,
    /// Give the terminal back and stop, as Ctrl-Z does.
    Suspend,
    /// Paint the whole screen anew.
    Repaint,
    /// Read the config (again) and open the engine.
    Load,
    /// Read who has used how many codes.
    LoadQuota,
    /// Read how the environments fare.
    LoadStatus,
    /// Stop work that is under way; nothing comes of it any more.
    Stop(Work),
    /// Put a text into the clipboard.
    Copy(String),
    /// Have the config edited in `$EDITOR`, or what was typed there before and not taken.
    Edit(Option<PathBuf>),
    /// Put a text that was edited in the place of the config.
    TakeEdited(Box<EditedText>),
    /// Work out what another rule would have meant in the last day.
    WhatIf {
        /// Comes back with the answer.
        ticket: u64,
        /// Where.
        environment: Environment,
        /// The rule.
        rule: QuotaRule,
    },
    /// Work out under what a user is found.
    FindUser {
        /// Comes back with the answer.
        ticket: u64,
        /// Whose default country applies.
        environment: Environment,
        /// The whole number or the id as typed.
        typed: String,
    },
    /// Read everything that happened to one delivery.
    LoadStory {
        /// Comes back with the answer.
        ticket: u64,
        /// The delivery.
        delivery: DeliveryId,
    },
    /// Work out what a send would do.
    Preview {
        /// Comes back with the answer, so that a late one is told from the newest.
        ticket: u64,
        /// The request as typed so far.
        request: CodeRequest,
    },
    /// Send a code.
    Send(CodeRequest),
    /// Judge a code.
    Verify {
        /// Comes back with the verdict.
        ticket: u64,
        /// The try.
        attempt: Box<CodeAttempt>,
    },
    /// Give a user codes back, or forgive wrong tries.
    Unlock(Box<UnlockRequest>),
    /// Save the settings of an environment.
    Save(Box<EnvironmentSave>),
    /// Read what happened to a user's codes.
    LoadUser {
        /// Comes back with the answer.
        ticket: u64,
        /// Where.
        environment: Environment,
        /// The user.
        row: Box<QuotaRow>,
    },
    /// Call a message back.
    Cancel(DeliveryId),
    /// Ask an account whether it accepts its credentials.
    CheckAccount(Box<AccountQuery>),
    /// Ask an account for what it can send from.
    ListSenders {
        /// Comes back with the answer.
        ticket: u64,
        /// The account.
        query: Box<AccountQuery>,
    },
    /// Read what a phone has received.
    Handset {
        /// Comes back with the answer.
        ticket: u64,
        /// The environment, which must be on the Sandbox.
        environment: Environment,
        /// The number as typed.
        number: String,
    },
}
