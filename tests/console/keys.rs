//! Keys and pastes that work everywhere.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use smsdeck::domain::environment::PerEnvironment;
use smsdeck::tui::effect::{Effect, EngineEffect, TerminalEffect};
use smsdeck::tui::message::{Message, SaveOutcome};

use crate::SIZE;
use crate::support::busy_day::events;
use crate::support::screen::{Console, saves};

#[test]
fn a_long_paste_with_line_breaks_changes_no_field() {
    let pasted = "line\nof text ".repeat(80);
    for keys in ["Tab Tab", "s", "v", "BackTab n", "r", "@Auth_token"] {
        let mut console = Console::busy(SIZE);
        console.press(keys);
        let effects = console.tell(Message::Paste(pasted.clone()));
        assert!(effects.is_empty(), "{keys}: {effects:?}");
        assert!(!console.screen().contains("of text"), "{keys}");
        console.assert_shows("pasted");
    }
}

#[test]
fn escape_and_a_key_that_arrive_together_are_two_keys() {
    let alt = |letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::ALT);
    let mut console = Console::fresh(SIZE);
    console.press("?");
    console.tell(Message::Key(alt('s')));
    console.assert_shows("Send a code");
    // In a text Alt-b goes back a word; what means nothing there closes it.
    console.tell(Message::Key(alt('b')));
    console.assert_shows("Send a code");
    console.tell(Message::Key(alt('v')));
    console.assert_shows("Verify a code");
}

#[test]
fn quitting_asks_while_something_would_be_lost() {
    let quits = |effects: &[Effect]| {
        effects.iter().any(|effect| matches!(effect, Effect::Terminal(TerminalEffect::Quit)))
    };
    assert!(quits(&Console::busy(SIZE).press("q")));
    for keys in ["@Code_validity 1 ^q", "BackTab n 72404 ^c", "s +573001234567 Enter q"] {
        let mut console = Console::busy(SIZE);
        assert!(!quits(&console.press(keys)), "{keys}");
        console.assert_shows("┏ Quit");
        assert!(quits(&console.press("Enter")), "{keys}");
    }
}

#[test]
fn an_idle_console_schedules_no_redraw() {
    let mut console = Console::fresh(SIZE);
    assert_eq!(console.model.next_change(), None);
    console.press("Tab z");
    assert_eq!(console.model.next_change(), None);
    // What the engine brings at the start is not news that has to be read about again.
    let mut console = Console::fresh(SIZE);
    console.tell(Message::Events(events()));
    console.tell(Message::Quota(PerEnvironment::from_fn(|_| Vec::new())));
    assert_eq!(console.model.next_change(), None);
}

#[test]
fn a_read_only_console_neither_sends_nor_unlocks_nor_edits() {
    let mut console = Console::busy(SIZE);
    console.model.session.read_only = true;
    console.assert_shows("read-only");
    for keys in ["s", "v", "r", "b", "Tab Tab 9", "^s", "Tab n"] {
        let before = console.model.modals.len();
        assert!(console.press(keys).is_empty(), "{keys}");
        assert_eq!(console.model.modals.len(), before, "{keys}");
        console.assert_shows("Read-only: changes are disabled");
    }
    assert!(!console.model.session.tab().form.is_changed());
}

#[test]
fn a_read_only_console_offers_nothing_that_changes_anything() {
    let changing =
        ["send code", "verify", "unlock", "save", "delete", "new", "edit", "all codes back"];
    let mut console = Console::busy(SIZE);
    console.model.session.read_only = true;
    for keys in ["", "Tab", "Tab", "Tab", "?"] {
        console.press(keys);
        let screen = console.screen();
        let hints = screen.lines().rev().take(2).collect::<String>();
        for word in changing {
            assert!(!hints.contains(word), "{word} after {keys:?}:\n{screen}");
        }
    }
    let help = console.screen();
    assert!(!help.contains("Send a code"), "{help}");
    console.press("Esc ^p send");
    assert!(!console.screen().contains("Send a code"), "{}", console.screen());
}

#[test]
fn the_palette_runs_actions_by_name() {
    let mut console = Console::busy(SIZE);
    console.press("^p phone Enter");
    console.assert_shows("only the Sandbox has a handset");
    console.press(": go_test Enter");
    console.assert_shows("[Test");
    console.press(": dev Enter");
    console.assert_shows("[Development");
    console.press(": new Enter");
    console.assert_shows("New From number");
    // Above a pop-up there is only what it can, and what works everywhere.
    console.press("^p verify");
    console.assert_shows("No matching action.");
}

