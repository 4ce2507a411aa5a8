//! The audit: who did what, also by hand, and what became of it.

mod support;

use smsdeck::config::{Config, render};
use smsdeck::domain::phone::PhoneNumber;
use smsdeck::domain::recipients::Recipients;
use support::deck::Deck;

/// The action and the detail of each row.
fn rows(deck: &Deck) -> Vec<(String, String)> {
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
    let rows = deck.run(&["audit", "list", "--json"]).json();
    rows.iter().map(|row| (text(row, "action"), text(row, "detail"))).collect()
}

#[test]
fn a_manual_edit_is_audited_once_by_whoever_first_loads_it() {
    let deck = Deck::new();
    deck.configure(&render(&Config::built_in()));
    deck.make_store();
    assert_eq!(rows(&deck), []);
    let path = deck.paths().config;
    let text = std::fs::read_to_string(&path).unwrap();
    // What changes no setting is no news, and an invalid text is none that was in force.
    std::fs::write(&path, format!("// by hand\n{text}")).unwrap();
    deck.open_store();
    std::fs::write(&path, "(").unwrap();
    deck.run(&["send", "--env", "dev", "--no-wait", "+573001234567"]);
    std::fs::write(&path, text.replacen("codes_allowed: 3", "codes_allowed: 4", 1)).unwrap();
    // Who only looks writes nothing.
    deck.run(&["log"]);
    deck.run(&["status", "--read-only"]);
    assert_eq!(rows(&deck), []);
    for _ in 0..2 {
        deck.open_store();
        let changed = "Changed outside smsdeck: Number of codes allowed: 3 → 4";
        assert_eq!(rows(&deck), [("change".to_owned(), changed.to_owned())]);
    }
}

#[test]
fn a_save_is_compared_with_what_somebody_has_edited_by_hand() {
    let deck = Deck::new();
    deck.configure(&render(&Config::built_in()));
    deck.make_store();
    let path = deck.paths().config;
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("codes_allowed: 3", "codes_allowed: 4", 1)).unwrap();
    let set = ["config", "set", "--yes", "--env", "dev", "code_validity_minutes", "7"];
    assert_eq!(deck.run(&set).code(), 0);
    let found = rows(&deck);
    let found: Vec<_> = found.iter().map(|(one, two)| (one.as_str(), two.as_str())).collect();
    assert_eq!(
        found,
        [
            ("change", "Changed outside smsdeck: Number of codes allowed: 3 → 4"),
            ("intent", "Code validity period: 5 min → 7 min"),
            ("change", "Code validity period: 5 min → 7 min"),
        ]
    );
}

#[test]
fn of_thousands_of_recipients_the_one_that_changes_is_named() {
    let deck = Deck::new();
    let number = |nth: u32| PhoneNumber::parse(&format!("+57300{nth:07}")).unwrap();
    let mut config = Config::built_in();
    let mut numbers: std::collections::BTreeSet<_> = (0..5_000).map(number).collect();
    config.environments.development.recipients = Recipients::Only(numbers.clone());
    deck.configure(&render(&config));
    deck.make_store();
    numbers.remove(&number(17));
    numbers.insert(number(9_876_543));
    config.environments.development.recipients = Recipients::Only(numbers);
    deck.configure(&render(&config));
    deck.open_store();
    let words = "only 5000 numbers: added +57 ••• ••• 6543; removed +57 ••• ••• 0017";
    assert!(rows(&deck)[0].1.ends_with(words), "{:?}", rows(&deck));
}
