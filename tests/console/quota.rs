//! The list of users: filter, scrolling, and giving codes back.

use smsdeck::domain::environment::PerEnvironment;
use smsdeck::store::Remedy;
use smsdeck::tui::effect::{Effect, EngineEffect};
use smsdeck::tui::message::Message;
use smsdeck::tui::question::{Answer, Question};

use crate::SIZE;
use crate::support::screen::{Console, newest_question};

#[test]
fn the_quota_is_filtered_by_name_and_by_whole_number() {
    use smsdeck::domain::secret::LookupKey;
    let mut console = Console::busy(SIZE);
    console.press("/ ruiz");
    console.assert_shows("filter: ruiz_ · 1 of 3");
    console.assert_shows("m.ruiz");
    assert!(!console.screen().contains("›jdoe"));
    // Letters that are keys elsewhere are text here; Enter keeps the filter.
    console.press("Enter r");
    console.assert_shows("m.ruiz gets all 3 codes back");
    console.press("Esc Esc");
    console.assert_shows("›jdoe");

    let asked = console.press("/ +573001234567");
    let (older, _) = newest_question(&asked[..asked.len() - 1]);
    let (ticket, Question::FindUser { typed, .. }) = newest_question(&asked) else {
        panic!("the number is not looked for")
    };
    assert_eq!(typed, "+573001234567");
    console.assert_shows("No match");
    // The number of the first user, as the test's rows have it.
    let keys = vec![LookupKey([101; 32])];
    console.answer(older, Ok(Answer::Keys(keys.clone())));
    console.assert_shows("No match");
    console.answer(ticket, Ok(Answer::Keys(keys)));
    console.assert_shows("1 of 3");
    console.assert_shows("jdoe");
    console.press("Enter");
    console.assert_shows("filter: +…67");
}

#[test]
fn giving_one_code_back_needs_a_reason() {
    let mut console = Console::busy(SIZE);
    console.press("b Enter");
    console.assert_shows("Type a reason");
    let effects = console.press("late_sms @Ticket 4711 Enter");
    let [Effect::Engine(EngineEffect::Unlock(request))] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!(request.remedy, Remedy::OneCode);
    assert_eq!((request.user.label.as_str(), &*request.reason), ("jdoe", "late sms"));
    assert_eq!(request.ticket.as_deref(), Some("4711"));
}

#[test]
fn wrong_tries_are_forgiven_only_after_a_warning_and_a_typed_word() {
    let mut console = Console::busy(SIZE);
    let mut rows = vec![console.model.session.tab().quota.selected().unwrap().clone()];
    rows[0].wrong_in_a_row = 100;
    console.tell(Message::Quota(PerEnvironment::from_fn(|_| rows.clone())));
    console.assert_shows("100 wrong tries: press r");
    console.press("r");
    console.assert_shows("someone may be guessing jdoe's");
    assert!(console.press("called_back Enter").is_empty());
    console.assert_shows("Type forgive in the last field");
    let effects = console.press("forgive Enter");
    let [Effect::Engine(EngineEffect::Unlock(request))] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!((request.remedy, request.reason.as_str()), (Remedy::WrongTries, "called back"));
}

#[test]
fn ten_thousand_users_scroll_page_by_page() {
    let mut console = Console::with_users(SIZE, 10_000);
    console.press("PageDown PageDown Down");
    console.assert_shows("›user00005");
    console.press("End");
    console.assert_shows("›user09999");
    console.press("/ user04242");
    console.assert_shows("1 of 10000");
}

#[test]
fn a_narrow_screen_shows_when_each_lock_ends() {
    let console = Console::busy((40, 20));
    console.assert_shows("jdoe         LOCKED 12:19:05 in 14:34");
    console.assert_shows("m.ruiz");
    console.assert_shows("1 of 3, 2 left");
}

#[test]
fn the_story_of_a_user_has_a_line_for_each_code_and_its_steps_on_demand() {
    let mut console = Console::with_user((80, 24));
    // With the time at which it was asked for, the newest code first.
    console.assert_shows("12:04:26 delivered");
    let screen = console.screen();
    assert!(screen.find("12:05:02 failed") < screen.find("12:04:26 delivered"), "{screen}");
    assert!(!screen.contains("submitting"), "{screen}");
    console.press("Enter");
    console.assert_shows("  12:04:26 submitting");
    console.assert_shows("  12:04:28 delivered");
    console.press("Enter");
    assert!(!console.screen().contains("submitting"));
}
