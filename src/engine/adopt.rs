//! The store of a deck as an operator sees it, and the change to another one.

use std::path::{Path, PathBuf};

use tokio::task::spawn_blocking;

use super::deck::Deck;
use super::error::EngineError;
use super::not_own_store::NotOwnStore;
use super::open::Engine;
use super::operator::Operator;
use super::own_store::{new_id, own_store, same_place};
use crate::config::{self, Config, KeyAndStore, Paths, SecretsError};
use crate::domain::deck_store::DeckStore;
use crate::domain::secret::DeckKey;
use crate::store::{AuditAction, Store};

/// Where the store of a deck is.
#[derive(Debug)]
pub struct StorePlace {
    /// Where the settings have it.
    pub path: PathBuf,
    /// The store on record; `None` before the first start.
    pub recorded: Option<DeckStore>,
    /// Why it is not used; `None` where it is.
    pub problem: Option<EngineError>,
}

/// A store that is to become the one of the deck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// Where it is.
    pub path: PathBuf,
    /// Whether the settings name it.
    pub is_named: bool,
    /// Whether it has still to be made: nobody's codes count then.
    pub is_empty: bool,
    /// The store until now.
    pub former: Option<PathBuf>,
}

impl Deck {
    /// Where the store of the deck is, and whether it can be used. Makes nothing.
    ///
    /// # Errors
    /// When `secrets.ron` cannot be read.
    pub async fn store_place(&self, config: Config) -> Result<StorePlace, EngineError> {
        let (path, recorded) = (
            config::store_path(self.paths(), &config.deck),
            config::key_and_store(self.paths())?.store,
        );
        let problem = self.open_to_read(config).await.err();
        Ok(StorePlace { path, recorded, problem })
    }

    /// What adopting a store would mean: the one at `path`, or where the settings have it.
    ///
    /// # Errors
    /// When the settings name another place, the deck was never used, or `secrets.ron` cannot be
    /// read.
    pub fn adoption(&self, config: &Config, path: Option<&Path>) -> Result<Adoption, EngineError> {
        let paths = self.paths();
        let named = paths.named_store(&config.deck);
        if let (Some(named), Some(path)) = (&named, path)
            && !same_place(named, path)
        {
            return Err(NotOwnStore::NamedElsewhere { named: named.clone() }.into());
        }
        let known = config::key_and_store(paths)?;
        if known.key.is_none() {
            // Either the first start makes the store, or there is one that needs its key.
            own_store(paths, &config.deck, &known)?;
            return Err(NotOwnStore::NeverUsed.into());
        }
        let is_named = named.is_some();
        let path = path.map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
        let path = named.or(path).unwrap_or_else(|| config::store_path(paths, &config.deck));
        let is_empty = !Store::is_at(&path);
        Ok(Adoption { path, is_named, is_empty, former: known.store.map(|store| store.path) })
    }

    /// Makes a store the one of the deck. It gets a new identity, so that neither a copy of it nor
    /// the former store is ever taken for it: a process that has that one open can no longer use it.
    ///
    /// # Errors
    /// When the operator may only look, or a file cannot be read or written. Nothing is sent from
    /// then on until the command is repeated.
    pub async fn adopt_store(
        &self,
        operator: &Operator,
        config: Config,
        adoption: &Adoption,
    ) -> Result<(), EngineError> {
        operator.may_act()?;
        let known = config::key_and_store(self.paths())?;
        let key = known.key.clone().ok_or(NotOwnStore::NeverUsed)?;
        let id = new_id()?;
        let Adoption { path, is_named, is_empty, .. } = adoption.clone();
        let found = if is_empty { None } else { Store::id_at(&path)? };
        let there = DeckStore { id: found.unwrap_or(id), path, is_named, is_new: is_empty };
        let clock = self.runtime().clock.clone();
        let store = Store::open(&there, key.clone(), clock).await?;
        let was_left = self.leave_former(&known, &there, &key).await;
        let adopted = DeckStore { id, is_new: false, ..there };
        record(self.paths(), adopted).await?;
        store.replace_id(id).await?;
        drop(store);
        let engine = Engine::open(self.paths().clone(), config, self.runtime().clone()).await?;
        let text = adopted_text(adoption, was_left);
        Ok(engine.by(operator).audit(None, AuditAction::AdoptStore, text).await?)
    }

    /// Gives the former store an identity that nobody knows. `false` where it cannot be reached.
    async fn leave_former(&self, known: &KeyAndStore, next: &DeckStore, key: &DeckKey) -> bool {
        let Some(former) = known.store.as_ref().filter(|it| !same_place(&it.path, &next.path))
        else {
            return true;
        };
        let former = DeckStore { is_new: false, ..former.clone() };
        let clock = self.runtime().clock.clone();
        let Ok(store) = Store::open(&former, key.clone(), clock).await else { return false };
        let Ok(id) = new_id() else { return false };
        store.replace_id(id).await.is_ok()
    }
}

async fn record(paths: &Paths, store: DeckStore) -> Result<(), EngineError> {
    let paths = paths.clone();
    let bind = move || config::bind_store(&paths, |_| Ok::<_, SecretsError>(store.clone()));
    spawn_blocking(bind).await?.map(drop).map_err(EngineError::from)
}

fn adopted_text(adoption: &Adoption, was_left: bool) -> String {
    let Adoption { path, is_empty, former, .. } = adoption;
    let kind = if *is_empty { "an empty store" } else { "the store" };
    let former = match former {
        Some(former) if former != path && was_left => format!(", before {}", former.display()),
        Some(former) if former != path => {
            format!(", before {}, which could not be reached", former.display())
        }
        _ => String::new(),
    };
    format!("The deck now uses {kind} at {}{former}", path.display())
}
