//! Two people change the settings of one environment at the same time: what only one of them has
//! changed holds, and what both have changed differently somebody must choose.

use std::collections::{BTreeMap, BTreeSet};

use super::country::Country;
use super::difference::{countries, value};
use super::from_numbers::{FromNumber, FromNumbers};
use super::limits::{Caps, Limits};
use super::message_options::MessageOptions;
use super::message_overrides::{Audience, MessageOverrides};
use super::phone::PhoneNumber;
use super::provider::{Provider, TwilioAccount};
use super::recipients::Recipients;
use super::sender::Sender;
use super::settings::{Field, Settings};

/// Whose change holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What was changed here.
    Mine,
    /// What somebody else has saved meanwhile.
    Theirs,
}

/// What a conflict is about: a field, or of the From numbers one number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The field.
    pub field: Field,
    /// The number, a country that is on two of them, or [`WHOLE_GRID`]; `None` for the default
    /// mark.
    pub number: Option<String>,
}

/// Stands for all numbers at once, where two changes do not fit together. No sender is that long.
pub const WHOLE_GRID: &str = "(all numbers)";

/// Both have changed the same thing, differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// What it is about.
    pub place: Place,
    /// What it is here, in words.
    pub mine: String,
    /// What it is there, in words.
    pub theirs: String,
}

/// The outcome of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The settings with both changes; of a conflict, the side that was chosen.
    pub settings: Settings,
    /// What both have changed, also where a side was chosen.
    pub conflicts: Vec<Conflict>,
}

/// Merges two changes of the same settings. Where both have changed the same thing, `chosen` says
/// whose holds, and theirs does where it says nothing.
pub fn merge(
    base: &Settings,
    mine: &Settings,
    theirs: &Settings,
    chosen: &BTreeMap<Place, Side>,
) -> Merged {
    let mut merger = Merger { sides: [base, mine, theirs], chosen, conflicts: Vec::new() };
    let settings = Settings {
        default_country: merger.pick(Field::DefaultCountry, |it| it.default_country),
        code_validity: merger.pick(Field::CodeValidity, |it| it.code_validity),
        codes_allowed: merger.pick(Field::CodesAllowed, |it| it.codes_allowed),
        time_out: merger.pick(Field::TimeOut, |it| it.time_out),
        provider: merger.provider(),
        from_numbers: merger.numbers(),
        message: merger.pick(Field::Message, |it| it.message.clone()),
        message_overrides: merger.parts(
            Field::MessageOverrides,
            |it| it.message_overrides.clone(),
            message_overrides,
        ),
        recipients: merger.parts(Field::Recipients, |it| it.recipients.clone(), recipients),
        limits: merger.parts(Field::Limits, |it| it.limits.clone(), limits),
    };
    Merged { settings, conflicts: merger.conflicts }
}

/// The side of a part that holds; `None` where both have changed it differently.
fn side<T: PartialEq>([base, mine, theirs]: [T; 3]) -> Option<T> {
    match () {
        () if mine == theirs || base == mine => Some(theirs),
        () if base == theirs => Some(mine),
        () => None,
    }
}

fn limits(sides: [&Limits; 3]) -> Option<Limits> {
    let caps = |get: fn(&Limits) -> Caps| {
        let sides = sides.map(get);
        Some(Caps { hour: side(sides.map(|it| it.hour))?, day: side(sides.map(|it| it.day))? })
    };
    let all: BTreeSet<Country> = sides.iter().flat_map(|it| it.countries.keys().copied()).collect();
    let mut countries = BTreeMap::new();
    for country in all {
        if let Some(caps) = side(sides.map(|it| it.countries.get(&country).copied()))? {
            countries.insert(country, caps);
        }
    }
    Some(Limits {
        only_countries: side(sides.map(|it| it.only_countries.clone()))?,
        environment: caps(|it| it.environment)?,
        each_country: caps(|it| it.each_country)?,
        countries,
        record_only: side(sides.map(|it| it.record_only))?,
    })
}

fn message_overrides(sides: [&MessageOverrides; 3]) -> Option<MessageOverrides> {
    let all: BTreeSet<Audience> =
        sides.iter().flat_map(|it| it.iter().map(|(audience, _)| audience)).collect();
    let mut merged = MessageOverrides::default();
    for audience in all {
        let text = |it: &MessageOverrides| {
            it.iter().find(|(it, _)| *it == audience).map(|it| it.1.clone())
        };
        merged.set(audience, side(sides.map(text))?);
    }
    Some(merged)
}

