//! Which store a deck uses: the one that `secrets.ron` records beside the key. Any other, also an
//! empty one, is refused until an operator adopts it: it counts other codes, or none.

use std::io;
use std::path::{Path, PathBuf};

use super::error::EngineError;
use super::not_own_store::NotOwnStore;
use crate::config::{DeckSettings, KeyAndStore, Paths, remembered_store};
use crate::domain::deck_store::{DeckStore, StoreId};
use crate::domain::text::shell_word;
use crate::store::{Store, StoreError};

/// The command that adopts the store that is there now.
fn adopt_command(paths: &Paths) -> String {
    format!("smsdeck --config {} store adopt", shell_word(&paths.config))
}

/// Adds the command that adopts what is there to an error that it would solve.
pub(super) fn with_command(error: StoreError, paths: &Paths) -> EngineError {
    match error {
        StoreError::Missing { .. } => {
            NotOwnStore::Missing { refusal: error, adopt: adopt_command(paths) }.into()
        }
        StoreError::OtherStore { .. } | StoreError::Empty { .. } => {
            NotOwnStore::Other { refusal: error, adopt: adopt_command(paths) }.into()
        }
        error => error.into(),
    }
}

/// Decides which store a deck uses, by what its settings and `secrets.ron` say.
///
/// # Errors
/// When that is not the store of the deck, or there is one without the key.
pub(super) fn own_store(
    paths: &Paths,
    deck: &DeckSettings,
    known: &KeyAndStore,
) -> Result<DeckStore, EngineError> {
    let named = paths.named_store(deck);
    match &known.store {
        Some(recorded) => recorded_store(paths, named, recorded),
        None => first_store(paths, named, known.key.is_some()),
    }
}

/// The store of a deck that has none on record: at its first start, or from an earlier version.
fn first_store(
    paths: &Paths,
    named: Option<PathBuf>,
    has_key: bool,
) -> Result<DeckStore, EngineError> {
    let is_named = named.is_some();
    let path = named.unwrap_or_else(|| paths.store.clone());
    let is_there = Store::is_at(&path);
    // It may be out of sight, below the home folder of another user.
    let remembered = || remembered_store(paths).filter(|store| Store::is_at(store));
    let without_key = if is_there { Some(path.clone()) } else { remembered() };
    if let Some(store) = without_key.filter(|_| !has_key) {
        // With another key nobody in the store would be found again.
        return Err(NotOwnStore::KeyMissing { secrets: paths.secrets.clone(), store }.into());
    }
    if has_key && !is_there {
        return Err(with_command(StoreError::Missing { path }, paths));
    }
    let found = if is_there { Store::id_at(&path)? } else { None };
    let id = found.map_or_else(new_id, Ok)?;
    Ok(DeckStore { id, path, is_named, is_new: !is_there })
}

/// The store on record, if the settings still mean it.
fn recorded_store(
    paths: &Paths,
    named: Option<PathBuf>,
    recorded: &DeckStore,
) -> Result<DeckStore, EngineError> {
    let is_named = named.is_some();
    let place = match named {
        Some(place) => place,
        // Where it was made: the home folder of another user changes nothing.
        None if !recorded.is_named => return Ok(recorded.clone()),
        None => paths.store.clone(),
    };
    if same_place(&place, &recorded.path) {
        return Ok(DeckStore { path: place, is_named, ..recorded.clone() });
    }
    // One that was moved is still the same; of a copy nobody knows which one counts.
    let was_moved = !recorded.path.exists()
        && Store::is_at(&place)
        && Store::id_at(&place)? == Some(recorded.id);
    if was_moved {
        return Ok(DeckStore { path: place, is_named, ..recorded.clone() });
    }
    let (recorded, adopt) = (recorded.path.clone(), adopt_command(paths));
    Err(NotOwnStore::OtherPlace { named: place, recorded, adopt }.into())
}

/// Draws an identity.
pub(super) fn new_id() -> Result<StoreId, EngineError> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|_| EngineError::NoEntropy)?;
    Ok(StoreId(id))
}

