//! Two changes of the same settings, as people make them and by chance.

use proptest::prelude::*;

use super::*;
use crate::domain::bounded::Bounded;
use crate::domain::environment::Environment;
use crate::domain::from_numbers::{FromNumber, FromNumbers};
use crate::domain::phone::PhoneNumber;
use crate::domain::recipients::Recipients;
use crate::domain::sender::Sender;

fn number(sender: &str, codes: &[&str]) -> FromNumber {
    FromNumber {
        sender: Sender::parse(sender).unwrap(),
        countries: codes.iter().map(|code| code.parse().unwrap()).collect(),
    }
}

fn with(base: &Settings, rows: Vec<FromNumber>) -> Settings {
    let default = base.from_numbers.default_number().cloned();
    let default = default.filter(|sender| rows.iter().any(|row| row.sender == *sender));
    Settings { from_numbers: FromNumbers::new(rows, default).unwrap(), ..base.clone() }
}

fn base() -> Settings {
    let base = Settings::built_in(Environment::Production);
    with(&base, vec![number("72404", &["CO"]), number("72405", &["US"])])
}

#[test]
fn incompatible_choices_put_no_country_on_two_numbers() {
    let base = base();
    let base = with(&base, vec![number("72404", &["US"]), number("72405", &["CA", "CO"])]);
    let mine = with(&base, vec![number("72404", &["US", "CA"]), number("72405", &["CO"])]);
    let theirs =
        with(&base, vec![number("72404", &["US", "MX"]), number("72405", &["CA", "CO", "PE"])]);
    let place = |sender: &str| Place { field: Field::FromNumbers, number: Some(sender.to_owned()) };
    let mut sides = BTreeMap::from([(place("72404"), Side::Mine), (place("72405"), Side::Theirs)]);
    let merged = merge(&base, &mine, &theirs, &sides);
    // Only one of them has moved Canada.
    assert_eq!(merged.conflicts.len(), 2);
    let rows = vec![number("72404", &["CA", "US"]), number("72405", &["CO", "PE"])];
    assert_eq!(merged.settings.from_numbers.rows(), rows);
    sides.insert(place("72404"), Side::Theirs);
    sides.insert(place("72405"), Side::Mine);
    let merged = merge(&base, &mine, &theirs, &sides);
    let rows = vec![number("72404", &["MX", "US"]), number("72405", &["CO"])];
    assert_eq!(merged.settings.from_numbers.rows(), rows);
}

#[test]
fn changes_to_different_fields_and_numbers_are_both_kept() {
    let base = base();
    let mut mine = with(
        &base,
        vec![number("72404", &["CO", "PE"]), number("72405", &["US"]), number("1234", &["DE"])],
    );
    mine.code_validity = Bounded::nearest(9);
    let mut theirs = with(&base, vec![number("72404", &["CO"]), number("5678", &["FR"])]);
    theirs.codes_allowed = Bounded::nearest(7);
    let merged = merge(&base, &mine, &theirs, &BTreeMap::new());
    assert_eq!(merged.conflicts, []);
    assert_eq!((merged.settings.code_validity.get(), merged.settings.codes_allowed.get()), (9, 7));
    let rows =
        vec![number("72404", &["CO", "PE"]), number("5678", &["FR"]), number("1234", &["DE"])];
    assert_eq!(merged.settings.from_numbers.rows(), rows);
}

#[test]
fn conflicts_are_reported_and_chosen_one_by_one() {
    let base = base();
    let mut mine = with(&base, vec![number("72404", &["PE"]), number("72405", &["US"])]);
    mine.time_out = Bounded::nearest(20);
    let mut theirs = with(&base, vec![number("72404", &["EC"]), number("72405", &["US"])]);
    theirs.time_out = Bounded::nearest(30);
    let merged = merge(&base, &mine, &theirs, &BTreeMap::new());
    let words: Vec<(&str, &str)> =
        merged.conflicts.iter().map(|it| (it.mine.as_str(), it.theirs.as_str())).collect();
    assert_eq!(words, [("20 min", "30 min"), ("PE", "EC")]);
    assert_eq!(merged.settings, theirs);
    let chosen = BTreeMap::from([(merged.conflicts[1].place.clone(), Side::Mine)]);
    let merged = merge(&base, &mine, &theirs, &chosen);
    assert_eq!(merged.settings.time_out.get(), 30);
    assert_eq!(merged.settings.from_numbers, mine.from_numbers);
}

#[test]
fn a_country_that_both_put_on_a_new_number_is_the_only_conflict() {
    let base = base();
    let rows = |more: &[FromNumber]| [base.from_numbers.rows(), more].concat();
    let mine = with(&base, rows(&[number("1234", &["IT"])]));
    let theirs = with(&base, rows(&[number("5678", &["IT", "SM"]), number("4321", &["PT"])]));
    let merged = merge(&base, &mine, &theirs, &BTreeMap::new());
    let words: Vec<(&str, &str)> =
        merged.conflicts.iter().map(|it| (it.mine.as_str(), it.theirs.as_str())).collect();
    assert_eq!(words, [("on 1234", "on 5678")]);
    let chosen = BTreeMap::from([(merged.conflicts[0].place.clone(), Side::Mine)]);
    let merged = merge(&base, &mine, &theirs, &chosen);
    let all = rows(&[number("5678", &["SM"]), number("4321", &["PT"]), number("1234", &["IT"])]);
    assert_eq!(merged.settings.from_numbers.rows(), all);
}

