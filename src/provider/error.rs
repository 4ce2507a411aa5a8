//! Errors of a provider: what failed, which class of error it is, and what to do about it.
//!
//! The numbers behind the classes are each provider's own, and stay in its directory.

use std::time::Duration;

/// An error response: the provider has processed the request and rejected it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (HTTP {http_status}{})", .code.map(|code| format!(", error {code}")).unwrap_or_default())]
pub struct Refusal {
    /// The HTTP status.
    pub http_status: u16,
    /// What the error is about.
    pub class: ErrorClass,
    /// The provider's error code, to be shown and stored only.
    pub code: Option<u32>,
    /// The provider's sentence, printable, with phone numbers masked.
    pub message: String,
    /// The provider's id of this request.
    pub request_id: Option<String>,
}

/// Why something could not be read from a provider, or changed there.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The account has no such thing.
    #[error("the provider does not know this message")]
    NotFound,
    /// The provider rejects the request.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The provider has too many requests.
    #[error("the provider limits requests")]
    Busy {
        /// How long it asks to wait, if it does.
        retry_after: Option<Duration>,
    },
    /// No connection could be made.
    #[error("{0}")]
    NoConnection(String),
    /// The server could not prove its identity.
    #[error("{0}")]
    Tls(String),
    /// No usable response came.
    #[error("{0}")]
    Unreachable(String),
}

/// What an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// The account, key or token is wrong.
    WrongCredentials,
    /// The account is suspended or closed.
    InactiveAccount,
    /// The account or key lacks the right to do this.
    Forbidden,
    /// The credentials are for tests: the provider pretends to send and reports no status.
    TestCredentials,
    /// The recipient cannot be reached, or wants no messages.
    Recipient,
    /// The sender cannot be used, or not for this recipient.
    Sender,
    /// The text or another part of the message is not accepted.
    Message,
    /// There are too many messages or requests at once.
    Busy,
    /// The provider or a carrier has a problem that passes.
    Unavailable,
    /// The error is another one, or not known.
    Other,
}

impl ErrorClass {
    /// Whether nothing can be sent with these credentials until they, or the account, change.
    pub const fn refuses_credentials(self) -> bool {
        matches!(self, Self::WrongCredentials | Self::InactiveAccount | Self::Forbidden)
    }
}

/// What repeating the same request would lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The same error, until something is fixed.
    FixFirst,
    /// Perhaps success, later.
    Later,
    /// Success, most likely: nothing was processed.
    SafeToRepeat,
    /// Perhaps a second message: the first may have gone out.
    Unknown,
    /// Nothing: the code has expired, a new one is needed.
    NewCode,
}

impl Retry {
    /// The stable name in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::FixFirst => "fix_first",
            Self::Later => "later",
            Self::SafeToRepeat => "safe_to_repeat",
            Self::Unknown => "unknown",
            Self::NewCode => "new_code",
        }
    }
}

/// What is known about one error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorAdvice {
    /// The provider's number of the error.
    pub code: u32,
    /// What the error is about.
    pub class: ErrorClass,
    /// What a repetition would lead to.
    pub retry: Retry,
    /// Why it happens, without a full stop.
    pub cause: &'static str,
    /// What the operator does about it, without a full stop.
    pub advice: &'static str,
}
