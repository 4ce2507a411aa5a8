//! From numbers and their countries.

use std::collections::BTreeSet;

use smsdeck::domain::environment::Environment;
use smsdeck::domain::from_numbers::FromNumber;
use smsdeck::domain::numbers_csv::from_csv;
use smsdeck::domain::sender::Sender;
use smsdeck::tui::effect::{Effect, FileEffect};
use smsdeck::tui::question::Answer;

use crate::SIZE;
use crate::support::screen::{Console, saves};

#[test]
fn a_new_from_number_is_added_with_its_countries() {
    let mut console = Console::fresh(SIZE);
    console.press("BackTab n +447700900123 Enter gb Enter guernsey Enter Enter");
    let grid = console.model.session.tab().form.from_numbers();
    let number = grid.serving("GG".parse().unwrap()).unwrap();
    assert_eq!(number.sender.as_str(), "+447700900123");
    let countries: Vec<String> =
        number.countries.iter().map(|country| country.code().to_owned()).collect();
    assert_eq!(countries, ["GB", "GG"]);
}

#[test]
fn a_country_is_added_once_per_number_and_moves_only_after_confirmation() {
    let mut console = Console::busy(SIZE);
    console.press("BackTab n 72404 Enter france Enter france Enter");
    console.assert_shows("is already on this number");
    console.press("Backspace Backspace Backspace Backspace Backspace Backspace germany Enter");
    console.assert_shows("DE is on ACME");
    console.press("Enter Enter");
    let grid = console.model.session.tab().form.from_numbers();
    assert_eq!(grid.serving("DE".parse().unwrap()).unwrap().sender.as_str(), "72404");
    assert_eq!(grid.serving("AT".parse().unwrap()).unwrap().sender.as_str(), "ACME");
}

#[test]
fn a_number_with_letters_or_without_countries_is_rejected() {
    let mut console = Console::fresh(SIZE);
    console.press("BackTab n +44ABC Enter");
    assert_eq!(console.model.modals.len(), 1);
    let rows = console.model.session.tab().form.from_numbers().rows().len();
    console.press("Esc n 72404 Enter Tab Tab Enter");
    assert_eq!(console.model.session.tab().form.from_numbers().rows().len(), rows);
    console.assert_shows("72404 has no countries");
}

#[test]
fn the_default_number_without_countries_cannot_lose_its_mark() {
    let mut console = Console::fresh(SIZE);
    console.somebody_saves(Environment::Development, |settings| {
        let sender = settings.from_numbers.rows()[0].sender.clone();
        let number = FromNumber { sender: sender.clone(), countries: BTreeSet::new() };
        settings.from_numbers = settings.from_numbers.with(Some(&sender), number, true).unwrap();
    });
    console.press("BackTab *");
    console.assert_shows("has no countries, so it must stay the default");
    assert!(console.model.session.tab().form.from_numbers().default_number().is_some());
}

#[test]
fn deleting_a_number_asks_first_and_affects_one_environment() {
    let mut console = Console::busy(SIZE);
    console.press("BackTab Down d Esc");
    assert_eq!(console.model.session.tab().form.from_numbers().rows().len(), 3);
    console.press("d Enter");
    assert_eq!(console.model.session.tab().form.from_numbers().rows().len(), 2);
    console.press("]");
    assert_eq!(console.model.session.environment, Environment::Development);
    assert_eq!(console.model.session.tab().form.from_numbers().rows().len(), 1);
}

#[test]
fn on_a_narrow_screen_the_number_pop_up_shows_whole_errors() {
    let mut console = Console::busy((40, 20));
    console.press("BackTab n +49 Tab ger");
    console.assert_shows("›- DE  Germany");
    console.assert_shows("[ OK ]");
    console.press("Enter");
    let words = console.screen().replace(|letter: char| !letter.is_alphabetic(), " ");
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("is on ACME Press Enter again to move it here Esc to leave it"),
        "{words}"
    );
}

#[test]
fn deleting_a_number_says_how_to_undo_it() {
    let mut console = Console::busy(SIZE);
    console.press("BackTab Down d y");
    console.assert_shows("Deleted +44 7700 900123. ^S saves, u undoes.");
    console.press("u");
    console.assert_shows("Undid ");
    console.assert_shows("+44 7700 900123   GB GG IE");
}

