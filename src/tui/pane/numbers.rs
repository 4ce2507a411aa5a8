//! Which of the From numbers are shown, and which one is selected.

use crate::domain::from_numbers::{FromNumber, FromNumbers};
use crate::domain::sender::Sender;
use crate::tui::input::Input;
use crate::tui::text_field::{PasteRefused, TextField};

/// Characters of the filter.
const MAX_FILTER: usize = 40;

/// Which number is selected: it stays so where others come or go. Of one that has gone, the
/// place.
#[derive(Debug, Default)]
pub struct Numbers {
    selected: Option<Sender>,
    place: usize,
    /// What the numbers are narrowed down by.
    filter: Option<TextField>,
    /// Whether that is being typed.
    is_typing: bool,
}

impl Numbers {
    /// The selected row of a grid.
    pub fn selected<'a>(&self, grid: &'a FromNumbers) -> Option<&'a FromNumber> {
        self.shown(grid).get(self.index(grid)).copied()
    }

    /// Selects a number, which is shown from then on.
    pub fn select(&mut self, sender: &Sender, grid: &FromNumbers) {
        if !self.shown(grid).iter().any(|row| row.sender == *sender) {
            self.clear_filter();
        }
        self.selected = Some(sender.clone());
        self.place = self.index(grid);
    }

    /// The numbers that the filter lets through: by a part of the sender, or by a country.
    pub(super) fn shown<'a>(&self, grid: &'a FromNumbers) -> Vec<&'a FromNumber> {
        let typed = self.filter.as_ref().map_or("", TextField::text).trim().to_lowercase();
        let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
        let fits = |row: &&FromNumber| {
            let sender = row.sender.as_str().to_lowercase();
            typed.is_empty()
                || sender.contains(&typed)
                || digits.len() > 2 && sender.contains(&digits)
                || row.countries.iter().any(|country| country.matches(&typed))
        };
        grid.rows().iter().filter(fits).collect()
    }

    pub(super) fn index(&self, grid: &FromNumbers) -> usize {
        let shown = self.shown(grid);
        let is_selected = |row: &&FromNumber| Some(&row.sender) == self.selected.as_ref();
        let last = shown.len().saturating_sub(1);
        shown.iter().position(is_selected).unwrap_or(self.place.min(last))
    }

    /// Goes so many rows down or up.
    pub(super) fn step(&mut self, by: isize, grid: &FromNumbers) {
        let last = self.shown(grid).len().saturating_sub(1);
        self.place = self.index(grid).saturating_add_signed(by).min(last);
        self.selected = self.shown(grid).get(self.place).map(|row| row.sender.clone());
    }

    /// Starts typing a filter, or continues with the one there is.
    pub(super) fn start_filter(&mut self) {
        self.filter.get_or_insert_with(|| TextField::new("", MAX_FILTER));
        self.is_typing = true;
    }

    /// Ends typing; the filter stays.
    pub(super) const fn keep_filter(&mut self) {
        self.is_typing = false;
    }

    /// Shows all numbers again.
    pub(super) fn clear_filter(&mut self) {
        (self.filter, self.is_typing) = (None, false);
    }

    /// Whether keys are text for the filter.
    pub const fn is_filtering(&self) -> bool {
        self.is_typing
    }

    /// The filter as the title shows it; `None` without one.
    pub(super) fn filter_shown(&self) -> Option<String> {
        let text = self.filter.as_ref()?.text();
        Some(if self.is_typing { format!("{text}_") } else { text.to_owned() })
    }

    /// Edits the filter; returns why a paste was refused, if it was.
    pub(super) fn type_filter(&mut self, input: &Input) -> Option<PasteRefused> {
        let filter = self.filter.as_mut()?;
        match input {
            Input::Key(key) => {
                filter.on_key(*key);
                None
            }
            Input::Paste(text) => filter.paste(text).err(),
            Input::Action(_) => None,
        }
    }
}
