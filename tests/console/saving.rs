//! What a save asks first, what it hands over, and what is left of it when it fails.

use smsdeck::config::Config;
use smsdeck::domain::environment::Environment;
use smsdeck::domain::settings::Field;
use smsdeck::engine::TokenChange;
use smsdeck::tui::effect::{Effect, FileEffect};
use smsdeck::tui::message::{LoadedDeck, Message, SaveOutcome};
use smsdeck::tui::question::{Answer, Question};

use crate::SIZE;
use crate::support::busy_day::tokens;
use crate::support::screen::{Console, newest_question, saves};

#[test]
fn development_saves_without_a_question_and_one_save_at_a_time() {
    let mut console = Console::fresh(SIZE);
    let effects = console.press("@Code_validity Backspace 9 ^s");
    let saved = saves(&effects);
    assert_eq!(saved.len(), 1);
    assert_eq!(saved[0].environment, Environment::Development);
    assert_eq!(saved[0].settings.code_validity.get(), 9);
    assert_eq!(saved[0].baseline.code_validity.get(), 5);
    assert_eq!(saved[0].token, TokenChange::Keep);
    assert!(saves(&console.press("^s")).is_empty());
    console.assert_shows("Still saving");
}

#[test]
fn production_is_saved_only_after_its_name_is_typed() {
    let mut console = Console::busy(SIZE);
    assert!(saves(&console.press("@Code_validity Backspace 9 ^s")).is_empty());
    console.assert_shows("Code validity period: 5 min → 9 min");
    assert!(saves(&console.press("test Enter")).is_empty());
    let effects = console.press("Backspace Backspace Backspace Backspace production Enter");
    assert_eq!(saves(&effects).len(), 1);
}

#[test]
fn an_invalid_field_stops_the_save_and_gets_the_cursor() {
    let mut console = Console::fresh(SIZE);
    assert!(saves(&console.press("@Code_validity Backspace 99 Tab ^s")).is_empty());
    console.assert_shows("Nothing was saved");
    assert_eq!(console.model.session.tab().form.field(), Field::CodeValidity);
}

#[test]
fn a_failed_save_keeps_what_was_typed() {
    let mut console = Console::fresh(SIZE);
    let effects = console.press("@Code_validity Backspace 9 ^s");
    let Some(Effect::Files(FileEffect::Save(save, _))) = effects.into_iter().last() else {
        panic!("no save")
    };
    let problem = Some("Not saved: the disk is full.".to_owned());
    let outcome = SaveOutcome { problem, ..SaveOutcome::default() };
    console.tell(Message::Saved { save, outcome });
    console.assert_shows("the disk is full");
    assert_eq!(saves(&console.press("^s"))[0].settings.code_validity.get(), 9);
}

#[test]
fn saving_production_first_shows_what_a_new_rule_would_have_refused() {
    let mut console = Console::busy(SIZE);
    let effects = console.press("@Codes_allowed Backspace 1 ^s");
    let (ticket, Question::WhatIf { rule, .. }) = newest_question(&effects) else {
        panic!("{effects:?}")
    };
    assert_eq!(rule.allowed.get(), 1);
    console.assert_shows("! Number of codes allowed: One lost SMS locks the user out");
    let news =
        vec!["Of 9 codes in the last 24 h, 4 would have been refused, for 2 users.".to_owned()];
    console.answer(ticket, Ok(Answer::WhatIf(news)));
    console.assert_shows("4 would have been refused, for 2 users.");
    console.assert_shows("Type production to save:");
}

#[test]
fn typing_during_a_save_does_not_conflict_with_that_save() {
    let mut console = Console::fresh(SIZE);
    let effects = console.press("@Code_validity Backspace 9 ^s");
    let Some(Effect::Files(FileEffect::Save(save, _))) = effects.into_iter().last() else {
        panic!("no save")
    };
    console.press("Backspace 8");
    let mut config = Config::built_in();
    config.environments.development = save.settings.clone();
    let tokens = tokens();
    let deck = Some(Box::new(LoadedDeck { config, tokens, unwritable: None, welcome: None }));
    let outcome = SaveOutcome { is_saved: true, has_token: true, deck, ..SaveOutcome::default() };
    console.tell(Message::Saved { save, outcome });
    console.assert_shows("Saved Development.");
    let saved = console.press("^s");
    assert_eq!(saves(&saved)[0].settings.code_validity.get(), 8, "{}", console.screen());
    assert_eq!(saves(&saved)[0].baseline.code_validity.get(), 9);
}

#[test]
fn a_long_confirmation_scrolls_to_its_end() {
    let mut console = Console::busy((80, 24));
    console.press(
        "@Code_validity Backspace 9 @Codes_allowed Backspace 20 @Time-out Backspace Backspace 2",
    );
    console.press("BackTab BackTab");
    console.model.session.size = (50, 16);
    console.press("^s");
    console.press("Esc");
    console.model.session.size = (40, 10);
    console.press("^s");
    console.assert_shows("more lines: Down");
    console.press("Down Down Down Down Down Down Down Down Down Down");
    assert!(!console.screen().contains("more lines"), "{}", console.screen());
    console.assert_shows("Type production to save");
    console.press("prod Enter");
    console.assert_shows("Type production in full");
}
