//! Twilio's Programmable Messaging, by its REST API of 2010-04-01.

mod account;
mod client;
mod errors;
mod messages;
mod response;

pub use client::Credentials;
pub(super) use client::TwilioClient;
pub(super) use errors::{advice, is_of_carrier, more_info};
pub use response::Response;

use super::capability::Capability;

/// What Twilio can do.
pub(super) const CAPABILITIES: &[Capability] = &[
    Capability::ListMessages,
    Capability::CancelMessage,
    Capability::ReportBalance,
    Capability::OfferSenders,
    Capability::KeepMessages,
];
