//! A store that cannot be used: nothing is sent, and command line and screen say why.

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::Connection;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use support::deck::{Deck, Ran, SMSDECK};
use support::terminal::Terminal;
use support::wire::{Wire, response};

/// A fault of a store: the words that report it, and how it is made.
struct Fault {
    words: &'static str,
    make: fn(&Path),
}

const FAULTS: [Fault; 6] = [
    Fault { words: "store is missing at", make: |store| std::fs::remove_file(store).unwrap() },
    Fault { words: "is empty; nothing is sent", make: |store| std::fs::write(store, "").unwrap() },
    Fault {
        words: "cannot open the store",
        make: |store| {
            std::fs::remove_file(store).unwrap();
            std::fs::create_dir(store).unwrap();
        },
    },
    Fault {
        words: "is not a smsdeck store",
        make: |store| std::fs::write(store, "a letter to a friend ".repeat(500)).unwrap(),
    },
    Fault {
        words: "has schema 99",
        make: |store| {
            Connection::open(store).unwrap().pragma_update(None, "user_version", 99).unwrap();
        },
    },
    Fault {
        words: "is damaged",
        make: |store| {
            let mut bytes = std::fs::read(store).unwrap();
            bytes.iter_mut().skip(4096).for_each(|byte| *byte = 0x5a);
            std::fs::write(store, bytes).unwrap();
        },
    },
];

/// A deck that has been used, on a provider that counts what reaches it.
fn used_deck() -> (Deck, Wire) {
    let wire = Wire::answering(vec![response("400 Bad Request", "", r#"{"code":21211}"#)]);
    let deck = Deck::new();
    deck.configure_for(&wire.url);
    assert_eq!(send(&deck).code(), 1);
    assert_eq!(wire.requests().len(), 1);
    // Otherwise the write-ahead log would repair what a test breaks in the file.
    let store = Connection::open(deck.paths().store).unwrap();
    store.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(())).unwrap();
    (deck, wire)
}

fn send(deck: &Deck) -> Ran {
    deck.run(&["send", "--env", "dev", "--no-wait", "+573001234567"])
}

#[test]
fn every_store_fault_is_reported_and_nothing_is_sent() {
    for Fault { words, make } in FAULTS {
        let (deck, wire) = used_deck();
        make(&deck.paths().store);
        let ran = send(&deck);
        assert_eq!((ran.code(), ran.out().as_str()), (1, ""), "{words}");
        assert!(ran.err().contains(words), "{}", ran.err());

        let terminal = Terminal::start(&deck, &[]);
        let screen = terminal.wait_for("Nothing can be sent: ");
        let screen = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(screen.contains(words), "{words}: {screen}");
        terminal.type_text("s+573001234567\r");
        terminal.wait_for("The store is not open: nothing can be sent");
        assert_eq!(wire.requests().len(), 1, "{words}");
    }
}

#[test]
fn a_repaired_store_is_opened_without_a_restart() {
    let (deck, _wire) = used_deck();
    let store = deck.paths().store;
    let kept = deck.path("kept");
    std::fs::rename(&store, &kept).unwrap();
    std::fs::create_dir(&store).unwrap();
    let terminal = Terminal::start(&deck, &[]);
    terminal.wait_for("cannot open the store");
    // In one step: in between, the console must not find an empty place and start a new store.
    renameat_with(CWD, &kept, CWD, &store, RenameFlags::EXCHANGE).unwrap();
    terminal.wait_for("The store is available again");
    terminal.wait_for("saved · UTC");
    terminal.wait_for("refused");
}

#[test]
fn a_full_disk_is_reported_and_nothing_is_sent() {
    let (deck, wire) = used_deck();
    // No file may grow, and growing is an error instead of a signal.
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"";
    let ran = Command::new("sh")
        .args(["-c", script, SMSDECK, "send", "--env", "dev", "--no-wait", "+573001234567"])
        .env_clear()
        .env("HOME", deck.home.path())
        .env("PATH", "/usr/bin:/bin")
        .env("TWILIO_TOKEN", smsdeck::provider::sandbox::AUTH_TOKEN)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let ran = Ran(ran);
    assert_eq!(ran.code(), 1);
    assert!(ran.err().contains("the store"), "{}", ran.err());
    assert_eq!(wire.requests().len(), 1);
}

#[test]
fn a_status_is_critical_where_nothing_can_be_written() {
    let (deck, _wire) = used_deck();
    let file = deck.path("smsdeck.prom");
    let status = ["status", "--prometheus", file.to_str().unwrap()];
    deck.run(&status);
    let figures = || std::fs::read_to_string(&file).unwrap();
    assert!(!figures().contains("environment=\"test\"} 2"), "{}", figures());
    let other = Connection::open(deck.paths().store).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ran = deck.run(&status);
    assert!(ran.code() == 2 && ran.err().contains("locked it for 2 s"), "{}", ran.err());
    for environment in ["development", "test", "production"] {
        assert!(figures().contains(&format!("smsdeck_status{{environment=\"{environment}\"}} 2")));
    }
    // Who may only look does not try to write.
    let read_only = deck.run(&["status", "--read-only"]);
    assert!(read_only.err().is_empty(), "{}", read_only.err());
    other.execute_batch("ROLLBACK").unwrap();
    deck.run(&status);
    assert!(!figures().contains("environment=\"test\"} 2"), "{}", figures());
}

#[test]
fn a_status_that_cannot_begin_is_critical_and_replaces_the_old_figures() {
    let deck = Deck::new();
    let file = deck.path("smsdeck.prom");
    let prometheus = format!("--prometheus={}", file.display());
    let dead = |arguments: &[&str], variable: (&str, &str)| {
        std::fs::write(&file, "smsdeck_status{environment=\"production\"} 0\n").unwrap();
        let all = [arguments, &[prometheus.as_str()]].concat();
        let output = deck.command(&all).env(variable.0, variable.1).output().unwrap();
        let figures = std::fs::read_to_string(&file).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(figures.contains("smsdeck_status{environment=\"production\"} 2"), "{figures}");
    };
    dead(&["--config", "/nowhere/config.ron", "status"], ("LANG", "C"));
    dead(&["status", "--env", "nowhere"], ("LANG", "C"));
    dead(&["status", "--sideways"], ("LANG", "C"));
    dead(&["status", "--json", "--plain"], ("LANG", "C"));
    dead(&["status"], ("HOME", ""));
    deck.configure("(version: 1");
    dead(&["status"], ("LANG", "C"));
}

#[test]
fn a_busy_store_is_waited_for_and_then_reported_as_busy() {
    let (deck, wire) = used_deck();
    let other = Connection::open(deck.paths().store).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ran = send(&deck);
    assert_eq!(ran.code(), 1);
    assert!(ran.err().contains("is busy: another process has locked it"), "{}", ran.err());
    assert_eq!(wire.requests().len(), 1);

    let mut waiting = deck.command(&["send", "--env", "dev", "--no-wait", "+573001234567"]);
    let waiting = waiting.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    other.execute_batch("ROLLBACK").unwrap();
    let ran = Ran(waiting.wait_with_output().unwrap());
    assert!(ran.out().contains("21211"), "{}", ran.out());
    assert_eq!(wire.requests().len(), 2);
}
