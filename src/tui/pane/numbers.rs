//! Which of the From numbers is selected.

use crate::domain::from_numbers::{FromNumber, FromNumbers};
use crate::domain::sender::Sender;

/// Which number is selected: it stays so where others come or go. Of one that has gone, the
/// place.
#[derive(Debug, Default)]
pub struct Numbers {
    selected: Option<Sender>,
    place: usize,
}

impl Numbers {
    /// The selected row of a grid.
    pub fn selected<'a>(&self, grid: &'a FromNumbers) -> Option<&'a FromNumber> {
        grid.rows().get(self.index(grid))
    }

    /// Selects a number.
    pub fn select(&mut self, sender: &Sender, grid: &FromNumbers) {
        self.selected = Some(sender.clone());
        self.place = self.index(grid);
    }

    pub(super) fn index(&self, grid: &FromNumbers) -> usize {
        let is_selected = |row: &FromNumber| Some(&row.sender) == self.selected.as_ref();
        let last = grid.rows().len().saturating_sub(1);
        grid.rows().iter().position(is_selected).unwrap_or(self.place.min(last))
    }

    /// Goes so many rows down or up.
    pub(super) fn step(&mut self, by: isize, grid: &FromNumbers) {
        let last = grid.rows().len().saturating_sub(1);
        self.place = self.index(grid).saturating_add_signed(by).min(last);
        self.selected = grid.rows().get(self.place).map(|row| row.sender.clone());
    }
}