fn recipients(sides: [&Recipients; 3]) -> Option<Recipients> {
    let [Recipients::Only(base), Recipients::Only(mine), Recipients::Only(theirs)] = sides else {
        return side(sides.map(Clone::clone));
    };
    let all = base.iter().chain(mine).chain(theirs);
    // A number is on a list or is not: two changes of that cannot be different ones.
    let is_on = |number: &&PhoneNumber| {
        side([base, mine, theirs].map(|list| list.contains(number))) == Some(true)
    };
    let merged: BTreeSet<PhoneNumber> = all.filter(is_on).cloned().collect();
    (!merged.is_empty()).then_some(Recipients::Only(merged))
}

/// What tells two accounts apart, in words.
fn account_words(mine: &Settings, theirs: &Settings) -> (String, String) {
    let parts = [Field::AccountSid, Field::ApiKey, Field::AuthToken, Field::BaseUrl];
    let other = parts.into_iter().filter(|&part| value(mine, part) != value(theirs, part));
    let other: Vec<Field> = other.collect();
    let words = |side: &Settings| {
        let parts = other.iter().map(|&part| format!("{} {}", part.label(), value(side, part)));
        parts.collect::<Vec<_>>().join(", ")
    };
    (words(mine), words(theirs))
}

/// Goes on from theirs in fields in which nothing was changed here: what is changed there later is
/// a change of what they have saved.
pub fn advance(base: &mut Settings, theirs: &Settings, unchanged: &[Field]) {
    let of_account =
        [Field::Provider, Field::AccountSid, Field::ApiKey, Field::AuthToken, Field::BaseUrl];
    if of_account.iter().all(|part| unchanged.contains(part)) {
        let options = base.provider.message_options();
        base.provider = theirs.provider.clone();
        if let Provider::Twilio(account) = &mut base.provider {
            account.options = options;
        }
    }
    for field in unchanged {
        match field {
            Field::DefaultCountry => base.default_country = theirs.default_country,
            Field::CodeValidity => base.code_validity = theirs.code_validity,
            Field::CodesAllowed => base.codes_allowed = theirs.codes_allowed,
            Field::TimeOut => base.time_out = theirs.time_out,
            Field::Message => base.message = theirs.message.clone(),
            Field::MessageOverrides => base.message_overrides = theirs.message_overrides.clone(),
            Field::Recipients => base.recipients = theirs.recipients.clone(),
            Field::Limits => base.limits = theirs.limits.clone(),
            Field::FromNumbers => base.from_numbers = theirs.from_numbers.clone(),
            Field::MessageOptions => {
                if let Provider::Twilio(account) = &mut base.provider {
                    account.options = theirs.provider.message_options();
                }
            }
            Field::Provider
            | Field::AccountSid
            | Field::ApiKey
            | Field::AuthToken
            | Field::BaseUrl => {}
        }
    }
}

struct Merger<'a> {
    /// Base, mine, theirs.
    sides: [&'a Settings; 3],
    chosen: &'a BTreeMap<Place, Side>,
    conflicts: Vec<Conflict>,
}

