//! The command line: what it prints, in which shape, and how it ends.

mod support;

use std::io::Write;
use std::process::Stdio;

use smsdeck::config::{Config, render};
use smsdeck::provider::Sandbox;
use support::deck::{Deck, any_file_holds};
use support::wire::{Wire, response};

const NUMBER: &str = "+573001234567";

#[test]
fn without_a_terminal_or_a_command_it_prints_its_usage() {
    let ran = Deck::new().run(&[]);
    assert_eq!((ran.code(), ran.out().as_str()), (2, ""));
    assert!(ran.err().contains("Usage: smsdeck"), "{}", ran.err());
}

#[test]
fn help_names_every_command() {
    let ran = Deck::new().run(&["--help"]);
    assert_eq!(ran.code(), 0);
    for command in ["send", "verify", "route", "quota", "config", "sandbox"] {
        assert!(ran.out().contains(command), "{command}");
        let help = Deck::new().run(&[command, "--help"]);
        assert_eq!(help.code(), 0);
        assert!(help.out().contains("Usage:"), "{command}");
    }
}

#[test]
fn a_code_is_sent_and_received_and_verifies_exactly_once() {
    let deck = Deck::new();
    let sent = deck.run(&["send", "--env", "development", NUMBER, "--json"]);
    assert_eq!(sent.code(), 0, "{}", sent.err());
    let lines = sent.json();
    let last = lines.last().unwrap();
    assert_eq!(
        (&last["status"], &last["environment"]),
        (&"delivered".into(), &"development".into())
    );
    for key in ["at", "id", "environment", "status", "sid", "error_code", "detail"] {
        assert!(last.get(key).is_some(), "{key}");
    }
    let code = sent.received_code();
    let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    let verify = |code: &str| deck.run(&["verify", "--env", "dev", NUMBER, code, "--json"]);
    let first = verify(&wrong);
    assert_eq!(
        (first.code(), first.json()[0].clone()),
        (1, serde_json::json!({"result": "wrong", "tries_left": 4}))
    );
    let right = verify(&code);
    assert_eq!((right.code(), &right.json()[0]["result"]), (0, &"approved".into()));
    let again = verify(&code);
    assert_eq!((again.code(), &again.json()[0]["result"]), (1, &"no_code".into()));
    for secret in [code.as_bytes(), &NUMBER.as_bytes()[1..]] {
        assert!(!any_file_holds(deck.home.path(), secret));
    }
}

