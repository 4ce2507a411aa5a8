//! The deck's key, and the store that was made with it, as `secrets.ron` has them. Which store that
//! may be is decided elsewhere.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::deck::DeckSettings;
use super::paths::{Paths, beside};
use super::secrets::{SecretsError, SecretsFile, read, try_change};
use crate::domain::deck_store::DeckStore;
use crate::domain::secret::DeckKey;
use crate::files::{self, Links, Mode, replace};

/// What `secrets.ron` has of a deck.
#[derive(Clone, Default)]
pub struct KeyAndStore {
    /// The deck's key; `None` before the first start.
    pub key: Option<DeckKey>,
    /// The store that was made with it; `None` before the first start, and where an earlier version
    /// made the key.
    pub store: Option<DeckStore>,
}

impl KeyAndStore {
    fn of(file: &SecretsFile, paths: &Paths) -> Result<Self, SecretsError> {
        let malformed = || SecretsError::Malformed { path: paths.secrets.clone(), line: 1 };
        let parse = |hex: &Zeroizing<String>| DeckKey::from_hex(hex).ok_or_else(malformed);
        let key = file.deck_key.as_ref().map(parse).transpose()?;
        Ok(Self { key, store: file.store.clone() })
    }
}

/// Reads the deck's key and which store belongs to it. Makes nothing.
///
/// # Errors
/// When the file cannot be read, or is open to others.
pub fn key_and_store(paths: &Paths) -> Result<KeyAndStore, SecretsError> {
    KeyAndStore::of(&read(&paths.secrets)?, paths)
}

/// Where the store of a deck is, or would be made: the place that the config names, else the
/// recorded one, else the usual one.
pub fn store_path(paths: &Paths, deck: &DeckSettings) -> PathBuf {
    let recorded = || key_and_store(paths).ok()?.store.filter(|store| !store.is_named);
    let unnamed = || recorded().map_or_else(|| paths.store.clone(), |store| store.path);
    paths.named_store(deck).unwrap_or_else(unnamed)
}

/// Bytes of a path at most (`PATH_MAX` of Linux).
const MAX_PATH: u64 = 4096;

/// The file, beside the config, that has the path of the store.
fn place_of_store(paths: &Paths) -> PathBuf {
    beside(&paths.config, ".store")
}

/// Where the store of this deck was made, also where `secrets.ron`, which says so, is gone; `None`
/// where none was made yet.
pub fn remembered_store(paths: &Paths) -> Option<PathBuf> {
    let path = files::read(&place_of_store(paths), MAX_PATH).ok()?;
    Some(PathBuf::from(OsString::from_vec(path)))
}

fn remember_store(paths: &Paths, store: &Path) -> Result<(), SecretsError> {
    let file = place_of_store(paths);
    let bytes = store.as_os_str().as_bytes();
    replace(&file, Links::Refuse, Mode::Always(0o600), |it| it.write_all(bytes))
        .map_err(|source| SecretsError::Unwritable { path: file, source })
}

/// Records the store that `decide` names, and makes the key if there is none yet. `decide` gets what
/// is there now, and may be asked twice: again under the lock, before anything is written.
///
/// # Errors
/// With what `decide` returns, or when the file cannot be read or written, or is open to others.
pub fn bind_store<E: From<SecretsError>>(
    paths: &Paths,
    decide: impl Fn(&KeyAndStore) -> Result<DeckStore, E>,
) -> Result<(DeckKey, DeckStore), E> {
    let known = key_and_store(paths)?;
    let store = decide(&known)?;
    if let Some(key) = known.key.filter(|_| known.store.as_ref() == Some(&store)) {
        return Ok((key, store));
    }
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes).map_err(|_| SecretsError::NoEntropy)?;
    let made = DeckKey::new(*bytes);
    let mut bound = None;
    try_change(&paths.secrets, |file| {
        // Another process may have been first.
        let known = KeyAndStore::of(file, paths)?;
        let store = decide(&known)?;
        remember_store(paths, &store.path)?;
        file.store = Some(store.clone());
        let key = known.key.unwrap_or_else(|| {
            file.deck_key = Some(made.to_hex());
            made
        });
        bound = Some((key, store));
        Ok::<_, E>(())
    })?;
    bound.ok_or_else(|| SecretsError::NoEntropy.into())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use jiff::Timestamp;

    use super::*;
    use crate::config::store_token;
    use crate::domain::deck_store::StoreId;
    use crate::domain::environment::Environment;
    use crate::domain::secret::Secret;

    fn deck() -> (tempfile::TempDir, Paths) {
        let folder = tempfile::tempdir().unwrap();
        let at = |name| folder.path().join(name);
        let paths =
            Paths { config: at("config.ron"), secrets: at("secrets.ron"), store: at("deck.db") };
        (folder, paths)
    }

    fn store(paths: &Paths) -> DeckStore {
        DeckStore { id: StoreId([1; 16]), path: paths.store.clone(), is_named: false, is_new: true }
    }

    fn bind(paths: &Paths) -> Result<(DeckKey, DeckStore), SecretsError> {
        bind_store(paths, |known| Ok(known.store.clone().unwrap_or_else(|| store(paths))))
    }

    #[test]
    fn the_key_is_made_once_and_is_for_its_owner_alone() {
        let (_folder, paths) = deck();
        let first = bind(&paths).unwrap().0.to_hex();
        assert_eq!(bind(&paths).unwrap().0.to_hex(), first);
        assert_eq!(fs::metadata(&paths.secrets).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn another_store_is_recorded_beside_the_same_key() {
        let (_folder, paths) = deck();
        let key = bind(&paths).unwrap().0.to_hex();
        let other = DeckStore { id: StoreId([2; 16]), ..store(&paths) };
        bind_store(&paths, |_| Ok::<_, SecretsError>(other.clone())).unwrap();
        let known = key_and_store(&paths).unwrap();
        assert_eq!(known.store, Some(other));
        assert_eq!(known.key.unwrap().to_hex(), key);
    }

    #[test]
    fn nothing_is_made_for_a_store_that_is_refused() {
        let (_folder, paths) = deck();
        let refused = bind_store(&paths, |_| Err(SecretsError::NoEntropy)).err();
        assert!(matches!(refused, Some(SecretsError::NoEntropy)));
        assert!(!paths.secrets.exists());
    }

    #[test]
    fn processes_that_start_together_agree_on_key_and_store() {
        let (_folder, paths) = deck();
        let start = |id: u8| {
            let mine = DeckStore { id: StoreId([id; 16]), ..store(&paths) };
            let decide = |known: &KeyAndStore| {
                Ok::<_, SecretsError>(known.store.clone().unwrap_or_else(|| mine.clone()))
            };
            let (key, store) = bind_store(&paths, decide).unwrap();
            (key.to_hex().to_string(), store)
        };
        let started: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|id| scope.spawn(move || start(id))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(started.iter().all(|one| *one == started[0]));
    }

    #[test]
    fn a_file_that_others_can_read_gives_no_key() {
        let (_folder, paths) = deck();
        let token = Secret::parse("0123456789abcdef0123456789ab3f9a").unwrap();
        store_token(&paths, Environment::Test, &token, Timestamp::UNIX_EPOCH).unwrap();
        fs::set_permissions(&paths.secrets, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(bind(&paths), Err(SecretsError::Open { .. })));
    }
}
