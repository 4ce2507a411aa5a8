//! Twilio's Programmable Messaging, as its REST API of 2010-04-01 has it.

mod account;
mod client;
mod errors;
mod http;
mod response;

pub use account::{AccessError, AccountReport, OfferedSender, Visible};
pub use client::{Credentials, Listing, Patience, Search, TwilioClient};
pub use errors::{ErrorAdvice, ErrorClass, advice, explanation, more_info, refuses_credentials};
pub use http::{HttpError, http_client, loopback_client};
pub use response::Response;
