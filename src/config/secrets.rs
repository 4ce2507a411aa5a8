//! `secrets.ron`: the stored tokens and the deck's own key. Mode 0600, always.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::paths::Paths;
use super::wire;
use crate::domain::deck_store::DeckStore;
use crate::domain::environment::Environment;
use crate::domain::plain_text;
use crate::domain::secret::{Secret, SecretError, SecretSource};
use crate::files::{self, Links, Lock, Mode, replace};

/// The largest secrets file that is read, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// A secret cannot be read or stored. Never holds a value.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be written; the old one is as it was.
    #[error("cannot write {}: {source}", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others can read the file.
    #[error("{} can be read by others (mode {mode:o}): run chmod 600 on it, and consider replacing its tokens", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file is somebody else's.
    #[error("{} belongs to {owner}: only its owner can use the deck", .path.display())]
    NotYours {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        owner: String,
    },
    /// There is nothing in the file.
    #[error("{}: the file is empty: restore it from a backup, as it holds the deck's key, or remove it if there was none", .path.display())]
    EmptyFile {
        /// The file.
        path: PathBuf,
    },
    /// The text is invalid. Reveals nothing of the content.
    #[error("{}:{line}: not a secrets file of version 1", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
    },
    /// The settings say that the token is stored, but it is not there.
    #[error("{environment} has no stored auth token")]
    Missing {
        /// The environment.
        environment: Environment,
    },
    /// The value is there but cannot be a secret, or the source does not give one.
    #[error("cannot use the auth token {source_name}: {reason}")]
    Source {
        /// Where it was to come from, in words.
        source_name: String,
        /// What is wrong.
        reason: String,
    },
    /// Another process has stored another token since the edit began.
    #[error(
        "{environment}: someone else stored another token in the meantime; save again to replace it"
    )]
    Changed {
        /// Whose token it is.
        environment: Environment,
    },
    /// The operating system gave no random numbers.
    #[error("the operating system provides no random numbers for the deck's key")]
    NoEntropy,
}

/// What may be shown of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenStatus {
    /// None is set.
    NotSet,
    /// It is in `secrets.ron`.
    Stored {
        /// Its last four characters; empty where it is too short to show any.
        ending: String,
        /// When it was stored.
        since: Timestamp,
    },
    /// It comes from somewhere else.
    Elsewhere(SecretSource),
    /// The settings say that it is stored, but it is not there.
    Missing,
}

