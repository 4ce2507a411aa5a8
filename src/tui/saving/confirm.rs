//! The save of the environment on screen: what stands against it, and whether it is shown first.

use std::collections::BTreeMap;

use crate::domain::difference::differences;
use crate::domain::environment::Environment;
use crate::engine::{Checking, EnvironmentSave, TokenChange};
use crate::tui::effect::{Effect, TerminalEffect};
use crate::tui::lifecycle::EngineState;
use crate::tui::modal::Modal;
use crate::tui::modal::confirm::{ConfirmModal, Confirmed, warning_line};
use crate::tui::modal::conflict::ConflictModal;
use crate::tui::model::Model;
use crate::tui::pane::Pane;
use crate::tui::question::Question;
use crate::tui::theme::Theme;

/// Saves the environment on screen. The difference is shown first where the quota's rule changes or
/// something becomes risky; in Production always, and it wants its name.
pub fn save(model: &mut Model) -> Vec<Effect> {
    let Some(save) = ready_save(model) else { return Vec::new() };
    let drops_account = model.session.tab().form.drops_account();
    if drops_account || wants_confirmation(&save) {
        confirm(model, save, drops_account)
    } else {
        vec![model.session.start_save(save, Checking::Required)]
    }
}

/// Saves one environment after the other, and quits once all are saved.
pub fn save_and_quit(model: &mut Model) -> Vec<Effect> {
    let Some(&next) = model.session.unsaved().first() else {
        return vec![TerminalEffect::Quit.into()];
    };
    model.is_closing = true;
    model.session.show(next);
    save(model)
}

/// Returns the save of the environment on screen; `None` where something prevents it, which is then
/// reported or shown.
fn ready_save(model: &mut Model) -> Option<EnvironmentSave> {
    let session = &mut model.session;
    if let Some(reason) = session.settings_are_locked() {
        session.complain(reason);
        return None;
    }
    let environment = session.environment;
    let form = &mut session.tab_mut().form;
    if form.has_news() && form.conflicts().is_empty() {
        // What no one disputes is taken from both sides, and shown so.
        form.settle(&BTreeMap::new());
    }
    let settings = match form.settings() {
        Ok(settings) => settings,
        Err(field) => {
            let error = form.error(field).unwrap_or_default();
            form.go_to(field);
            session.focus = Pane::Form;
            session.complain(format!("{}: {error}. Nothing was saved.", field.label()));
            return None;
        }
    };
    let conflicts = form.conflicts();
    if !conflicts.is_empty() {
        model.modals.open(Modal::Conflict(ConflictModal::new(conflicts)));
        return None;
    }
    if !form.is_changed() {
        session.say(format!("{environment}: no changes to save."));
        return None;
    }
    let (baseline, token) = (form.saved().clone(), form.token_change());
    let known_token = form.base_token().clone();
    if session.tab().is_saving {
        session.say(format!("Still saving {environment}."));
        return None;
    }
    Some(EnvironmentSave { environment, baseline, settings, token, known_token })
}

/// Whether someone should think twice about a save.
fn wants_confirmation(save: &EnvironmentSave) -> bool {
    let EnvironmentSave { environment, baseline, settings, .. } = save;
    let before = baseline.warnings(*environment);
    let is_unwise = settings.warnings(*environment).iter().any(|warning| !before.contains(warning));
    *environment == Environment::Production || is_unwise || changes_rule(save)
}

/// Whether a save changes the rule of the quota.
fn changes_rule(save: &EnvironmentSave) -> bool {
    save.settings.quota_rule() != save.baseline.quota_rule()
}

/// Shows what a save changes, and asks before it is done.
fn confirm(model: &mut Model, save: EnvironmentSave, drops_account: bool) -> Vec<Effect> {
    let (environment, rule) = (save.environment, save.settings.quota_rule());
    let asks_what_if = model.session.engine == EngineState::Ready && changes_rule(&save);
    let is_production = environment == Environment::Production;
    let title = if is_production { "Save Production" } else { "Save" };
    let lines = lines(model.session.theme, &save, drops_account);
    let mut modal =
        ConfirmModal::new(title, lines, Confirmed::Save(Box::new(save), Checking::Required));
    if is_production {
        modal = modal.with_word("production");
    }
    let mut effects = Vec::new();
    if asks_what_if {
        let (ticket, effect) = model.session.ask(Question::WhatIf { environment, rule });
        modal.expect_news(ticket, String::new());
        effects.push(effect);
    }
    model.modals.open(Modal::Confirm(modal));
    effects
}

/// What a save changes, and what is risky about it.
fn lines(theme: Theme, save: &EnvironmentSave, drops_account: bool) -> Vec<String> {
    let EnvironmentSave { environment, baseline, settings, token, .. } = save;
    let mut lines = vec![format!("Changes to {environment}:")];
    lines.extend(differences(baseline, settings).iter().map(|change| format!("- {change}")));
    if *token != TokenChange::Keep {
        lines.push("- Auth token: changed".to_owned());
    }
    if drops_account {
        lines.push("This removes the Twilio account and its stored token.".to_owned());
    }
    let warnings = settings.warnings(*environment);
    lines.extend(warnings.iter().map(|warning| warning_line(theme, warning)));
    lines
}
