//! Merges the From numbers number by number.

use std::collections::BTreeSet;

use super::conflict::{Merger, Place, Side, WHOLE_GRID};
use crate::domain::country::Country;
use crate::domain::from_numbers::{FromNumber, FromNumbers};
use crate::domain::sender::Sender;
use crate::domain::settings::Field;

/// The merged grid: in their order, with numbers added here at the end.
pub(super) fn merged_numbers(merger: &mut Merger<'_>) -> FromNumbers {
    let [base, mine, theirs] = merger.sides().map(|settings| &settings.from_numbers);
    if base == mine || mine == theirs {
        return theirs.clone();
    }
    if base == theirs {
        return mine.clone();
    }
    let mut rows = merged_rows(merger, [base, mine, theirs]);
    separate(merger, &mut rows, [base, mine, theirs]);
    let before = merger.conflicts.len();
    let default = merged_default(merger, [base, mine, theirs]);
    // A number that has lost all its countries to others is no longer needed.
    rows.retain(|row| !row.countries.is_empty() || Some(&row.sender) == default.as_ref());
    // Changes that are each valid may still be incompatible.
    FromNumbers::new(rows, default).unwrap_or_else(|_| {
        merger.conflicts.truncate(before);
        merger.conflicts.retain(|conflict| conflict.place.field != Field::FromNumbers);
        match merger.dispute(place(Some(WHOLE_GRID.to_owned())), [mine, theirs].map(grid_words)) {
            Side::Mine => mine.clone(),
            Side::Theirs => theirs.clone(),
        }
    })
}

fn place(number: Option<String>) -> Place {
    Place { field: Field::FromNumbers, number }
}

fn merged_rows(merger: &mut Merger<'_>, grids: [&FromNumbers; 3]) -> Vec<FromNumber> {
    let [_, mine, theirs] = grids;
    let added = mine.rows().iter().filter(|added| theirs.row(&added.sender).is_none());
    let mut rows = Vec::new();
    for sender in theirs.rows().iter().chain(added).map(|row| &row.sender) {
        let sides = grids.map(|grid| grid.row(sender));
        let words = |side: Option<&FromNumber>| {
            side.map_or_else(|| "deleted".to_owned(), FromNumber::country_codes)
        };
        let words = [words(sides[1]), words(sides[2])];
        // Those that neither has any more need no row.
        rows.extend(merger.decide(sides, place(Some(sender.to_string())), words).cloned());
    }
    rows
}

/// Puts a country that both have put on a number of their own on one of them.
fn separate(merger: &mut Merger<'_>, rows: &mut [FromNumber], grids: [&FromNumbers; 3]) {
    let mut seen = BTreeSet::new();
    let all = rows.iter().flat_map(|row| row.countries.iter().copied());
    let twice: BTreeSet<Country> = all.filter(|country| !seen.insert(*country)).collect();
    for country in twice {
        let sides = grids.map(|grid| grid.serving(country).map(|row| &row.sender));
        let words = |side: Option<&Sender>| {
            side.map_or_else(|| "on no number".to_owned(), |sender| format!("on {sender}"))
        };
        let words = [words(sides[1]), words(sides[2])];
        let winner = merger.decide(sides, place(Some(country.to_string())), words);
        for row in rows.iter_mut().filter(|row| Some(&row.sender) != winner) {
            row.countries.remove(&country);
        }
    }
}

fn merged_default(merger: &mut Merger<'_>, grids: [&FromNumbers; 3]) -> Option<Sender> {
    let sides = grids.map(FromNumbers::default_number);
    let words = [grids[1], grids[2]].map(FromNumbers::default_words);
    merger.decide(sides, place(None), words).cloned()
}

fn grid_words(grid: &FromNumbers) -> String {
    let rows = grid.rows().iter().map(ToString::to_string);
    rows.collect::<Vec<_>>().join(", ")
}
