//! The settings form: its pop-ups, undo, the check and the comparison.

use smsdeck::domain::environment::Environment;
use smsdeck::engine::TokenChange;

use crate::SIZE;
use crate::support::screen::{Console, saves};

#[test]
fn a_message_for_a_language_can_be_added_and_removed() {
    let mut console = Console::busy(SIZE);
    let to_message = "@Message Enter";
    console.press(&format!("{to_message} @Country es Tab ^a ^k {{code}}_es_tu_clave Enter"));
    let saved = saves(&console.press("^s production Enter"))[0].settings.clone();
    let read = |code: &str| saved.message_for(code.parse().ok()).as_str().to_owned();
    assert_eq!(read("MX"), "{code} es tu clave");
    assert_eq!(read("US"), Console::busy(SIZE).model.session.saved_settings().message.as_str());

    let mut console = Console::busy(SIZE);
    console.press(&format!("{to_message} @Country es Tab ^a ^k Enter"));
    assert!(console.press("^s").is_empty());
    console.assert_shows("no changes to save");
    console.press("Enter @Country zz Enter");
    console.assert_shows("neither a country");
}

#[test]
fn unwritable_settings_are_shown_and_users_can_still_be_unlocked() {
    let mut console = Console::busy(SIZE);
    console.model.session.unwritable = Some("you may not write /etc/smsdeck".to_owned());
    console.assert_shows("PRODUCTION settings · read-only");
    console.press("@Code_validity Backspace");
    console.assert_shows("The settings are read-only: you may not write /etc/smsdeck.");
    assert!(!console.model.session.tab().form.is_changed());
    console.press("Tab Tab r");
    console.assert_shows("jdoe gets all 3 codes back");
}

#[test]
fn limits_are_edited_and_saved_with_the_other_settings() {
    let mut console = Console::fresh(SIZE);
    console.press("Tab Tab ^g 0 Enter");
    console.assert_shows("0 is not a number of codes");
    console.press("Backspace 500 @Per-country_limits CO_200/2000 @Only_countries co_us Enter");
    console.assert_shows("The limits apply after the next save");
    let effects = console.press("^s");
    let limits = &saves(&effects)[0].settings.limits;
    assert_eq!(limits.to_string(), "500 per hour; CO 200 per hour, 2000 per day; only CO US");
}

#[test]
fn the_check_shows_warnings_and_figures_for_unsaved_edits() {
    let mut console = Console::busy(SIZE);
    console.press("c");
    console.assert_shows("No errors, no warnings.");
    console.assert_shows("up to 288 codes per user per day");
    console.press("Esc @Codes_allowed Backspace 1 Tab c");
    console.assert_shows("! warning: Number of codes allowed: One lost SMS");
    console.assert_shows("up to 96 codes per user per day");
}

#[test]
fn undo_reverts_one_change_at_a_time() {
    let mut console = Console::editing_test(SIZE);
    // Two letters into one field are one change; a number is another one.
    console.press("@Time-out Backspace 20 Tab n 72404 Enter ger Enter Enter");
    console.assert_shows("72404");
    console.press("u");
    console.assert_shows("Undid From numbers: 72404");
    assert!(console.model.session.tab().form.from_numbers().rows().is_empty());
    console.assert_shows("120 min");
    console.press("u");
    console.assert_shows("Undid Time-out between code requests: 120 min → 15 min.");
    // Redone in the order in which they were made, until something else is changed.
    console.press("U");
    console.assert_shows("Redid Time-out between code requests: 15 min → 120 min.");
    console.press("U");
    console.assert_shows("Redid From numbers:");
    console.press("U");
    console.assert_shows("nothing to redo");
    console.press("u u");
    assert!(console.model.session.unsaved().is_empty());
    console.press("u");
    console.assert_shows("nothing to undo");
    // What somebody else has saved meanwhile cannot be brought back by it.
    console.press("n 72404 Enter ger Enter Enter");
    console
        .somebody_saves(Environment::Test, |settings| settings.time_out = 60.try_into().unwrap());
    console.press("u");
    console.assert_shows("60 min");
}

#[test]
fn comparing_environments_copies_single_values_but_never_a_secret() {
    let mut console = Console::editing_test(SIZE);
    console.press("Tab =");
    console.assert_shows("Test beside Production");
    console.assert_shows("drift: only Production differs");
    let find = |console: &mut Console, label: &str| {
        for _ in 0..20 {
            if console.screen().contains(&format!("›≠ {label}")) {
                return;
            }
            console.press("Down");
        }
        panic!("no {label} in\n{}", console.screen());
    };
    find(&mut console, "Auth token");
    console.press("Enter");
    console.assert_shows("Secrets are not copied");
    find(&mut console, "From numbers");
    console.press("Enter Esc");
    console.assert_shows("+1 415 555 0100");
    let effects = console.press("^s Enter");
    let [save] = saves(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!(save.environment, Environment::Test);
    assert_eq!(save.settings.from_numbers.rows().len(), 1);
    assert_eq!(save.token, TokenChange::Keep);
}

#[test]
fn on_a_narrow_screen_what_does_not_fit_ends_with_an_ellipsis() {
    let mut console = Console::fresh((40, 12));
    console.press("Tab Tab ^g");
    console.assert_shows("Log only, don't block   [ ]");
    let screen = console.text();
    let last = screen.lines().rfind(|line| line.starts_with('┃')).unwrap();
    assert!(last.trim_matches(['┃', ' ']).ends_with("no limit."), "{screen}");
    console.press("Down Down Down Down Down Down");
    console.assert_shows("…");
}
