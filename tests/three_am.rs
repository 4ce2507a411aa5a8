//! At three in the morning: what is broken, where, and whose fault it is, from one command or the
//! first screen.

mod support;

use rusqlite::Connection;
use smsdeck::config::render;
use smsdeck::domain::provider::BaseUrl;
use support::deck::{Deck, Ran, config_for};
use support::terminal::Terminal;
use support::wire::{Refusal, Wire, response};

fn send(deck: &Deck, user: u32) -> Ran {
    let number = format!("+57300{:07}", 1_000_000 + user);
    deck.run(&["send", "--env", "dev", "--no-wait", &number])
}

/// A deck whose provider is at this address, after some codes.
fn deck_with(url: &BaseUrl, codes: u32) -> Deck {
    let deck = Deck::new();
    deck.configure(&render(&config_for(url)));
    for user in 0..codes {
        send(&deck, user);
    }
    deck
}

#[test]
fn a_provider_that_cannot_be_reached_is_the_first_line_of_the_status_and_of_the_health() {
    let nobody = Refusal::new();
    let deck = deck_with(&BaseUrl::parse(&nobody.url()).unwrap(), 6);
    let status = deck.run(&["status", "-e", "dev"]);
    assert_eq!(status.code(), 2);
    let out = status.out();
    let first = out.lines().next().unwrap();
    let (verdict, figures) = first.split_once(" | ").unwrap();
    let words = "CRITICAL Development: No connection to Twilio: the last 6 codes failed, since ";
    assert!(verdict.starts_with(words) && verdict.ends_with("Z (network)"), "{verdict}");
    assert_eq!(
        figures,
        "development_codes=6;;;0 development_failed=6;;;0 development_locked=0;;;0"
    );
    assert!(out.contains("What to do: check the network"), "{out}");
    let report = deck.run(&["status", "-e", "dev", "--json"]).json()[0]["findings"][0].clone();
    assert_eq!((&report["severity"], &report["origin"]), (&"critical".into(), &"network".into()));
    assert_eq!((&report["fault"], &report["count"]), (&"no_connection".into(), &6.into()));

    for size in [(80, 24), (40, 20)] {
        let terminal = Terminal::start_sized(&deck, size);
        terminal.wait_for("failing");
        terminal.type_text("o");
        let screen = terminal.wait_for("critical");
        let screen = screen.replace(['│', '┃'], " ");
        let screen = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(screen.contains("No connection to Twilio"), "{size:?}: {screen}");
        assert!(screen.contains("(network)"), "{size:?}: {screen}");
    }
}

#[test]
fn a_provider_that_fails_is_told_from_the_network_and_from_the_account() {
    for (status, body, verdict, origin) in [
        ("500 Internal Server Error", "{}", "Twilio returns server errors", "(provider)"),
        (
            "400 Bad Request",
            r#"{"code":21606,"message":"no","status":400}"#,
            "The sender is not this account's, or cannot send to this country (error 21606)",
            "(on our side)",
        ),
        (
            "400 Bad Request",
            r#"{"code":21408,"message":"no","status":400}"#,
            "(error 21408)",
            "(recipient)",
        ),
    ] {
        let wire = Wire::answering(vec![response(status, "", body)]);
        let deck = deck_with(&wire.url, 6);
        let status = deck.run(&["status", "-e", "dev"]);
        let out = status.out();
        let first = out.lines().next().unwrap();
        assert!(first.starts_with("CRITICAL Development: "), "{first}");
        assert!(first.contains(verdict) && first.contains(origin), "{first}");
    }
}

#[test]
fn a_healthy_deck_is_quiet() {
    let deck = Deck::new();
    assert_eq!(send(&deck, 1).code(), 0);
    let status = deck.run(&["status"]);
    assert_eq!(status.code(), 0);
    assert!(status.out().starts_with("OK: no problems | development_codes=1;;;0 "));
}

#[test]
fn only_locked_users_are_listed_when_asked_for() {
    let deck = Deck::new();
    for _ in 0..3 {
        assert_eq!(send(&deck, 1).code(), 0);
    }
    assert_eq!(send(&deck, 2).code(), 0);
    assert_eq!(deck.run(&["quota", "list", "--json"]).json().len(), 2);
    let locked = deck.run(&["quota", "list", "--locked", "--json"]).json();
    assert_eq!(locked.len(), 1);
    assert_eq!(locked[0]["state"], "locked");
}

