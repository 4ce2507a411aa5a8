//! What the console reports by itself: trouble, progress, the first steps.

use smsdeck::domain::environment::Environment;
use smsdeck::tui::effect::{Effect, FileEffect, Work};
use smsdeck::tui::message::Message;
use smsdeck::tui::question::Question;

use crate::SIZE;
use crate::support::screen::{Console, newest_question};

#[test]
fn trouble_shows_in_every_tab() {
    let mut console = Console::with_health(SIZE);
    console.press("Esc ]");
    console.assert_shows("Production ! failing");
    let mut narrow = Console::with_health((40, 20));
    narrow.press("Esc ]");
    narrow.assert_shows("Prod !");
}

#[test]
fn a_broken_config_stays_reported_until_it_is_fixed() {
    let mut console = Console::busy(SIZE);
    console.tell(Message::ConfigUnusable("config.ron:7:30: Expected comma".to_owned()));
    console.assert_shows("config.ron:7:30:");
    console.press("Tab");
    console.assert_shows("! invalid config");
    console.somebody_saves(Environment::Production, |_| ());
    console.assert_shows("Twilio · saved");
}

#[test]
fn long_work_shows_its_progress_and_can_be_stopped() {
    let stops = |effects: &[Effect], wanted: Work| matches!(effects, [Effect::Stop(work)] if *work == wanted);
    // What an account can send from.
    let mut console = Console::busy(SIZE);
    let effects = console.press("BackTab i");
    let [Effect::Files(FileEffect::ListSenders { ticket, .. })] = effects[..] else {
        panic!("{effects:?}")
    };
    let work = Work::Asked(ticket);
    console.tell(Message::Progress { work, count: 2_000 });
    console.assert_shows("2000 read so far");
    assert!(stops(&console.press("Esc"), work));
    // The last day under another rule.
    let effects = console.press("@Codes_allowed Backspace 9 ^s");
    let (ticket, Question::WhatIf { .. }) = newest_question(&effects) else {
        panic!("{effects:?}")
    };
    let work = Work::Asked(ticket);
    console.tell(Message::Progress { work, count: 48_000 });
    console.assert_shows("48000 rows so far");
    assert!(stops(&console.press("Esc"), work));
    // What is old is forgotten; a figure that was on its way when it was stopped is no news.
    let mut console = Console::busy(SIZE);
    let progress = |count| Message::Progress { work: Work::Pruning, count };
    console.tell(progress(500));
    console.assert_shows("Pruning old rows: 500 so far. ^X stops it.");
    assert!(stops(&console.press("^x"), Work::Pruning));
    console.tell(progress(1_000));
    console.press("Tab");
    assert!(!console.screen().contains("Pruning"));
}

#[test]
fn a_new_deck_shows_where_its_files_are_until_settings_are_saved() {
    let mut console = Console::fresh(SIZE);
    console.assert_shows("Welcome. s sends a first code");
    console.assert_shows("~/.config/smsdeck/config.ron");
    console.press("]");
    console.assert_shows("Not set up: Account SID, Auth token, a From number missing.");
    console.somebody_saves(Environment::Production, |_| ());
    assert!(!console.screen().contains("Welcome"));
}
