//! What somebody who is on call does from the command line: see what is wrong, help one user, and
//! hold up an abuser.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use rusqlite::Connection;
use smsdeck::config::{Config, render};
use smsdeck::domain::limits::{Cap, Caps};
use support::deck::Deck;
use support::wire::{Wire, response};

const NUMBER: &str = "+573001234567";

/// A deck on which jdoe has had so many codes.
fn with_codes(count: usize) -> Deck {
    let deck = Deck::new();
    for _ in 0..count {
        let send = ["send", "--env", "dev", "--no-wait", "--user", "jdoe", NUMBER];
        assert_eq!(deck.run(&send).code(), 0);
    }
    deck
}

fn left(deck: &Deck) -> i64 {
    let shown = deck.run(&["quota", "show", "--env", "dev", "jdoe", "--json"]).json();
    shown[0]["left"].as_i64().unwrap()
}

#[test]
fn giving_one_code_back_is_audited() {
    let deck = with_codes(3);
    let give = ["quota", "give-back", "--env", "dev", "jdoe", "--reason", "late", "--ticket", "7"];
    let given = deck.run(&give);
    assert_eq!((given.code(), left(&deck)), (0, 1), "{}", given.err());
    assert!(given.out().contains("Gave one code back."), "{}", given.out());
    let audit = deck.run(&["audit", "list", "--json"]).json();
    assert_eq!(audit.last().unwrap()["action"], "give_back");
    assert!(deck.run(&["audit", "list"]).out().contains("one code: late (ticket 7)"));
    let log = deck.run(&["log", "--status", "gave_back"]).out();
    assert!(log.contains("gave back"), "{log}");
}

#[test]
fn wrong_tries_are_forgiven_only_when_asked_for() {
    let deck = with_codes(1);
    let store = Connection::open(deck.paths().store).unwrap();
    store.execute_batch("UPDATE subjects SET wrong_in_a_row = 100").unwrap();
    let unlock = ["quota", "unlock", "--env", "dev", "jdoe", "--reason", "called"];
    for command in [&unlock[..], &["quota", "give-back", "--env", "dev", "jdoe", "--reason", "x"]] {
        let refused = deck.run(command);
        assert_eq!(refused.code(), 3);
        assert!(refused.err().contains("verify who is asking"), "{}", refused.err());
    }
    let forgiven = deck.run(&[&unlock[..], &["--wrong-tries"]].concat());
    assert_eq!(forgiven.code(), 0, "{}", forgiven.err());
    // No code came back with it.
    assert_eq!(left(&deck), 2);
    let again = deck.run(&[&unlock[..], &["--wrong-tries"]].concat());
    assert_eq!(again.code(), 1);
    assert!(again.err().contains("has no wrong tries"), "{}", again.err());
}

#[test]
fn whoever_has_asked_once_is_known_after_an_unlock() {
    let deck = with_codes(3);
    let unlock = |user: &str, remedy: &[&str]| {
        let command = ["quota", "unlock", "--env", "dev", user, "--reason", "called"];
        deck.run(&[&command[..], remedy].concat())
    };
    assert_eq!(unlock("jdoe", &[]).code(), 0);
    for (remedy, said) in
        [(&["--wrong-tries"][..], "has no wrong tries"), (&[], "has no codes to give back")]
    {
        let again = unlock("jdoe", remedy);
        assert!(again.code() == 1 && again.err().contains(said), "{}", again.err());
    }
    let shown = deck.run(&["quota", "show", "--env", "dev", "jdoe", "--json"]);
    assert_eq!((shown.code(), &shown.json()[0]["used"]), (0, &0.into()));
    assert!(unlock("nobody", &[]).err().contains("no user with this ID"));
    for pattern in ["*", "jd*", "+57 ••• ••• 4567"] {
        let refused = unlock(pattern, &[]);
        assert!(refused.err().contains("patterns are not supported"), "{}", refused.err());
    }
}

#[test]
fn a_shared_number_needs_the_user_and_an_approval_names_them() {
    let deck = Deck::new();
    let send = ["send", "--env", "dev", NUMBER, "--user", "ana", "--json"];
    let code = deck.run(&send).received_code();
    let verify = |user: &[&str]| {
        deck.run(&[&["verify", "--env", "dev", NUMBER, &code, "--json"][..], user].concat())
    };
    let refused = verify(&[]);
    assert_eq!((refused.code(), &refused.json()[0]["result"]), (3, &"needs_user".into()));
    assert_eq!(verify(&["--user", "ben"]).json()[0]["result"], "no_code");
    let approved = verify(&["--user", "ana"]).json();
    assert_eq!((&approved[0]["result"], &approved[0]["user"]), (&"approved".into(), &"ana".into()));
}

