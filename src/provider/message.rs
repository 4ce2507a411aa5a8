//! The messages that providers deliver: what is handed over, and what a provider reports of it.
//!
//! Shared by all providers; it knows neither their API nor their error codes.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::error::Refusal;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::fault::Fault;
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
    /// How long the provider may try to deliver it, in seconds: 1 to 36,000.
    pub validity_seconds: u32,
    /// What else the provider does with it.
    pub options: MessageOptions,
}

/// The outcome of a request to create a message.
#[derive(Debug)]
pub enum Created {
    /// The provider has the message.
    Accepted(MessageState),
    /// The provider returned an error and no message: it certainly did not go out.
    Refused(Refusal),
    /// Nothing left this machine (name lookup, connection, TLS): safe to repeat.
    NotSubmitted(Fault, String),
    /// The provider had too many requests and did not process this one: safe to repeat.
    Busy {
        /// How long it asks to wait, if it does.
        retry_after: Option<Duration>,
    },
    /// Something was sent and no clear response came: the message may have gone out.
    Unclear(Fault, String),
}

/// A message as the provider knows it.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageState {
    /// The provider's id of the message.
    pub sid: String,
    /// Its status; `None` for one that smsdeck does not know.
    pub status: Option<DeliveryStatus>,
    /// Its status in the provider's word, printable.
    pub status_text: String,
    /// The provider's error code, if it failed.
    pub error_code: Option<u32>,
    /// The provider's sentence about the error, printable.
    pub error_message: Option<String>,
    /// The provider's id of this request, for its support.
    pub request_id: Option<String>,
    /// The recipient in E.164.
    pub to: Option<String>,
    /// The text.
    pub body: Option<String>,
    /// When the provider sent it; `None` while it has not, or where it never will.
    pub sent: Option<Timestamp>,
    /// How long it took from the provider to the phone, by the provider's clock and in whole seconds;
    /// `None` while it has not arrived, or where the provider does not report it.
    pub took: Option<Duration>,
}

/// Leaves out the recipient and the text: they have no place in a log.
impl fmt::Debug for MessageState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageState")
            .field("sid", &self.sid)
            .field("status", &self.status_text)
            .field("error_code", &self.error_code)
            .finish_non_exhaustive()
    }
}

/// Which messages to list: the newest first, up to a limit.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// Only messages from this sender, as it was given; `None` lists those of all senders.
    pub from: Option<&'a str>,
    /// How far back to look, by the provider's clock: what was sent earlier may be left out.
    pub within: Option<SignedDuration>,
    /// The limit; the last page may bring a few more.
    pub limit: usize,
}

/// The messages that a search has found.
#[derive(Debug)]
pub struct Listing {
    /// The messages, the newest first.
    pub messages: Vec<MessageState>,
    /// Whether it has every message that the search asked for.
    pub is_complete: bool,
}