/// Whether two paths lead to the same place, although one goes through a link.
pub(super) fn same_place(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| -> io::Result<PathBuf> {
        let folder = path.parent().unwrap_or(Path::new("/")).canonicalize()?;
        Ok(folder.join(path.file_name().unwrap_or_default()))
    };
    a == b || matches!((real(a), real(b)), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::DeckKey;
    use crate::runtime::Clock;

    fn key() -> DeckKey {
        DeckKey::new([7; 32])
    }

    struct Place {
        folder: tempfile::TempDir,
        paths: Paths,
    }

    impl Place {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let at = |name| folder.path().join(name);
            let paths = Paths {
                config: at("config.ron"),
                secrets: at("secrets.ron"),
                store: at("deck.db"),
            };
            Self { folder, paths }
        }

        fn at(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn decide(
            &self,
            named: Option<&str>,
            store: Option<&DeckStore>,
            key: Option<DeckKey>,
        ) -> Result<DeckStore, EngineError> {
            let deck = DeckSettings { store: named.map(PathBuf::from), ..<_>::default() };
            own_store(&self.paths, &deck, &KeyAndStore { key, store: store.cloned() })
        }

        async fn make(&self, path: &Path) -> DeckStore {
            let id = new_id().unwrap();
            let store = DeckStore { id, path: path.to_owned(), is_named: false, is_new: true };
            Store::open(&store, key(), Clock::System).await.unwrap().close().await.unwrap();
            DeckStore { is_new: false, ..store }
        }
    }

    #[test]
    fn the_first_start_makes_a_store_where_there_is_none() {
        let place = Place::new();
        let store = place.decide(None, None, None).unwrap();
        assert_eq!((&store.path, store.is_named, store.is_new), (&place.paths.store, false, true));
        let store = place.decide(Some("named.db"), None, None).unwrap();
        assert_eq!((store.path, store.is_named), (place.at("named.db"), true));
    }

    #[tokio::test]
    async fn no_key_is_made_while_there_is_a_store_and_no_store_while_there_is_a_key() {
        let place = Place::new();
        let error = place.decide(None, None, Some(key())).unwrap_err().to_string();
        assert!(error.contains("store is missing at") && error.contains("store adopt"), "{error}");
        place.make(&place.paths.store).await;
        let error = place.decide(None, None, None).unwrap_err().to_string();
        assert!(error.contains("the deck's key is missing"), "{error}");
        assert!(!place.decide(None, None, Some(key())).unwrap().is_new);
    }

    #[tokio::test]
    async fn the_store_on_record_counts_whatever_the_home_folder_is() {
        let mut place = Place::new();
        let store = place.make(&place.at("first.db")).await;
        place.paths.store = place.at("another home.db");
        assert_eq!(place.decide(None, Some(&store), Some(key())).unwrap(), store);
    }

    #[tokio::test]
    async fn settings_that_name_another_place_are_refused_unless_the_store_was_moved_there() {
        let place = Place::new();
        let store = place.make(&place.paths.store).await;
        let decide = || place.decide(Some("named.db"), Some(&store), Some(key()));
        let refused = |outcome: Result<DeckStore, EngineError>| {
            let error = outcome.unwrap_err().to_string();
            assert!(error.contains("named.db") && error.contains("deck.db"), "{error}");
            assert!(error.contains("store adopt"), "{error}");
        };
        refused(decide());
        // A copy has the same identity, and could have fallen behind.
        std::fs::copy(&store.path, place.at("named.db")).unwrap();
        refused(decide());
        std::fs::remove_file(place.at("named.db")).unwrap();
        // Another store of the same key.
        place.make(&place.at("named.db")).await;
        std::fs::rename(&store.path, place.at("away.db")).unwrap();
        refused(decide());
        std::fs::rename(place.at("away.db"), place.at("named.db")).unwrap();
        let moved = decide().unwrap();
        assert_eq!((moved.path, moved.id), (place.at("named.db"), store.id));
    }

    #[tokio::test]
    async fn a_store_that_the_settings_name_no_more_is_not_used_any_more() {
        let place = Place::new();
        let store = place.make(&place.at("named.db")).await;
        let store = DeckStore { is_named: true, ..store };
        let error = place.decide(None, Some(&store), Some(key())).unwrap_err();
        assert!(matches!(error, EngineError::NotOwnStore(NotOwnStore::OtherPlace { .. })));
        assert_eq!(
            place.decide(Some("./named.db"), Some(&store), Some(key())).unwrap().id,
            store.id
        );
    }
}
