//! The store of a deck: one for every process, and no other until an operator says so.

mod support;

use std::path::Path;

use support::deck::{Deck, Ran};

const NUMBER: &str = "+573001234567";

/// Runs a command on the config of a deck, from another home folder.
fn run_from(deck: &Deck, home: Option<&Path>, arguments: &[&str]) -> Ran {
    let config = deck.paths().config;
    let mut command = deck.command(&["--config", config.to_str().unwrap()]);
    command.args(arguments);
    match home {
        Some(home) => command.env("HOME", home),
        None => command.env_remove("HOME"),
    };
    Ran(command.output().unwrap())
}

fn send(deck: &Deck) -> Ran {
    deck.run(&["send", "--env", "dev", "--no-wait", NUMBER])
}

/// Moves a store with all that is still in its log.
fn move_store(from: &Path, to: &Path) {
    let store = rusqlite::Connection::open(from).unwrap();
    store.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(())).unwrap();
    drop(store);
    std::fs::rename(from, to).unwrap();
}

/// Everything below a folder.
fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        }
        found.push(path);
    }
    found
}

#[test]
fn one_config_has_one_store_whatever_the_home_folder_is() {
    let deck = Deck::new();
    deck.configure(&smsdeck::config::render(&smsdeck::config::Config::built_in()));
    let other = tempfile::tempdir().unwrap();
    let send = |home| run_from(&deck, home, &["send", "--env", "dev", "--no-wait", NUMBER]).code();
    let own = deck.path("");
    assert_eq!(send(Some(own.as_path())), 0);
    assert_eq!(send(Some(other.path())), 0);
    assert_eq!(send(None), 0);
    assert_eq!(send(Some(other.path())), 3, "a fourth code went out");
    assert_eq!(files_below(other.path()), Vec::<std::path::PathBuf>::new());
}

#[test]
fn no_new_key_is_made_where_the_store_is_out_of_sight() {
    let deck = Deck::new();
    deck.configure(&smsdeck::config::render(&smsdeck::config::Config::built_in()));
    let other = tempfile::tempdir().unwrap();
    let send = |home| run_from(&deck, home, &["send", "--env", "dev", "--no-wait", NUMBER]);
    let own = deck.path("");
    assert_eq!(send(Some(own.as_path())).code(), 0);
    let secrets = deck.paths().secrets;
    std::fs::rename(&secrets, deck.path("secrets.away")).unwrap();
    for home in [Some(other.path()), None] {
        let refused = send(home);
        assert_eq!((refused.code(), refused.out().as_str()), (1, ""));
        assert!(refused.err().contains("the deck's key is missing"), "{}", refused.err());
        assert!(refused.err().contains(deck.paths().store.to_str().unwrap()), "{}", refused.err());
        assert!(!secrets.exists());
    }
    std::fs::rename(deck.path("secrets.away"), &secrets).unwrap();
    assert_eq!(send(Some(other.path())).code(), 0);
}

#[test]
fn a_store_that_is_gone_is_refused_with_the_command_that_begins_an_empty_one() {
    let deck = Deck::new();
    assert_eq!(send(&deck).code(), 0);
    let store = deck.paths().store;
    move_store(&store, &deck.path("away.db"));
    let refused = send(&deck);
    assert_eq!((refused.code(), refused.out().as_str()), (1, ""));
    let command = format!("smsdeck --config {} store adopt", deck.paths().config.display());
    assert!(refused.err().contains(&command), "{}", refused.err());
    assert!(!store.exists());
    assert_eq!(deck.run(&["status"]).code(), 2);
    let shown = deck.run(&["store"]);
    assert_eq!(shown.code(), 1);
    assert!(shown.out().contains("state     not used: "), "{}", shown.out());

    let unasked = deck.run(&["store", "adopt"]);
    assert_eq!(unasked.code(), 2);
    assert!(unasked.err().contains("No codes count any more"), "{}", unasked.err());
    assert!(!store.exists());
    assert_eq!(deck.run(&["store", "adopt", "--read-only", "--yes"]).code(), 3);
    let adopted = deck.run(&["store", "adopt", "--yes"]);
    assert_eq!(adopted.code(), 0, "{}", adopted.err());
    assert_eq!(send(&deck).code(), 0);
    assert!(deck.run(&["audit", "list"]).out().contains("adopt_store"));

    // Neither the one before nor a copy of it is taken for the present one.
    move_store(&store, &deck.path("second.db"));
    move_store(&deck.path("away.db"), &store);
    let other = send(&deck);
    assert_eq!(other.code(), 1);
    assert!(other.err().contains("is not this deck's store"), "{}", other.err());
    assert!(other.err().contains("store adopt"), "{}", other.err());
}

