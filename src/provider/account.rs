//! The account behind credentials: its status, its balance, its senders, and why it cannot be used.
//!
//! Shared by all providers; what only one of them can say comes as text.

use std::fmt;

use super::error::Refusal;
use crate::domain::balance::Balance;
use crate::domain::country::Country;
use crate::domain::sender::Sender;

/// The state of an account whose credentials were accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountReport {
    /// Whether it is active, as far as these credentials may see.
    pub status: Visible<String>,
    /// The amount left to spend, with its currency, as far as these credentials may see.
    pub balance: Visible<Balance>,
}

/// A value that not every API key may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visible<T> {
    /// The value, printable.
    Shown(T),
    /// The credentials may not see it.
    Hidden,
}

impl<T> Visible<T> {
    /// Returns the value, if the credentials may see it.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Shown(value) => Some(value),
            Self::Hidden => None,
        }
    }
}

impl<T: fmt::Display> fmt::Display for Visible<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shown(value) => value.fmt(f),
            Self::Hidden => f.write_str("not visible to this key"),
        }
    }
}

/// A sender that the account offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedSender {
    /// The sender.
    pub sender: Sender,
    /// The account's name for it, printable.
    pub name: String,
}

/// The senders that an account offers, as far as they could be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OfferedSenders {
    /// The senders.
    pub senders: Vec<OfferedSender>,
    /// What could not be read, and why: a sentence each, without a full stop.
    pub failures: Vec<String>,
}

impl OfferedSender {
    /// Returns the country that it serves first: a phone number's own.
    pub fn country(&self) -> Option<Country> {
        match &self.sender {
            Sender::Number(number) => number.country(),
            _ => None,
        }
    }
}

/// Why an account cannot be used, as far as the responses show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// Account, key or token are wrong, or do not belong together.
    #[error("wrong credentials: {advice}")]
    Wrong {
        /// The provider's error code.
        code: u32,
        /// What to check.
        advice: &'static str,
    },
    /// The account was suspended or closed.
    #[error("the account is {status}: {advice}")]
    Inactive {
        /// The provider's error code.
        code: u32,
        /// The account's status in the provider's word.
        status: String,
        /// What to check.
        advice: &'static str,
    },
    /// The credentials are right, but can only pretend to send.
    #[error("these are test credentials: they accept messages but send none, and report no status")]
    TestCredentials,
    /// The key may not even list messages.
    #[error("the key lacks the right to read messages: {0}")]
    Forbidden(Refusal),
    /// No connection could be made.
    #[error("no network to {host}: {reason}")]
    NoNetwork {
        /// The server.
        host: String,
        /// The reason that the operating system gives.
        reason: String,
    },
    /// The server cannot prove its identity.
    #[error(
        "TLS to {host} failed: {reason}. If a proxy inspects traffic here, name its certificate as deck.extra_ca"
    )]
    Tls {
        /// The server.
        host: String,
        /// What is wrong with its certificate.
        reason: String,
    },
    /// The server is not the provider's.
    #[error("{host} is not {provider}'s API: {reason}")]
    WrongHost {
        /// The server.
        host: String,
        /// The provider's name.
        provider: &'static str,
        /// What the server returned.
        reason: String,
    },
    /// The account may work later.
    #[error("{host} cannot respond now: {reason}")]
    Later {
        /// The server.
        host: String,
        /// What it returned.
        reason: String,
    },
}

impl AccessError {
    /// The stable name in JSON.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Wrong { .. } => "wrong_credentials",
            Self::Inactive { .. } => "inactive_account",
            Self::TestCredentials => "test_credentials",
            Self::Forbidden(_) => "forbidden",
            Self::NoNetwork { .. } => "no_network",
            Self::Tls { .. } => "tls",
            Self::WrongHost { .. } => "wrong_host",
            Self::Later { .. } => "later",
        }
    }

    /// The provider's error code, where it is certain that nothing can be sent with these
    /// credentials, now or later.
    pub const fn refusal(&self) -> Option<u32> {
        match self {
            Self::Wrong { code, .. } | Self::Inactive { code, .. } => Some(*code),
            _ => None,
        }
    }
}
