//! Settings that somebody else saves while they are edited here.

use smsdeck::domain::environment::Environment;
use smsdeck::domain::from_numbers::FromNumber;
use smsdeck::domain::limits::Cap;
use smsdeck::domain::message_text::MessageTemplate;
use smsdeck::domain::provider::{BaseUrl, Provider};
use smsdeck::domain::sender::Sender;
use smsdeck::engine::TokenChange;

use crate::SIZE;
use crate::support::screen::{Console, other_token, saves};

#[test]
fn an_unedited_form_follows_the_file_and_says_what_changed() {
    let mut console = Console::editing_test(SIZE);
    console.somebody_saves(Environment::Test, |settings| {
        settings.code_validity = 7.try_into().unwrap();
    });
    console.assert_shows("Code validity   7 min");
    console.assert_shows("Test changed on disk: Code validity period: 5 min → 7 min.");
    assert!(console.press("^s").is_empty(), "there is nothing to save");
}

#[test]
fn edits_by_two_people_merge_and_only_conflicts_are_asked_about() {
    let mut console = Console::editing_test(SIZE);
    // Mine: validity 9, allowed 4; a number for Germany.
    console.press(
        "@Code_validity Backspace 9 @Codes_allowed Backspace 4 Tab n 72404 Enter ger Enter Enter",
    );
    console.somebody_saves(Environment::Test, |settings| {
        settings.codes_allowed = 6.try_into().unwrap();
        settings.time_out = 60.try_into().unwrap();
        let number = FromNumber {
            sender: Sender::parse("72405").unwrap(),
            countries: ["FR".parse().unwrap()].into(),
        };
        settings.from_numbers = settings.from_numbers.with(None, number, false).unwrap();
    });
    console.assert_shows("! conflict");
    let screen = console.screen();
    assert!(screen.contains("72404") && screen.contains("72405"), "{screen}");
    assert!(saves(&console.press("^s")).is_empty());
    console.assert_shows("m mine: 4");
    console.assert_shows("t theirs: 6");
    assert!(!console.screen().contains("Time-out between"), "only what both have changed is asked");
    console.press("Enter");
    console.assert_shows("Decide every field first");
    let effects = console.press("m Enter Enter");
    let [save] = saves(&effects)[..] else { panic!("{effects:?}") };
    let settings = &save.settings;
    assert_eq!(settings.code_validity.get(), 9);
    assert_eq!(settings.codes_allowed.get(), 4);
    assert_eq!(settings.time_out.get(), 60);
    assert_eq!(settings.from_numbers.rows().len(), 2);
    assert_eq!(save.baseline.codes_allowed.get(), 6, "theirs is what is replaced");
}

#[test]
fn editing_the_message_keeps_translations_that_others_saved() {
    let mut console = Console::editing_test(SIZE);
    console.press("@Message Enter End _x Enter");
    console.somebody_saves(Environment::Test, |settings| {
        let message = MessageTemplate::parse("{code} es tu clave").unwrap();
        settings.message_overrides.set("es".parse().unwrap(), Some(message));
    });
    let effects = console.press("^s");
    let [save] = saves(&effects)[..] else { panic!("{effects:?}\n{}", console.screen()) };
    assert!(save.settings.message.as_str().ends_with(" x"), "{:?}", save.settings.message);
    assert!(!save.settings.message_overrides.is_empty(), "somebody else's text is gone");
}

#[test]
fn a_conflict_is_asked_about_again_when_the_file_changes_once_more() {
    let mut console = Console::editing_test(SIZE);
    console.press("@Codes_allowed Backspace 4");
    console.somebody_saves(Environment::Test, |settings| {
        settings.codes_allowed = 6.try_into().unwrap();
    });
    console.press("^s m");
    console.somebody_saves(Environment::Test, |settings| {
        settings.codes_allowed = 8.try_into().unwrap();
    });
    assert!(saves(&console.press("Enter")).is_empty());
    console.assert_shows("choose again");
    console.assert_shows("t theirs: 8");
}

#[test]
fn a_pop_up_does_not_overwrite_what_was_saved_while_it_was_open() {
    let mut console = Console::busy(SIZE);
    console.press("Tab Tab ^g 500");
    console.somebody_saves(Environment::Production, |settings| {
        settings.limits.environment.hour = Cap::new(77);
    });
    console.press("Enter ^s");
    console.assert_shows("changed meanwhile");
    console.press("t Enter");
    assert_eq!(console.model.session.tab().form.limits().environment.hour, Cap::new(77));
}

#[test]
fn reverting_a_conflicting_edit_keeps_what_somebody_else_saved() {
    let mut console = Console::busy(SIZE);
    console.press("@Code_validity Backspace 9");
    console.somebody_saves(Environment::Production, |settings| {
        settings.code_validity = 7.try_into().unwrap();
        settings.codes_allowed = 6.try_into().unwrap();
    });
    console.assert_shows("conflict");
    // Back to what it was when the edit began: no change of ours is left.
    console.press("Backspace 5 Up Backspace Backspace pe ^s");
    let effects = console.press("production Enter");
    let saved = saves(&effects);
    let settings = &saved[0].settings;
    assert_eq!((settings.code_validity.get(), settings.codes_allowed.get()), (7, 6));
}

