//! The users with codes that still matter, and which of them is selected.

use jiff::Timestamp;

use super::quota_filter::QuotaFilter;
use super::typed_filter::TypedFilter;
use crate::domain::passcode::MAX_WRONG_TRIES;
use crate::domain::secret::LookupKey;
use crate::store::QuotaRow;
use crate::tui::input::Input;
use crate::tui::question::Answer;
use crate::tui::text_field::PasteRefused;

/// The users with codes that still matter.
#[derive(Debug, Default)]
pub struct QuotaPane {
    pub(super) rows: Vec<QuotaRow>,
    /// The places in `rows` of those that the filter lets through.
    pub(super) shown: Vec<usize>,
    selected: Option<LookupKey>,
    pub(super) filter: Option<QuotaFilter>,
}

impl QuotaPane {
    /// Takes the newest rows; the selection stays with its user.
    pub fn refresh(&mut self, rows: Vec<QuotaRow>) {
        let gone = !rows.iter().any(|row| Some(row.user.key) == self.selected);
        if gone {
            self.selected = None;
        }
        self.rows = rows;
        self.show();
    }

    /// Whether anybody has a code that counts.
    pub const fn has_users(&self) -> bool {
        !self.rows.is_empty()
    }

    /// The text of the filter.
    pub fn typed(&self) -> Option<&TypedFilter> {
        self.filter.as_ref().map(|filter| &filter.typed)
    }

    /// Whether keys are text for the filter.
    pub fn is_filtering(&self) -> bool {
        self.filter.as_ref().is_some_and(|filter| filter.typed.is_typing)
    }

    /// Edits the filter; returns why a paste was refused, if it was.
    pub(super) fn type_filter(&mut self, input: &Input) -> Option<PasteRefused> {
        let filter = self.filter.as_mut()?;
        let refused = filter.typed.edit(input);
        filter.on_keys(Vec::new());
        self.show();
        refused
    }

    /// Takes under what a typed number or id is found.
    pub fn on_answer(&mut self, answer: Result<Answer, String>) {
        if let (Some(filter), Ok(Answer::Keys(keys))) = (&mut self.filter, answer) {
            filter.on_keys(keys);
            self.show();
        }
    }

    /// Works out whom the filter lets through.
    pub(super) fn show(&mut self) {
        let fits = |row: &QuotaRow| self.filter.as_ref().is_none_or(|filter| filter.fits(row));
        self.shown = (0..self.rows.len()).filter(|&index| fits(&self.rows[index])).collect();
    }

    /// The user that keys are about.
    pub fn selected(&self) -> Option<&QuotaRow> {
        self.row(self.index())
    }

    pub(super) fn row(&self, index: usize) -> Option<&QuotaRow> {
        self.rows.get(*self.shown.get(index)?)
    }

    /// How many users are locked at a moment.
    pub fn locked(&self, now: Timestamp) -> usize {
        self.rows.iter().filter(|row| is_locked(row, now)).count()
    }

    /// Whether a countdown is running in sight.
    pub fn counts_down(&self, now: Timestamp) -> bool {
        let mut shown = (0..self.shown.len()).filter_map(|index| self.row(index));
        shown.any(|row| row.quota.unlock_at().is_some_and(|at| at > now))
    }

    /// When the next lock ends.
    pub fn next_unlock(&self, now: Timestamp) -> Option<Timestamp> {
        self.rows.iter().filter_map(|row| row.quota.unlock_at()).filter(|&at| at > now).min()
    }

    /// Whether a lock has ended since the rows were read.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.rows.iter().filter_map(|row| row.quota.unlock_at()).any(|at| at <= now)
    }

    pub(super) fn index(&self) -> usize {
        let is_selected = |&index: &usize| {
            self.rows.get(index).is_some_and(|row| Some(row.user.key) == self.selected)
        };
        self.shown.iter().position(is_selected).unwrap_or(0)
    }

    pub(super) fn select(&mut self, index: usize) {
        let index = index.min(self.shown.len().saturating_sub(1));
        self.selected = self.row(index).map(|row| row.user.key);
    }
}

pub(super) fn is_locked(row: &QuotaRow, now: Timestamp) -> bool {
    // A lock that ends on its own may have ended since the rows were read.
    row.is_locked()
        && row.quota.unlock_at().is_none_or(|at| at > now || row.wrong_in_a_row >= MAX_WRONG_TRIES)
}
