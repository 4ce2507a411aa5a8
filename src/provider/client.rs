//! The client of one account, whichever provider it is with: one request a method.
//!
//! A client never repeats a request by itself: whether that is safe is for the engine to decide.

use super::account::{AccessError, AccountReport, OfferedSenders};
use super::capability::Capability;
use super::error::ProviderError;
use super::facts;
use super::http::Patience;
use super::message::{Created, Listing, MessageState, NewMessage, Search};
use super::sandbox::account_credentials;
use super::twilio::{Credentials, TwilioClient};
use crate::domain::provider::{BaseUrl, ProviderKind};

/// The client of one account. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Client {
    /// Speaks to Twilio, or to a server with Twilio's API at another address.
    Twilio(TwilioClient),
    /// Speaks to a Sandbox, which has Twilio's API too.
    Sandbox(TwilioClient),
}

impl Client {
    /// Makes a client of a Twilio account, whose API is at `base`.
    pub fn twilio(
        http: reqwest::Client,
        base: BaseUrl,
        credentials: Credentials,
        patience: Patience,
    ) -> Self {
        Self::Twilio(TwilioClient::new(http, base, credentials, patience))
    }

    /// Makes a client of the Sandbox at `base`.
    pub fn sandbox(http: reqwest::Client, base: BaseUrl, patience: Patience) -> Self {
        Self::Sandbox(TwilioClient::new(http, base, account_credentials(), patience))
    }

    /// Whether the provider can do something.
    pub fn can(&self, capability: Capability) -> bool {
        let provider = match self {
            Self::Twilio(_) => ProviderKind::Twilio,
            Self::Sandbox(_) => ProviderKind::Sandbox,
        };
        facts::can(provider, capability)
    }

    /// Creates a message: hands it to the provider. Not idempotent, and no provider offers a key
    /// that would make it so.
    pub async fn create(&self, message: &NewMessage) -> Created {
        match self {
            Self::Twilio(client) | Self::Sandbox(client) => client.create(message).await,
        }
    }

    /// Reads a message, for its status.
    ///
    /// # Errors
    /// When the provider does not know this message, refuses, or does not respond.
    pub async fn fetch(&self, sid: &str) -> Result<MessageState, ProviderError> {
        match self {
            Self::Twilio(client) | Self::Sandbox(client) => client.fetch(sid).await,
        }
    }

    /// Lists messages, the newest first.
    ///
    /// # Errors
    /// When the provider refuses or does not respond.
    pub async fn list(&self, search: &Search<'_>) -> Result<Listing, ProviderError> {
        match self {
            Self::Twilio(client) | Self::Sandbox(client) => client.list(search).await,
        }
    }

    /// Cancels a message that has not left yet (a scheduled or queued one).
    ///
    /// # Errors
    /// When it has left already, or the provider does not respond.
    pub async fn cancel(&self, sid: &str) -> Result<MessageState, ProviderError> {
        match self {
            Self::Twilio(client) | Self::Sandbox(client) => client.cancel(sid).await,
        }
    }

    /// Checks whether the credentials are accepted, and reads what else they may see of the
    /// account.
    ///
    /// # Errors
    /// When nothing can be sent with them, or the provider does not respond.
    pub async fn check_access(&self) -> Result<AccountReport, AccessError> {
        match self {
            Self::Twilio(client) | Self::Sandbox(client) => client.check_access().await,
        }
    }

    /// Lists the senders of the account, as far as these credentials may see them. Calls
    /// `on_progress` after each page with the number read so far.
    ///
    /// # Errors
    /// When not even the phone numbers can be read.
    pub async fn offered_senders(
        &self,
        on_progress: impl Fn(usize),
    ) -> Result<OfferedSenders, AccessError> {
        match self {
            Self::Twilio(client) | Self::Sandbox(client) => {
                client.offered_senders(on_progress).await
            }
        }
    }
}