#[test]
fn a_paste_goes_into_the_focused_text_field_or_nowhere() {
    let paste = |console: &mut Console, text: &str| {
        console.tell(Message::Paste(text.to_owned()));
    };
    // The word that Production asks for.
    let mut console = Console::busy(SIZE);
    console.press("@Code_validity Backspace 9 ^s");
    paste(&mut console, "production\n");
    assert_eq!(saves(&console.press("Enter")).len(), 1);
    // Where nothing takes text it says so: what it holds is no keys.
    for keys in ["", "?", "Enter", "=", "BackTab i"] {
        let mut console = Console::busy(SIZE);
        console.press(keys);
        paste(&mut console, "qqq\n");
        console.assert_shows("No text field has the focus");
    }
}

#[test]
fn hints_offer_only_keys_that_work() {
    // Once a country is added, Enter accepts the number.
    let mut console = Console::busy(SIZE);
    console.press("BackTab n +447400123456 Enter peru");
    console.assert_shows("Enter add");
    console.press("Enter");
    console.assert_shows("Enter accept");
    console.press("Enter");
    console.assert_shows("Added +44 7400 123456");
    // What has come to its end is not called back, and its story stays open.
    let mut console = Console::busy(SIZE);
    assert!(
        console
            .press("Tab Enter x")
            .iter()
            .all(|it| !matches!(it, Effect::Engine(EngineEffect::Cancel(_))))
    );
    console.assert_shows("nothing to cancel");
}

#[test]
fn the_palette_finds_actions_by_the_words_that_people_have_for_them() {
    for (word, found) in [
        ("balance", "Health: findings, rates, times"),
        ("twilio", "Health: findings, rates, times"),
        ("pump", "Health: findings, rates, times"),
        ("abuse", "Health: findings, rates, times"),
        ("failed", "Health: findings, rates, times"),
        ("locked", "Unlock: give the user all codes back"),
        ("restore", "Undo the last change of the settings"),
        ("restore", "History and audit: who changed what"),
        ("audit", "History and audit: who changed what"),
        ("history", "History and audit: who changed what"),
        ("silence", "Health: findings, rates, times"),
        ("search", "Filter by status"),
        ("version", "keys"),
    ] {
        let mut console = Console::busy(SIZE);
        console.press(&format!("^p {word}"));
        let screen = console.screen();
        assert!(screen.contains(found), "{word}:\n{screen}");
    }
}

#[test]
fn letters_are_text_in_the_settings_wherever_the_cursor_is() {
    let mut console = Console::busy(SIZE);
    console.press("@Provider production");
    assert!(console.model.modals.is_empty());
    console.assert_shows("Provider: Enter opens it.");
}

#[test]
fn hints_name_no_key_that_would_do_nothing() {
    let mut console = Console::fresh(SIZE);
    assert!(!console.screen().contains("r unlock"), "{}", console.screen());
    assert!(!console.screen().contains("gives a user"), "{}", console.screen());
    console.press("?");
    assert!(!console.screen().contains("? help"), "{}", console.screen());
    console.press("Esc = Enter");
    console.assert_shows("Copied Provider from Test.");
    console.assert_shows("Enter copy");
    console.press("Enter");
    console.assert_shows("No differences.");
    assert!(!console.screen().contains("Enter copy"), "{}", console.screen());
    console.press("Esc BackTab n 72404 Tab Tab");
    console.assert_shows("Enter toggle");
    console.press("Tab Tab");
    assert!(!console.screen().contains("Enter accept"), "{}", console.screen());
}

#[test]
fn quitting_offers_to_save_first() {
    let mut console = Console::fresh(SIZE);
    console.press("@Code_validity Backspace 6 ^q");
    console.assert_shows("save and quit");
    let effects = console.press("s");
    let [save] = saves(&effects)[..] else { panic!("{effects:?}") };
    let save = Box::new(save.clone());
    let outcome = SaveOutcome { is_saved: true, has_token: true, ..SaveOutcome::default() };
    let effects = console.tell(Message::Saved { save, outcome });
    assert!(effects.iter().any(|it| matches!(it, Effect::Terminal(TerminalEffect::Quit))));
}

#[test]
fn a_second_send_replaces_the_number_and_a_refusal_keeps_it() {
    let mut console = Console::busy(SIZE);
    console.press("s +573001234567 Enter");
    console.press("s");
    console.assert_shows("+573001234567");
    console.press("300");
    assert!(!console.screen().contains("+573001234567300"), "{}", console.screen());
    console.press("Enter");
    console.assert_shows("Send a code");
}