#[test]
fn a_code_can_be_read_from_standard_input() {
    let deck = Deck::new();
    let code = deck.run(&["send", "--env", "dev", NUMBER, "--json"]).received_code();
    let mut child = deck
        .command(&["verify", "--env", "dev", NUMBER, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(format!("{code}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, "Approved for +57 ••• ••• 4567.\n".as_bytes());
}

#[test]
fn five_wrong_tries_end_a_challenge() {
    let deck = Deck::new();
    let code = deck.run(&["send", "--env", "dev", NUMBER, "--json"]).received_code();
    let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    for tries_left in (0..5).rev() {
        let ran = deck.run(&["verify", "--env", "dev", NUMBER, &wrong, "--json"]);
        assert_eq!(ran.json()[0], serde_json::json!({"result": "wrong", "tries_left": tries_left}));
    }
    let ran = deck.run(&["verify", "--env", "dev", NUMBER, &code, "--json"]);
    assert_eq!((ran.code(), &ran.json()[0]["result"]), (3, &"locked".into()));
}

#[test]
fn a_request_over_the_quota_is_refused_and_the_quota_shows_the_unlock_time() {
    let deck = Deck::new();
    for _ in 0..3 {
        assert_eq!(deck.run(&["send", "--env", "dev", NUMBER, "--no-wait"]).code(), 0);
    }
    let refused = deck.run(&["send", "--env", "dev", NUMBER, "--json"]);
    assert_eq!((refused.code(), refused.out().as_str()), (3, ""));
    let error: serde_json::Value = serde_json::from_str(&refused.err()).unwrap();
    assert_eq!(error["error"]["code"], "quota");
    let rows = deck.run(&["quota", "list", "--env", "dev", "--json"]).json();
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(
        (&row["state"], &row["used"], &row["allowed"], &row["left"]),
        (&"locked".into(), &3.into(), &3.into(), &0.into())
    );
    assert_eq!(
        (&row["user"], &row["recipient"]),
        (&"+57 ••• ••• 4567".into(), &"+57 ••• ••• 4567".into())
    );
    assert!(row["unlock_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(deck.run(&["route", "--env", "dev", NUMBER]).code(), 3);
}

#[test]
fn a_route_is_shown_without_sending() {
    let deck = Deck::new();
    let ran =
        deck.run(&["route", "--env", "dev", "3001234567", "--default-country", "57", "--json"]);
    assert_eq!(ran.code(), 0);
    let line = &ran.json()[0];
    assert_eq!(line["e164"], NUMBER);
    assert_eq!((&line["region"], &line["valid"]), (&"CO".into(), &true.into()));
    assert_eq!((&line["sender"], &line["segments"]), (&"+15005550006".into(), &1.into()));
    assert_eq!(
        line["quota"],
        serde_json::json!({"state": "open", "used": 0, "allowed": 3, "left": 3, "unlock_at": null})
    );
    let invalid = deck.run(&["route", "--env", "dev", "12", "--json"]);
    assert_eq!((invalid.code(), &invalid.json()[0]["valid"]), (2, &false.into()));
    assert!(deck.run(&["quota", "list"]).out().is_empty());
}

#[test]
fn many_numbers_are_routed_from_standard_input() {
    let deck = Deck::new();
    let mut child = deck
        .command(&["route", "--env", "dev", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"+573001234567\nnonsense\n+14155550123\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let valid: Vec<bool> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["valid"] == true)
        .collect();
    assert_eq!(valid, [true, false, true]);
}

#[test]
fn an_environment_that_is_not_set_up_refuses_and_says_what_is_missing() {
    let ran = Deck::new().run(&["send", "--env", "production", NUMBER]);
    assert_eq!(ran.code(), 3);
    assert!(ran.err().contains("no From number serves Colombia (CO)"), "{}", ran.err());
    let ran = Deck::new().run(&["send", NUMBER]);
    assert_eq!(ran.code(), 2);
    assert!(ran.err().contains("--env"), "{}", ran.err());
}

#[test]
fn a_number_with_letters_is_rejected() {
    let ran = Deck::new().run(&["send", "--env", "dev", "+57 300 CALLME"]);
    assert_eq!(ran.code(), 2);
    assert!(ran.err().contains("'C' is not allowed in a phone number"), "{}", ran.err());
}

#[test]
fn a_config_error_names_line_column_and_field() {
    let deck = Deck::new();
    assert_eq!(deck.run(&["config", "check"]).code(), 0);
    let shown = deck.run(&["config", "show"]).out();
    deck.configure(&shown.replacen("codes_allowed: 3", "codes_allowed: 0", 1));
    let ran = deck.run(&["config", "check", "--json"]);
    assert_eq!(ran.code(), 2);
    let error: serde_json::Value = serde_json::from_str(&ran.err()).unwrap();
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.contains("config.ron:7:"), "{message}");
    assert!(message.contains("environments.development.codes_allowed"), "{message}");
    deck.configure(&shown);
    assert_eq!(deck.run(&["config", "check"]).code(), 0);
}

#[test]
fn config_path_names_the_files() {
    let deck = Deck::new();
    let paths = deck.run(&["config", "path", "--json"]).json();
    assert_eq!(paths[0]["config"], deck.paths().config.to_str().unwrap());
    let named = deck.path("other.ron");
    let missing = deck.run(&["send", "--env", "dev", "1", "--config", named.to_str().unwrap()]);
    assert_eq!(missing.code(), 2);
    assert!(missing.err().contains("smsdeck config show > "), "{}", missing.err());
    assert!(!deck.path("secrets.ron").exists(), "a mistyped name became a deck");
    std::fs::write(&named, deck.run(&["config", "show"]).out()).unwrap();
    let paths = deck.run(&["config", "path", "--json", "--config", named.to_str().unwrap()]).json();
    assert_eq!(paths[0]["config"], named.to_str().unwrap());
    assert_eq!(paths[0]["secrets"], deck.path("secrets.ron").to_str().unwrap());
}

#[test]
fn nothing_is_sent_without_a_usable_store() {
    let deck = Deck::new();
    let store = deck.paths().store;
    std::fs::create_dir_all(store.parent().unwrap()).unwrap();
    std::fs::write(&store, "this is no database, however long it may be").unwrap();
    let ran = deck.run(&["send", "--env", "dev", NUMBER, "--json"]);
    assert_eq!((ran.code(), ran.out().as_str()), (1, ""));
    let error: serde_json::Value = serde_json::from_str(&ran.err()).unwrap();
    assert_eq!(error["error"]["code"], "store");
    // For monitoring that is more than a warning, and the file must not keep reporting the old
    // status.
    let mut status = deck.command(&["status", "--env", "dev", "--prometheus", "smsdeck.prom"]);
    let status = status.current_dir(deck.path("")).output().unwrap();
    assert_eq!(status.status.code(), Some(2), "{status:?}");
    let file = std::fs::read_to_string(deck.path("smsdeck.prom")).unwrap();
    assert!(file.contains("smsdeck_status{environment=\"development\"} 2"), "{file}");
}

#[tokio::test]
async fn the_last_line_shows_how_a_delivery_ended() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    deck.configure_for(sandbox.base_url());
    let send = async |number: &'static str| {
        let mut command = deck.command(&["send", "--env", "dev", number, "--json"]);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let ran = support::deck::Ran(output);
        let last = ran.json().pop().unwrap();
        (ran.code(), last["status"].as_str().unwrap().to_owned(), last["error_code"].clone())
    };
    assert_eq!(send("+573001233003").await, (1, "undelivered".to_owned(), 30003.into()));
    assert_eq!(send("+573001239429").await, (0, "delivered".to_owned(), serde_json::Value::Null));
    assert_eq!(send("+573001239500").await, (1, "unknown".to_owned(), serde_json::Value::Null));
    assert_eq!(send("+15005550004").await, (1, "refused".to_owned(), 21610.into()));
}

#[test]
fn the_sandbox_runs_on_its_own_and_prints_its_address() {
    use std::io::BufRead;
    let deck = Deck::new();
    let mut child = deck
        .command(&["sandbox", "--listen", "127.0.0.1:0", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let told: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(told["url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    let id = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success());
    let refused = deck.run(&["sandbox", "--listen", "0.0.0.0:0"]);
    assert_eq!(refused.code(), 1);
    assert!(refused.err().contains("not a loopback address"), "{}", refused.err());
}

#[test]
fn a_send_is_audited_and_tampering_with_the_audit_is_detected() {
    let deck = Deck::new();
    assert_eq!(deck.run(&["send", "--env", "dev", "--no-wait", NUMBER]).code(), 0);
    let rows = deck.run(&["audit", "list", "--json"]).json();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1]["action"], "send_outcome");
    assert!(rows[1]["detail"].as_str().unwrap().ends_with(": queued"), "{rows:?}");
    assert_eq!(
        (&rows[0]["action"], &rows[0]["environment"]),
        (&"send".into(), &"development".into())
    );
    let operator = rows[0]["operator"].as_str().unwrap();
    let uid = rustix::process::getuid().as_raw();
    assert!(operator.starts_with("command line by "), "{operator}");
    assert!(operator.contains(&format!("uid {uid}")), "{operator}");
    assert!(operator.contains("environment says user ana"), "{operator}");
    let whole = deck.run(&["audit", "verify"]);
    assert_eq!((whole.code(), whole.out().as_str()), (0, "The audit is intact: 2 rows.\n"));
    let store = rusqlite::Connection::open(deck.paths().store).unwrap();
    store.execute("UPDATE audit SET operator = 'nobody'", ()).unwrap();
    let broken = deck.run(&["audit", "verify"]);
    assert_eq!(broken.code(), 1);
    assert!(broken.err().contains("row 1 was changed"), "{}", broken.err());
}

#[test]
fn the_status_explains_failures_and_exits_as_monitoring_expects() {
    let deck = Deck::new();
    deck.make_store();
    let fine = deck.run(&["status"]);
    assert_eq!(fine.code(), 0);
    assert!(fine.out().contains("Production   not set up"), "{}", fine.out());
    assert!(fine.out().contains("none delivered yet, locked users: 0"), "{}", fine.out());

    let body = r#"{"code":21610,"message":"no","status":400}"#;
    let wire = Wire::answering(vec![response("400 Bad Request", "", body)]);
    deck.configure_for(&wire.url);
    let fail = |count: usize| {
        for number in 0..count {
            let number = format!("+5730012345{number:02}");
            assert_eq!(deck.run(&["send", "--env", "dev", "--no-wait", &number]).code(), 1);
        }
    };
    fail(3);
    // Three are worth a warning.
    let warned = deck.run(&["status", "--env", "dev"]);
    assert_eq!(warned.code(), 1, "{}", warned.out());
    assert!(
        warned.out().contains("error 21610: 3 of 3 codes in an hour, 3 of them to Colombia"),
        "{}",
        warned.out()
    );
    fail(3);
    let critical = deck.run(&["status", "--env", "dev", "--json"]);
    assert_eq!(critical.code(), 2);
    let finding = &critical.json()[0]["findings"][0];
    assert_eq!((&finding["severity"], &finding["error_code"]), (&"critical".into(), &21610.into()));
    assert_eq!(finding["cause"], "the recipient has answered STOP");
}

#[test]
fn refused_credentials_are_critical_at_once() {
    let deck = Deck::new();
    let body = r#"{"code":20003,"message":"Authenticate","status":401}"#;
    let wire = Wire::answering(vec![response("401 Unauthorized", "", body)]);
    deck.configure_for(&wire.url);
    assert_eq!(deck.run(&["send", "--env", "dev", "--no-wait", NUMBER]).code(), 1);
    let paused = deck.run(&["send", "--env", "dev", "--no-wait", NUMBER]);
    assert!(paused.err().contains("paused for"), "{}", paused.err());
    let status = deck.run(&["status", "--env", "dev"]);
    assert_eq!(status.code(), 2);
    assert!(
        status.out().contains("rejects its credentials (error 20003), last at"),
        "{}",
        status.out()
    );
    assert_eq!(wire.requests().len(), 1);
}

#[test]
fn a_locked_user_is_found_by_number_and_unlocked_with_a_reason() {
    let deck = Deck::new();
    for _ in 0..3 {
        let send = ["send", "--env", "dev", "--no-wait", "--user", "jdoe", NUMBER];
        assert_eq!(deck.run(&send).code(), 0);
    }
    for who in [NUMBER, "jdoe"] {
        let shown = deck.run(&["quota", "show", "--env", "dev", who, "--json"]).json();
        assert_eq!((&shown[0]["user"], &shown[0]["state"]), (&"jdoe".into(), &"locked".into()));
    }
    let nobody = deck.run(&["quota", "unlock", "--env", "dev", "m.ruiz", "--reason", "x"]);
    assert_eq!(nobody.code(), 1);
    let reasonless = deck.run(&["quota", "unlock", "--env", "dev", "jdoe", "--reason", " "]);
    assert_eq!(reasonless.code(), 2);
    let unlock = ["quota", "unlock", "--env", "dev", NUMBER, "--reason", "lost", "--ticket", "7"];
    let unlocked = deck.run(&unlock);
    assert_eq!(unlocked.code(), 0, "{}", unlocked.err());
    let listed = deck.run(&["quota", "list", "--env", "dev", "--json"]).json();
    assert!(listed.iter().all(|row| row["state"] == "open"), "{listed:?}");
    let audit = deck.run(&["audit", "list"]).out();
    assert!(audit.contains("lost (ticket 7)"), "{audit}");
}

#[test]
fn the_log_can_be_filtered() {
    let deck = Deck::new();
    assert_eq!(deck.run(&["send", "--env", "dev", "--user", "jdoe", NUMBER]).code(), 0);
    assert_eq!(deck.run(&["send", "--env", "dev", "--no-wait", "+573007654321"]).code(), 0);
    let count = |more: &[&str]| {
        let ran = deck.run(&[&["log", "--json"], more].concat());
        assert_eq!(ran.code(), 0, "{}", ran.err());
        ran.json().len()
    };
    assert_eq!(count(&["--status", "delivered"]), 1);
    assert_eq!(count(&["--status", "queued", "--since", "1h"]), 2);
    assert_eq!(count(&["--status", "queued", "--user", "jdoe"]), 1);
    assert_eq!(count(&["--env", "prod"]), 0);
    assert_eq!(count(&["--since", "0s"]), 0);
    assert_eq!(deck.run(&["log", "--since", "soon"]).code(), 2);
}

#[test]
fn the_log_follows_what_another_process_does() {
    use std::io::{BufRead, BufReader};
    let deck = Deck::new();
    assert_eq!(deck.run(&["send", "--env", "dev", "--no-wait", NUMBER]).code(), 0);
    let mut command = deck.command(&["log", "--follow", "--env", "dev", "--status", "wrong_code"]);
    let mut log = command.stdout(Stdio::piped()).spawn().unwrap();
    assert_eq!(deck.run(&["verify", "--env", "dev", NUMBER, "000000"]).code(), 1);
    let mut line = String::new();
    BufReader::new(log.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("wrong code"), "{line}");
    log.kill().unwrap();
    log.wait().unwrap();
}

#[test]
fn config_keys_prints_the_built_in_keys_and_custom_ones_are_checked() {
    let deck = Deck::new();
    let printed = deck.run(&["config", "keys"]);
    deck.configure(&render(&Config::built_in()));
    let keys = deck.paths().config.with_file_name("keys.ron");
    std::fs::write(&keys, printed.out()).unwrap();
    assert_eq!(deck.run(&["config", "check"]).code(), 0);
    std::fs::write(&keys, "{ console: { send_code: [\"v\"] } }").unwrap();
    let refused = deck.run(&["config", "check"]);
    assert_eq!(refused.code(), 2);
    assert!(refused.err().contains("v is both console.send_code and console.verify_code"));
}

#[test]
fn the_manual_and_the_completions_name_every_command() {
    let deck = Deck::new();
    for arguments in
        [&["man"][..], &["completions", "bash"], &["completions", "zsh"], &["completions", "fish"]]
    {
        let ran = deck.run(arguments);
        assert_eq!(ran.code(), 0);
        for command in ["send", "verify", "quota", "numbers", "sandbox", "completions"] {
            assert!(ran.out().contains(command), "{arguments:?} leaves {command} out");
        }
    }
    // Each command with its own options, and the exit codes.
    let page = deck.run(&["man"]).out();
    for words in ["SMSDECK QUOTA UNLOCK", "wrong\\-tries", "EXIT STATUS", "9429"] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[test]
fn a_number_of_a_range_that_is_not_known_is_texted_only_on_purpose() {
    let deck = Deck::new();
    let number = "+44 7700 900123";
    let refused = deck.run(&["send", "--env", "dev", number, "--no-wait"]);
    assert!(refused.code() == 2 && refused.err().contains("--allow-unknown"), "{}", refused.err());
    let route = deck.run(&["route", "--env", "dev", number, "--json"]);
    assert_eq!((route.code(), &route.json()[0]["valid"]), (2, &false.into()));
    let sent = deck.run(&["send", "--env", "dev", number, "--allow-unknown", "--json"]);
    assert_eq!(sent.code(), 0, "{}", sent.err());
    let code = sent.received_code();
    assert_eq!(deck.run(&["quota", "show", "--env", "dev", number]).code(), 0);
    assert_eq!(deck.run(&["verify", "--env", "dev", number, &code]).code(), 0);
    let route = deck.run(&["route", "--env", "dev", number, "--allow-unknown", "--json"]);
    assert_eq!((route.code(), &route.json()[0]["e164"]), (0, &"+447700900123".into()));
    let impossible = deck.run(&["send", "--env", "dev", "+44 77", "--allow-unknown"]);
    assert_eq!(impossible.code(), 2);
}

#[test]
fn the_version_names_the_metadata_of_phone_numbers() {
    let version = Deck::new().run(&["--version"]);
    assert_eq!(version.code(), 0);
    assert!(version.out().starts_with(concat!("smsdeck ", env!("CARGO_PKG_VERSION"))));
    assert!(version.out().contains("phone metadata 9.0."), "{}", version.out());
}
