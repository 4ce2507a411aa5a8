//! The delivery log.

use smsdeck::store::{DeliveryId, Event, EventId};
use smsdeck::tui::effect::{Effect, TerminalEffect};
use smsdeck::tui::pane::Pane;
use smsdeck::tui::question::{Answer, Question};

use crate::SIZE;
use crate::support::busy_day::events;
use crate::support::screen::{Console, newest_question};

#[test]
fn copying_a_delivery_puts_its_sid_on_the_clipboard() {
    let mut console = Console::busy(SIZE);
    let effects = console.press("Tab Up Up Up Enter c");
    let [Effect::Engine(_), Effect::Terminal(TerminalEffect::Copy(sid))] = effects.as_slice()
    else {
        panic!("{effects:?}")
    };
    assert!(matches!(newest_question(&effects), (_, Question::Delivery(_))));
    assert!(sid.starts_with("SM") && sid.len() == 34, "{sid}");
}

#[test]
fn the_log_is_filtered_by_status_error_number_and_user() {
    let mut console = Console::busy(SIZE);
    for (typed, count) in
        [("wrong", "1 of 8"), ("30007", "1 of 8"), ("jdoe", "8 of 8"), ("4567", "8 of 8")]
    {
        console.model.session.focus = Pane::Log;
        console.press(&format!("/ {typed}"));
        console.assert_shows(&format!("filter: {typed}_ · {count}"));
        console.press("Esc");
    }
    console.press("/ zzz");
    console.assert_shows("No match");
    console.press("Backspace Backspace Backspace deliv Enter Enter");
    console.assert_shows("Delivered to the phone.");
}

#[test]
fn a_line_that_is_no_longer_in_memory_is_found_and_opened() {
    let mut console = Console::busy(SIZE);
    let effects = console.press("Tab / +573009999999");
    let (ticket, _) = newest_question(&effects);
    let old = Event {
        id: EventId(0),
        at: "2026-11-20T08:00:00Z".parse().unwrap(),
        delivery: Some(DeliveryId(99)),
        recipient: "+57 ••• ••• 9999".to_owned(),
        ..events().remove(0)
    };
    console.answer(ticket, Ok(Answer::Story(vec![old])));
    console.assert_shows("1 of 9");
    console.assert_shows("+57 ••• ••• 9999");
    console.press("Enter Enter");
    console.assert_shows("┏ Delivery");
    console.assert_shows("11-20 08:00:00 reserved");
}
