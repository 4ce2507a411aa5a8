//! Providers: the services that deliver messages, reached over HTTP.
//!
//! Callers see a [`Client`], its errors by class, and each provider's [`Capability`] list. A
//! provider's API, error numbers and advice stay in its own directory; another provider is another
//! directory, another variant of [`Client`] and another row in `facts`.

mod account;
mod capability;
mod client;
mod error;
mod facts;
mod http;
mod message;
pub mod sandbox;
pub mod twilio;

pub use account::{AccessError, AccountReport, OfferedSender, OfferedSenders, Visible};
pub use capability::Capability;
pub use client::Client;
pub use error::{ErrorAdvice, ErrorClass, ProviderError, Refusal, Retry};
pub use facts::{ErrorCode, can};
pub use http::{HttpError, Patience, http_client, loopback_client};
pub use message::{Created, Listing, MessageState, NewMessage, Search};
pub use sandbox::{HandsetMessage, Sandbox, SandboxError, handset};
pub use twilio::Credentials;
