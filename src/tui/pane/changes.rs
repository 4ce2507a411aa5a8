//! Undoing and redoing changes of the form, and what that changes in words.

use super::draft::Draft;
use crate::domain::settings::Field;

/// Changes that can be undone.
const MAX_UNDO: usize = 100;

/// A change that can be undone or redone.
#[derive(Debug)]
struct Change {
    /// What is edited on the other side of it.
    other: Draft,
    /// The line that was typed into, if one was.
    typed_into: Option<Field>,
    /// Whether it has been saved since.
    is_saved: bool,
}

/// The changes that can be undone, and those that can be redone, the latest last.
#[derive(Debug, Default)]
pub(super) struct Changes {
    undo: Vec<Change>,
    redo: Vec<Change>,
}

/// What undoing or redoing has changed.
#[derive(Debug, PartialEq, Eq)]
pub struct Reverted {
    /// Each field with what it was and what it is now, in words.
    pub changes: Vec<String>,
    /// Whether the change had been saved already, so that this one has to be saved too.
    pub was_saved: bool,
}

impl Changes {
    /// All drafts that may come back.
    pub(super) fn drafts(&mut self) -> impl Iterator<Item = &mut Draft> {
        self.undo.iter_mut().chain(&mut self.redo).map(|change| &mut change.other)
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Remembers that what was changed so far is saved.
    pub(super) fn on_saved(&mut self) {
        self.undo.iter_mut().chain(&mut self.redo).for_each(|change| change.is_saved = true);
    }

    /// Whether typing continues in the line of the last change, which is undone as a whole.
    pub(super) fn goes_on(&self, typed_into: Option<Field>) -> bool {
        let last = self.undo.last().filter(|last| !last.is_saved);
        typed_into.is_some() && last.is_some_and(|last| last.typed_into == typed_into)
    }

    /// Adds a change; what was undone before it cannot be redone any more.
    pub(super) fn push(&mut self, before: Draft, typed_into: Option<Field>) {
        self.redo.clear();
        self.undo.push(Change { other: before, typed_into, is_saved: false });
        let too_many = self.undo.len().saturating_sub(MAX_UNDO);
        self.undo.drain(..too_many);
    }

    /// Undoes the last change of a draft; `None` where there is none.
    pub(super) fn undo(&mut self, draft: &mut Draft) -> Option<Reverted> {
        revert(draft, &mut self.undo, &mut self.redo)
    }

    /// Redoes the change of a draft that was undone last; `None` where there is none.
    pub(super) fn redo(&mut self, draft: &mut Draft) -> Option<Reverted> {
        revert(draft, &mut self.redo, &mut self.undo)
    }

    /// Whether undoing would change a draft.
    pub(super) fn can_undo(&self, draft: &Draft) -> bool {
        self.undo.iter().any(|change| change.other != *draft)
    }
}

/// Takes a draft from one list, and puts the present one into the other.
fn revert(draft: &mut Draft, from: &mut Vec<Change>, to: &mut Vec<Change>) -> Option<Reverted> {
    // A field that was reverted by itself meanwhile is as it was already.
    let change = std::iter::from_fn(|| from.pop()).find(|change| change.other != *draft)?;
    let Change { other, typed_into, is_saved } = change;
    let before = std::mem::replace(draft, other);
    let changes = before.changes_to(draft);
    to.push(Change { other: before, typed_into, is_saved });
    Some(Reverted { changes, was_saved: is_saved })
}
