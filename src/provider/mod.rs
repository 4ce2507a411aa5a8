//! Providers: who delivers messages, spoken to over HTTP.
//!
//! The words here are shared by all providers; each provider is one client. A client never
//! repeats a request by itself: what may be repeated is the engine's to decide.

pub mod sandbox;
pub mod twilio;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use zeroize::Zeroizing;

pub use sandbox::{HandsetMessage, Sandbox, SandboxError, handset};
pub use twilio::{
    AccessError, AccountReport, Credentials, Listing, OfferedSender, Patience, Search,
    TwilioClient, http_client, loopback_client,
};

use crate::domain::delivery::DeliveryStatus;
use crate::domain::message_options::MessageOptions;
use crate::domain::phone::PhoneNumber;
use crate::domain::sender::Sender;

/// A message to be created.
pub struct NewMessage {
    /// The recipient.
    pub to: PhoneNumber,
    /// The sender.
    pub sender: Sender,
    /// The text, with the code in it; wiped when dropped.
    pub body: Zeroizing<String>,
    /// For how many seconds the provider may try, 1 to 36,000.
    pub validity_seconds: u32,
    /// What else the provider does with it.
    pub options: MessageOptions,
}

/// What became of a request to create a message.
#[derive(Debug)]
pub enum Created {
    /// The provider has it.
    Accepted(MessageState),
    /// The provider answered with an error and no message: it certainly did not go out.
    Refused(Refusal),
    /// Nothing left this machine (name look-up, connection, TLS): safe to repeat.
    NotSubmitted(String),
    /// The provider had too many requests and did not process this one: safe to repeat.
    Busy {
        /// How long it asks to wait, if it does.
        retry_after: Option<Duration>,
    },
    /// Something was sent and no clear answer came: it may have gone out.
    Unclear(String),
}

/// A message as the provider knows it.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageState {
    /// The provider's id of the message.
    pub sid: String,
    /// Its status; `None` for one that is not known here.
    pub status: Option<DeliveryStatus>,
    /// Its status in the provider's word, printable.
    pub status_text: String,
    /// The provider's error code, if it went wrong.
    pub error_code: Option<u32>,
    /// The provider's sentence about it, printable.
    pub error_message: Option<String>,
    /// The provider's id of this request, for its support.
    pub request_id: Option<String>,
    /// The recipient in E.164.
    pub to: Option<String>,
    /// The text.
    pub body: Option<String>,
    /// When the provider sent it; `None` while it has not, or where it never will.
    pub sent: Option<Timestamp>,
}

/// The recipient and the text are left out: they have no place in a log.
impl fmt::Debug for MessageState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageState")
            .field("sid", &self.sid)
            .field("status", &self.status_text)
            .field("error_code", &self.error_code)
            .finish_non_exhaustive()
    }
}

/// A clear no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (HTTP {http_status}{})", .code.map(|code| format!(", error {code}")).unwrap_or_default())]
pub struct Refusal {
    /// The HTTP status.
    pub http_status: u16,
    /// The provider's error code.
    pub code: Option<u32>,
    /// The provider's sentence, printable, with phone numbers masked.
    pub message: String,
    /// The provider's id of this request.
    pub request_id: Option<String>,
}

/// Why something could not be read from a provider.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// There is no such thing in this account.
    #[error("the provider does not know it")]
    NotFound,
    /// The provider refuses to tell.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The provider has too many requests.
    #[error("the provider has too many requests at once")]
    Busy {
        /// How long it asks to wait, if it does.
        retry_after: Option<Duration>,
    },
    /// No connection could be made.
    #[error("{0}")]
    NoConnection(String),
    /// The server could not prove that it is who it should be.
    #[error("{0}")]
    Tls(String),
    /// No usable answer came.
    #[error("{0}")]
    Unreachable(String),
}
