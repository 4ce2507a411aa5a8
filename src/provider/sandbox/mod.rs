//! The Sandbox: a Twilio-compatible server on this machine, and the phones that it texts.
//!
//! It speaks real HTTP on loopback, so that the same client works with it and with Twilio. Messages
//! live in memory. There are no timers: a message's status follows from its age when it is read.

mod account;
mod callback;
mod credentials;
mod drip;
mod fates;
mod handset;
mod message_requests;
mod messages;
mod responses;
mod running;
mod server;

pub(super) use credentials::account_credentials;
pub use credentials::{ACCOUNT_SID, AUTH_TOKEN};
pub use fates::fate_table;
pub use handset::{HandsetMessage, handset};
pub use running::{Sandbox, SandboxError};

use super::capability::Capability;

/// What the Sandbox can do.
pub(super) const CAPABILITIES: &[Capability] = &[
    Capability::ListMessages,
    Capability::CancelMessage,
    Capability::ReportBalance,
    Capability::OfferSenders,
    Capability::Handset,
];
