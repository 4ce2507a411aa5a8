//! The console line by line, as a screen reader reads it out.

mod support;

use smsdeck::config::Config;
use smsdeck::domain::environment::Environment;
use smsdeck::store::{DeliveryId, Event, EventId, EventKind};
use smsdeck::tui::message::Message;
use smsdeck::tui::pane::Pane;
use smsdeck::tui::plain::{Announcer, SIZE};
use support::busy_day::noon;
use support::deck::Deck;
use support::screen::Console;
use support::terminal::Terminal;

/// A console that is read out, and the bytes for a terminal of 80 columns.
struct Heard {
    console: Console,
    announcer: Announcer,
}

impl Heard {
    fn new(mut console: Console) -> Self {
        console.model.session.theme.plain = true;
        let mut heard = Self { console, announcer: Announcer::default() };
        heard.hear();
        heard
    }

    fn hear(&mut self) -> String {
        self.announcer.announce(&self.console.model, 80)
    }

    fn press(&mut self, keys: &str) -> String {
        self.console.press(keys);
        self.hear()
    }
}

#[test]
fn moving_to_a_pane_reads_its_name_and_the_focused_line() {
    let mut heard = Heard::new(Console::busy(SIZE));
    heard.press("Down");
    let said = heard.press("BackTab");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "From numbers");
    assert_eq!(
        lines.last(),
        Some(&"default: +1 415 555 0100, CA Canada, US United States"),
        "{said}"
    );
    // Another row is that row and nothing else.
    assert_eq!(
        heard.press("Down"),
        "+44 7700 900123, GB United Kingdom, GG Guernsey, IE Ireland\r\n"
    );
    assert_eq!(
        heard.press("Tab").lines().last().unwrap(),
        "m.ruiz, +57 ending 8820, 1 of 3, open, 2 left"
    );
    let environment = heard.press("]");
    assert!(environment.starts_with("Development. "), "{environment}");
    assert!(environment.contains("Others: Test, set up; Production, 1 locked."), "{environment}");
}

#[test]
fn typing_echoes_the_text_alone_and_changes_are_announced() {
    let mut heard = Heard::new(Console::fresh(SIZE));
    heard.console.model.session.focus = Pane::Form;
    assert!(heard.hear().ends_with("Default country code, "));
    heard.press("@Code_validity Left");
    let wrong = heard.press("1");
    assert!(wrong.contains("error: "), "{wrong}");
    assert!(wrong.ends_with("changed: Code validity period, 15\u{1b}[1D"), "{wrong}");
    // A field that is left as it was is not read out again.
    heard.press("Esc");
    let next = heard.press("Down");
    assert!(!next.contains("Code validity"), "{next}");
    assert!(next.ends_with("Number of codes allowed, 3"), "{next}");
    heard.press("Tab Tab v");
    assert_eq!(heard.press("5"), "5");
    assert_eq!(heard.press("7"), "7");
    assert_eq!(heard.press("Left"), "\r\u{1b}[KNumber, 57\u{1b}[1D");
}

#[test]
fn events_and_errors_are_announced_once() {
    let mut heard = Heard::new(Console::with(SIZE, Config::built_in()));
    heard.console.press("u");
    assert!(heard.hear().starts_with("Development: nothing to undo"));
    assert_eq!(heard.hear(), "");
    let event = |id| Event {
        id: EventId(id),
        at: noon(),
        environment: Environment::Development,
        delivery: Some(DeliveryId(1)),
        kind: EventKind::WrongCode,
        user: "jdoe".to_owned(),
        recipient: "+57 ••• ••• 4567".to_owned(),
        sender: None,
        sid: None,
        error_code: None,
        request_id: None,
        reason: None,
        country: None,
        detail: None,
        times: 1,
    };
    heard.console.tell(Message::Events(vec![event(1)]));
    assert!(heard.hear().ends_with("\n12:04:31 wrong code, +57 ending 4567\r\n"));
    // In the log it is a line of the page.
    heard.press("Tab");
    heard.console.tell(Message::Events(vec![event(2)]));
    assert_eq!(heard.hear(), "12:04:31 wrong code, +57 ending 4567\r\n");
    assert_eq!(heard.hear(), "");
}

#[test]
fn a_lock_is_read_by_its_end_and_does_not_tick_every_second() {
    let mut heard = Heard::new(Console::busy(SIZE));
    heard.press("Tab");
    let said = heard.press("BackTab");
    assert!(said.contains("LOCKED, opens 12:19:05\r\n"), "{said}");
    let next = heard.console.model.next_change().unwrap();
    assert_eq!(next.to_string(), "2026-11-23T12:19:05Z");
}

#[test]
fn a_chart_is_read_as_numbers() {
    let mut heard = Heard::new(Console::with_health(SIZE));
    heard.announcer.forget();
    let said = heard.hear();
    assert!(said.contains("Codes per hour, last 24 h: 0 0 0 1 2 4 8 12"), "{said}");
}

#[test]
fn plain_mode_writes_lines_and_restores_the_terminal() {
    let deck = Deck::new();
    let mut terminal = Terminal::start(&deck, &["--plain"]);
    terminal.wait_for("No recent requests");
    terminal.type_text("s+573001234567");
    terminal.wait_for("Quota, open, 3 of 3 left");
    terminal.type_text("\r");
    terminal.wait_for("delivered, +57 ending 4567");
    terminal.type_text("q");
    assert!(terminal.wait_end().success());
    assert!(terminal.is_restored());
    let written = String::from_utf8(terminal.written()).unwrap();
    for control in written.split('\u{1b}').skip(1) {
        let is_line = control.starts_with("[K") || control.starts_with("[?2004");
        assert!(is_line, "ESC {control:?} in {written:?}");
    }
    assert!(!written.contains(['│', '┃', '─', '›', '•']), "{written}");
    let refused = Deck::new().run(&["--plain", "status"]);
    assert!(refused.code() == 2 && refused.err().contains("--plain is for the console"));
}