/// For people: `stored, ends 3f9a`.
impl fmt::Display for TokenStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSet => f.write_str("not set"),
            Self::Stored { ending, .. } if ending.is_empty() => f.write_str("stored"),
            Self::Stored { ending, .. } => write!(f, "stored, ends {ending}"),
            Self::Elsewhere(source) => source.fmt(f),
            Self::Missing => f.write_str("missing"),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretsFile {
    version: u32,
    #[serde(default)]
    pub(super) deck_key: Option<Zeroizing<String>>,
    /// The store that was made with the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) store: Option<DeckStore>,
    #[serde(default)]
    tokens: BTreeMap<Environment, StoredToken>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredToken {
    auth_token: Zeroizing<String>,
    since: Timestamp,
}

/// Stores an environment's token in place of the one before.
///
/// # Errors
/// When the file cannot be read or written, or is open to others.
pub fn store_token(
    paths: &Paths,
    environment: Environment,
    token: &Secret,
    at: Timestamp,
) -> Result<(), SecretsError> {
    let auth_token = Zeroizing::new(token.expose().to_owned());
    change(&paths.secrets, |file| {
        file.tokens.insert(environment, StoredToken { auth_token, since: at });
    })
}

/// Replaces a stored token, unless it has changed since the caller read it.
///
/// # Errors
/// When another process has stored one in the meantime, or as for [`store_token`].
pub fn replace_token(
    paths: &Paths,
    environment: Environment,
    known: &TokenStatus,
    token: &Secret,
    at: Timestamp,
) -> Result<(), SecretsError> {
    let auth_token = Zeroizing::new(token.expose().to_owned());
    try_change(&paths.secrets, |file| {
        is_known(file, environment, known)?;
        file.tokens.insert(environment, StoredToken { auth_token, since: at });
        Ok(())
    })
}

/// Removes an environment's stored token, unless it has changed since the caller read it.
///
/// # Errors
/// When another process has stored one in the meantime, or the file cannot be read or written, or
/// is open to others.
pub fn remove_token(
    paths: &Paths,
    environment: Environment,
    known: &TokenStatus,
) -> Result<(), SecretsError> {
    try_change(&paths.secrets, |file| {
        is_known(file, environment, known)?;
        file.tokens.remove(&environment);
        Ok(())
    })
}

/// Refuses to change a token that another process has stored since.
fn is_known(
    file: &SecretsFile,
    environment: Environment,
    known: &TokenStatus,
) -> Result<(), SecretsError> {
    let present = file.tokens.get(&environment).map(|stored| stored.since);
    let known = match known {
        TokenStatus::Stored { since, .. } => Some(*since),
        TokenStatus::Missing => None,
        // A token that no setting names is in use nowhere.
        TokenStatus::NotSet | TokenStatus::Elsewhere(_) => return Ok(()),
    };
    // One that has since been removed can be overwritten: nothing is lost.
    if present.is_some() && present != known {
        return Err(SecretsError::Changed { environment });
    }
    Ok(())
}

/// Removes the stored tokens of some environments. Returns the environments that had one.
pub(super) fn remove_tokens(
    paths: &Paths,
    environments: Vec<Environment>,
) -> Result<Vec<Environment>, SecretsError> {
    let mut removed = Vec::new();
    change(&paths.secrets, |file| {
        let was_there = |environment: &Environment| file.tokens.remove(environment).is_some();
        removed = environments.into_iter().filter(was_there).collect();
    })?;
    Ok(removed)
}

/// What may be shown of an environment's token.
///
/// # Errors
/// When the file cannot be read, or is open to others.
pub fn token_status(
    paths: &Paths,
    environment: Environment,
    source: Option<&SecretSource>,
) -> Result<TokenStatus, SecretsError> {
    Ok(match source {
        None => TokenStatus::NotSet,
        Some(SecretSource::Stored) => match read(&paths.secrets)?.tokens.get(&environment) {
            None => TokenStatus::Missing,
            Some(stored) => TokenStatus::Stored {
                ending: Secret::parse(&stored.auth_token)
                    .map_or_else(|_| String::new(), |token| token.ending().to_owned()),
                since: stored.since,
            },
        },
        Some(elsewhere) => TokenStatus::Elsewhere(elsewhere.clone()),
    })
}

/// The stored token of an environment.
pub(super) fn stored_token(
    paths: &Paths,
    environment: Environment,
) -> Result<Secret, SecretsError> {
    let file = read(&paths.secrets)?;
    let stored = file.tokens.get(&environment).ok_or(SecretsError::Missing { environment })?;
    Secret::parse(&stored.auth_token).map_err(|error: SecretError| SecretsError::Source {
        source_name: "in secrets.ron".to_owned(),
        reason: error.to_string(),
    })
}

pub(super) fn read(path: &Path) -> Result<SecretsFile, SecretsError> {
    let unreadable = |source| SecretsError::Unreadable { path: path.to_owned(), source };
    // The file that is checked is the one that is read, even if another one takes its place
    // meanwhile.
    let opened = match files::open(path, Links::Refuse) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(SecretsFile {
                version: 1,
                deck_key: None,
                store: None,
                tokens: BTreeMap::new(),
            });
        }
        opened => opened.map_err(unreadable)?,
    };
    let found = opened.metadata().map_err(unreadable)?;
    if !files::is_own(&found) {
        let owner = files::owner_of(&found);
        return Err(SecretsError::NotYours { path: path.to_owned(), owner });
    }
    let mode = found.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SecretsError::Open { path: path.to_owned(), mode });
    }
    let bytes = Zeroizing::new(files::read_open(opened, MAX_BYTES).map_err(unreadable)?);
    let malformed = |line| SecretsError::Malformed { path: path.to_owned(), line };
    let text = std::str::from_utf8(&bytes).map_err(|_| malformed(1))?;
    let text = plain_text::without_mark(text);
    if text.trim().is_empty() {
        return Err(SecretsError::EmptyFile { path: path.to_owned() });
    }
    let file: SecretsFile =
        wire::options().from_str(text).map_err(|error| malformed(error.span.start.line))?;
    if file.version == 1 { Ok(file) } else { Err(malformed(1)) }
}

