//! Who changed what, and restoring it: in the console and from the command line.

mod support;

use support::deck::Deck;
use support::terminal::{DOWN, Terminal};

const ENTER: &str = "\r";
const ESCAPE: &str = "\x1b";
const SAVE: &str = "\x13";
const EMPTY_LINE: &str = "\x15";

/// A deck with three saves: two in Development, one in Production.
fn deck() -> Deck {
    let deck = Deck::new();
    for (environment, field, value) in [
        ("dev", "codes_allowed", "5"),
        ("dev", "request_time_out_minutes", "30"),
        ("prod", "codes_allowed", "4"),
    ] {
        let set = ["config", "set", "--yes", "--env", environment, field, value];
        let ran = deck.run(&set);
        assert_eq!(ran.code(), 0, "{}", ran.err());
    }
    deck
}

fn value(deck: &Deck, environment: &str, field: &str) -> serde_json::Value {
    deck.run(&["config", "show", "--env", environment, "--json"]).json()[0][field].clone()
}

/// The first version, as it was before the second save.
fn before_second_save(deck: &Deck) -> String {
    let history = deck.run(&["config", "history", "--json"]).json();
    history.last().unwrap()["version"].as_str().unwrap().to_owned()
}

#[test]
fn one_environment_or_one_field_of_a_version_is_restored() {
    let deck = deck();
    let version = before_second_save(&deck);
    let restore = |more: &[&str]| {
        let command = ["config", "restore", "--yes", &version];
        deck.run(&[&command[..], more].concat())
    };
    let unnamed = restore(&["--fields", "codes_allowed"]);
    assert!(unnamed.code() == 2 && unnamed.err().contains("--env"), "{}", unnamed.err());
    let unknown = restore(&["--env", "prod", "--fields", "colour"]);
    assert!(unknown.code() != 0 && unknown.err().contains("colour"), "{}", unknown.err());

    let field = restore(&["--env", "prod", "--fields", "codes_allowed"]);
    let said = field.out();
    assert!(said.starts_with("Production: Number of codes allowed: 4 → 3\n"), "{}", field.err());
    assert_eq!(value(&deck, "dev", "request_time_out_minutes"), 30);

    let environment = restore(&["--env", "dev"]);
    let said = environment.out();
    assert!(said.starts_with("Development: Time-out between code requests: 30 min → 15 min"));
    assert_eq!(value(&deck, "dev", "codes_allowed"), 5, "it was 5 in that version");
    let nothing = restore(&["--env", "test"]);
    assert_eq!((nothing.code(), nothing.out().trim()), (0, "Nothing changes."));
}

#[test]
fn history_is_filtered_and_shows_a_version_beside_the_present() {
    let deck = deck();
    let terminal = Terminal::start(&deck, &[]);
    terminal.wait_for("No recent requests");
    terminal.type_text("H");
    let screen = terminal.wait_for("Changed: Number of codes allowed: 3 → 4");
    assert!(screen.contains("Settings until then: 1 difference from now"), "{screen}");
    terminal.type_text("time-out");
    let screen = terminal.wait_for("15 min → 30 min");
    assert!(!screen.contains("3 → 4"), "{screen}");
    terminal.type_text(ENTER);
    terminal.wait_for("By command line by");
    terminal.type_text(ESCAPE);
    terminal.type_text(EMPTY_LINE);
    terminal.type_text("version 2");
    terminal.wait_for("2 differences from now");
    terminal.type_text(DOWN);
    terminal.wait_for("Development: Time-out between code requests: 30 min → 15 min");
    terminal.type_text(ENTER);
    terminal.wait_for("Development now, and in force until");
    terminal.type_text("R");
    terminal.wait_for("Restored all of Development into the form.");
    terminal.type_text(SAVE);
    terminal.wait_for("Changes to Development");
    terminal.type_text(ENTER);
    terminal.wait_gone("unsaved");
    assert_eq!(value(&deck, "dev", "request_time_out_minutes"), 15);
}

#[test]
fn a_read_only_console_shows_the_history_and_restores_nothing() {
    let deck = deck();
    let terminal = Terminal::start(&deck, &["--read-only"]);
    terminal.wait_for("No recent requests");
    terminal.type_text("Hversion");
    terminal.wait_for("1 difference from now");
    terminal.type_text(ENTER);
    let screen = terminal.wait_for("now, and in force until");
    assert!(screen.contains("Esc close") && !screen.contains("restore all"), "{screen}");
}
