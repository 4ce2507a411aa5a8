//! Files with secrets or people's traces that others can read. They are read all the same: that
//! would stop the codes, and anyone who wanted them has them.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::deck::DeckSettings;
use super::key_and_store::store_path;
use super::paths::{self, Paths};
use crate::domain::secret::SecretSource;
use crate::files;

/// A file or folder that others can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposed {
    /// Where it is.
    pub path: PathBuf,
    /// Its mode, such as 0o644.
    pub mode: u32,
}

/// For people: `/home/ana/token can be read by others (mode 644): run chmod go-rwx on it`.
impl fmt::Display for Exposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, mode } = self;
        write!(
            f,
            "{} can be read by others (mode {mode:o}): run chmod go-rwx on it",
            path.display()
        )
    }
}

/// The files of a deck that others can read: the store with its journal, the former versions of
/// the config, and what was put aside.
pub fn exposed_files(paths: &Paths, deck: &DeckSettings) -> Vec<Exposed> {
    let store = store_path(paths, deck);
    let with = |ending: &str| {
        let mut name = store.clone().into_os_string();
        name.push(ending);
        PathBuf::from(name)
    };
    let files = [store.clone(), with("-wal"), with("-shm"), paths::history_folder(&paths.config)];
    let aside = [".broken", ".unsaved"].map(|ending| paths::beside(&paths.config, ending));
    files.iter().chain(&aside).filter_map(|path| exposed(path)).collect()
}

/// The file of a token, if others can read it.
pub fn exposed_token(source: Option<&SecretSource>) -> Option<Exposed> {
    match source {
        Some(SecretSource::File(path)) => exposed(path),
        _ => None,
    }
}

fn exposed(path: &Path) -> Option<Exposed> {
    let found = fs::metadata(path).ok()?;
    let mode = found.mode() & 0o777;
    files::others_may_read(&found).then(|| Exposed { path: path.to_owned(), mode })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn whatever_others_can_read_is_named_with_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let paths =
            Paths { config: at("config.ron"), secrets: at("secrets.ron"), store: at("deck.db") };
        let deck = DeckSettings::default();
        let set = |name: &str, mode| {
            fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).unwrap();
        };
        fs::create_dir(at("config.ron.history")).unwrap();
        let names =
            ["deck.db", "deck.db-wal", "deck.db-shm", "config.ron.broken", "config.ron.unsaved"];
        for name in names {
            fs::write(at(name), "").unwrap();
            set(name, 0o600);
        }
        set("config.ron.history", 0o700);
        assert_eq!(exposed_files(&paths, &deck), []);
        for name in names.into_iter().chain(["config.ron.history"]) {
            for mode in [0o644, 0o604, 0o640, 0o755] {
                set(name, mode);
                assert_eq!(exposed_files(&paths, &deck), [Exposed { path: at(name), mode }]);
            }
            set(name, 0o700);
        }
        let source = SecretSource::File(at("deck.db"));
        assert_eq!(exposed_token(Some(&source)), None);
        set("deck.db", 0o604);
        let text = exposed_token(Some(&source)).unwrap().to_string();
        assert!(text.ends_with("deck.db can be read by others (mode 604): run chmod go-rwx on it"));
        assert_eq!(exposed_token(Some(&SecretSource::Stored)), None);
    }
}