#[test]
fn the_log_and_the_audit_are_narrowed_down() {
    let deck = Deck::new();
    send(&deck, 1);
    deck.run(&["send", "--env", "dev", "--no-wait", "+14155550100"]);
    let lines = |arguments: &[&str]| deck.run(&[arguments, &["--json"]].concat()).json().len();
    let all = lines(&["log"]);
    assert_eq!(lines(&["log", "--country", "CO"]) + lines(&["log", "--country", "US"]), all);
    assert_eq!(lines(&["log", "--sender", "+15005550006"]), all);
    assert_eq!(lines(&["log", "--sender", "72404"]), 0);
    assert_eq!(lines(&["log", "--until", "1h"]), 0);
    assert_eq!(lines(&["log", "--error", "30007"]), 0);
    let audited = lines(&["audit", "list"]);
    assert!(audited > 0);
    assert_eq!(lines(&["audit", "list", "--since", "1h"]), audited);
    assert_eq!(lines(&["audit", "list", "--until", "1h"]), 0);
    assert_eq!(lines(&["audit", "list", "--action", "send", "--env", "dev"]), 2);
    assert_eq!(lines(&["audit", "list", "--action", "unlock"]), 0);
    assert_eq!(lines(&["audit", "list", "--user", "ana"]), audited);
    assert_eq!(lines(&["audit", "list", "--user", "nobody"]), 0);
}

#[test]
fn a_send_does_not_wait_for_a_receipt_that_never_comes() {
    let deck = Deck::new();
    let ran = deck.run(&["send", "--env", "dev", "--timeout", "3s", "+573001239001"]);
    assert_eq!(ran.code(), 4, "{}{}", ran.out(), ran.err());
    assert!(ran.err().contains("no receipt within 3 s"), "{}", ran.err());
}

#[test]
fn many_wrong_tries_are_a_finding_that_says_what_to_do() {
    let deck = Deck::new();
    send(&deck, 1);
    deck.run(&["config", "set", "--yes", "deck.thresholds.wrong_tries", "4"]);
    for _ in 0..4 {
        assert_eq!(deck.run(&["status", "-e", "dev"]).code(), 0);
        deck.run(&["verify", "--env", "dev", "+573001000001", "000000"]);
    }
    let status = deck.run(&["status", "-e", "dev"]);
    assert_eq!(status.code(), 1, "{}", status.out());
    let out = status.out();
    let first = out.lines().next().unwrap();
    assert!(first.starts_with("WARNING Development: someone may be guessing codes"), "{first}");
    assert!(out.contains("What to do: ask the user"), "{out}");
}

#[test]
fn a_message_of_many_sms_is_a_warning() {
    let deck = Deck::new();
    let text = format!("{{code}}{}", "😀".repeat(700));
    let set = ["config", "set", "--yes", "--env", "dev", "message", &text];
    let set = deck.run(&set);
    assert_eq!(set.code(), 0, "{}", set.err());
    assert!(set.out().contains("Each code costs 22 SMS: shorten the text."), "{}", set.out());
}

#[test]
fn the_log_finds_a_whole_number_a_country_and_a_time() {
    let deck = Deck::new();
    send(&deck, 1);
    for _ in 0..2 {
        assert_eq!(deck.run(&["send", "--env", "dev", "--no-wait", "+14155550100"]).code(), 0);
    }
    let events = deck.run(&["log", "--json"]).json();
    let all = events.len();
    let of = |country: &str| events.iter().filter(|event| event["country"] == country).count();
    let terminal = Terminal::start(&deck, &[]);
    let screen = terminal.wait_for(" queued ");
    let time = screen.lines().find(|line| line.contains(" queued ")).unwrap();
    let time = &time[time.find(':').unwrap() - 2..][..8];
    terminal.type_text("\t/");
    for (typed, found) in [
        ("+573001000001", Some(of("CO"))),
        ("+57 300-100-0001", Some(of("CO"))),
        ("573001000002", Some(0)),
        ("+1 415 555 0100", Some(of("US"))),
        ("us", Some(of("US"))),
        ("Colom", Some(of("CO"))),
        (time, None),
        ("99:", Some(0)),
    ] {
        terminal.type_text(typed);
        if let Some(found) = found {
            terminal.wait_for(&format!("filter: {typed}_ · {found} of {all} "));
        } else {
            let screen = terminal.wait_for(&format!("filter: {typed}_ · "));
            assert!(screen.contains(&format!("{typed} queued")), "{screen}");
        }
        terminal.type_text("\x15");
        terminal.wait_for(&format!("filter: _ · {all} of {all} "));
    }
}

