//! Files that are read, saved and put back, as people and other processes use them.

use std::fs;
use std::path::Path;

use super::*;
use crate::domain::bounded::Bounded;
use crate::domain::deck_store::{DeckStore, StoreId};
use crate::domain::environment::Environment;
use crate::domain::from_numbers::FromNumber;
use crate::domain::provider::{AccountSid, Provider, TwilioAccount};
use crate::domain::settings::Settings;

fn deck() -> (tempfile::TempDir, Paths) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("smsdeck/config.ron");
    let paths = Paths::find(Some(&config), |_| Some(folder.path().as_os_str().to_owned())).unwrap();
    (folder, paths)
}

fn save(paths: &Paths, environment: Environment, minutes: u16) -> Result<Config, ConfigError> {
    let config = load(&paths.config).unwrap().unwrap_or_else(Config::built_in);
    let baseline = &config.environments[environment];
    let settings = Settings { code_validity: minutes.try_into().unwrap(), ..baseline.clone() };
    save_environment(paths, environment, baseline, &settings)
}

#[test]
fn a_saved_config_reads_back_the_same() {
    let (_folder, paths) = deck();
    assert_eq!(load(&paths.config).unwrap(), None);
    let saved = save(&paths, Environment::Test, 7).unwrap();
    assert_eq!(load(&paths.config).unwrap(), Some(saved.clone()));
    assert_eq!(saved.environments.test.code_validity, Bounded::try_from(7).unwrap());
}

#[test]
fn a_concurrent_change_is_not_overwritten() {
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

/// A config as an operator writes it by hand, with comments that explain it.
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
fn removing_one_field_and_adding_another_keeps_the_comments() {
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
fn a_version_dated_in_the_future_does_not_block_a_save() {
    let (_folder, paths) = deck();
    save(&paths, Environment::Test, 2).unwrap();
    let history = paths::history_folder(&paths.config);
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
fn an_invalid_config_can_be_replaced_and_is_set_aside() {
    let (_folder, paths) = deck();
    save(&paths, Environment::Test, 2).unwrap();
    save(&paths, Environment::Test, 3).unwrap();
    let good = fs::read_to_string(&paths.config).unwrap();
    fs::write(&paths.config, "(version: 1,").unwrap();
    let version = versions(&paths).unwrap().remove(0);
    let new = restore(&paths, &version, |_| true).unwrap().new;
    assert_eq!(new.environments.test.code_validity.get(), 2);
    // A token typed into the invalid text is in no version; the text is not lost either.
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
    let Replaced { old, new, was_broken } = replace_text(&paths, "(version: 1,", &good).unwrap();
    assert!(was_broken);
    assert_eq!(new.environments.test.code_validity.get(), 3);
    assert_eq!(old.environments.test.code_validity.get(), 2, "the last good one");
}

#[test]
fn an_omitted_setting_is_added_and_removed_again() {
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
    let paths =
        Paths { config: file.join("config.ron"), secrets: file.join("secrets.ron"), store: file };
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

/// The config that is written by hand, with other line ends and a byte order mark.
fn written_on_windows() -> String {
    let text = include_str!("../../tests/config_by_hand.ron");
    format!("\u{feff}{}", text.replace('\n', "\r\n"))
}

#[test]
fn a_file_with_windows_line_ends_is_edited_in_place_and_keeps_them() {
    let (_folder, paths) = deck();
    fs::create_dir_all(paths.config.parent().unwrap()).unwrap();
    fs::write(&paths.config, written_on_windows()).unwrap();
    let by_hand = include_str!("../../tests/config_by_hand.ron");
    let plain = parse(by_hand, Path::new("x")).unwrap();
    assert_eq!(load(&paths.config).unwrap(), Some(plain.clone()));
    let saved = save(&paths, Environment::Test, 9).unwrap();
    let text = fs::read_to_string(&paths.config).unwrap();
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{text}");
    assert_eq!(text.replace("\r\n", "\n"), changed_text(by_hand, &plain, &saved));
    assert_eq!(load(&paths.config).unwrap(), Some(saved));
}

#[test]
fn a_line_break_in_a_text_is_no_matter_of_the_line_ends_of_its_file() {
    let with = |text: &str| {
        let message = |config: &Config| config.environments.test.message.as_str().to_owned();
        let config = Config::built_in();
        let built_in = format!("{:?}", message(&config));
        let written = render(&config).replace(&built_in, &format!("\"{{code}}{text}\""));
        let windows = written.replace('\n', "\r\n");
        [written, windows].map(|text| message(&parse(&text, Path::new("x")).unwrap()))
    };
    assert_eq!(with("\nis it"), ["{code}\nis it", "{code}\nis it"]);
    assert_eq!(with("\\nis it"), ["{code}\nis it", "{code}\nis it"]);
}

#[test]
fn bytes_that_are_no_text_are_reported_with_their_place() {
    let (_folder, paths) = deck();
    fs::create_dir_all(paths.config.parent().unwrap()).unwrap();
    fs::write(&paths.config, b"(\n    version: 1, // caf\xe9\n)").unwrap();
    let error = load(&paths.config).unwrap_err();
    assert_eq!((error.line(), error.column()), (Some(2), Some(23)), "{error}");
    fs::write(&paths.config, "").unwrap();
    let error = load(&paths.config).unwrap_err();
    assert!(error.to_string().ends_with("config.ron: the file is empty"), "{error}");
}

#[test]
fn secrets_are_read_behind_a_byte_order_mark_and_empty_ones_are_said_to_be() {
    use std::os::unix::fs::PermissionsExt;

    let (_folder, paths) = deck();
    let store = DeckStore {
        id: StoreId([1; 16]),
        path: paths.store.clone(),
        is_named: false,
        is_new: false,
    };
    let key = bind_store(&paths, |_| Ok::<_, SecretsError>(store.clone())).unwrap().0.to_hex();
    let text = fs::read_to_string(&paths.secrets).unwrap();
    fs::write(&paths.secrets, format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
    assert_eq!(key_and_store(&paths).unwrap().key.unwrap().to_hex(), key);
    for empty in ["", "\u{feff}", "\r\n"] {
        fs::write(&paths.secrets, empty).unwrap();
        let error = key_and_store(&paths).err().unwrap();
        assert!(error.to_string().contains("secrets.ron: the file is empty"), "{error}");
    }
    let token = paths.secrets.with_file_name("token");
    let source = crate::domain::secret::SecretSource::File(token.clone());
    fs::write(&token, "\u{feff}s3cret\r\n").unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(resolve(&paths, Environment::Test, &source).unwrap().expose(), "s3cret");
    fs::write(&token, "").unwrap();
    let error = resolve(&paths, Environment::Test, &source).unwrap_err().to_string();
    assert!(error.contains("the file is empty"), "{error}");
    fs::remove_file(&token).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &token, rustix::fs::Mode::RUSR).unwrap();
    let error = resolve(&paths, Environment::Test, &source).unwrap_err().to_string();
    assert!(error.contains("it is a named pipe"), "{error}");
}