impl Merger<'_> {
    /// Merges one field.
    fn pick<T: PartialEq>(&mut self, field: Field, get: impl Fn(&Settings) -> T) -> T {
        let [base, mine, theirs] = self.sides.map(get);
        let [_, my_settings, their_settings] = self.sides;
        let words = (value(my_settings, field), value(their_settings, field));
        let place = Place { field, number: None };
        self.decide((base, mine, theirs), place, words)
    }

    /// Merges a field part by part. It is asked for as a whole where one of its parts is disputed.
    fn parts<T: PartialEq + Clone>(
        &mut self,
        field: Field,
        get: impl Fn(&Settings) -> T,
        merged: impl Fn([&T; 3]) -> Option<T>,
    ) -> T {
        let sides = self.sides.map(&get);
        merged([&sides[0], &sides[1], &sides[2]]).unwrap_or_else(|| self.pick(field, get))
    }

    /// The side of a value that holds.
    fn decide<T: PartialEq>(
        &mut self,
        (base, mine, theirs): (T, T, T),
        place: Place,
        words: (String, String),
    ) -> T {
        if mine == theirs || base == mine {
            return theirs;
        }
        if base == theirs {
            return mine;
        }
        let side = self.chosen.get(&place).copied();
        self.conflicts.push(Conflict { place, mine: words.0, theirs: words.1 });
        if side == Some(Side::Mine) { mine } else { theirs }
    }

    fn provider(&mut self) -> Provider {
        let account = |settings: &Settings| match &settings.provider {
            Provider::Twilio(account) => Some((**account).clone()),
            Provider::Sandbox => None,
        };
        if self.sides.iter().any(|settings| account(settings).is_none()) {
            let words = |settings: &Settings| match account(settings) {
                Some(_) => format!("Twilio, {}", value(settings, Field::AccountSid)),
                None => value(settings, Field::Provider),
            };
            let [base, mine, theirs] = self.sides;
            let words = (words(mine), words(theirs));
            let sides = (base.provider.clone(), mine.provider.clone(), theirs.provider.clone());
            return self.decide(sides, Place { field: Field::Provider, number: None }, words);
        }
        let part = |it: &Settings| account(it).unwrap_or_default();
        // Of two accounts no third one is made: its token would go to a stranger.
        let credentials = |it| TwilioAccount { options: MessageOptions::default(), ..part(it) };
        let sides = self.sides.map(credentials).into();
        let place = Place { field: Field::AccountSid, number: None };
        let credentials = self.decide(sides, place, account_words(self.sides[1], self.sides[2]));
        let options = self.pick(Field::MessageOptions, |it| part(it).options);
        Provider::Twilio(Box::new(TwilioAccount { options, ..credentials }))
    }

    /// Puts a country that both have put on a number of their own on one of them.
    fn separate(&mut self, rows: &mut [FromNumber]) {
        let mut seen = BTreeSet::new();
        let all = rows.iter().flat_map(|row| row.countries.iter().copied());
        let twice: BTreeSet<Country> = all.filter(|country| !seen.insert(*country)).collect();
        for country in twice {
            let sender =
                |it: &Settings| it.from_numbers.serving(country).map(|it| it.sender.clone());
            let [base, mine, theirs] = self.sides.map(sender);
            let words = |side: &Option<Sender>| {
                side.as_ref().map_or_else(|| "on no number".to_owned(), |it| format!("on {it}"))
            };
            let words = (words(&mine), words(&theirs));
            let place = Place { field: Field::FromNumbers, number: Some(country.to_string()) };
            let winner = self.decide((base, mine, theirs), place, words);
            for row in rows.iter_mut().filter(|row| Some(&row.sender) != winner.as_ref()) {
                row.countries.remove(&country);
            }
        }
    }

    /// Merges the grid number by number: in their order, what was added here at the end.
    fn numbers(&mut self) -> FromNumbers {
        let [base, mine, theirs] = self.sides.map(|settings| &settings.from_numbers);
        if base == mine || mine == theirs {
            return theirs.clone();
        }
        if base == theirs {
            return mine.clone();
        }
        let row = |grid: &FromNumbers, sender: &Sender| {
            grid.rows().iter().find(|row| row.sender == *sender).cloned()
        };
        let added = mine.rows().iter().filter(|added| row(theirs, &added.sender).is_none());
        let senders: Vec<Sender> =
            theirs.rows().iter().chain(added).map(|row| row.sender.clone()).collect();
        // Those that neither has any more need no row.
        let mut rows = Vec::new();
        for sender in senders {
            let sides = (row(base, &sender), row(mine, &sender), row(theirs, &sender));
            let words = |side: &Option<FromNumber>| {
                side.as_ref().map_or_else(|| "deleted".to_owned(), countries)
            };
            let words = (words(&sides.1), words(&sides.2));
            let place = Place { field: Field::FromNumbers, number: Some(sender.to_string()) };
            rows.extend(self.decide(sides, place, words));
        }
        self.separate(&mut rows);
        let default = |grid: &FromNumbers| grid.default_number().cloned();
        let words = |grid: &FromNumbers| {
            default(grid).map_or_else(|| "no default".to_owned(), |it| format!("default {it}"))
        };
        let (before, words) = (self.conflicts.len(), (words(mine), words(theirs)));
        let place = Place { field: Field::FromNumbers, number: None };
        let sides = (default(base), default(mine), default(theirs));
        let default = self.decide(sides, place.clone(), words);
        // A number that has lost all it served to others is not needed any more.
        rows.retain(|row| !row.countries.is_empty() || Some(&row.sender) == default.as_ref());
        // Changes that are right each by itself may not fit together all the same.
        FromNumbers::new(rows, default).unwrap_or_else(|_| {
            self.conflicts.truncate(before);
            let place = Place { number: Some(WHOLE_GRID.to_owned()), ..place };
            let side = self.chosen.get(&place).copied();
            let words = |grid: &FromNumbers| {
                let rows = grid.rows().iter();
                let rows = rows.map(|row| format!("{} for {}", row.sender, countries(row)));
                rows.collect::<Vec<_>>().join(", ")
            };
            let (here, there) = (words(mine), words(theirs));
            self.conflicts.retain(|conflict| conflict.place.field != Field::FromNumbers);
            self.conflicts.push(Conflict { place, mine: here, theirs: there });
            if side == Some(Side::Mine) { mine.clone() } else { theirs.clone() }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::bounded::Bounded;
    use crate::domain::environment::Environment;

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
    fn choices_that_do_not_fit_together_put_no_country_on_two_numbers() {
        let base = base();
        let base = with(&base, vec![number("72404", &["US"]), number("72405", &["CA", "CO"])]);
        let mine = with(&base, vec![number("72404", &["US", "CA"]), number("72405", &["CO"])]);
        let theirs =
            with(&base, vec![number("72404", &["US", "MX"]), number("72405", &["CA", "CO", "PE"])]);
        let place =
            |sender: &str| Place { field: Field::FromNumbers, number: Some(sender.to_owned()) };
        let mut sides =
            BTreeMap::from([(place("72404"), Side::Mine), (place("72405"), Side::Theirs)]);
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
    fn changes_of_different_fields_and_numbers_both_hold() {
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
        assert_eq!(
            (merged.settings.code_validity.get(), merged.settings.codes_allowed.get()),
            (9, 7)
        );
        let rows =
            vec![number("72404", &["CO", "PE"]), number("5678", &["FR"]), number("1234", &["DE"])];
        assert_eq!(merged.settings.from_numbers.rows(), rows);
    }

    #[test]
    fn what_both_have_changed_is_asked_for_and_chosen_one_by_one() {
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
    fn a_country_that_both_have_put_on_a_new_number_is_asked_for_and_nothing_else() {
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
        let all =
            rows(&[number("5678", &["SM"]), number("4321", &["PT"]), number("1234", &["IT"])]);
        assert_eq!(merged.settings.from_numbers.rows(), all);
    }

    #[test]
    fn limits_texts_and_recipients_are_merged_part_by_part() {
        let mut base = base();
        base.recipients = Recipients::Only(
            ["+573001234567", "+573001234568"].map(|it| PhoneNumber::parse(it).unwrap()).into(),
        );
        let (mut mine, mut theirs) = (base.clone(), base.clone());
        let text =
            |it: &str| Some(crate::domain::message_text::MessageTemplate::parse(it).unwrap());
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
        // The same part, differently, is asked for.
        theirs.limits.each_country.hour = crate::domain::limits::Cap::new(8);
        let merged = merge(&base, &mine, &theirs, &BTreeMap::new());
        assert_eq!(merged.conflicts.len(), 1);
    }

    #[test]
    fn one_country_on_two_numbers_is_asked_for() {
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
            // Choices that do not fit together are asked for once more, as a whole.
            let taken = insist(&both);
            let taken = insist(&taken);
            prop_assert_eq!(taken.settings.code_validity, mine.code_validity);
            if both.conflicts.is_empty() {
                prop_assert_eq!(&taken.settings, &both.settings);
            }
            // Whoever insists on theirs gets it, and keeps what only the other one has changed.
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
                // Its countries are on it, or on a number that somebody has moved them to.
                let countries = wanted.iter().flat_map(|row| row.countries.iter().copied());
                for country in countries {
                    prop_assert!(taken.settings.from_numbers.serving(country).is_some(), "{}", country);
                }
                let is_there = row(&taken.settings, sender).is_some();
                prop_assert!(wanted.is_some() || !is_there, "{} is back", sender);
            }
        }
    }
}
