//! The files of a deck: `config.ron`, `secrets.ron`, and where they are.
//!
//! Reading and writing happen here and nowhere else; what the values mean is the domain's.

mod by_name;
mod edit;
mod error;
mod file;
mod history;
mod paths;
mod ron_text;
mod schema;
mod secret_sources;
mod secrets;
mod unnamed_tokens;
mod wire;
mod wire_limits;

use std::io;
use std::path::{Path, PathBuf};

pub use by_name::{copied, exported, imported, is_of_deck, is_token, of_environment, with_value};
pub use error::ConfigError;
pub use file::{publish, read, unwritable};
pub use history::{VERSIONS, Version, versions};
pub use paths::{Paths, below_home};
pub use schema::schema;
pub use secret_sources::resolve;
pub use secrets::{
    SecretsError, TokenStatus, deck_key, remove_token, replace_token, store_token, token_status,
};
pub use unnamed_tokens::{forget_tokens, unnamed_tokens};

use crate::domain::bounded::Bounded;
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::price::Price;
use crate::domain::settings::Settings;
use crate::domain::thresholds::Thresholds;
use file::{Kept, Lock, replace};

/// The largest config that is read, in bytes; a real one has a few thousand.
const MAX_BYTES: u64 = 1024 * 1024;

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
    /// What one SMS costs, for the figures of `config check`.
    pub segment_price: Option<Price>,
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
            segment_price: None,
        }
    }
}

impl DeckSettings {
    /// What changes to other settings of the deck, in words: `retention_days: 30 → 60`.
    pub fn differences(&self, new: &Self) -> Vec<String> {
        let path = |path: &Option<PathBuf>| {
            path.as_ref().map_or_else(|| "not set".to_owned(), |path| path.display().to_string())
        };
        let price = |price: Option<Price>| {
            price.map_or_else(|| "not set".to_owned(), |price| price.to_string())
        };
        let values = |deck: &Self| {
            [
                ("app_name", deck.app_name.clone()),
                ("store", path(&deck.store)),
                ("retention_days", deck.retention_days.get().to_string()),
                ("extra_ca", path(&deck.extra_ca)),
                ("segment_price", price(deck.segment_price)),
            ]
        };
        let changed = values(self).into_iter().zip(values(new)).filter(|(old, new)| old != new);
        let mut lines: Vec<String> =
            changed.map(|((name, old), (_, new))| format!("{name}: {old} → {new}")).collect();
        if self.thresholds != new.thresholds {
            lines.push("thresholds: changed".to_owned());
        }
        lines
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
    match read_text(path)? {
        Some(text) => parse(&text, path).map(Some),
        None => Ok(None),
    }
}

fn read_text(path: &Path) -> Result<Option<String>, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    let bytes = match file::read(path, MAX_BYTES) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(unreadable)?,
    };
    let text = String::from_utf8(bytes);
    text.map(Some).map_err(|_| ConfigError::NotUtf8 { path: path.to_owned() })
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

/// The settings of an environment with the names of the file, as JSON: no secret is in them.
pub fn to_json(config: &Config, environment: Environment) -> serde_json::Value {
    wire::to_json(&config.environments[environment])
}

/// Saves the settings of one environment and answers the config as it is now.
///
/// As [`change`].
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
    let (_, config) = change(paths, |config| {
        if config.environments[environment] != *baseline {
            let path = paths.config.clone();
            return Err(ConfigError::Conflict { path, environment });
        }
        config.environments[environment] = settings.clone();
        Ok(())
    })?;
    Ok(config)
}

/// Changes the config and answers it as it was and as it is now.
///
/// The file is read anew under the lock, so that what others have saved meanwhile is kept. It is
/// replaced as a whole or not at all; what is not changed stays as it was written, with its
/// comments, and the file as it was is kept among the [`versions`]. Where nothing changes,
/// nothing is written.
///
/// # Errors
/// With what `edit` answers, or when the file cannot be read or written. Nothing is changed then.
pub fn change<E: From<ConfigError>>(
    paths: &Paths,
    edit: impl FnOnce(&mut Config) -> Result<(), E>,
) -> Result<(Config, Config), E> {
    let path = &paths.config;
    let unwritable = |source| ConfigError::Unwritable { path: path.clone(), source };
    let _lock = Lock::take(path).map_err(unwritable)?;
    let old_text = read_text(path)?;
    let old = match &old_text {
        Some(text) => parse(text, path)?,
        None => Config::built_in(),
    };
    let mut new = old.clone();
    edit(&mut new)?;
    if new == old {
        return Ok((old, new));
    }
    let text = match &old_text {
        Some(old_text) => changed_text(old_text, &old, &new),
        None => render(&new),
    };
    put(path, old_text.as_deref(), &text).map_err(unwritable)?;
    Ok((old, new))
}