#[test]
fn the_selected_number_stays_selected_when_other_rows_change() {
    let mut console = Console::busy(SIZE);
    console.press("BackTab Down");
    console.assert_shows("›  +44 7700 900123");
    console.somebody_saves(Environment::Production, |production| {
        let us = Sender::parse("+14155550100").unwrap();
        production.from_numbers = production.from_numbers.without(&us).unwrap();
    });
    console.assert_shows("›  +44 7700 900123");
    // Of one that is gone, the next one in its place.
    console.press("d y");
    console.assert_shows("›  ACME");
}

#[test]
fn nothing_is_picked_before_something_is_searched_for() {
    let mut console = Console::fresh(SIZE);
    console.press("BackTab n 72404 Enter");
    console.assert_shows("234 more");
    console.assert_shows(" Down browse  Esc cancel");
    console.press("Enter");
    console.assert_shows("Search for a country");
    console.press("Enter Enter");
    assert!(console.model.session.tab().form.from_numbers().rows().len() == 1);
    // UK is the United Kingdom, and Down browses.
    console.press("uk Enter");
    console.assert_shows("GB United Kingdom");
    console.press("Down");
    console.assert_shows("›+ AF");
}

#[test]
fn a_group_is_added_after_it_shows_what_it_adds() {
    let mut console = Console::busy(SIZE);
    console.press("BackTab n 72404 Enter eu");
    // Austria and Germany are on another number.
    console.assert_shows("European Union: adds 24 of 27: BE BG");
    console.press("Enter");
    console.assert_shows("Added 24 countries of European Union. Not added: AT DE IE.");
    console.press("ch,no,se Enter");
    console.assert_shows("Added 1 country of CH, NO, SE. Not added: CH.");
    console.press("Enter");
    console.assert_shows("Added 72404 for BE BG");
}

#[test]
fn a_country_in_the_list_can_be_removed() {
    let mut console = Console::busy(SIZE);
    console.press("BackTab n 72404 Enter france Enter france");
    console.assert_shows("Del remove");
    console.press("Delete");
    console.assert_shows("Removed France (FR).");
    console.assert_shows("None yet");
}

#[test]
fn saving_from_a_pop_up_accepts_it_first_or_says_why_not() {
    let mut console = Console::fresh(SIZE);
    let effects = console.press("BackTab n 72404 Enter france Enter ^s");
    assert!(console.model.modals.is_empty());
    assert_eq!(saves(&effects).len(), 1);
    let mut console = Console::fresh(SIZE);
    console.press("BackTab n x ^s");
    assert!(!console.model.modals.is_empty());
    let mut console = Console::fresh(SIZE);
    console.press("o ^s");
    console.assert_shows("Close this pop-up first");
}

#[test]
fn numbers_are_filtered_by_sender_and_country() {
    let mut console = Console::busy(SIZE);
    console.press("BackTab /");
    console.press("germany");
    console.assert_shows("From numbers · germany_ · 1 of 3");
    console.press("Enter");
    console.assert_shows("ACME");
    console.press("Esc");
    console.assert_shows("+44 7700 900123");
    console.press("/ zzz");
    console.assert_shows("No match");
}

#[test]
fn imported_numbers_are_shown_as_changes_before_they_replace_the_grid() {
    let mut console = Console::busy(SIZE);
    let effects = console.press("BackTab I Enter");
    let Some(Effect::Files(FileEffect::ReadNumbers { ticket, file })) = effects.last() else {
        panic!("{effects:?}")
    };
    assert_eq!(file.to_str(), Some("from-numbers.csv"));
    let before = console.model.session.tab().form.from_numbers().clone();
    console.answer(*ticket, Err("line 3: 12 is not a number".to_owned()));
    console.assert_shows("line 3: 12 is not a number");
    let effects = console.press("Enter");
    let Some(Effect::Files(FileEffect::ReadNumbers { ticket, .. })) = effects.last() else {
        panic!("{effects:?}")
    };
    let grid = from_csv("sender,countries,default\nACME,FR,\n72404,,yes\n").unwrap();
    console.answer(*ticket, Ok(Answer::Numbers(Box::new(grid.clone()))));
    console.assert_shows("+44 7700 900123");
    assert_eq!(console.model.session.tab().form.from_numbers(), &before);
    console.press("Enter");
    assert_eq!(console.model.session.tab().form.from_numbers(), &grid);
    console.press("u");
    assert_eq!(console.model.session.tab().form.from_numbers(), &before);
}
