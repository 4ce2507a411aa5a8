//! What can keep the engine from doing what it was asked.

use jiff::Timestamp;

use super::not_own_store::NotOwnStore;
use super::operator::ReadOnly;
use crate::config::SecretsError;
use crate::domain::bounded::CodesAllowed;
use crate::domain::environment::Environment;
use crate::domain::limits::OverLimit;
use crate::domain::phone::PhoneError;
use crate::domain::quota::{Quota, seconds_until};
use crate::domain::refusal::Refusal;
use crate::domain::routing::RouteRefusal;
use crate::domain::settings::Field;
use crate::provider::{HttpError, ProviderError, SandboxError};
use crate::store::StoreError;

/// The deck itself is out of order.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store cannot be opened, read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store is not the one of the deck.
    #[error(transparent)]
    NotOwnStore(#[from] NotOwnStore),
    /// The deck's key cannot be read or made.
    #[error("{0}. Nothing can be sent without the deck's key.")]
    Key(#[from] SecretsError),
    /// A number was not understood.
    #[error(transparent)]
    Number(#[from] PhoneError),
    /// The operator may only look.
    #[error(transparent)]
    ReadOnly(#[from] ReadOnly),
    /// A background task ended before its time.
    #[error("a background task stopped: restart smsdeck")]
    TaskLost(#[from] tokio::task::JoinError),
    /// The provider of an environment cannot be used.
    #[error(transparent)]
    NotReady(#[from] NotReady),
    /// The operating system gave no random numbers.
    #[error("the operating system provides no random numbers")]
    NoEntropy,
    /// The Sandbox's handset cannot be read.
    #[error("cannot read the handset: {0}")]
    Handset(#[from] ProviderError),
    /// There is a handset only where the Sandbox plays the phones.
    #[error("{0} has no handset: only an environment on the Sandbox has one")]
    NoHandset(Environment),
}

/// Why no request can be made to the provider of an environment.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// A setting is missing.
    #[error("{environment}: {} is not set", .field.label())]
    Missing {
        /// The environment.
        environment: Environment,
        /// The setting that is missing.
        field: Field,
    },
    /// The token cannot be read from where the settings say it is.
    #[error(transparent)]
    Secret(#[from] SecretsError),
    /// The Sandbox does not start.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The HTTP client cannot be set up (no system certificates, most likely).
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A built-in address or account is malformed, which a test rules out.
    #[error("the provider has no usable address")]
    Address,
    /// A background task ended before its time.
    #[error("a background task stopped: restart smsdeck")]
    TaskLost(#[from] tokio::task::JoinError),
}

/// Why a code was not requested. Nothing was sent, but for [`RequestError::Unrecorded`].
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The operator may only look.
    #[error(transparent)]
    ReadOnly(#[from] ReadOnly),
    /// The recipient is not a valid number.
    #[error(transparent)]
    Number(#[from] PhoneError),
    /// The settings name the numbers that may be texted, and this is none of them.
    #[error("{recipient} is not an allowed recipient of {environment}")]
    NotARecipient {
        /// The environment.
        environment: Environment,
        /// The masked number.
        recipient: String,
    },
    /// No From number serves the recipient.
    #[error(transparent)]
    Route(#[from] RouteRefusal),
    /// The quota is used up.
    #[error("{} of {} codes used; next at {}, in {}", .quota.used(), .allowed.get(), clock_time(*.unlock_at), wait(*.unlock_at, *.now))]
    Locked {
        /// The verdict.
        quota: Quota,
        /// When a code is allowed again.
        unlock_at: Timestamp,
        /// When it was judged.
        now: Timestamp,
        /// The number of codes allowed.
        allowed: CodesAllowed,
    },
    /// Too many wrong tries in a row.
    #[error("too many wrong tries in a row: locked until an operator unlocks the user")]
    UserLocked,
    /// A limit of the environment or of the country is reached.
    #[error("refused by a limit: {0}")]
    OverLimit(OverLimit),
    /// The account has refused its credentials a moment ago.
    #[error(
        "{environment} is paused for {}, as the account rejects its credentials (error {code}): test them, and save the right ones",
        wait(*.until, *.now)
    )]
    Paused {
        /// The environment.
        environment: Environment,
        /// The provider's error code.
        code: u32,
        /// When it is tried again.
        until: Timestamp,
        /// When it was asked.
        now: Timestamp,
    },
    /// The provider cannot be used.
    #[error(transparent)]
    NotReady(#[from] NotReady),
    /// The store cannot be used, so nothing is sent.
    #[error("{0}. Nothing was sent.")]
    Store(StoreError),
    /// More requests are under way than the provider or the store can keep up with.
    #[error("busy: too many codes are being sent. Nothing was sent; retry in {BUSY_SECONDS} s")]
    Busy,
    /// The process is about to end.
    #[error("smsdeck is shutting down; the log shows whether the code was sent")]
    ShuttingDown,
    /// The provider was asked, and the store could not take its answer. The slot stays counted.
    #[error("{0}. The code may have been sent and counts, but its status is not recorded.")]
    Unrecorded(StoreError),
    /// This process stood still for so long that another one has taken the delivery over.
    #[error(
        "this process was suspended for too long, and another one follows the code now; see the log"
    )]
    TakenOver,
    /// The operating system gave no random numbers.
    #[error("the operating system provides no random numbers; nothing was sent")]
    NoEntropy,
}

/// After how many seconds a request that found everything busy may be made again.
pub const BUSY_SECONDS: u64 = 1;

/// The time of day in UTC, as the log shows it.
fn clock_time(moment: Timestamp) -> String {
    moment.strftime("%H:%M:%S UTC").to_string()
}

/// How long until a moment, rounded up: `14:34`, or `1:02:03`.
fn wait(until: Timestamp, now: Timestamp) -> String {
    let seconds = seconds_until(until, now);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

impl From<StoreError> for RequestError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded { .. } => Self::Busy,
            error => Self::Store(error),
        }
    }
}

impl RequestError {
    /// Why the request was refused, or else the stable name of what failed.
    fn class(&self) -> Result<Refusal, &'static str> {
        match self {
            Self::NotARecipient { .. } => Ok(Refusal::NotARecipient),
            Self::Route(refusal) => Ok(refusal.into()),
            Self::Locked { .. } => Ok(Refusal::Quota),
            Self::UserLocked => Ok(Refusal::UserLocked),
            Self::OverLimit(over) => Ok((*over).into()),
            Self::Paused { .. } => Ok(Refusal::Paused),
            Self::NotReady(_) => Ok(Refusal::NotReady),
            Self::ReadOnly(_) => Err("read_only"),
            Self::Number(_) => Err("invalid_number"),
            Self::Store(_) => Err("store"),
            Self::Busy => Err("busy"),
            Self::ShuttingDown => Err("shutting_down"),
            Self::Unrecorded(_) => Err("unrecorded"),
            Self::TakenOver => Err("taken_over"),
            Self::NoEntropy => Err("no_entropy"),
        }
    }

    /// Why the request was refused; `None` where it failed, or was none that could be made.
    pub fn refusal(&self) -> Option<Refusal> {
        self.class().ok()
    }

    /// The stable name in JSON.
    pub fn code(&self) -> &'static str {
        self.class().map_or_else(|name| name, Refusal::code)
    }

    /// Whether the settings forbid it, rather than something being out of order.
    pub fn is_policy(&self) -> bool {
        matches!(self, Self::ReadOnly(_)) || self.refusal().is_some_and(Refusal::is_policy)
    }
}
