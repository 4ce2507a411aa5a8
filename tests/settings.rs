//! Settings changed from the command line: by the same rules as in the console, shown beforehand,
//! written down, and taken back.

mod support;

use std::io::Write;
use std::process::Stdio;

use smsdeck::config::{Config, render};
use smsdeck::provider::Sandbox;
use support::deck::{Deck, any_file_holds};
use support::wire::Refusal;

const BY_HAND: &str = include_str!("config_by_hand.ron");

fn deck() -> Deck {
    let deck = Deck::new();
    deck.configure(BY_HAND);
    deck
}

/// The same, with an account that nobody can be asked about.
fn deck_without_network() -> (Deck, Refusal) {
    let (deck, nobody) = (Deck::new(), Refusal::new());
    let account = format!("base_url: \"{}\", account_sid:", nobody.url());
    deck.configure(&BY_HAND.replace("account_sid:", &account));
    (deck, nobody)
}

/// Stores a token as `config set auth_token -` does.
fn set_token(deck: &Deck, environment: &str, token: &str) -> support::deck::Ran {
    let mut child = deck
        .command(&[
            "config",
            "set",
            "--yes",
            "--unchecked",
            "--env",
            environment,
            "auth_token",
            "-",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(token.as_bytes()).unwrap();
    support::deck::Ran(child.wait_with_output().unwrap())
}

fn text(deck: &Deck) -> String {
    std::fs::read_to_string(deck.paths().config).unwrap()
}

#[test]
fn a_config_that_is_gone_is_like_a_broken_one() {
    let deck = Deck::new();
    deck.configure(&render(&Config::built_in()));
    assert_eq!(
        deck.run(&["config", "set", "--yes", "--env", "dev", "codes_allowed", "4"]).code(),
        0
    );
    let config = deck.paths().config;
    let saved = std::fs::read_to_string(&config).unwrap();
    std::fs::remove_file(&config).unwrap();
    let status = deck.run(&["status"]);
    assert!(status.code() == 2 && status.err().contains("is missing"), "{}", status.err());
    let sent = deck.run(&["send", "--env", "dev", "+573001234567", "--no-wait"]);
    assert!(sent.code() != 0 && sent.err().contains("config restore"), "{}", sent.err());
    std::os::unix::fs::symlink(deck.path("nothing.ron"), &config).unwrap();
    let set = deck.run(&["config", "set", "--yes", "--env", "dev", "codes_allowed", "5"]);
    assert!(set.code() != 0 && set.err().contains("link"), "{}", set.err());
    assert!(config.is_symlink() && !deck.path("nothing.ron").exists());
    std::fs::remove_file(&config).unwrap();
    let set = |value| {
        deck.run(&["config", "set", "--yes", "--env", "dev", "codes_allowed", value]).code()
    };
    std::fs::write(&config, saved).unwrap();
    assert_eq!((set("5"), set("6")), (0, 0));
    std::fs::remove_file(&config).unwrap();
    let history = deck.run(&["config", "history", "--json"]).json();
    let version = history[0]["version"].as_str().unwrap().to_owned();
    let restored = deck.run(&["config", "restore", &version, "--yes"]);
    assert_eq!(restored.code(), 0, "{}", restored.err());
    assert!(std::fs::read_to_string(&config).unwrap().contains("codes_allowed: 5"));
    assert_eq!(deck.run(&["status"]).code(), 0);
}

#[test]
fn a_config_that_was_written_by_hand_is_missed_as_well() {
    let deck = Deck::new();
    deck.configure(&render(&Config::built_in()).replacen(
        "codes_allowed: 3",
        "codes_allowed: 4",
        1,
    ));
    deck.make_store();
    let config = deck.paths().config;
    std::fs::remove_file(&config).unwrap();
    let status = deck.run(&["status"]);
    assert!(status.code() == 2 && status.err().contains("in-force"), "{}", status.err());
    let sent = deck.run(&["send", "--env", "dev", "+573001234567", "--no-wait"]);
    assert!(sent.code() != 0 && sent.out().is_empty(), "{}", sent.out());
    std::fs::copy(deck.path(".config/smsdeck/config.ron.history/in-force"), &config).unwrap();
    assert!(deck.run(&["config", "show"]).out().contains("codes_allowed: 4"));
    assert_eq!(deck.run(&["status"]).code(), 0);
}

#[test]
fn a_named_config_that_is_not_there_is_an_error_and_makes_no_deck() {
    let deck = Deck::new();
    let missing = deck.path("missing.ron");
    for command in [&["status"][..], &["send", "--env", "dev", "+573001234567"], &["quota", "list"]]
    {
        let output = deck.command(command).env("SMSDECK_CONFIG", &missing).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command:?}");
    }
    let status = deck.run(&["status"]);
    assert!(status.code() == 2 && status.err().contains("no deck here"), "{}", status.err());
    assert!(!missing.exists() && !deck.paths().secrets.exists() && !deck.paths().store.exists());
}

#[test]
fn setting_a_field_is_previewed_audited_and_can_be_undone() {
    let deck = deck();
    let set = ["config", "set", "--yes", "--env", "prod", "codes_allowed", "5"];
    let tried = deck.run(&[&set[..], &["--dry-run"]].concat());
    assert_eq!(tried.code(), 0, "{}", tried.err());
    let paths = deck.paths();
    assert!(!paths.store.exists() && !paths.secrets.exists(), "a dry run has made a deck");
    assert!(tried.out().contains("Production: Number of codes allowed: 3 → 5"), "{}", tried.out());
    assert_eq!(text(&deck), BY_HAND);
    assert_eq!(deck.run(&set).code(), 0);
    assert_eq!(text(&deck), BY_HAND.replace("codes_allowed: 3,\n            request_time_out_minutes: 15,\n            provider: Twilio", "codes_allowed: 5,\n            request_time_out_minutes: 15,\n            provider: Twilio"));
    let audit = deck.run(&["audit", "list"]).out();
    assert!(audit.contains("Number of codes allowed: 3 → 5"), "{audit}");

    let history = deck.run(&["config", "history", "--json"]).json();
    assert_eq!(history.len(), 1);
    let version = history[0]["version"].as_str().unwrap();
    let shown = deck.run(&["config", "restore", version, "--dry-run"]);
    assert!(shown.out().contains("5 → 3"), "{}", shown.out());
    let unasked = deck.run(&["config", "restore", version]);
    assert!(unasked.code() == 2 && unasked.err().contains("--yes"), "{}", unasked.err());
    assert_eq!(deck.run(&["config", "restore", version, "--yes"]).code(), 0);
    assert_eq!(text(&deck), BY_HAND);
    assert_eq!(deck.run(&["config", "restore", "yesterday"]).code(), 2);
    assert!(deck.run(&["audit", "verify"]).code() == 0);
}

#[test]
fn an_invalid_change_writes_nothing_and_explains_itself() {
    let deck = deck();
    for (field, value, words) in [
        ("codes_allowed", "99", "from 1 to 20"),
        ("codes_alowed", "3", "Did you mean codes_allowed?"),
        ("message", "no code in it", "{code}"),
        ("auth_token", "topsecret0123456789", "standard input"),
        ("provider.auth_token", "topsecret0123456789", "standard input"),
    ] {
        let ran = deck.run(&["config", "set", "--yes", "--env", "prod", field, value]);
        assert_eq!(ran.code(), 2, "{field}");
        assert!(ran.err().contains(words), "{}", ran.err());
        assert!(!ran.err().contains("topsecret"), "{}", ran.err());
    }
    let read_only =
        deck.run(&["--read-only", "config", "set", "--yes", "--env", "prod", "codes_allowed", "5"]);
    assert_eq!(read_only.code(), 3);
    assert_eq!(text(&deck), BY_HAND);
}

#[test]
fn a_token_is_read_from_standard_input_and_kept_in_the_secrets_file_only() {
    let (deck, _nobody) = deck_without_network();
    let token = "0123456789abcdef0123456789ab3f9a";
    let set = set_token(&deck, "prod", token);
    assert!(set.code() == 0 && !set.out().contains(token), "{}", set.err());
    assert!(std::fs::read_to_string(deck.paths().secrets).unwrap().contains(token));
    std::fs::remove_file(deck.paths().secrets).unwrap();
    assert!(!any_file_holds(&deck.path(""), token.as_bytes()));
}

#[test]
fn numbers_are_added_edited_moved_and_removed() {
    let deck = deck();
    let numbers = |arguments: &[&str]| {
        deck.run(&[&["numbers"], arguments, &["--yes", "--env", "prod"]].concat())
    };
    assert_eq!(numbers(&["add", "72404", "--countries", "FR,PE"]).code(), 0);
    let taken = numbers(&["add", "72405", "--countries", "CO"]);
    assert_eq!(taken.code(), 2);
    assert!(taken.err().contains("--move"), "{}", taken.err());
    assert_eq!(numbers(&["edit", "72404", "--countries", "FR,CO", "--move"]).code(), 0);
    // The default number keeps its place without a country.
    assert_eq!(numbers(&["remove", "ACME"]).code(), 0);
    let list = deck.run(&["numbers", "list", "--env", "prod"]).out();
    assert_eq!(
        list,
        "* +1 415 555 0100\n  +44 7400 123456      GG JE\n  72404                CO FR\n"
    );
    let orphaned = numbers(&["default", "72404"]);
    assert_eq!(orphaned.code(), 2, "{}", orphaned.out());
    assert!(text(&deck).contains("// Bogotá, ticket 4711"), "{}", text(&deck));
}

#[test]
fn environments_are_compared_copied_and_moved_between_decks() {
    let deck = deck();
    let diff = deck.run(&["config", "diff", "test", "prod"]).out();
    assert!(
        diff.contains("Code validity period: Test 5 min | Production 10 min  (drift"),
        "{diff}"
    );
    let copy = [
        "config",
        "copy",
        "--yes",
        "prod",
        "test",
        "--fields",
        "code_validity_minutes,from_numbers,provider",
    ];
    assert_eq!(deck.run(&copy).code(), 0);
    let diff = deck.run(&["config", "diff", "test", "prod", "--json"]).json();
    let fields: Vec<&str> = diff.iter().map(|line| line["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["default_country", "auth_token", "message"]);

    let exported = deck.run(&["config", "export", "--env", "prod"]).out();
    assert!(!exported.contains("auth_token"), "{exported}");
    let file = deck.path("production.ron");
    std::fs::write(&file, &exported).unwrap();
    let other = Deck::new();
    let import = ["config", "import", "--yes", "--env", "prod", file.to_str().unwrap()];
    assert_eq!(other.run(&import).code(), 0);
    assert_eq!(other.run(&["config", "export", "--env", "prod"]).out(), exported);
    std::fs::write(&file, exported.replace("codes_allowed: 3", "codes_allowed: 33")).unwrap();
    let wrong = other.run(&import);
    assert_eq!(wrong.code(), 2);
    assert!(wrong.err().contains("production.ron:4:"), "{}", wrong.err());
}

#[test]
fn a_change_first_shows_what_it_would_have_refused() {
    let deck = deck();
    for _ in 0..3 {
        let send = ["send", "--env", "dev", "--no-wait", "--user", "jdoe", "+573001234567"];
        assert_eq!(deck.run(&send).code(), 0);
    }
    let set = |value| {
        let set = ["config", "set", "--yes", "--env", "dev", "codes_allowed", value, "--dry-run"];
        deck.run(&set).out()
    };
    let stricter = set("2");
    let words = "Of 3 codes in the last 24 h, 1 would have been refused, for 1 user.";
    assert!(stricter.contains(words), "{stricter}");
    // Peru is on no number, and was texted from the default one.
    assert_eq!(deck.run(&["send", "--env", "dev", "--no-wait", "+51912345678"]).code(), 0);
    let check = deck.run(&["config", "check", "--log"]).out();
    assert!(check.contains("Development: requested in the last day, on no number: PE"), "{check}");
    // A request that was refused, and a country that nobody serves.
    let again = ["send", "--env", "dev", "--no-wait", "--user", "jdoe", "+573001234567"];
    assert_eq!(deck.run(&again).code(), 3);
    let wider = set("4");
    let words = "none would have been refused. 1 request that was refused then would have been \
                 sent. 1 locked user opens at once.";
    assert!(wider.contains(words), "{wider}");
    assert_eq!(deck.run(&["numbers", "default", "--yes", "--none", "--env", "dev"]).code(), 0);
    assert_eq!(deck.run(&["send", "--env", "dev", "--no-wait", "+4915123456789"]).code(), 3);
    let check = deck.run(&["config", "check", "--log"]).out();
    assert!(check.contains("on no number: DE PE"), "{check}");
    assert!(check.contains("2 countries on a number, no others get codes"), "{check}");
}

#[test]
fn the_check_shows_the_figures_behind_the_settings() {
    let deck = Deck::new();
    deck.configure(&BY_HAND.replace("    ),\n)", "    ),\n    deck: (segment_price: 0.05),\n)"));
    let check = deck.run(&["config", "check", "--env", "prod"]).out();
    assert!(check.contains("up to 288 codes per user per day, 1 SMS each"), "{check}");
    assert!(check.contains("up to 14.40 per user per day, at 0.05 per SMS"), "{check}");
    assert!(check.contains("of +44 GG JE are on a number, 2 are not: GB IM"), "{check}");
    let json = deck.run(&["config", "check", "--env", "prod", "--json"]).json();
    assert_eq!(json.last().unwrap()["codes_per_user_and_day"], 288);
}

#[test]
fn a_stored_token_is_copied_only_when_asked_for() {
    let (deck, _nobody) = deck_without_network();
    let token = "0123456789abcdef0123456789ab3f9a";
    assert_eq!(set_token(&deck, "prod", token).code(), 0);
    let stored = || std::fs::read_to_string(deck.paths().secrets).unwrap().matches(token).count();
    let copy = |fields: &str| {
        deck.run(&["config", "copy", "--yes", "--unchecked", "prod", "test", "--fields", fields])
    };
    assert_eq!((copy("provider").code(), stored()), (0, 1));
    let copied = copy("auth_token");
    assert_eq!((copied.code(), stored()), (0, 2), "{}", copied.err());
    assert!(!copied.out().contains(token));
    let audit = deck.run(&["audit", "list", "--env", "test"]).out();
    assert!(audit.contains("Auth token: changed"), "{audit}");
}

#[test]
fn a_change_is_audited_although_nobody_reads_the_output() {
    let deck = deck();
    let set = ["config", "set", "--yes", "--env", "test", "codes_allowed", "5"];
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let status = deck.command(&set).stdout(full).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(1));
    let audit = deck.run(&["audit", "list"]).out();
    assert!(audit.contains("Number of codes allowed: 3 → 5"), "{audit}");
}

#[test]
fn an_invalid_config_is_reported_and_a_version_can_be_restored() {
    let deck = deck();
    deck.configure(&BY_HAND.replace("    ),\n)", "    ),\n    deck: (retention_days: 60),\n)"));
    assert_eq!(
        deck.run(&["config", "set", "--yes", "--env", "dev", "codes_allowed", "5"]).code(),
        0
    );
    deck.configure("(version: 1,");
    assert_eq!(deck.run(&["config", "path"]).code(), 0);
    let history = deck.run(&["config", "history", "--json"]).json();
    let version = history[0]["version"].as_str().unwrap();
    let restore = ["config", "restore", version, "--yes"];
    assert_ne!(deck.run(&[&restore[..], &["--env", "dev"]].concat()).code(), 0);
    let restored = deck.run(&restore);
    assert_eq!(restored.code(), 0, "{}", restored.err());
    deck.configure(&text(&deck).replace("retention_days: 60", "retention_days: 90"));
    let restored = deck.run(&restore);
    assert!(restored.out().contains("Whole deck: retention_days: 90 → 60"), "{}", restored.out());
    let audit = deck.run(&["audit", "list"]).out();
    assert!(audit.contains("retention_days: 90 → 60"), "{audit}");
}

#[test]
fn copying_single_numbers_never_copies_a_token() {
    let deck = deck();
    let copy = ["config", "copy", "--yes", "prod", "dev", "--numbers", "ACME"];
    assert_eq!(deck.run(&copy).code(), 0);
    let list = deck.run(&["numbers", "list", "--env", "dev"]).out();
    assert_eq!(list, "* +1 500 555 0006      CO US\n  ACME                 AT DE\n");
    let none = deck.run(&["config", "copy", "--yes", "prod", "test", "--numbers", "72404"]);
    assert!(none.code() == 2 && none.err().contains("is not a From number of Production"));

    let exported = deck.run(&["config", "export", "--env", "prod"]).out();
    let foreign = exported.replace("account_sid:", "auth_token: Command([\"evil\"]), account_sid:");
    assert_ne!(foreign, exported);
    let file = deck.path("production.ron");
    std::fs::write(&file, foreign).unwrap();
    let import = ["config", "import", "--yes", "--env", "test", file.to_str().unwrap()];
    assert_eq!(deck.run(&import).code(), 0);
    assert!(!text(&deck).contains("evil"), "{}", text(&deck));
    let check =
        deck.run(&["config", "copy", "--yes", "dev", "prod", "--fields", "provider", "--dry-run"]);
    assert!(check.out().contains("The Sandbox sends to no one"), "{}", check.out());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_account_refuses_is_not_stored_and_the_attempt_is_audited() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    deck.configure_for(sandbox.base_url());
    let wrong = "0123456789abcdef0123456789ab3f9a";
    let refused = set_token(&deck, "dev", wrong);
    assert_eq!(refused.code(), 1, "{}", refused.out());
    assert!(refused.err().contains("nothing was saved"), "{}", refused.err());
    assert!(!std::fs::read_to_string(deck.paths().secrets).unwrap().contains(wrong));
    let audit = deck.run(&["audit", "list"]).out();
    assert!(audit.contains("Not saved") && !audit.contains(wrong), "{audit}");
    let stored = set_token(&deck, "dev", smsdeck::provider::sandbox::AUTH_TOKEN);
    assert_eq!(stored.code(), 0, "{}", stored.err());
}

#[test]
fn a_token_that_is_no_longer_used_is_removed() {
    let token = "0123456789abcdef0123456789ab3f9a";
    let (deck, _nobody) = deck_without_network();
    let holds = || std::fs::read_to_string(deck.paths().secrets).unwrap().contains(token);
    for (field, value) in [("auth_token", "None"), ("provider", "Sandbox")] {
        assert_eq!(set_token(&deck, "prod", token).code(), 0);
        let dry = deck.run(&["config", "set", "--yes", "--env", "prod", field, value, "--dry-run"]);
        assert!(dry.out().contains("the stored token would be removed") && holds());
        let set = deck.run(&["config", "set", "--yes", "--env", "prod", field, value]);
        assert!(set.out().contains("the stored token is removed"), "{}{}", set.out(), set.err());
        assert!(!holds(), "{field}");
    }
}

#[test]
fn a_failed_save_and_a_reordering_are_audited() {
    let deck = deck();
    let set =
        |value: &str| deck.run(&["config", "set", "--yes", "--env", "prod", "from_numbers", value]);
    let rows =
        ["(sender: \"72404\", countries: [\"FR\"])", "(sender: \"72405\", countries: [\"IT\"])"];
    let none = deck.run(&["numbers", "default", "--yes", "--env", "prod", "--none"]);
    assert_eq!(none.code(), 0, "{}", none.err());
    assert_eq!(set(&format!("[{}]", rows.join(", "))).code(), 0);
    let turned = set(&format!("[{}, {}]", rows[1], rows[0]));
    assert!(turned.out().contains("order 72404, 72405 → order 72405, 72404"), "{}", turned.out());
    // The folder of the versions cannot be made: nothing is saved, and that stays known.
    let history = deck.paths().config.with_file_name("config.ron.history");
    std::fs::remove_dir_all(&history).unwrap();
    std::fs::write(&history, "").unwrap();
    let failed = deck.run(&["config", "set", "--yes", "--env", "prod", "codes_allowed", " 7 "]);
    assert_eq!(failed.code(), 1, "{}", failed.out());
    assert!(!text(&deck).contains("codes_allowed: 7"));
    let audit = deck.run(&["audit", "list", "--env", "prod", "--json"]).json();
    let last = audit.last().unwrap().to_string();
    assert!(last.contains("failed_save") || last.contains("failed save"), "{last}");
}

#[test]
fn an_api_key_belongs_to_its_account() {
    let deck = Deck::new();
    let key = "api_key: \"SK0123456789abcdef0123456789abcdef\", account_sid:";
    let account = "provider: Twilio(account_sid: \"AC0123456789abcdef0123456789abcdef\", auth_token: Env(\"KEY_SECRET\")),";
    let with_key = account.replace("account_sid:", key);
    let text_of = BY_HAND.replacen(
        "provider: Sandbox,\n            from_numbers: [],",
        &format!("{with_key}\n            from_numbers: [],"),
        1,
    );
    assert_ne!(text_of, BY_HAND);
    deck.configure(&text_of);
    let copy = deck.run(&["config", "copy", "--yes", "prod", "test", "--fields", "provider"]);
    assert_eq!(copy.code(), 0, "{}", copy.err());
    // The secret of the key is no token of the account.
    assert!(!text(&deck).contains("KEY_SECRET"), "{}", text(&deck));
}

#[test]
fn a_problem_with_from_numbers_is_reported_at_the_numbers() {
    let deck = Deck::new();
    let text_of = format!("// test: see the wiki\n{BY_HAND}").replace(
        "from_numbers: [],\n            default_number: None,",
        "from_numbers: [],\n            default_number: \"72404\",",
    );
    deck.configure(&text_of);
    let line = text_of.lines().position(|line| line.contains("from_numbers: [],")).unwrap() + 1;
    let told = deck.run(&["config", "check"]);
    assert!(told.err().contains(&format!("config.ron:{line}:")), "{}", told.err());
}

#[test]
fn config_show_prints_one_environment_or_all_of_them() {
    let deck = deck();
    let shown = deck.run(&["config", "show", "--json"]).json();
    assert_eq!(shown.len(), 3);
    let production = &shown[2];
    assert_eq!(production["provider"], "Twilio");
    assert_eq!(production["account"]["account_sid"], "AC0123456789abcdef0123456789abcdef");
    assert_eq!(production["recipients"], "Anyone");
    let test = deck.run(&["config", "show", "--env", "test"]).out();
    assert!(test.starts_with("(\n    default_country: None,"), "{test}");
}

#[test]
fn an_empty_list_of_recipients_is_rejected() {
    let deck = deck();
    let set = deck.run(&["config", "set", "--yes", "--env", "test", "recipients", "Only([])"]);
    assert_eq!(set.code(), 2);
    assert!(set.err().contains("would block everyone"), "{}", set.err());
}

#[test]
fn fields_of_the_deck_of_maps_and_of_limits_are_set_and_copied_by_name() {
    let deck = deck();
    let set = |field: &str, value: &str| {
        let ran = deck.run(&["config", "set", "--yes", "--env", "prod", field, value]);
        assert_eq!(ran.code(), 0, "{field}: {}", ran.err());
    };
    set("own_messages.CO", "{code} es tu código");
    set("own_messages.de", "{code} ist Ihr Code");
    set("limits.countries.CO.per_hour", "5");
    set("limits.per_hour", "100");
    set("message", "{code} {app}, in {minutes} min");
    let own = text(&deck);
    assert!(own.contains("\"CO\": \"{code} es tu código\"") && own.contains("\"de\":"), "{own}");
    let copy =
        |fields: &str| deck.run(&["config", "copy", "--yes", "prod", "test", "--fields", fields]);
    let copied = copy("limits.per_hour,own_messages.CO");
    assert_eq!(copied.code(), 0, "{}", copied.err());
    let shown = &deck.run(&["config", "show", "--env", "test", "--json"]).json()[0];
    assert_eq!(shown["limits"]["per_hour"], 100);
    assert_eq!(shown["own_messages"]["CO"], "{code} es tu código");
    // The default is a mark on a number that must be there.
    let copied = copy("default_number");
    assert!(copied.code() == 2 && copied.err().contains("--numbers"), "{}", copied.err());

    let priced = deck.run(&["config", "set", "--yes", "deck.segment_price", "0.05"]);
    assert_eq!(priced.code(), 0, "{}", priced.err());
    assert!(deck.run(&["config", "check"]).out().contains("14.40"));
    assert!(deck.run(&["audit", "list"]).out().contains("segment_price: not set → 0.05"));
    let both = deck.run(&["config", "set", "--yes", "--env", "dev", "deck.app_name", "ACME"]);
    assert!(both.code() == 2 && both.err().contains("omit --env"), "{}", both.err());
    for (field, value) in [
        ("codes_allowed", "abc"),
        ("codes_allowed", "3.5"),
        ("codes_allowed", "-1"),
        ("limits", "None"),
        ("recipients", "+573001234567"),
        ("limits.only_countries", "CO,US"),
    ] {
        let wrong = deck.run(&["config", "set", "--yes", "--env", "prod", field, value]);
        assert_eq!(wrong.code(), 2);
        assert!(
            wrong.err().contains(field) && wrong.err().contains("It takes "),
            "{}",
            wrong.err()
        );
    }
}

#[test]
fn a_number_only_in_production_is_drift() {
    let deck = deck();
    let diff = deck.run(&["config", "diff", "test", "prod"]).out();
    let acme = diff.lines().find(|line| line.contains("ACME")).unwrap();
    assert!(acme.contains("drift"), "{diff}");
}

#[test]
fn the_default_number_may_serve_no_country_of_its_own() {
    let deck = deck();
    let edit = |sender: &str| {
        deck.run(&["numbers", "edit", "--yes", sender, "--env", "prod", "--no-countries"])
    };
    assert_eq!(edit("ACME").code(), 2);
    let default = edit("+14155550100");
    assert_eq!(default.code(), 0, "{}", default.err());
    assert!(default.out().contains("no country of its own"), "{}", default.out());
}