/// Changes the file under its lock, after reading it again.
fn change(path: &Path, edit: impl FnOnce(&mut SecretsFile)) -> Result<(), SecretsError> {
    try_change(path, |file| {
        edit(file);
        Ok(())
    })
}

/// Changes the file like [`change`], with a change that may be refused.
pub(super) fn try_change<E: From<SecretsError>>(
    path: &Path,
    edit: impl FnOnce(&mut SecretsFile) -> Result<(), E>,
) -> Result<(), E> {
    let unwritable = |source| SecretsError::Unwritable { path: path.to_owned(), source };
    let _lock = Lock::take(path).map_err(unwritable)?;
    let mut file = read(path)?;
    edit(&mut file)?;
    let text =
        wire::options().to_string_pretty(&file, ron::ser::PrettyConfig::new().new_line("\n"));
    let text =
        Zeroizing::new(text.map_err(|error| unwritable(io::Error::other(error.to_string())))?);
    replace(path, Links::Refuse, Mode::Always(0o600), |file| file.write_all(text.as_bytes()))
        .map_err(|source| unwritable(source).into())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn deck() -> (tempfile::TempDir, Paths) {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.ron");
        let paths = Paths {
            secrets: config.with_file_name("secrets.ron"),
            store: folder.path().join("deck.db"),
            config,
        };
        (folder, paths)
    }

    fn token() -> Secret {
        Secret::parse("0123456789abcdef0123456789ab3f9a").unwrap()
    }

    #[test]
    fn a_stored_token_shows_its_end_and_age_only() {
        let (_folder, paths) = deck();
        let since = "2026-11-11T00:00:00Z".parse().unwrap();
        let source = Some(&SecretSource::Stored);
        assert_eq!(token_status(&paths, Environment::Test, source).unwrap(), TokenStatus::Missing);
        store_token(&paths, Environment::Test, &token(), since).unwrap();
        let status = token_status(&paths, Environment::Test, source).unwrap();
        assert_eq!(status, TokenStatus::Stored { ending: "3f9a".to_owned(), since });
        assert_eq!(
            token_status(&paths, Environment::Production, source).unwrap(),
            TokenStatus::Missing
        );
        remove_token(&paths, Environment::Test, &TokenStatus::NotSet).unwrap();
        assert_eq!(token_status(&paths, Environment::Test, source).unwrap(), TokenStatus::Missing);
        assert_eq!(token_status(&paths, Environment::Test, None).unwrap(), TokenStatus::NotSet);
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let (_folder, paths) = deck();
        store_token(&paths, Environment::Test, &token(), Timestamp::UNIX_EPOCH).unwrap();
        fs::set_permissions(&paths.secrets, fs::Permissions::from_mode(0o644)).unwrap();
        let error = stored_token(&paths, Environment::Test).unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }

    #[test]
    fn an_error_never_reveals_the_contents_of_the_file() {
        let (_folder, paths) = deck();
        fs::write(&paths.secrets, "(version: 1, tokens: {test: (auth_token: \"topsecret\")})")
            .unwrap();
        fs::set_permissions(&paths.secrets, fs::Permissions::from_mode(0o600)).unwrap();
        let error = format!("{0} {0:?}", stored_token(&paths, Environment::Test).unwrap_err());
        assert!(!error.contains("topsecret"), "{error}");
    }
}
