//! The provider clients of a deck: one per environment, made when first needed.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Mutex, OnceCell, watch};
use tokio::task::spawn_blocking;

use super::error::NotReady;
use crate::config::{self, Config, Paths};
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::provider::{BaseUrl, Provider, TwilioAccount};
use crate::domain::secret::Secret;
use crate::domain::settings::Field;
use crate::provider::{Client, Credentials, Patience, Sandbox, http_client, loopback_client};
use crate::runtime::Runtime;

/// Makes and keeps clients. The Sandboxes live as long as the deck, so that a change of settings
/// does not lose what their phones have received.
pub(super) struct Clients {
    paths: Paths,
    config: watch::Receiver<Arc<Config>>,
    patience: Patience,
    runtime: Runtime,
    http: Mutex<Option<Trusting>>,
    loopback: OnceCell<reqwest::Client>,
    sandboxes: PerEnvironment<OnceCell<Sandbox>>,
    ready: PerEnvironment<Mutex<Option<Ready>>>,
    /// Counts how often the credentials may have changed.
    generation: AtomicU64,
}

/// A client with the settings that it was made for.
struct Ready {
    provider: Provider,
    client: Client,
    /// The generation of its credentials.
    generation: u64,
}

/// An HTTP client for the internet, with the certificates that it trusts besides the system's.
struct Trusting {
    extra_ca: Option<PathBuf>,
    http: reqwest::Client,
}

impl Clients {
    pub(super) fn new(
        paths: Paths,
        config: watch::Receiver<Arc<Config>>,
        patience: Patience,
        runtime: Runtime,
    ) -> Self {
        Self {
            paths,
            config,
            patience,
            runtime,
            http: Mutex::new(None),
            loopback: OnceCell::new(),
            sandboxes: PerEnvironment::from_fn(|_| OnceCell::new()),
            ready: PerEnvironment::from_fn(|_| Mutex::new(None)),
            generation: AtomicU64::new(0),
        }
    }

    /// Drops the clients, so that changed credentials are read again. Does not wait for one that
    /// is being made: it is made again when next needed.
    pub(super) async fn forget(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        config::forget_failures();
        for environment in Environment::ALL {
            if let Ok(mut ready) = self.ready[environment].try_lock() {
                *ready = None;
            }
        }
        *self.http.lock().await = None;
    }

    /// Returns the client of an environment.
    pub(super) async fn client(
        &self,
        environment: Environment,
        provider: &Provider,
    ) -> Result<Client, NotReady> {
        // One lock per environment: a slow secret command delays no other environment's codes.
        let mut ready = self.ready[environment].lock().await;
        let generation = self.generation.load(Ordering::SeqCst);
        let is_current = |it: &&Ready| it.provider == *provider && it.generation == generation;
        if let Some(ready) = ready.as_ref().filter(is_current) {
            return Ok(ready.client.clone());
        }
        let client = self.client_with(environment, provider, None).await?;
        *ready = Some(Ready { provider: provider.clone(), client: client.clone(), generation });
        Ok(client)
    }

    /// Makes a client of an environment, with a token that is not stored yet if one is given.
    pub(super) async fn client_with(
        &self,
        environment: Environment,
        provider: &Provider,
        token: Option<Secret>,
    ) -> Result<Client, NotReady> {
        match provider {
            Provider::Sandbox => {
                let http = self.loopback().await?.clone();
                let base = self.sandbox_url(environment).await?;
                Ok(Client::sandbox(http, base, self.patience))
            }
            Provider::Twilio(account) => {
                let twilio = || self.runtime.twilio.clone().or_else(|| BaseUrl::of_twilio().ok());
                let base = account.base_url.clone().or_else(twilio).ok_or(NotReady::Address)?;
                let credentials = self.credentials(environment, account, token).await?;
                // Plain http is allowed only to this machine, so the server is here.
                let local = base.url().scheme() == "http";
                let http = if local { self.loopback().await?.clone() } else { self.http().await? };
                Ok(Client::twilio(http, base, credentials, self.patience))
            }
        }
    }

    /// Returns the address of the environment's own Sandbox.
    pub(super) async fn sandbox_url(&self, environment: Environment) -> Result<BaseUrl, NotReady> {
        Ok(self.sandbox(environment).await?.base_url().clone())
    }

    /// Returns the HTTP client for servers on this machine.
    pub(super) async fn loopback(&self) -> Result<&reqwest::Client, NotReady> {
        let make = || async { loopback_client().map_err(NotReady::from) };
        self.loopback.get_or_try_init(make).await
    }

    async fn http(&self) -> Result<reqwest::Client, NotReady> {
        let extra_ca = self.paths.extra_ca_of(&self.config.borrow().deck);
        let mut kept = self.http.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.extra_ca == extra_ca) {
            return Ok(kept.http.clone());
        }
        // Reading the system's certificates takes a while: not on the caller's thread.
        let ca = extra_ca.clone();
        let http = spawn_blocking(move || http_client(ca.as_deref())).await??;
        *kept = Some(Trusting { extra_ca, http: http.clone() });
        Ok(http)
    }

    async fn sandbox(&self, environment: Environment) -> Result<&Sandbox, NotReady> {
        let start = || Sandbox::start_in(([127, 0, 0, 1], 0).into(), &self.runtime);
        Ok(self.sandboxes[environment].get_or_try_init(start).await?)
    }

    async fn credentials(
        &self,
        environment: Environment,
        account: &TwilioAccount,
        token: Option<Secret>,
    ) -> Result<Credentials, NotReady> {
        let missing = |field| NotReady::Missing { environment, field };
        let account_sid = account.account_sid.clone().ok_or_else(|| missing(Field::AccountSid))?;
        let secret = match (token, account.auth_token.clone()) {
            (Some(token), _) => token,
            (None, Some(source)) => {
                let paths = self.paths.clone();
                spawn_blocking(move || config::resolve(&paths, environment, &source)).await??
            }
            (None, None) => return Err(missing(Field::AuthToken)),
        };
        Ok(Credentials::new(&account_sid, account.api_key.as_ref(), &secret))
    }
}
