//! Merges concurrent changes to the settings of one environment: what only one side has changed is
//! kept, and what both have changed differently is a conflict, for the operator to resolve.

mod account;
mod conflict;
mod numbers;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use account::merged_provider;
use conflict::Merger;
pub use conflict::{Conflict, Place, Side, WHOLE_GRID};
use numbers::merged_numbers;

use super::settings::{Field, Settings};

/// The outcome of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The settings with both changes; of a conflict, the side that was chosen.
    pub settings: Settings,
    /// What both have changed, also where a side was chosen.
    pub conflicts: Vec<Conflict>,
}

impl Merged {
    /// Whether both have changed a field, differently.
    pub fn disputes(&self, field: Field) -> bool {
        self.conflicts.iter().any(|conflict| conflict.place.field == field)
    }
}

/// Merges two changes of the same settings. Where both have changed the same thing, `chosen`
/// decides whose is kept; without an entry it is theirs.
pub fn merge(
    base: &Settings,
    mine: &Settings,
    theirs: &Settings,
    chosen: &BTreeMap<Place, Side>,
) -> Merged {
    let mut merger = Merger { base, mine, theirs, chosen, conflicts: Vec::new() };
    let mut settings = theirs.clone();
    for &field in Field::ALL {
        match field {
            Field::Provider => settings.provider = merged_provider(&mut merger),
            Field::FromNumbers => settings.from_numbers = merged_numbers(&mut merger),
            // These are merged with their provider: an account is one thing.
            field if field.is_of_account() => {}
            field => decide_field(&mut merger, field, &mut settings),
        }
    }
    Merged { settings, conflicts: merger.conflicts }
}

/// Merges a field part by part. It is in conflict as a whole where one of its parts is.
fn decide_field(merger: &mut Merger<'_>, field: Field, into: &mut Settings) {
    let row = field.row();
    if row.value.merge(merger.sides(), into) {
        return;
    }
    let (mine, theirs) = (merger.mine, merger.theirs);
    let place = Place { field, number: None };
    match merger.dispute(place, [row.show(mine), row.show(theirs)]) {
        Side::Mine => row.value.copy(mine, into),
        Side::Theirs => row.value.copy(theirs, into),
    }
}

/// Brings both changes of one field together (base, mine, theirs), but for the provider, which is
/// decided with its account; whether they fit together.
pub fn merge_field(field: Field, sides: [&Settings; 3], into: &mut Settings) -> bool {
    if field != Field::FromNumbers {
        return field.row().value.merge(sides, into);
    }
    let ([base, mine, theirs], chosen) = (sides, BTreeMap::new());
    let mut merger = Merger { base, mine, theirs, chosen: &chosen, conflicts: Vec::new() };
    into.from_numbers = merged_numbers(&mut merger);
    merger.conflicts.is_empty()
}

/// Updates the base to theirs in the fields that are unchanged here, so that a later change to one
/// of them counts as a change to what they have saved.
pub fn advance(base: &mut Settings, theirs: &Settings, unchanged: &[Field]) {
    // An account is copied as a whole, or not at all; its message options are not part of that.
    let is_of_credentials = |field: Field| {
        field == Field::Provider || field.is_of_account() && field != Field::MessageOptions
    };
    let mut credentials = Field::ALL.iter().filter(|&&field| is_of_credentials(field));
    if credentials.all(|field| unchanged.contains(field)) {
        let options = base.provider.message_options();
        base.provider = theirs.provider.clone();
        base.provider.set_twilio(|account| account.options = options);
    }
    for field in unchanged.iter().filter(|&&field| !is_of_credentials(field)) {
        field.row().value.copy(theirs, base);
    }
}