#[test]
fn while_something_is_wrong_every_pane_says_which_key_tells_what() {
    let nobody = Refusal::new();
    let deck = deck_with(&BaseUrl::parse(&nobody.url()).unwrap(), 6);
    let terminal = Terminal::start(&deck, &[]);
    terminal.wait_for("failing");
    for _ in 0..4 {
        let screen = terminal.wait_for("health");
        let hints = screen.lines().last().unwrap();
        assert!(hints.contains("o health") || hints.contains("^P find"), "{hints}");
        terminal.type_text("\t");
    }
}

#[test]
fn a_long_lock_says_on_which_day_it_ends() {
    let deck = Deck::new();
    let set = ["config", "set", "--yes", "--env", "dev", "request_time_out_minutes", "1440"];
    assert_eq!(deck.run(&set).code(), 0);
    for _ in 0..3 {
        assert_eq!(send(&deck, 1).code(), 0);
    }
    for (size, wanted) in [((80, 24), "LOCKED  opens tomorrow "), ((40, 20), "LOCKED tomorrow ")] {
        let terminal = Terminal::start_sized(&deck, size);
        let screen = terminal.wait_for(wanted);
        let line = screen.lines().find(|line| line.contains(wanted)).unwrap();
        // The last figures are those of the countdown, or of the time where that has no room.
        let end: String = line.trim_end_matches(['│', '┃', ' ']).chars().rev().take(2).collect();
        assert!(end.chars().all(|letter| letter.is_ascii_digit()), "{line}");
    }
}

#[test]
fn an_acknowledged_finding_stays_visible_and_wakes_nobody_until_its_end() {
    let nobody = Refusal::new();
    let deck = deck_with(&BaseUrl::parse(&nobody.url()).unwrap(), 6);
    let status = || deck.run(&["status", "-e", "dev"]);
    let ack =
        |arguments: &[&str]| deck.run(&[&["status", "ack", "--env", "dev"], arguments].concat());
    assert!(status().out().contains("[down-no_connection]"), "{}", status().out());
    let wrong = ack(&["down-tls", "--reason", "known"]);
    assert_eq!(wrong.code(), 1);
    assert!(wrong.err().contains("its findings are down-no_connection"), "{}", wrong.err());
    assert_eq!(ack(&["down-no_connection"]).code(), 2, "without a reason");
    let acknowledged = ack(&["down-no_connection", "--reason", "the carrier works on it"]);
    assert_eq!(acknowledged.code(), 0, "{}", acknowledged.err());
    let quiet = status();
    assert_eq!(quiet.code(), 0);
    assert!(quiet.out().starts_with("OK: no other problems; acknowledged: 1 | "));
    assert!(quiet.out().contains(": the carrier works on it"), "{}", quiet.out());
    let audit = deck.run(&["audit", "list", "--action", "acknowledge"]).out();
    assert!(audit.contains("down-no_connection until "), "{audit}");
    assert_eq!(ack(&["down-tls", "--end"]).code(), 1, "never acknowledged");
    assert_eq!(ack(&["down-no_connection", "--reason", " "]).code(), 2, "an empty reason");
    assert_eq!(ack(&["down-no_connection", "--end"]).code(), 0);
    assert_eq!(status().code(), 2);

    for size in [(80, 24), (40, 20)] {
        let terminal = Terminal::start_sized(&deck, size);
        terminal.wait_for("failing");
        terminal.type_text("oA");
        terminal.wait_for("Acknowledge");
        terminal.type_text("on it\r");
        terminal.wait_for("[acknowledged");
        assert_eq!(status().code(), 0);
        terminal.type_text("A\x1b[B\t\x150s\r");
        terminal.wait_for("no longer");
        assert_eq!(status().code(), 2);
    }
}

#[test]
fn an_acknowledgement_can_be_ended_although_its_finding_is_gone() {
    let nobody = Refusal::new();
    let deck = deck_with(&BaseUrl::parse(&nobody.url()).unwrap(), 6);
    let ack = |arguments: &[&str]| {
        deck.run(&[&["status", "ack", "--env", "dev", "down-no_connection"], arguments].concat())
    };
    assert_eq!(ack(&["--reason", "known"]).code(), 0);
    let strict = ["config", "set", "--yes", "deck.thresholds.failures", "100"];
    assert_eq!(deck.run(&strict).code(), 0);
    assert!(!deck.run(&["status", "-e", "dev"]).out().contains("[down-no_connection]"));
    assert_eq!(ack(&["--end"]).code(), 0);
    let strict = ["config", "set", "--yes", "deck.thresholds.failures", "3"];
    assert_eq!(deck.run(&strict).code(), 0);
    assert_eq!(deck.run(&["status", "-e", "dev"]).code(), 2);
}

