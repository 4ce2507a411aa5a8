//! Checks the account of an environment and lists its senders, without sending anything.
//!
//! Works for settings and tokens that are not saved yet, so that a wrong one is never stored.

use std::sync::Arc;

use super::client::Clients;
use super::error::NotReady;
use crate::config::{Config, Paths};
use crate::domain::environment::Environment;
use crate::domain::provider::Provider;
use crate::domain::secret::Secret;
use crate::provider::{AccessError, AccountReport, Client, OfferedSenders, Patience};
use crate::runtime::Runtime;

/// The account to query.
#[derive(Debug, Clone)]
pub struct AccountQuery {
    /// The environment, for its stored token.
    pub environment: Environment,
    /// The provider, perhaps as edited.
    pub provider: Provider,
    /// A token that is not stored yet; otherwise the one that the provider's settings name.
    pub token: Option<Secret>,
}

/// Why an account could not be queried, or cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccountProblem {
    /// Something is missing on this side.
    #[error(transparent)]
    NotReady(#[from] NotReady),
    /// The provider cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl AccountProblem {
    /// The stable name in JSON.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotReady(_) => "not_ready",
            Self::Access(error) => error.code(),
        }
    }

    /// Whether it is certain that nothing can be sent with these credentials.
    pub const fn is_refusal(&self) -> bool {
        match self {
            Self::NotReady(_) => false,
            Self::Access(error) => error.is_refusal(),
        }
    }
}

/// Checks that an account accepts its credentials, and reads its status and balance.
///
/// # Errors
/// When it cannot be queried, or cannot send.
pub async fn check_account(
    paths: &Paths,
    config: &Config,
    runtime: &Runtime,
    query: AccountQuery,
) -> Result<AccountReport, AccountProblem> {
    let (_clients, client) = client(paths, config, runtime, query).await?;
    Ok(client.check_access().await?)
}

/// Lists the numbers, short codes and Messaging Services that an account can send from. Calls
/// `on_progress` with the number read so far.
///
/// # Errors
/// When it cannot be queried, or refuses.
pub async fn offered_senders(
    paths: &Paths,
    config: &Config,
    runtime: &Runtime,
    query: AccountQuery,
    on_progress: impl Fn(usize),
) -> Result<OfferedSenders, AccountProblem> {
    let (_clients, client) = client(paths, config, runtime, query).await?;
    Ok(client.offered_senders(on_progress).await?)
}

/// Makes a client, and returns it with the clients that it belongs to: a Sandbox that was started
/// for the query ends when they are dropped.
async fn client(
    paths: &Paths,
    config: &Config,
    runtime: &Runtime,
    query: AccountQuery,
) -> Result<(Clients, Client), NotReady> {
    let (_, config) = tokio::sync::watch::channel(Arc::new(config.clone()));
    let clients = Clients::new(paths.clone(), config, Patience::default(), runtime.clone());
    let client = clients.client_with(query.environment, &query.provider, query.token).await?;
    Ok((clients, client))
}
