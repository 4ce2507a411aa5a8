//! The provider clients of a deck: one per environment, made when first needed.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, OnceCell, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::error::NotReady;
use crate::config::{self, Config, Paths};
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::provider::{AccountSid, ApiKeySid, BaseUrl, Provider, TwilioAccount};
use crate::domain::secret::{DeckKey, Fingerprint, Secret};
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
    key: DeckKey,
    http: Mutex<Option<Trusting>>,
    loopback: OnceCell<reqwest::Client>,
    sandboxes: PerEnvironment<OnceCell<Sandbox>>,
    ready: PerEnvironment<Mutex<Option<Ready>>>,
    /// The turns of each account, which environments may share.
    turns: std::sync::Mutex<HashMap<String, Arc<Semaphore>>>,
    /// Counts how often the credentials may have changed.
    generation: AtomicU64,
}

/// An account as it is used: its client, and what identifies its credentials.
pub(super) struct Account {
    pub client: Client,
    /// `None` for the Sandbox, which accepts everyone.
    pub fingerprint: Option<Fingerprint>,
    /// The messages that may be handed over at once.
    turns: Arc<Semaphore>,
}

/// Messages of one account that are handed over at once. Beyond that a provider only refuses with
/// 429 ("Twilio-Concurrent-Requests").
const MAX_CREATES: usize = 100;

/// How long a request waits for its turn; with more waiting the queue would only grow.
const MAX_WAIT_FOR_TURN: Duration = Duration::from_millis(200);

impl Account {
    /// Waits for the turn to hand a message over, which ends when what is returned is dropped; `None`
    /// where too many others wait.
    pub(super) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        timeout(MAX_WAIT_FOR_TURN, turn).await.ok()?.ok()
    }
}

/// An account with the settings that it was made for.
struct Ready {
    provider: Provider,
    account: Arc<Account>,
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
        key: DeckKey,
    ) -> Self {
        Self {
            paths,
            config,
            patience,
            runtime,
            key,
            http: Mutex::new(None),
            loopback: OnceCell::new(),
            sandboxes: PerEnvironment::from_fn(|_| OnceCell::new()),
            ready: PerEnvironment::from_fn(|_| Mutex::new(None)),
            turns: std::sync::Mutex::default(),
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
        Ok(self.account(environment, provider).await?.client.clone())
    }

    /// Returns the account of an environment.
    pub(super) async fn account(
        &self,
        environment: Environment,
        provider: &Provider,
    ) -> Result<Arc<Account>, NotReady> {
        // One lock per environment: a slow secret command delays no other environment's codes.
        let mut ready = self.ready[environment].lock().await;
        let generation = self.generation.load(Ordering::SeqCst);
        let is_current = |it: &&Ready| it.provider == *provider && it.generation == generation;
        if let Some(ready) = ready.as_ref().filter(is_current) {
            return Ok(Arc::clone(&ready.account));
        }
        let account = Arc::new(self.account_with(environment, provider, None).await?);
        let made = Arc::clone(&account);
        *ready = Some(Ready { provider: provider.clone(), account: made, generation });
        Ok(account)
    }

    /// Returns the account of an environment if it is in use already: nothing is read for it.
    pub(super) fn account_in_use(
        &self,
        environment: Environment,
        provider: &Provider,
    ) -> Option<Arc<Account>> {
        let ready = self.ready[environment].try_lock().ok()?;
        let generation = self.generation.load(Ordering::SeqCst);
        let is_current = |it: &&Ready| it.provider == *provider && it.generation == generation;
        ready.as_ref().filter(is_current).map(|ready| Arc::clone(&ready.account))
    }

    /// Makes an account of an environment, with a token that is not stored yet if one is given.
    pub(super) async fn account_with(
        &self,
        environment: Environment,
        provider: &Provider,
        token: Option<Secret>,
    ) -> Result<Account, NotReady> {
        let turns = self.turns_of(environment, provider);
        match provider {
            Provider::Sandbox => {
                let http = self.loopback().await?.clone();
                let base = self.sandbox_url(environment).await?;
                let client = Client::sandbox(http, base, self.patience);
                Ok(Account { client, fingerprint: None, turns })
            }
            Provider::Twilio(account) => {
                let twilio = || self.runtime.twilio.clone().or_else(|| BaseUrl::of_twilio().ok());
                let base = account.base_url.clone().or_else(twilio).ok_or(NotReady::Address)?;
                let (sid, secret) = self.credentials(environment, account, token).await?;
                let api_key = account.api_key.as_ref();
                let key = api_key.map(ApiKeySid::as_str);
                let known = self.key.credentials(sid.as_str(), key, &secret, base.as_str());
                // Plain http is allowed only to this machine, so the server is here.
                let local = base.url().scheme() == "http";
                let http = if local { self.loopback().await?.clone() } else { self.http().await? };
                let credentials = Credentials::new(&sid, api_key, &secret);
                let client = Client::twilio(http, base, credentials, self.patience);
                Ok(Account { client, fingerprint: Some(known), turns })
            }
        }
    }

    /// Returns the turns of the account of a provider. Each environment has a Sandbox of its own.
    fn turns_of(&self, environment: Environment, provider: &Provider) -> Arc<Semaphore> {
        let account = match provider {
            Provider::Sandbox => environment.key().to_owned(),
            Provider::Twilio(_) => provider.account().unwrap_or_default(),
        };
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Semaphore::new(MAX_CREATES));
        Arc::clone(turns.entry(account).or_insert_with(new))
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
    ) -> Result<(AccountSid, Secret), NotReady> {
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
        Ok((account_sid, secret))
    }
}