#[test]
fn a_watched_status_stays_in_its_place_on_a_terminal() {
    let deck = Deck::new();
    send(&deck, 1);
    let terminal = Terminal::start(&deck, &["status", "--watch", "-e", "dev"]);
    let screen = terminal.wait_for("codes in an hour: 1");
    assert!(screen.starts_with("OK: no problems"), "{screen}");
    send(&deck, 2);
    let screen = terminal.wait_for("codes in an hour: 2");
    assert_eq!(screen.matches("codes in an hour").count(), 1, "{screen}");
}

#[test]
fn a_number_in_the_filter_is_masked_once_it_is_typed() {
    let deck = Deck::new();
    send(&deck, 1);
    let terminal = Terminal::start(&deck, &[]);
    terminal.wait_for(" queued ");
    terminal.type_text("\t/+573001000001\r");
    let screen = terminal.wait_for("filter: +…01");
    assert!(!screen.contains("573001000001"), "{screen}");
}

/// What an account says of itself: that it may read messages, its status, and its balance.
fn account(status: &str, balance: &str) -> Vec<String> {
    let says = |body: &str| response("200 OK", "", body);
    vec![
        says(r#"{"messages":[]}"#),
        says(&format!(r#"{{"status":"{status}"}}"#)),
        says(&format!(r#"{{"currency":"USD","balance":"{balance}"}}"#)),
    ]
}

#[test]
fn an_account_without_money_is_critical_once_it_was_asked() {
    for (balance, code, verdict) in [
        ("-3.20", 2, "CRITICAL Development: the account is out of money: balance -3.20 USD"),
        ("9.99", 1, "WARNING Development: the account is running out of money: balance 9.99 USD"),
        ("10.00", 0, "OK"),
    ] {
        let wire = Wire::answering(account("active", balance));
        let deck = Deck::new();
        deck.configure_for(&wire.url);
        deck.make_store();
        let checked = deck.run(&["config", "check", "--online", "--env", "dev"]);
        assert_eq!(checked.code(), 0, "{}", checked.err());
        let asked = wire.requests().len();
        let status = deck.run(&["status", "-e", "dev"]);
        assert_eq!(status.code(), code, "{}", status.out());
        assert!(status.out().starts_with(verdict), "{}", status.out());
        let report = &deck.run(&["status", "-e", "dev", "--json"]).json()[0];
        assert_eq!(report["balance"], format!("{balance} USD"));
        assert!(report["balance_at"].is_string());
        assert_eq!(wire.requests().len(), asked, "a status has asked the account");
    }
}

#[test]
fn a_suspended_account_is_critical() {
    let wire = Wire::answering(account("suspended", "5.00"));
    let deck = Deck::new();
    deck.configure_for(&wire.url);
    deck.make_store();
    let checked = deck.run(&["config", "check", "--online", "--env", "dev"]);
    assert!(checked.out().contains("the account is suspended"), "{}", checked.out());
    let status = deck.run(&["status", "-e", "dev"]);
    assert_eq!(status.code(), 2);
    assert!(status.out().contains("suspended, closed or not active (error 20005)"));
}

#[test]
fn the_balance_is_asked_for_in_health_and_answered_on_its_first_page() {
    for size in ["80", "40"] {
        let wire = Wire::answering(account("active", "-3.20"));
        let deck = Deck::new();
        deck.configure_for(&wire.url);
        let rows = if size == "80" { "24" } else { "20" };
        let token = "a".repeat(32);
        let variable = format!("export TWILIO_TOKEN={token}");
        let script = format!("stty cols {size} rows {rows}; {variable}; exec \"$1\"");
        let terminal = Terminal::start_shell(&deck, &script);
        terminal.wait_for("No recent requests");
        terminal.type_text("o\x14");
        let screen = terminal.wait_for("-3.20 USD");
        assert!(screen.contains("-3.20 USD"), "{screen}");
        // The finding and the balance itself come with the status, which is read again then.
        let screen = terminal.wait_for("critical");
        assert!(screen.contains("Health"), "{screen}");
    }
}

/// Puts deliveries into the store of a deck as if they had been asked for: one every so often, the
/// last one now, every `nth` of them failed.
fn replay(deck: &Deck, codes: i64, every: f64, (status, nth): (&str, i64), until: i64) {
    let store = Connection::open(deck.paths().store).unwrap();
    let (error_code, fault) =
        if status == "not_sent" { (None, Some("no_connection")) } else { (Some(30003), None) };
    store
        .execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
             INSERT INTO deliveries (environment, user, number, country, origin, reason, segments,
                                     at, status, finished, error_code, fault)
             SELECT 0, 1, 1, 'CO', 1, 'default_number', 1,
                    ?2 - CAST(i * ?3 * 1000 AS INTEGER),
                    iif(i % ?4 = 0, ?5, 'delivered'), 1,
                    iif(i % ?4 = 0, ?6, NULL), iif(i % ?4 = 0, ?7, NULL)
             FROM n",
            (codes, until, every, nth, status, error_code, fault),
        )
        .unwrap();
}

#[test]
fn a_busy_deck_is_quiet_while_a_few_codes_fail_and_loud_within_a_minute_once_it_is_dead() {
    let deck = Deck::new();
    send(&deck, 0);
    let now = jiff::Timestamp::now().as_millisecond();
    // Five failures of 5,000 in an hour, for two hours.
    replay(&deck, 10_000, 0.72, ("undelivered", 1_000), now - 60_000);
    let status = deck.run(&["status", "-e", "dev"]);
    assert_eq!(status.code(), 0, "{}", status.out());
    // A minute without a connection, at the same rate.
    replay(&deck, 80, 0.72, ("not_sent", 1), now);
    let status = deck.run(&["status", "-e", "dev"]);
    assert_eq!(status.code(), 2, "{}", status.out());
    let words = "CRITICAL Development: No connection to Sandbox: ";
    assert!(status.out().starts_with(words), "{}", status.out());
}

#[test]
fn one_country_that_fails_is_critical_while_the_others_work() {
    let deck = Deck::new();
    send(&deck, 0);
    let now = jiff::Timestamp::now().as_millisecond();
    replay(&deck, 200, 10.0, ("undelivered", 1_000), now);
    let store = Connection::open(deck.paths().store).unwrap();
    store
        .execute_batch(
            "INSERT INTO origins (id, sender, account, asked_by) VALUES (9, '+4930123456', '', 'a');
             UPDATE deliveries SET country = 'DE', origin = 9, status = 'undelivered',
                                   error_code = 30007
             WHERE id % 5 = 0",
        )
        .unwrap();
    let status = deck.run(&["status", "-e", "dev"]);
    let out = status.out();
    assert_eq!(status.code(), 2, "{out}");
    let first = out.lines().next().unwrap();
    assert!(first.contains("25 codes to Germany from +49 30 123456 failed"), "{first}");
    assert!(first.contains("(error 30007)") && first.contains("(carrier)"), "{first}");
    let finding = deck.run(&["status", "-e", "dev", "--json"]).json()[0]["findings"][0].clone();
    assert_eq!((&finding["country"], &finding["count"]), (&"DE".into(), &25.into()));
    assert!(!out.contains("[failed-30007]"), "told twice: {out}");
}

#[test]
fn the_log_says_where_an_outcome_cannot_be_asked_for() {
    let accepted = format!(r#"{{"sid":"SM{}","status":"queued"}}"#, "0a".repeat(16));
    let cut = String::new();
    let wire = Wire::answering(vec![response("201 Created", "", &accepted), cut]);
    let deck = Deck::new();
    deck.configure_for(&wire.url);
    let token = "a".repeat(32);
    let terminal = Terminal::start_with(&deck, &[], &[("TWILIO_TOKEN", &token)]);
    terminal.wait_for("No recent requests");
    terminal.type_text("s");
    terminal.wait_for("Send a code");
    terminal.type_text("+573001234567\r");
    let screen = terminal.wait_for("status requests fail since");
    let line = screen.lines().find(|line| line.contains("status requests fail")).unwrap();
    assert!(line.contains("queued"), "{line}");
    terminal.type_text("o");
    terminal.wait_for("newer outcomes are not known");
}

#[test]
fn health_tells_how_long_codes_take_by_the_clock_of_the_provider() {
    let deck = Deck::new();
    let sent = deck.run(&["send", "--env", "dev", "+573001234567"]);
    assert_eq!(sent.code(), 0, "{}", sent.err());
    let took =
        sent.out().lines().find_map(|line| line.split_once("after ").map(|it| it.1.to_owned()));
    let took = took.unwrap();
    let seconds = took.trim().trim_end_matches(" s");
    let terminal = Terminal::start(&deck, &[]);
    terminal.wait_for("delivered");
    terminal.type_text("o");
    let screen = terminal.wait_for("last hour");
    let line = screen.lines().find(|line| line.contains("last hour")).unwrap();
    assert!(line.contains(&format!("{seconds}.0 s")), "{took}: {line}");
}