#[test]
fn read_only_mode_changes_nothing() {
    let deck = with_codes(1);
    let unlock = ["quota", "unlock", "--env", "dev", "jdoe", "--reason", "x"];
    for command in [
        &["send", "--env", "dev", NUMBER][..],
        &["verify", "--env", "dev", NUMBER, "123456"],
        &unlock,
    ] {
        let ran = deck.run(&[command, &["--read-only"]].concat());
        assert_eq!(ran.code(), 3, "{command:?}: {}", ran.err());
        assert!(ran.err().contains("read-only"), "{}", ran.err());
    }
    assert_eq!(deck.run(&["quota", "list", "--read-only"]).code(), 0);
    assert_eq!(deck.run(&["audit", "list", "--json"]).json().len(), 2);
}

/// Has Prometheus' own checker read the file, where that is installed.
fn check_with_promtool(text: &str) {
    let mut command = std::process::Command::new("promtool");
    let command = command.args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut promtool) = command.spawn() else { return };
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && words.is_empty(), "{words}\n{text}");
}

#[test]
fn failures_are_counted_by_country_sender_and_code() {
    let deck = Deck::new();
    // Its ending has the Sandbox lose the message to a filter of the carrier.
    assert_eq!(deck.run(&["send", "--env", "dev", "+573001233007"]).code(), 1);
    let file = deck.path("smsdeck.prom");
    deck.run(&["status", "--prometheus", file.to_str().unwrap()]);
    let text = std::fs::read_to_string(&file).unwrap();
    let labels = "country=\"CO\",sender=\"+15005550006\",code=\"30007\"";
    let line = format!("smsdeck_failures{{environment=\"development\",{labels}}} 1");
    assert!(text.lines().any(|found| found == line), "{text}");
    check_with_promtool(&text);
}

#[test]
fn the_prometheus_file_is_well_formed_and_complete() {
    let deck = Deck::new();
    assert_eq!(deck.run(&["send", "--env", "dev", NUMBER]).code(), 0);
    let file = deck.path("smsdeck.prom");
    let ran = deck.run(&["status", "--prometheus", file.to_str().unwrap()]);
    assert_eq!(ran.code(), 0, "{}", ran.err());
    let text = std::fs::read_to_string(&file).unwrap();
    for line in [
        "# TYPE smsdeck_status gauge",
        "smsdeck_status{environment=\"development\"} 0",
        "smsdeck_codes{environment=\"development\",result=\"delivered\"} 1",
        "smsdeck_country_codes{environment=\"development\",country=\"CO\"} 1",
        "smsdeck_set_up{environment=\"production\"} 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    // Each line is a comment, or a name with labels and a number.
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("smsdeck_") && value.parse::<f64>().is_ok(), "{line}");
        assert!(name.ends_with('}') || !name.contains('{'), "{line}");
    }
    assert!(
        text.contains("smsdeck_delivery_seconds_count{environment=\"development\"} 1"),
        "{text}"
    );
    check_with_promtool(&text);
    let nowhere = deck.run(&["status", "--prometheus", "/nowhere/smsdeck.prom"]);
    assert_eq!(nowhere.code(), 2);
    assert!(nowhere.err().contains("/nowhere/smsdeck.prom"), "{}", nowhere.err());
}

#[test]
fn a_watched_status_is_printed_again_when_it_changes() {
    let deck = Deck::new();
    deck.make_store();
    let mut command = deck.command(&["status", "--watch", "--env", "dev"]);
    let mut watch = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut next = || lines.find(|line| line.contains("codes in an hour")).unwrap();
    assert!(next().contains("codes in an hour: 0"));
    assert_eq!(deck.run(&["send", "--env", "dev", "--no-wait", NUMBER]).code(), 0);
    assert!(next().contains("codes in an hour: 1"));
    watch.kill().unwrap();
    watch.wait().unwrap();
}