/// The text of the config as it is on disk, or as it would be written.
///
/// # Errors
/// When there is a file that cannot be read.
pub fn text(path: &Path) -> Result<String, ConfigError> {
    Ok(read_text(path)?.unwrap_or_else(|| render(&Config::built_in())))
}

/// A config that took the place of another one.
#[derive(Debug, Clone)]
pub struct Replaced {
    /// The one before; the last good version, where that was out of order.
    pub old: Config,
    /// The one that is in force.
    pub new: Config,
    /// Whether the one before was out of order.
    pub was_broken: bool,
}

/// Puts a text that somebody has edited in the place of the config, as they wrote it.
///
/// # Errors
/// When something in it is wrong, with line and column, or the config is no longer what the edit
/// began with. Nothing is changed then.
pub fn replace_text(paths: &Paths, before: &str, after: &str) -> Result<Replaced, ConfigError> {
    let new = parse(after, &paths.config)?;
    put_text(paths, (after, new), |present| {
        let is_same = present == before;
        if is_same { Ok(()) } else { Err(ConfigError::Changed { path: paths.config.clone() }) }
    })
}

/// Puts a text that is right in the place of the config, if the present one may go.
fn put_text(
    paths: &Paths,
    (text, new): (&str, Config),
    may_go: impl FnOnce(&str) -> Result<(), ConfigError>,
) -> Result<Replaced, ConfigError> {
    let path = &paths.config;
    let unwritable = |source| ConfigError::Unwritable { path: path.clone(), source };
    let _lock = Lock::take(path).map_err(unwritable)?;
    let old = read_text(path)?;
    let present = old.clone().unwrap_or_else(|| render(&Config::built_in()));
    may_go(&present)?;
    // A config that is out of order may be mended so; what changes is told from the last good one.
    let good = parse(&present, path).ok();
    let was_broken = good.is_none();
    let before = good.unwrap_or_else(|| last_good(paths));
    if present != text {
        put(path, old.as_deref(), text).map_err(unwritable)?;
    }
    Ok(Replaced { old: before, new, was_broken })
}

/// The newest version that can be read, or the built-in config: what a config that is out of order
/// is compared with.
pub fn last_good(paths: &Paths) -> Config {
    let versions = versions(paths).unwrap_or_default();
    let good = versions.iter().find_map(|version| load(&version.path).ok().flatten());
    good.unwrap_or_else(Config::built_in)
}

/// Puts a former version back in the place of the config, as it was written.
///
/// # Errors
/// When either cannot be read, the present config may not go, as `may_go` has it, or it cannot be
/// written. Nothing is changed then.
pub fn restore(
    paths: &Paths,
    version: &Version,
    may_go: impl FnOnce(&Config) -> bool,
) -> Result<Replaced, ConfigError> {
    let missing = || ConfigError::Missing { path: version.path.clone() };
    let text = read_text(&version.path)?.ok_or_else(missing)?;
    let new = parse(&text, &version.path)?;
    let changed = || ConfigError::Changed { path: paths.config.clone() };
    put_text(paths, (&text, new), |present| {
        let present = parse(present, &paths.config).unwrap_or_else(|_| last_good(paths));
        may_go(&present).then_some(()).ok_or_else(changed)
    })
}

/// Replaces the config's text, and keeps the one before.
fn put(path: &Path, old: Option<&str>, new: &str) -> io::Result<()> {
    match old {
        // One that is out of order may have anything in it, also what is a secret.
        Some(old) if parse(old, path).is_err() => history::set_aside(path, old)?,
        Some(old) => history::keep(path, old)?,
        None => {}
    }
    replace(path, Kept::OrMode(0o644), |file| io::Write::write_all(file, new.as_bytes()))
}

