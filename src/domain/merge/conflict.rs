//! What two people have changed differently, and whose change is kept.

use std::collections::BTreeMap;

use crate::domain::settings::{Field, Settings};

/// Whose change is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What was changed here.
    Mine,
    /// What another operator has saved in the meantime.
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

/// The three sides of a merge, and what is in conflict so far.
pub(super) struct Merger<'a> {
    /// The settings from which both began.
    pub(super) base: &'a Settings,
    /// The settings as changed here.
    pub(super) mine: &'a Settings,
    /// The settings as another operator has saved them in the meantime.
    pub(super) theirs: &'a Settings,
    /// Whose change is kept where both have changed the same thing; theirs where not listed.
    pub(super) chosen: &'a BTreeMap<Place, Side>,
    /// What both have changed, differently.
    pub(super) conflicts: Vec<Conflict>,
}

impl<'a> Merger<'a> {
    /// Base, mine and theirs.
    pub(super) const fn sides(&self) -> [&'a Settings; 3] {
        [self.base, self.mine, self.theirs]
    }

    /// Records a conflict, and returns whose change is kept.
    pub(super) fn dispute(&mut self, place: Place, [mine, theirs]: [String; 2]) -> Side {
        let side = self.chosen.get(&place).copied().unwrap_or(Side::Theirs);
        self.conflicts.push(Conflict { place, mine, theirs });
        side
    }

    /// The value that is kept of a base, mine and theirs. `words` describe mine and theirs, for a
    /// conflict.
    pub(super) fn decide<T: PartialEq>(
        &mut self,
        [base, mine, theirs]: [T; 3],
        place: Place,
        words: [String; 2],
    ) -> T {
        let is_mine = match () {
            () if mine == theirs || base == mine => false,
            () if base == theirs => true,
            () => self.dispute(place, words) == Side::Mine,
        };
        if is_mine { mine } else { theirs }
    }
}