/// A deck whose Development lets one code an hour through to each country.
fn limited(record_only: bool) -> (Deck, Wire) {
    let accepted = format!(r#"{{"sid":"SM{}","status":"queued"}}"#, "0a".repeat(16));
    let wire = Wire::answering(vec![response("201 Created", "", &accepted)]);
    let mut config: Config = support::deck::config_for(&wire.url);
    let limits = &mut config.environments.development.limits;
    limits.each_country = Caps { hour: Cap::new(1), day: None };
    limits.record_only = record_only;
    let deck = Deck::new();
    deck.configure(&render(&config));
    (deck, wire)
}

fn send(deck: &Deck, number: &str) -> support::deck::Ran {
    deck.run(&["send", "--env", "dev", "--no-wait", number])
}

#[test]
fn a_country_over_its_limit_is_refused_and_other_countries_are_not() {
    let (deck, wire) = limited(false);
    assert_eq!(send(&deck, NUMBER).code(), 0);
    let refused = send(&deck, "+573007654321");
    assert_eq!(refused.code(), 3);
    let words = "the limit of 1 code per hour to Colombia is reached";
    assert!(refused.err().contains(words), "{}", refused.err());
    let route = deck.run(&["route", "--env", "dev", "+573007654321"]);
    assert_eq!(route.code(), 3);
    assert!(route.out().contains(words), "{}", route.out());
    assert_eq!(send(&deck, "+16135550123").code(), 0);
    assert_eq!(wire.requests().len(), 2);
    let log = deck.run(&["log", "--status", "refused"]).out();
    assert!(log.contains(words), "{log}");
}

#[test]
fn record_only_limits_refuse_nothing() {
    let (deck, wire) = limited(true);
    for number in [NUMBER, "+573007654321"] {
        assert_eq!(send(&deck, number).code(), 0);
    }
    assert_eq!(wire.requests().len(), 2);
    assert_eq!(deck.run(&["route", "--env", "dev", NUMBER]).code(), 0);
    let log = deck.run(&["log", "--status", "would_refuse", "--json"]).json();
    assert_eq!(log.len(), 1);
    assert!(log[0]["detail"].as_str().unwrap().contains("limits are log-only"), "{log:?}");
}

#[test]
fn the_log_finds_old_events_and_users_whose_ids_look_like_numbers() {
    let deck = Deck::new();
    let send = ["send", "--env", "dev", "--no-wait", "--user", "4711000123", NUMBER];
    assert_eq!(deck.run(&send).code(), 0);
    // A day of other people's codes comes after it.
    let store = Connection::open(deck.paths().store).unwrap();
    store
        .execute_batch(
            "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 2500)
             INSERT INTO events (at, environment, kind)
             SELECT (SELECT max(at) FROM events), 0, 'wrong_code' FROM many",
        )
        .unwrap();
    let lines = |arguments: &[&str]| {
        let ran = deck.run(&[&["log", "--json"], arguments].concat());
        assert_eq!(ran.code(), 0, "{}", ran.err());
        ran.json().len()
    };
    assert_eq!(lines(&["--status", "submitting"]), 1);
    assert_eq!(lines(&["--status", "submitting", "--since", "2h"]), 1);
    assert_eq!(lines(&["--status", "submitting", "--user", "4711000123"]), 1);
    assert_eq!(lines(&["--status", "submitting", "--user", NUMBER]), 1);
    assert_eq!(lines(&["--status", "wrong_code", "--lines", "2000"]), 2000);
    let wrong = deck.run(&["log", "--status", "lost"]);
    assert_eq!(wrong.code(), 2);
    assert!(wrong.err().contains("undelivered"), "{}", wrong.err());
}

#[test]
fn everything_that_blocks_sending_is_a_finding() {
    let deck = with_codes(2);
    let mut config = Config::built_in();
    config.environments.development.limits.environment = Caps { hour: Cap::new(2), day: None };
    deck.configure(&render(&config));
    let status = deck.run(&["status", "--env", "dev"]);
    assert_eq!(status.code(), 2, "{}", status.out());
    assert!(status.out().contains("the limit of 2 codes per hour is reached"), "{}", status.out());
    let text = render(&config).replacen(
        "provider: Sandbox",
        "provider: Twilio(account_sid: \"AC0123456789abcdef0123456789abcdef\", auth_token: Env(\"NOWHERE\"))",
        1,
    );
    deck.configure(&text);
    let status = deck.run(&["status", "--env", "dev"]).out();
    assert!(status.contains("nothing can be sent from here"), "{status}");
}