/// The text of a file in which only what differs is written anew. One that cannot be changed in
/// part is written anew as a whole: comments are lost then, settings never.
pub fn changed_text(text: &str, old: &Config, new: &Config) -> String {
    let edited = edit::edited(text, &render(old), &render(new));
    let is_right = |text: &String| parse(text, Path::new("")).is_ok_and(|config| config == *new);
    edited.filter(is_right).unwrap_or_else(|| render(new))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::domain::bounded::Bounded;
    use crate::domain::from_numbers::FromNumber;
    use crate::domain::provider::{AccountSid, Provider, TwilioAccount};

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

    /// As somebody writes it who explains what they do.
    const BY_HAND: &str = include_str!("../../tests/config_by_hand.ron");

    fn saved_by_hand(edit: impl FnOnce(&mut Settings)) -> String {
        let (_folder, paths) = deck();
        fs::create_dir_all(paths.config.parent().unwrap()).unwrap();
        fs::write(&paths.config, BY_HAND).unwrap();
        change(&paths, |config| {
            edit(&mut config.environments.production);
            Ok::<(), ConfigError>(())
        })
        .unwrap();
        fs::read_to_string(&paths.config).unwrap()
    }

    #[test]
    fn one_changed_field_changes_one_line_of_a_file_written_by_hand() {
        let text = saved_by_hand(|settings| settings.code_validity = Bounded::nearest(9));
        let changed: Vec<(&str, &str)> =
            BY_HAND.lines().zip(text.lines()).filter(|(old, new)| old != new).collect();
        assert_eq!(text.lines().count(), BY_HAND.lines().count());
        assert_eq!(
            changed,
            [(
                "            code_validity_minutes: 10, // the most that NIST allows",
                "            code_validity_minutes: 9, // the most that NIST allows"
            )]
        );
    }

    #[test]
    fn numbers_are_added_and_removed_among_the_comments_of_the_others() {
        let text = saved_by_hand(|settings| {
            let grid = &settings.from_numbers;
            let acme = crate::domain::sender::Sender::parse("ACME").unwrap();
            let number = |sender: &str, country: &str| crate::domain::from_numbers::FromNumber {
                sender: crate::domain::sender::Sender::parse(sender).unwrap(),
                countries: [country.parse().unwrap()].into(),
            };
            let grid = grid.without(&acme).unwrap();
            let grid = grid.with(None, number("72404", "FR"), false).unwrap();
            settings.from_numbers = grid.with(None, number("72405", "IT"), false).unwrap();
        });
        assert!(text.contains("// Bogotá, ticket 4711"), "{text}");
        assert!(text.contains("// only the islands"), "{text}");
        assert!(!text.contains("ACME\", countries"), "{text}");
        let added = "                (\n                    sender: \"72404\",";
        assert!(text.contains(added), "{text}");
        assert!(text.find("72404") < text.find("72405"), "{text}");
    }

    #[test]
    fn a_field_that_goes_and_one_that_comes_leave_the_comments_alone() {
        let text = saved_by_hand(|settings| {
            if let crate::domain::provider::Provider::Twilio(account) = &mut settings.provider {
                account.auth_token = None;
                account.base_url =
                    Some(crate::domain::provider::BaseUrl::parse("https://sms.example/").unwrap());
            }
        });
        assert!(text.contains("// The subaccount, not the main one."), "{text}");
        assert!(text.contains("base_url: \"https://sms.example/\""), "{text}");
        assert!(!text.contains("TWILIO_TOKEN"), "{text}");
    }

    #[test]
    fn comments_outlive_countries_in_another_order_and_the_first_field_of_an_account() {
        let by_hand = |rows: &str, provider: &str| {
            include_str!("../../tests/config_by_hand.ron")
                .replace("(sender: \"ACME\", countries: [\"AT\", \"DE\"]),", rows)
                .replace("request_time_out_minutes: 15, provider: Sandbox,", provider)
        };
        let sandbox = "request_time_out_minutes: 15, provider: Sandbox,";
        let rows = "(sender: \"ACME\", countries: [\"DE\", \"AT\"]) /* sales */,";
        let change = |text: &str, edit: &dyn Fn(&mut Config)| {
            let old = parse(text, Path::new("")).unwrap();
            let mut new = old.clone();
            edit(&mut new);
            assert_ne!(old, new);
            changed_text(text, &old, &new)
        };
        let acme = crate::domain::sender::Sender::parse("ACME").unwrap();
        let text = change(&by_hand(rows, sandbox), &|config| {
            let grid = &mut config.environments.production.from_numbers;
            let countries = ["DE".parse().unwrap()].into();
            let row = FromNumber { sender: acme.clone(), countries };
            *grid = grid.with(Some(&acme), row, false).unwrap();
        });
        assert!(!text.contains("\"AT\"") && text.contains("/* sales */"), "{text}");
        let text = change(&by_hand(rows, sandbox), &|config| {
            let grid = &mut config.environments.production.from_numbers;
            *grid = grid.without(&acme).unwrap();
        });
        assert!(!text.contains("sales") && text.contains("// only the islands"), "{text}");
        let empty = "request_time_out_minutes: 15, provider: Twilio(),";
        let text = change(&by_hand(rows, empty), &|config| {
            let account = AccountSid::parse("AC0123456789abcdef0123456789abcdef").unwrap();
            let account = TwilioAccount { account_sid: Some(account), ..TwilioAccount::default() };
            config.environments.development.provider = Provider::Twilio(Box::new(account));
        });
        assert!(text.contains("Ask ops before"), "{text}");
        assert!(text.contains("// only the islands"), "{text}");
    }

    #[test]
    fn a_former_version_from_the_future_holds_up_nobody() {
        let (_folder, paths) = deck();
        save(&paths, Environment::Test, 2).unwrap();
        let history = history::folder(&paths.config);
        fs::create_dir_all(&history).unwrap();
        for name in ["29990101T000000.000Z.ron", "notes-Z.ron"] {
            fs::write(history.join(name), "").unwrap();
        }
        save(&paths, Environment::Test, 3).unwrap();
        let names: Vec<String> =
            versions(&paths).unwrap().into_iter().map(|version| version.name).collect();
        assert_eq!(names, ["29990101T000000.001Z", "29990101T000000.000Z"]);
    }

    #[test]
    fn a_config_that_is_out_of_order_can_be_mended() {
        let (_folder, paths) = deck();
        save(&paths, Environment::Test, 2).unwrap();
        save(&paths, Environment::Test, 3).unwrap();
        let good = fs::read_to_string(&paths.config).unwrap();
        fs::write(&paths.config, "(version: 1,").unwrap();
        let version = versions(&paths).unwrap().remove(0);
        let new = restore(&paths, &version, |_| true).unwrap().new;
        assert_eq!(new.environments.test.code_validity.get(), 2);
        // A token that somebody has put there is in no version; the text is not lost either.
        let broken = "(version: 1, auth_token: \"0123456789abcdef0123456789ab3f9a\"";
        fs::write(&paths.config, broken).unwrap();
        let version = versions(&paths).unwrap().remove(0);
        restore(&paths, &version, |_| true).unwrap();
        for version in versions(&paths).unwrap() {
            assert!(!fs::read_to_string(version.path).unwrap().contains("3f9a"));
        }
        let aside = paths.config.with_file_name("config.ron.broken");
        assert_eq!(fs::read_to_string(&aside).unwrap(), broken);
        let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(&aside).unwrap());
        assert_eq!(mode & 0o777, 0o600);
        fs::write(&paths.config, "(version: 1,").unwrap();
        let Replaced { old, new, was_broken } =
            replace_text(&paths, "(version: 1,", &good).unwrap();
        assert!(was_broken);
        assert_eq!(new.environments.test.code_validity.get(), 3);
        assert_eq!(old.environments.test.code_validity.get(), 2, "the last good one");
    }

    #[test]
    fn a_setting_that_was_left_out_is_added_and_taken_out_again() {
        let limited = saved_by_hand(|settings| settings.limits.record_only = true);
        assert!(limited.contains("recipients: Anyone, // whom it may text\n"), "{limited}");
        assert!(limited.contains("limits: ("), "{limited}");
        let (_folder, paths) = deck();
        fs::create_dir_all(paths.config.parent().unwrap()).unwrap();
        fs::write(&paths.config, limited).unwrap();
        change(&paths, |config| {
            config.environments.production.limits.record_only = false;
            Ok::<(), ConfigError>(())
        })
        .unwrap();
        let text = fs::read_to_string(&paths.config).unwrap();
        assert!(!text.contains("limits"), "{text}");
        let comments = |text: &str| text.matches("//").count();
        assert_eq!(comments(&text), comments(BY_HAND), "{text}");
    }

    #[test]
    fn the_last_versions_are_kept_with_their_mode_and_one_is_put_back_as_it_was() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, paths) = deck();
        fs::create_dir_all(paths.config.parent().unwrap()).unwrap();
        fs::write(&paths.config, BY_HAND).unwrap();
        fs::set_permissions(&paths.config, fs::Permissions::from_mode(0o640)).unwrap();
        for round in 0..VERSIONS + 3 {
            save(&paths, Environment::Test, u16::try_from(round % 2 + 1).unwrap()).unwrap();
        }
        let kept = versions(&paths).unwrap();
        assert_eq!(kept.len(), VERSIONS);
        let link = Paths { config: paths.config.with_file_name("link.ron"), ..paths.clone() };
        std::os::unix::fs::symlink(&paths.config, &link.config).unwrap();
        assert_eq!(versions(&link).unwrap().len(), VERSIONS, "not found by way of a link");
        assert!(kept.windows(2).all(|pair| pair[0].name > pair[1].name), "the newest comes first");
        let mode = fs::metadata(&kept[0].path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        let wanted = fs::read_to_string(&kept[2].path).unwrap();
        let Replaced { old: before, new: after, .. } = restore(&paths, &kept[2], |_| true).unwrap();
        assert_eq!(fs::read_to_string(&paths.config).unwrap(), wanted);
        assert_ne!(before, after);
        // What was put aside for it is a version too.
        let again = versions(&paths).unwrap();
        assert_eq!(load(&again[0].path).unwrap(), Some(before));
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
