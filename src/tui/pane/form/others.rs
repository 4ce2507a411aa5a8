//! The form where someone else saves the same environment meanwhile, and where a save from here
//! comes back.

use std::collections::BTreeMap;

use super::Form;
use crate::config::TokenStatus;
use crate::domain::merge::{Conflict, Merged, Place, Side, advance, merge};
use crate::domain::settings::{Field, Settings};
use crate::engine::TokenChange;

/// The token, as a place that two people have changed.
const TOKEN: Place = Place { field: Field::AuthToken, number: None };

/// The account as a whole, likewise.
const ACCOUNT: Place = Place { field: Field::AccountSid, number: None };

impl Form {
    /// Takes newly read settings. What was edited here stays as typed; changes of both sides come
    /// together where they fit.
    pub fn refresh(&mut self, saved: Settings, token: TokenStatus) {
        let was_changed = self.is_changed();
        let keeps_token = self.token_change() == TokenChange::Keep;
        let unchanged = self.unchanged();
        for draft in self.changes.drafts() {
            draft.rebase(&self.saved, &saved);
        }
        self.saved = saved;
        self.token = token;
        if keeps_token {
            self.base_token = self.token.clone();
        }
        for field in unchanged {
            self.fill(field, &self.saved.clone());
        }
        if !was_changed {
            self.base = self.saved.clone();
        }
        self.bring_together();
        let unchanged = self.unchanged();
        advance(&mut self.base, &self.saved, &unchanged);
        if was_changed && self.settings().is_ok() && self.conflicts().is_empty() {
            self.base = self.saved.clone();
        }
    }

    /// The fields in which nothing was changed here.
    fn unchanged(&self) -> Vec<Field> {
        let all = Field::ALL.iter().copied();
        all.filter(|&field| !self.is_field_changed(field)).collect()
    }

    /// Puts what settings say into a field.
    fn fill(&mut self, field: Field, settings: &Settings) {
        if field == Field::AuthToken {
            self.new_token.set("");
        }
        self.draft.fill(field, settings);
    }

    /// Brings both sides together in fields in which no part is disputed.
    fn bring_together(&mut self) {
        for field in self.draft.follow(&self.base, &self.saved) {
            advance(&mut self.base, &self.saved, &[field]);
        }
    }

    /// What was changed here and, differently, by someone else. Nothing is known of it while a
    /// field is wrong.
    pub fn conflicts(&self) -> Vec<Conflict> {
        self.merged(&BTreeMap::new()).map_or_else(Vec::new, |merged| merged.conflicts)
    }

    /// Both changes together, where someone else has saved something since the edits began.
    fn merged(&self, sides: &BTreeMap<Place, Side>) -> Option<Merged> {
        let mine = self.has_news().then(|| self.settings().ok()).flatten()?;
        let mut merged = merge(&self.base, &mine, &self.saved, sides);
        // Another token in the same place as before: settings do not show that.
        let is_asked = |conflict: &Conflict| conflict.place == ACCOUNT;
        if self.is_token_disputed() && !merged.conflicts.iter().any(is_asked) {
            let mine = match self.token_change() {
                TokenChange::Remove => "removed",
                _ => "a new token",
            };
            let (mine, theirs) = (mine.to_owned(), self.token.to_string());
            merged.conflicts.push(Conflict { place: TOKEN, mine, theirs });
        }
        Some(merged)
    }

    /// Whether someone else has saved something since the edits began.
    pub fn has_news(&self) -> bool {
        self.base != self.saved || self.is_token_disputed()
    }

    /// Whether the token is changed here, and was changed by someone else since that began.
    fn is_token_disputed(&self) -> bool {
        !self.is_on_sandbox()
            && self.token_change() != TokenChange::Keep
            && self.base_token != self.token
    }

    /// Settles what is in conflict as chosen. Where choices do not fit together nothing is settled,
    /// and what must be chosen besides comes back.
    pub fn settle(&mut self, sides: &BTreeMap<Place, Side>) -> Vec<Conflict> {
        let Some(merged) = self.merged(sides) else { return Vec::new() };
        let is_open = |conflict: &Conflict| !sides.contains_key(&conflict.place);
        let open: Vec<Conflict> = merged.conflicts.into_iter().filter(is_open).collect();
        if !open.is_empty() {
            return open;
        }
        // What is older would bring back what someone else has changed.
        self.changes.clear();
        self.base = self.saved.clone();
        self.base_token = self.token.clone();
        let keeps_token = [TOKEN, ACCOUNT].iter().all(|it| sides.get(it) != Some(&Side::Theirs));
        for &field in Field::ALL {
            if field != Field::AuthToken || !keeps_token {
                self.fill(field, &merged.settings);
            }
        }
        Vec::new()
    }

    /// Goes on from what was saved here: what was typed since then is a change of its own.
    pub fn was_saved(&mut self, settings: &Settings) {
        self.saved = settings.clone();
        self.base = settings.clone();
        self.changes.on_saved();
    }

    /// Forgets the typed token, if it is the one that has just been stored.
    pub fn accept_token(&mut self, stored: &TokenChange) {
        if *stored == self.token_change() || *stored == TokenChange::Remove {
            self.new_token.set("");
            self.draft.removes_token = false;
        }
        // A mark that was meant for the token before must not come back for this one.
        for draft in self.changes.drafts() {
            draft.removes_token = false;
        }
    }

    /// Takes what a save from here has made of the token: it is no one else's change.
    pub fn was_stored(&mut self, token: TokenStatus) {
        self.base_token = token.clone();
        self.token = token;
    }

    /// The token from which a change of it began.
    pub const fn base_token(&self) -> &TokenStatus {
        &self.base_token
    }
}