#[test]
fn another_store_is_used_only_once_it_was_adopted_and_the_former_one_no_more() {
    let deck = Deck::new();
    assert_eq!(send(&deck).code(), 0);
    let former = deck.paths().store;
    let open = rusqlite::Connection::open(&former).unwrap();
    open.execute("VACUUM INTO ?1", [deck.path("copy.db").to_str().unwrap()]).unwrap();
    drop(open);
    let copy = deck.path("copy.db");
    let copy = copy.to_str().unwrap();
    assert_eq!(deck.run(&["config", "set", "--yes", "deck.store", copy]).code(), 0);
    let refused = send(&deck);
    assert_eq!(refused.code(), 1);
    assert!(refused.err().contains("copy.db") && refused.err().contains("store adopt"));
    assert_eq!(deck.run(&["log"]).code(), 1);
    let elsewhere = deck.run(&["store", "adopt", former.to_str().unwrap(), "--yes"]);
    assert!(elsewhere.err().contains("change `deck.store` first"), "{}", elsewhere.err());
    assert_eq!(deck.run(&["store", "adopt", "--yes"]).code(), 0);
    assert_eq!(send(&deck).code(), 0);
    let shown = deck.run(&["store"]);
    assert!(shown.out().contains("copy.db") && shown.out().contains("in use"), "{}", shown.out());
    assert_eq!(deck.run(&["config", "set", "--yes", "deck.store", "None"]).code(), 0);
    let refused = send(&deck);
    assert!(refused.err().contains("nothing is sent"), "{}", refused.err());
}

#[test]
fn whoever_only_reads_makes_nothing() {
    for home_has_config in [false, true] {
        let deck = Deck::new();
        if home_has_config {
            deck.configure(&smsdeck::config::render(&smsdeck::config::Config::built_in()));
        }
        let before = files_below(&deck.path(""));
        for arguments in [
            &["status"][..],
            &["status", "--read-only"],
            &["log"],
            &["log", "--json"],
            &["quota", "list"],
            &["quota", "show", "--env", "dev", "ana"],
            &["route", "--env", "dev", NUMBER],
            &["audit", "list"],
            &["audit", "verify"],
            &["config", "path"],
            &["config", "show"],
            &["config", "check", "--log"],
            &["config", "history"],
            &["numbers", "list", "--env", "dev"],
            &["config", "set", "--yes", "--env", "dev", "codes_allowed", "9", "--dry-run"],
            &["store"],
            &["send", "--env", "dev", "--read-only", NUMBER],
            &["verify", "--env", "dev", "--read-only", NUMBER, "123456"],
            &["quota", "unlock", "--env", "dev", "ana", "--reason", "x", "--read-only"],
        ] {
            deck.run(arguments);
            assert_eq!(files_below(&deck.path("")), before, "{arguments:?} has made a file");
        }
        assert_eq!(deck.run(&["log"]).code(), 0);
        let route = deck.run(&["route", "--env", "dev", NUMBER, "--json"]);
        assert!(route.out().contains("\"left\":3"), "{}", route.out());
    }
}
