//! The files of a deck: `config.ron`, `secrets.ron`, and where they are.
//!
//! Reading and writing happen here and nowhere else; what the values mean is the domain's.

mod error;
mod file;
mod paths;
mod secret_sources;
mod secrets;
mod wire;
mod wire_limits;

use std::io;
use std::path::{Path, PathBuf};

pub use error::ConfigError;
pub use file::{publish, unwritable};
pub use paths::Paths;
pub use secret_sources::resolve;
pub use secrets::{SecretsError, TokenStatus, deck_key, remove_token, store_token, token_status};

use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::settings::{Bounded, Settings};
use crate::domain::thresholds::Thresholds;
use file::{Kept, Lock, replace};

/// The largest config that is read, in bytes; a real one has a few thousand.
const LARGEST: u64 = 1024 * 1024;

/// Everything that `config.ron` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The settings of each environment.
    pub environments: PerEnvironment<Settings>,
    /// What holds for the whole deck.
    pub deck: DeckSettings,
}

/// What holds for the whole deck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeckSettings {
    /// Stands for `{app}` in messages.
    pub app_name: String,
    /// Another place for the store than the usual one.
    pub store: Option<PathBuf>,
    /// Days after which sends and events are forgotten, 2 to 3650. No quota looks back further
    /// than a day.
    pub retention_days: RetentionDays,
    /// A file of certificates (PEM) that are trusted besides the system's.
    pub extra_ca: Option<PathBuf>,
    /// From when on something is worth a warning.
    pub thresholds: Thresholds,
}

/// Days that sends and events are kept.
pub type RetentionDays = Bounded<2, 3650>;

impl Default for DeckSettings {
    fn default() -> Self {
        let retention_days = RetentionDays::nearest(30);
        Self {
            app_name: "Sign-in".to_owned(),
            store: None,
            retention_days,
            extra_ca: None,
            thresholds: Thresholds::default(),
        }
    }
}

impl Config {
    /// What applies where there is no file: Development can send to the Sandbox at once.
    pub fn built_in() -> Self {
        let environments = PerEnvironment::from_fn(Settings::built_in);
        Self { environments, deck: DeckSettings::default() }
    }
}

/// Reads the config; `None` where there is no file.
///
/// # Errors
/// When the file cannot be read, or something in it is wrong: then with line, column and
/// field. The file is never touched.
pub fn load(path: &Path) -> Result<Option<Config>, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    let bytes = match file::read(path, LARGEST) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(unreadable)?,
    };
    let text =
        String::from_utf8(bytes).map_err(|_| ConfigError::NotUtf8 { path: path.to_owned() })?;
    parse(&text, path).map(Some)
}

/// Understands the text of a config. `path` is for the errors.
///
/// # Errors
/// With the first thing that is wrong, and where.
pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
    wire::parse(text, path)
}

/// The text of a config, as it is written to the file.
pub fn render(config: &Config) -> String {
    wire::render(config)
}

/// Saves the settings of one environment and answers the config as it is now.
///
/// The file is read anew under the lock, so that what others have saved for other
/// environments meanwhile is kept. It is replaced as a whole or not at all.
///
/// # Errors
/// When this environment was changed by somebody else since `baseline` was read, or the file
/// cannot be read or written. Nothing is changed then.
pub fn save_environment(
    paths: &Paths,
    environment: Environment,
    baseline: &Settings,
    settings: &Settings,
) -> Result<Config, ConfigError> {
    let path = &paths.config;
    let unwritable = |source| ConfigError::Unwritable { path: path.clone(), source };
    let _lock = Lock::take(path).map_err(unwritable)?;
    let mut config = load(path)?.unwrap_or_else(Config::built_in);
    if config.environments[environment] != *baseline {
        return Err(ConfigError::Conflict { path: path.clone(), environment });
    }
    config.environments[environment] = settings.clone();
    let text = render(&config);
    replace(path, Kept::OrMode(0o644), |file| io::Write::write_all(file, text.as_bytes()))
        .map_err(unwritable)?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::domain::settings::Bounded;

    fn deck() -> (tempfile::TempDir, Paths) {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("smsdeck/config.ron");
        let paths =
            Paths::find(Some(&config), |_| Some(folder.path().as_os_str().to_owned())).unwrap();
        (folder, paths)
    }

    fn save(paths: &Paths, environment: Environment, minutes: u16) -> Result<Config, ConfigError> {
        let config = load(&paths.config).unwrap().unwrap_or_else(Config::built_in);
        let baseline = &config.environments[environment];
        let settings = Settings { code_validity: minutes.try_into().unwrap(), ..baseline.clone() };
        save_environment(paths, environment, baseline, &settings)
    }

    #[test]
    fn what_is_saved_is_read_again() {
        let (_folder, paths) = deck();
        assert_eq!(load(&paths.config).unwrap(), None);
        let saved = save(&paths, Environment::Test, 7).unwrap();
        assert_eq!(load(&paths.config).unwrap(), Some(saved.clone()));
        assert_eq!(saved.environments.test.code_validity, Bounded::try_from(7).unwrap());
    }

    #[test]
    fn a_change_made_by_somebody_else_meanwhile_is_not_overwritten() {
        let (_folder, paths) = deck();
        let old = Config::built_in().environments.test;
        save(&paths, Environment::Test, 7).unwrap();
        let error = save_environment(&paths, Environment::Test, &old, &old).unwrap_err();
        assert_eq!(error.code(), "config_conflict");
        let kept = load(&paths.config).unwrap().unwrap();
        assert_eq!(kept.environments.test.code_validity.get(), 7);
    }

    #[test]
    fn savers_of_different_environments_lose_nothing() {
        let (_folder, paths) = deck();
        std::thread::scope(|scope| {
            for environment in Environment::ALL {
                let paths = &paths;
                scope.spawn(move || {
                    (1..=9).for_each(|minutes| drop(save(paths, environment, minutes).unwrap()));
                });
            }
        });
        let config = load(&paths.config).unwrap().unwrap();
        for (environment, settings) in config.environments.iter() {
            assert_eq!(settings.code_validity.get(), 9, "{environment}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_never_touched() {
        let (_folder, paths) = deck();
        fs::create_dir_all(paths.config.parent().unwrap()).unwrap();
        for broken in ["(version: 1,", "(version: 99)", "\u{0}"] {
            fs::write(&paths.config, broken).unwrap();
            let settings = Config::built_in().environments.test;
            assert!(save_environment(&paths, Environment::Test, &settings, &settings).is_err());
            assert_eq!(fs::read_to_string(&paths.config).unwrap(), broken);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let paths = Paths {
            config: file.join("config.ron"),
            secrets: file.join("secrets.ron"),
            store: file,
        };
        let settings = Config::built_in().environments.test;
        let error = save_environment(&paths, Environment::Test, &settings, &settings).unwrap_err();
        assert_eq!(error.code(), "config_unwritable");
        assert!(error.to_string().contains("file/config.ron"), "{error}");
    }

    #[test]
    fn a_folder_in_place_of_the_file_and_text_that_is_not_utf8_are_said() {
        let (folder, paths) = deck();
        assert_eq!(load(folder.path()).unwrap_err().code(), "config_unreadable");
        fs::create_dir_all(paths.config.parent().unwrap()).unwrap();
        fs::write(&paths.config, [0xff, 0xfe]).unwrap();
        assert_eq!(load(&paths.config).unwrap_err().code(), "config_syntax");
    }
}
