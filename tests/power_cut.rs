//! A power cut at the worst moment: whatever was not synced is gone. The provider cuts the power at
//! the first byte of each request, and the test looks at what is left of the store.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::io::BufReader;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use smsdeck::domain::provider::BaseUrl;
use support::deck::Deck;
use support::wire::{read_request, response, write_response};

const NUMBER: &str = "+573001234567";

/// Codes that the quota allows.
const CODES: usize = 3;

/// Builds the library that keeps what was synced.
fn build(folder: &Path) -> PathBuf {
    let library = folder.join("power_cut.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/power_cut.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status()
        .expect("a C compiler, which building SQLite needs too");
    assert!(built.success());
    library
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// Accepts every message, and keeps what would be left of the store at that moment.
fn provider_that_cuts_the_power(synced: PathBuf, cuts: PathBuf) -> BaseUrl {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    std::thread::spawn(move || {
        for (count, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            copy(&synced, &cuts.join(count.to_string()));
            read_request(&mut BufReader::new(&stream));
            let body = format!(r#"{{"sid":"SM{count:032x}","status":"queued"}}"#);
            write_response(&mut stream, &response("201 Created", "", &body));
        }
    });
    url
}

#[test]
fn no_byte_leaves_before_the_slot_is_on_disk_and_no_power_cut_loses_it() {
    let deck = Deck::new();
    deck.make_store();
    let library = build(deck.home.path());
    let (synced, cuts) = (deck.path("synced"), deck.path("cuts"));
    fs::create_dir(&synced).unwrap();
    let store = deck.paths().store;
    fs::copy(&store, synced.join("deck.db")).unwrap();
    deck.configure_for(&provider_that_cuts_the_power(synced.clone(), cuts.clone()));
    for _ in 0..CODES {
        let ran = deck
            .command(&["send", "--env", "dev", "--no-wait", NUMBER])
            .env("LD_PRELOAD", &library)
            .env("SYNCED", &synced)
            .output()
            .unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }
    for sent in 0..CODES {
        for file in ["deck.db", "deck.db-wal", "deck.db-shm"] {
            let _ = fs::remove_file(store.with_file_name(file));
        }
        copy(&cuts.join(sent.to_string()), store.parent().unwrap());
        let rows = deck.run(&["quota", "list", "--env", "dev", "--json"]).json();
        assert_eq!(rows[0]["used"], sent + 1, "the slot of message {sent} is gone");
        // Nothing is known of the message yet, so it will be looked for at the provider.
        let log = deck.run(&["log", "--json"]).json();
        assert_eq!(log.last().unwrap()["status"], "submitting");
        assert_eq!(deck.run(&["audit", "verify"]).code(), 0);
    }
}