#[test]
fn limits_texts_and_recipients_are_merged_part_by_part() {
    let mut base = base();
    base.recipients = Recipients::Only(
        ["+573001234567", "+573001234568"].map(|it| PhoneNumber::parse(it).unwrap()).into(),
    );
    let (mut mine, mut theirs) = (base.clone(), base.clone());
    let text = |it: &str| Some(crate::domain::message_text::MessageTemplate::parse(it).unwrap());
    mine.limits.each_country.hour = crate::domain::limits::Cap::new(7);
    theirs.limits.environment.day = crate::domain::limits::Cap::new(900);
    mine.message_overrides.set("CO".parse().unwrap(), text("{code} hola"));
    theirs.message_overrides.set("de".parse().unwrap(), text("{code} hallo"));
    let Recipients::Only(numbers) = &mut mine.recipients else { panic!() };
    numbers.remove(&PhoneNumber::parse("+573001234567").unwrap());
    let Recipients::Only(numbers) = &mut theirs.recipients else { panic!() };
    numbers.insert(PhoneNumber::parse("+573001234569").unwrap());
    let merged = merge(&base, &mine, &theirs, &BTreeMap::new());
    assert_eq!(merged.conflicts, []);
    let settings = merged.settings;
    assert_eq!(settings.limits.each_country, mine.limits.each_country);
    assert_eq!(settings.limits.environment, theirs.limits.environment);
    assert_eq!(settings.message_overrides.iter().count(), 2);
    assert_eq!(settings.recipients.to_string(), "only 2 numbers");
    // Different changes of the same part are a conflict.
    theirs.limits.each_country.hour = crate::domain::limits::Cap::new(8);
    let merged = merge(&base, &mine, &theirs, &BTreeMap::new());
    assert_eq!(merged.conflicts.len(), 1);
}

#[test]
fn one_country_on_two_numbers_is_a_conflict() {
    let base = base();
    let mine = with(&base, vec![number("72404", &["CO", "DE"]), number("72405", &["US"])]);
    let theirs = with(&base, vec![number("72404", &["CO"]), number("72405", &["US", "DE"])]);
    let merged = merge(&base, &mine, &theirs, &BTreeMap::new());
    assert_eq!(merged.conflicts.len(), 1);
    let chosen = BTreeMap::from([(merged.conflicts[0].place.clone(), Side::Mine)]);
    assert_eq!(merge(&base, &mine, &theirs, &chosen).settings, mine);
}

fn grid() -> impl Strategy<Value = Vec<FromNumber>> {
    let codes = ["CO", "US", "DE", "FR", "PE"];
    proptest::collection::vec(prop::option::of(0usize..4), codes.len()).prop_map(move |on| {
        let mut rows: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for (country, number) in codes.iter().zip(on) {
            if let Some(number) = number {
                rows.entry(number).or_default().push(country);
            }
        }
        rows.into_iter().map(|(index, codes)| number(&format!("7240{index}"), &codes)).collect()
    })
}

proptest! {
    #[test]
    fn whoever_changes_alone_gets_what_they_wanted(mine in grid(), theirs in grid(), minutes in 1u16..10) {
        let base = base();
        let mut mine = with(&base, mine);
        mine.code_validity = Bounded::nearest(minutes);
        let none = BTreeMap::new();
        let alone = merge(&base, &mine, &base, &none);
        prop_assert_eq!((&alone.settings, alone.conflicts.len()), (&mine, 0));
        prop_assert_eq!(&merge(&base, &base, &mine, &none).settings, &mine);
        // However much is in conflict, what comes out can be saved, and the others' choice wins.
        let theirs = with(&base, theirs);
        let both = merge(&base, &mine, &theirs, &none);
        let mut chosen = BTreeMap::new();
        let mut insist = |on: &Merged| {
            chosen.extend(on.conflicts.iter().map(|it| (it.place.clone(), Side::Mine)));
            merge(&base, &mine, &theirs, &chosen)
        };
        // Incompatible choices are a conflict once more, as a whole.
        let taken = insist(&both);
        let taken = insist(&taken);
        prop_assert_eq!(taken.settings.code_validity, mine.code_validity);
        if both.conflicts.is_empty() {
            prop_assert_eq!(&taken.settings, &both.settings);
        }
        // Choosing mine keeps mine, along with what only the other side has changed.
        let row = |it: &Settings, sender: &Sender| {
            it.from_numbers.rows().iter().find(|row| row.sender == *sender).cloned()
        };
        let is_whole = |it: &Conflict| it.place.number.as_deref() == Some(WHOLE_GRID);
        if taken.conflicts.iter().any(is_whole) {
            prop_assert_eq!(&taken.settings.from_numbers, &mine.from_numbers);
            return Ok(());
        }
        let all = [&base, &mine, &theirs].map(|it| it.from_numbers.rows().to_vec()).concat();
        for sender in all.iter().map(|row| &row.sender) {
            let (before, here, there) = (row(&base, sender), row(&mine, sender), row(&theirs, sender));
            let wanted = if here == before { there } else { here };
            // Its countries are on it, or on a number that one side has moved them to.
            let countries = wanted.iter().flat_map(|row| row.countries.iter().copied());
            for country in countries {
                prop_assert!(taken.settings.from_numbers.serving(country).is_some(), "{}", country);
            }
            let is_there = row(&taken.settings, sender).is_some();
            prop_assert!(wanted.is_some() || !is_there, "{} is back", sender);
        }
    }
}
