//! The demonstration: a made-up deck in a temporary folder, with a clock and random numbers that
//! are the same each time.
//!
//! It texts no one: every account is a Sandbox of this process.

mod story;

use std::path::Path;

use crate::config::{self, Config, ConfigError, Paths, SecretsError};
use crate::domain::deck_store::{DeckStore, StoreId};
use crate::domain::environment::Environment;
use crate::domain::provider::AccountSid;
use crate::domain::secret::{DeckKey, Secret, SecretError};
use crate::engine::Operator;
use crate::files::PrivateFolder;
use crate::provider::sandbox::{AUTH_TOKEN, Sandbox, SandboxError};
use crate::runtime::{Clock, Rng, Runtime};
use crate::store::{CredentialsReport, Store, StoreError};
use jiff::{SignedDuration, Timestamp};

/// When every demonstration begins: 2026-03-02, 12:05:00 UTC, in seconds since 1970.
const BEGINNING: i64 = 1_772_453_100;

/// The seed of the random numbers.
const SEED: u64 = 0x5a4d;

/// The age of the stored token of Production.
const TOKEN_AGE: SignedDuration = SignedDuration::from_hours(12 * 24);

/// A made-up deck, whose files are deleted when this is dropped.
pub struct Demo {
    /// The paths of its files.
    pub paths: Paths,
    /// Its clock and its random numbers.
    pub runtime: Runtime,
    /// The operator who works with it.
    pub operator: Operator,
    _folder: PrivateFolder,
    _account: Sandbox,
}

/// Why the demonstration cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// There is no folder for its files.
    #[error("no folder for the demo's files: {0}")]
    Folder(#[from] std::io::Error),
    /// Its settings cannot be written.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its key or its token cannot be written.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// Its token is not well-formed.
    #[error(transparent)]
    Token(#[from] SecretError),
    /// Its store cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its account cannot be reached.
    #[error(transparent)]
    Account(#[from] SandboxError),
}

impl Demo {
    /// Sets the demonstration up. Needs a tokio runtime, in which its Sandbox keeps running.
    ///
    /// # Errors
    /// When this machine has no room for its files, or no port for its Sandbox.
    pub async fn set_up(read_only: bool) -> Result<Self, DemoError> {
        let beginning = Timestamp::from_second(BEGINNING).unwrap_or_default();
        let (clock, rng) = (Clock::manual(beginning), Rng::repeated(SEED));
        let alone = Runtime { clock: clock.clone(), rng, twilio: None };
        let folder = PrivateFolder::for_demo()?;
        let paths = paths_in(folder.path());
        let account = Sandbox::start_in(([127, 0, 0, 1], 0).into(), &alone).await?;
        // Its port differs each time, and is shown nowhere.
        let runtime = Runtime { twilio: Some(account.base_url().clone()), ..alone };
        let config = save_config(&paths)?;
        let since = beginning.saturating_sub(TOKEN_AGE).unwrap_or_default();
        let token = Secret::parse(AUTH_TOKEN)?;
        config::store_token(&paths, Environment::Production, &token, since)?;
        let (key, own) = config::bind_store(&paths, |_| Ok::<_, SecretsError>(store_of(&paths)))?;
        let store = Store::open(&own, key.clone(), clock.clone()).await?;
        story::write(&store, &key, &config, beginning).await?;
        let address = account.base_url().as_str();
        store.report_credentials(accepted(&key, &config, &token, address, since)).await?;
        let operator =
            Operator { asked_by: "console by ana on demo".to_owned(), read_only, is_person: true };
        Ok(Self { paths, runtime, operator, _folder: folder, _account: account })
    }
}

fn paths_in(folder: &Path) -> Paths {
    Paths {
        config: folder.join("config.ron"),
        secrets: folder.join("secrets.ron"),
        store: folder.join("deck.db"),
    }
}

/// The store of the demonstration, which is always the same.
fn store_of(paths: &Paths) -> DeckStore {
    DeckStore { id: StoreId([0; 16]), path: paths.store.clone(), is_named: false, is_new: true }
}

/// Says that the account has accepted its credentials since the token was stored.
fn accepted(
    key: &DeckKey,
    config: &Config,
    token: &Secret,
    address: &str,
    at: Timestamp,
) -> CredentialsReport {
    let environment = Environment::Production;
    let account = config.environments[environment].provider.twilio();
    let sid = account.and_then(|account| account.account_sid.as_ref());
    let sid = sid.map_or("", AccountSid::as_str);
    let fingerprint = key.credentials(sid, None, token, address);
    CredentialsReport { environment, fingerprint, at, refused: None }
}

/// Writes the settings.
fn save_config(paths: &Paths) -> Result<Config, ConfigError> {
    let config = config::parse(include_str!("config.ron"), &paths.config)?;
    let (_, config) = config::change(paths, |present| {
        *present = config;
        Ok::<_, ConfigError>(())
    })?;
    Ok(config)
}
