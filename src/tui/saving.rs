//! Saving an environment: from the key to the outcome.

use std::collections::BTreeMap;

use super::editor::EditedText;
use super::effect::{Effect, FileEffect};
use super::keymap::{Action, Context};
use super::message::{LoadedDeck, SaveOutcome};
use super::modal::Modal;
use super::modal::confirm::{ConfirmModal, Confirmed};
use super::modal::conflict::ConflictModal;
use super::model::Model;
use super::pane::Pane;
use super::question::Question;
use super::session::{EngineState, Phase};
use crate::config::unnamed_tokens;
use crate::domain::difference::{Difference, differences};
use crate::domain::environment::Environment;
use crate::domain::quota::QuotaRule;
use crate::domain::settings::Field;
use crate::domain::warnings::Warning;
use crate::engine::{EnvironmentSave, TokenChange};

/// Saves the environment on screen. The difference is shown first where the quota's rule changes or
/// something gets unwise; in Production always, and it wants its name.
pub(super) fn save(model: &mut Model) -> Vec<Effect> {
    if let Some(reason) = model.session.settings_are_locked() {
        model.session.complain(reason);
        return Vec::new();
    }
    let environment = model.session.environment;
    let form = &mut model.session.tab_mut().form;
    if form.has_news() && form.conflicts().is_empty() {
        // What nobody disputes is taken from both sides, and shown so.
        form.settle(&BTreeMap::new());
    }
    let form = &model.session.tab().form;
    let settings = match form.settings() {
        Ok(settings) => settings,
        Err(field) => {
            let error = form.error(field).unwrap_or_default();
            model.session.focus = Pane::Form;
            model.session.tab_mut().form.go_to(field);
            model.session.complain(format!("{}: {error}. Nothing was saved.", field.label()));
            return Vec::new();
        }
    };
    let conflicts = form.conflicts();
    if !conflicts.is_empty() {
        model.modals.open(Modal::Conflict(ConflictModal::new(conflicts)));
        return Vec::new();
    }
    if !form.is_changed() {
        model.session.say(format!("{environment}: nothing has changed."));
        return Vec::new();
    }
    if model.session.tab().is_saving {
        model.session.say(format!("{environment} is being saved."));
        return Vec::new();
    }
    let baseline = form.saved().clone();
    let token = form.token_change();
    let drops_account = form.drops_account();
    let mut lines = vec![format!("{environment} will change:")];
    lines.extend(differences(&baseline, &settings).iter().map(|change| format!("- {change}")));
    if token != TokenChange::Keep {
        lines.push("- Auth token: changed".to_owned());
    }
    let warnings = settings.warnings(environment);
    let rule = settings.quota_rule();
    let known_token = form.base_token().clone();
    let save = EnvironmentSave { environment, baseline, settings, token, known_token };
    let is_production = environment == Environment::Production;
    // What nobody needs to think about twice is saved at once.
    let before = save.baseline.warnings(environment);
    let is_new = warnings.iter().any(|warning| !before.contains(warning));
    let changes_rule = rule != save.baseline.quota_rule();
    if !is_production && !drops_account && !is_new && !changes_rule {
        return vec![model.session.start_save(save)];
    }
    if drops_account {
        lines.push("The Twilio account and its stored token go with the change.".to_owned());
    }
    lines.extend(
        warnings.iter().map(|warning| format!("! {}: {}", warning.field.label(), warning.text)),
    );
    let title = if is_production { "Save Production" } else { "Save" };
    let mut modal = ConfirmModal::new(title, lines, Confirmed::Save(Box::new(save)));
    if is_production {
        modal = modal.with_word("production");
    }
    let mut effects = Vec::new();
    if model.session.engine == EngineState::Ready && changes_rule {
        let (ticket, effect) = model.session.ask(Question::WhatIf { environment, rule });
        modal.expect_news(ticket, String::new());
        effects.push(effect);
    }
    model.modals.open(Modal::Confirm(modal));
    effects
}

/// Takes newly read settings; says what somebody else has changed in them.
pub(super) fn take_deck(model: &mut Model, deck: LoadedDeck) {
    model.session.is_config_unusable = false;
    if model.modals.edit_settings() {
        // What the pop-up began with must not change beneath it; it is compared afterwards.
        model.waiting_deck = Some(Box::new(deck));
        return;
    }
    let is_first = model.session.phase != Phase::Ready;
    let mut news = Vec::new();
    model.session.app_name = deck.config.deck.app_name;
    model.session.segment_price = deck.config.deck.segment_price;
    model.session.unwritable = deck.unwritable;
    model.session.welcome = deck.welcome;
    let save = model.session.key(Context::Always, Action::Save);
    let (environments, tokens) = (deck.config.environments, deck.tokens);
    for (environment, settings) in environments.iter() {
        let token = tokens[environment].clone();
        let form = &mut model.session.tabs[environment].form;
        let mut changes = differences(form.saved(), settings);
        // The same place, with another token in it.
        let is_of_token = |change: &Difference| change.field == Field::AuthToken;
        if *form.token() != token && !changes.iter().any(is_of_token) {
            let (old, new) = (form.token().to_string(), token.to_string());
            changes.push(Difference { field: Field::AuthToken, number: None, old, new });
        }
        form.refresh(settings.clone(), token);
        if let Some(first) = changes.first()
            && !is_first
        {
            let more = match changes.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let mut both: Vec<&str> =
                form.conflicts().iter().map(|conflict| conflict.place.field.label()).collect();
            both.dedup();
            let ask = if both.is_empty() {
                String::new()
            } else {
                format!(" You have both changed {}: {save} asks which holds.", both.join(", "))
            };
            news.push(format!("{environment} was changed in the file: {first}{more}.{ask}"));
        }
    }
    if !news.is_empty() {
        model.session.complain(news.join(" "));
    }
}

