//! Saving settings: one call of the engine, and what has come of it as a message.

use super::Executor;
use crate::engine::{
    ChangeError, Changed, Checking, EnvironmentSave, NotAudited, NotChanged, SettingsChange,
};
use crate::tui::editor::EditedText;
use crate::tui::message::{Message, SaveOutcome};

impl Executor {
    /// Saves an environment. Also after a failure the form continues from what is in force by then.
    pub(super) async fn save(&self, save: Box<EnvironmentSave>, checking: Checking) {
        let change = SettingsChange::Environment(save.clone());
        let saved = self.deck.change_settings(&self.operator, change, checking).await;
        let outcome = outcome(saved);
        let _in_order = self.settings.lock().await;
        let deck = self.read_deck().await.ok().map(Box::new);
        self.reporter.tell(Message::Saved { save, outcome: SaveOutcome { deck, ..outcome } }).await;
    }

    /// Puts a text that was edited in the place of the config.
    pub(super) async fn take_edited(&self, edited: Box<EditedText>, checking: Checking) {
        let EditedText { before, after, kept, .. } = (*edited).clone();
        let change = SettingsChange::Text { before, after };
        let changed = match self.deck.change_settings(&self.operator, change, checking).await {
            Ok(changed) => changed,
            Err(NotChanged { error: error @ ChangeError::Unchecked { .. }, .. }) => {
                let reason = error.to_string();
                return self.reporter.tell(Message::UncheckedText { edited, reason }).await;
            }
            Err(NotChanged { error, .. }) => {
                let reason = format!("Not applied: {error}");
                return self.reporter.tell(Message::NotEdited { reason, kept: Some(kept) }).await;
            }
        };
        // It is in its place now; a copy that stays does no harm.
        let _ = kept.parent().map(std::fs::remove_dir_all);
        let _in_order = self.settings.lock().await;
        match self.read_deck().await {
            Ok(deck) => self.reporter.tell(Message::EditTaken(Box::new(deck))).await,
            Err(error) => self.reporter.tell(Message::ConfigUnusable(error.to_string())).await,
        }
        for reason in not_done(&changed) {
            self.reporter.tell(Message::NotEdited { reason, kept: None }).await;
        }
    }
}

/// The outcome of a save, but for the settings in force.
fn outcome(saved: Result<Changed, NotChanged>) -> SaveOutcome {
    match saved {
        Ok(Changed { token_problem, leftover_token, not_audited, .. }) => {
            let has_token = token_problem.is_none();
            let token = token_problem
                .map(|error| format!("The settings were saved, but the token was not: {error}."));
            let leftover = leftover_token
                .map(|error| format!("Saved, but an unused token could not be removed: {error}."));
            let problem = joined(token.or(leftover), not_audited);
            SaveOutcome { is_saved: true, has_token, problem, ..SaveOutcome::default() }
        }
        Err(NotChanged { error: error @ ChangeError::Unchecked { .. }, .. }) => {
            SaveOutcome { unchecked: Some(error.to_string()), ..SaveOutcome::default() }
        }
        Err(NotChanged { error, not_audited }) => {
            let problem = joined(Some(format!("Not saved: {error}.")), not_audited);
            SaveOutcome { problem, ..SaveOutcome::default() }
        }
    }
}

/// What went wrong, with why the audit does not say so.
fn joined(problem: Option<String>, not_audited: Option<NotAudited>) -> Option<String> {
    let Some(why) = not_audited else { return problem };
    let problem = problem.unwrap_or_else(|| "Saved.".to_owned());
    Some(format!("{problem} The audit has no record of it: {why}."))
}

/// What could not be done beside an edited text that is in force.
fn not_done(changed: &Changed) -> impl Iterator<Item = String> {
    let leftover = changed
        .leftover_token
        .as_ref()
        .map(|error| format!("Applied, but an unused token could not be removed: {error}"));
    let not_audited = changed
        .not_audited
        .as_ref()
        .map(|error| format!("Applied, but the audit has no record of it: {error}"));
    leftover.into_iter().chain(not_audited)
}