#[test]
fn a_token_that_somebody_else_stored_is_a_conflict() {
    let to_token = "@Auth_token";
    let mut console = Console::busy(SIZE);
    console.press(to_token);
    console.press("0123456789abcdef0123456789abaaaa");
    console.somebody_stores_a_token();
    console.assert_shows("ends b0b0");
    assert!(saves(&console.press("^s")).is_empty());
    console.assert_shows("m mine: a new token");
    console.assert_shows("t theirs: stored, ends b0b0");
    // Theirs: what was typed is gone, and so is the change.
    console.press("t Enter");
    console.assert_shows("no changes to save");

    // Mine: it takes the place of the one that is known now.
    let mut console = Console::busy(SIZE);
    console.press(to_token);
    console.press("0123456789abcdef0123456789abaaaa");
    console.somebody_stores_a_token();
    console.press("Esc");
    console.press("0123456789abcdef0123456789abcccc ^s m Enter");
    let effects = console.press("production Enter");
    let save = saves(&effects)[0];
    assert_eq!(save.known_token, other_token());
    assert!(matches!(save.token, TokenChange::Replace(_)));

    // So it is where it was to be removed.
    let mut console = Console::busy(SIZE);
    console.press(to_token);
    console.press("^d y");
    console.somebody_stores_a_token();
    assert!(saves(&console.press("^s")).is_empty());
    console.assert_shows("m mine: removed");
}

#[test]
fn typing_after_somebody_elses_save_changes_what_they_saved() {
    // A field that was left alone so far, while another one is wrong for a moment.
    let mut console = Console::busy(SIZE);
    console.press("@Code_validity Backspace");
    console.somebody_saves(Environment::Production, |settings| {
        settings.codes_allowed = 4.try_into().unwrap();
    });
    console.press("7 @Codes_allowed Backspace 3 ^s");
    let effects = console.press("production Enter");
    assert_eq!(saves(&effects)[0].settings.codes_allowed.get(), 3, "{}", console.screen());
    // A number that they have added, and that is deleted here.
    let mut console = Console::busy(SIZE);
    console.press("@Code_validity Backspace");
    console.somebody_saves(Environment::Production, |settings| {
        let number = FromNumber {
            sender: Sender::parse("72404").unwrap(),
            countries: ["CO".parse().unwrap()].into(),
        };
        settings.from_numbers = settings.from_numbers.with(None, number, false).unwrap();
    });
    console.press("7 Tab Down Down Down d y");
    console.assert_shows("Deleted 72404");
    console.press("^s");
    let effects = console.press("production Enter");
    let rows = saves(&effects)[0].settings.from_numbers.rows();
    assert_eq!(rows.len(), 3, "{}", console.screen());
}

#[test]
fn two_changes_to_one_account_are_one_conflict() {
    let mut console = Console::busy(SIZE);
    console.press("@Account_SID");
    console.press("^u AC11111111111111111111111111111111");
    console.somebody_saves(Environment::Production, |settings| {
        let Provider::Twilio(account) = &mut settings.provider else { panic!() };
        account.base_url = Some(BaseUrl::parse("https://sms.example/").unwrap());
    });
    assert!(saves(&console.press("^s")).is_empty());
    console.assert_shows("Account SID");
    console.assert_shows("m mine: Account SID AC11111111111111111111111111111111");
}

#[test]
fn undo_still_works_after_somebody_else_saved() {
    let mut console = Console::busy(SIZE);
    console.press("BackTab Down Down d y");
    console.assert_shows("Deleted ACME");
    console.somebody_saves(Environment::Production, |settings| {
        settings.time_out = 36.try_into().unwrap();
        settings.limits.record_only = true;
    });
    console.press("u");
    console.assert_shows("Undid ");
    console.assert_shows("ACME              AT CH DE");
    // Nothing of theirs is taken back with it.
    assert!(saves(&console.press("^s")).is_empty());
    console.assert_shows("no changes to save");
}

#[test]
fn a_conflict_names_its_field_and_different_limits_merge() {
    let mut console = Console::busy(SIZE);
    console.press("BackTab Down Down d y");
    let acme = || FromNumber {
        sender: Sender::parse("ACME").unwrap(),
        countries: ["AT".parse().unwrap()].into(),
    };
    console.somebody_saves(Environment::Production, |settings| {
        settings.codes_allowed = 6.try_into().unwrap();
        let grid = &settings.from_numbers;
        settings.from_numbers = grid.with(Some(&acme().sender), acme(), false).unwrap();
    });
    let screen = console.screen().replace(['\n', '"'], " ");
    let words: Vec<&str> = screen.split_whitespace().collect();
    assert!(words.join(" ").contains("Both of you changed From numbers"), "{screen}");

    let mut console = Console::busy(SIZE);
    console.press("Tab Tab ^g 500 Enter");
    console.somebody_saves(Environment::Production, |settings| {
        settings.limits.environment.day = Cap::new(900);
    });
    console.press("^s");
    let effects = console.press("production Enter");
    let limits = &saves(&effects)[0].settings.limits;
    assert_eq!(limits.environment.hour, Cap::new(500));
    assert_eq!(limits.environment.day, Cap::new(900));
}