/// Takes the outcome of a save. Also after a failure the form goes on from what is in the file
/// by then, and keeps what was typed.
pub(super) fn on_saved(
    model: &mut Model,
    save: &EnvironmentSave,
    outcome: SaveOutcome,
) -> Vec<Effect> {
    let environment = save.environment;
    let SaveOutcome { deck, is_saved, has_token, problem } = outcome;
    let tab = &mut model.session.tabs[environment];
    tab.is_saving = false;
    if is_saved {
        tab.form.was_saved(&save.settings);
        if has_token {
            tab.form.accept_token(&save.token);
        }
        tab.refused = None;
        // Where two changes have met, what was before is no way back.
        let can_undo = tab.form.can_undo() && environment == model.session.environment;
        // Where letters are text, the key of undo is one.
        let undo = model.session.key(Context::Console, Action::Undo);
        let changes = differences(&save.baseline, &save.settings);
        let changed = match &changes[..] {
            [] => String::new(),
            [change] => format!(" {change}."),
            [change, more @ ..] => format!(" {change} and {} more.", more.len()),
        };
        model.session.say(if can_undo && !model.takes_text() {
            format!("{environment} saved.{changed} {undo} takes it back into the form.")
        } else {
            format!("{environment} saved.{changed}")
        });
    }
    if let Some(deck) = deck {
        if has_token && save.token != TokenChange::Keep {
            model.session.tabs[environment].form.was_stored(deck.tokens[environment].clone());
        }
        take_deck(model, *deck);
    }
    if let Some(problem) = problem {
        model.session.complain(problem);
    }
    Vec::new()
}

/// Shows what an edited text changes, and asks before it is put into force; for Production by its
/// name, as any other save.
pub(super) fn on_edited(model: &mut Model, edited: EditedText) -> Vec<Effect> {
    let mut lines = Vec::new();
    let mut rules = Vec::new();
    let mut changes_production = false;
    // Production first: it is what matters most, and must not stand below the edge.
    for environment in Environment::ALL.into_iter().rev() {
        let (old, new) =
            (&edited.old.environments[environment], &edited.new.environments[environment]);
        if old == new {
            continue;
        }
        changes_production |= environment == Environment::Production;
        if old.quota_rule() != new.quota_rule() {
            rules.push((environment, new.quota_rule()));
        }
        lines.push(format!("{environment} will change:"));
        lines.extend(differences(old, new).iter().map(|change| format!("- {change}")));
        let before = old.warnings(environment);
        let warnings = new.warnings(environment).into_iter();
        let is_new = |warning: &Warning| !before.contains(warning);
        lines.extend(
            warnings
                .filter(is_new)
                .map(|warning| format!("! {}: {}", warning.field.label(), warning.text)),
        );
    }
    let unnamed = unnamed_tokens(&edited.old, &edited.new);
    lines.extend(
        unnamed.into_iter().map(|it| format!("The stored token of {it} goes with the change.")),
    );
    let deck = edited.old.deck.differences(&edited.new.deck);
    lines.extend(deck.into_iter().map(|change| format!("- whole deck: {change}")));
    if lines.is_empty() {
        lines.push("No setting changes: only what surrounds them.".to_owned());
    }
    let edit = model.session.key(Context::Console, Action::EditConfig);
    let kept = edited.kept.display();
    let kept = format!("Not taken; what you have typed is in {kept}, and {edit} goes on with it.");
    model.session.kept_edit = Some(edited.kept.clone());
    let confirmed = Confirmed::Effect(Box::new(FileEffect::TakeEdited(Box::new(edited)).into()));
    let mut modal = ConfirmModal::new("Take the edited config", lines, confirmed).or_say(kept);
    if changes_production {
        modal = modal.with_word("production");
    }
    let is_ready = model.session.engine == EngineState::Ready;
    let what_if = |(environment, rule): (Environment, QuotaRule)| {
        let (ticket, effect) = model.session.ask(Question::WhatIf { environment, rule });
        modal.expect_news(ticket, format!("{environment}: "));
        effect
    };
    let effects = rules.into_iter().filter(|_| is_ready).map(what_if).collect();
    model.modals.open(Modal::Confirm(modal));
    effects
}
