//! Sending and verifying codes.

use jiff::tz::TimeZone;
use smsdeck::config::Config;
use smsdeck::domain::passcode::Verdict;
use smsdeck::domain::phone::Accept;
use smsdeck::engine::Verified;
use smsdeck::tui::effect::{Effect, EngineEffect, TerminalEffect};
use smsdeck::tui::lifecycle::EngineState;
use smsdeck::tui::message::{LoadedDeck, Message};
use smsdeck::tui::model::Model;
use smsdeck::tui::question::{Answer, Question};
use smsdeck::tui::theme::Theme;

use crate::SIZE;
use crate::support::busy_day::{noon, tokens};
use crate::support::screen::{Console, newest_question};

#[test]
fn a_stale_preview_is_not_shown() {
    let mut console = Console::fresh(SIZE);
    console.press("s +5730");
    let ticket = console.model.session.ticket;
    console.press("0");
    console.answer(ticket, Err("stale".to_owned()));
    assert!(!console.screen().contains("stale"));
}

#[test]
fn a_verdict_reaches_its_pop_up_below_another_one() {
    let mut console = Console::busy(SIZE);
    let effects = console.press("v +573001234567 Tab 123456 Enter");
    let (ticket, Question::Verify(_)) = newest_question(&effects) else { panic!("{effects:?}") };
    console.press("F1");
    console.answer(ticket, Ok(Answer::Verdict(verified(Verdict::Wrong { tries_left: 4 }))));
    console.press("Esc");
    console.assert_shows("4");
    console.answer(ticket, Ok(Answer::Verdict(verified(Verdict::Approved))));
    assert!(console.model.modals.is_empty());
    console.assert_shows("Approved");
}

#[test]
fn nothing_is_sent_while_the_store_is_not_open() {
    let mut console = Console::with(SIZE, Config::built_in());
    console.tell(Message::EngineFailed("the disk is full".to_owned()));
    let effects = console.press("s +573001234567 Enter");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Engine(EngineEffect::Send(_)))));
    console.assert_shows("nothing can be sent");
    assert_eq!(console.model.session.engine, EngineState::Failed("the disk is full".to_owned()));
}

#[test]
fn keys_typed_before_the_console_is_ready_take_effect_once_it_is() {
    let theme = Theme { colour: true, unicode: true, plain: false };
    let model = Model::new(SIZE, theme, TimeZone::UTC, noon());
    let mut console = Console { model, now: noon() };
    assert!(console.press("s +573001234567 Enter").is_empty());
    let tokens = tokens();
    let deck = LoadedDeck { config: Config::built_in(), tokens, unwritable: None, welcome: None };
    assert!(console.tell(Message::Loaded(Box::new(deck))).is_empty());
    let asked = console.tell(Message::EngineReady);
    let effects = console.answer_previews(&asked);
    let sent = effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Engine(EngineEffect::Send(_))))
        .count();
    assert_eq!(sent, 1, "{effects:?}");
    // A user who wants to leave need not wait.
    let model = Model::new(SIZE, theme, TimeZone::UTC, noon());
    let mut console = Console { model, now: noon() };
    assert!(matches!(console.press("q")[..], [Effect::Terminal(TerminalEffect::Quit)]));
}

#[test]
fn an_invalid_number_is_neither_sent_to_nor_suggested_again() {
    let mut console = Console::fresh(SIZE);
    assert!(
        console
            .press("s +99 Enter")
            .iter()
            .all(|effect| !matches!(effect, Effect::Engine(EngineEffect::Send(_))))
    );
    console.assert_shows("Send a code");
    console.press("Esc s +573001234567 Enter s");
    console.assert_shows("+573001234567");
    console.press("Esc ] s");
    assert!(!console.screen().contains("+573001234567"), "offered in another environment");
}

#[test]
fn an_answer_reaches_only_the_pop_up_that_asked_for_it() {
    let mut console = Console::busy(SIZE);
    let effects = console.press("Enter");
    let (user, Question::User { .. }) = newest_question(&effects) else { panic!("{effects:?}") };
    console.press("Esc");
    let effects = console.press("Tab Up Up Up Enter");
    let (delivery, Question::Delivery(_)) = newest_question(&effects) else {
        panic!("{effects:?}")
    };
    let before = console.screen();
    console.answer(user, Ok(Answer::Story(Vec::new())));
    console.answer(user, Err("the store is full".to_owned()));
    assert_eq!(console.screen(), before, "an answer to a pop-up that was left is shown");
    let events = crate::support::busy_day::events();
    console.answer(delivery, Ok(Answer::Story(events[..1].to_vec())));
    assert_ne!(console.screen(), before);
}

fn verified(verdict: Verdict) -> Verified {
    Verified { verdict, user: "ana".to_owned() }
}

#[test]
fn a_number_in_no_known_range_is_texted_after_a_second_enter() {
    let sends = |effects: &[Effect]| -> Vec<Accept> {
        let send = |effect: &Effect| match effect {
            Effect::Engine(EngineEffect::Send(request)) => Some(request.accept),
            _ => None,
        };
        effects.iter().filter_map(send).collect()
    };
    let mut console = Console::fresh(SIZE);
    assert_eq!(sends(&console.press("s +447700900123 Enter")), []);
    console.assert_shows("again to send");
    // Another number needs another confirmation.
    assert_eq!(sends(&console.press("Backspace 4 Enter")), []);
    assert_eq!(sends(&console.press("Enter")), [Accept::Possible]);
    let mut console = Console::fresh(SIZE);
    assert_eq!(sends(&console.press("s +573001234567 Enter")), [Accept::Known]);
}
