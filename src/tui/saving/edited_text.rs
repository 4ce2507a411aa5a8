//! A config that was edited as a text, before it is put into force.

use crate::config::{Config, below_home, unnamed_tokens};
use crate::domain::difference::differences;
use crate::domain::environment::Environment;
use crate::domain::quota::QuotaRule;
use crate::domain::settings::Settings;
use crate::domain::warnings::Warning;
use crate::engine::Checking;
use crate::tui::editor::EditedText;
use crate::tui::effect::{Effect, FileEffect};
use crate::tui::keymap::{Action, Context};
use crate::tui::lifecycle::EngineState;
use crate::tui::modal::Modal;
use crate::tui::modal::confirm::{ConfirmModal, Confirmed, warning_line};
use crate::tui::model::Model;
use crate::tui::question::Question;
use crate::tui::theme::Theme;

/// Shows what an edited text changes, and asks before it is put into force; for Production by its
/// name, as any other save.
pub fn on_edited(model: &mut Model, edited: EditedText) -> Vec<Effect> {
    let (lines, rules) = (lines(model.session.theme, &edited), changed_rules(&edited));
    let changes_production =
        edited.old.environments.production != edited.new.environments.production;
    let edit = model.session.key(Context::Console, Action::EditConfig);
    let kept = below_home(&edited.kept);
    let kept = format!("Not applied; your text is in {kept}, and {edit} reopens it.");
    model.session.kept_edit = Some(edited.kept.clone());
    let confirmed = Confirmed::Effect(Box::new(take_edited(edited, Checking::Required)));
    let mut modal = ConfirmModal::new("Apply the edited config", lines, confirmed).or_say(kept);
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

fn take_edited(edited: EditedText, checking: Checking) -> Effect {
    FileEffect::TakeEdited(Box::new(edited), checking).into()
}

/// Asks whether a text is taken although no account could be asked about its credentials.
pub fn on_unchecked_text(model: &mut Model, edited: EditedText, reason: &str) -> Vec<Effect> {
    let confirmed = Confirmed::Effect(Box::new(take_edited(edited, Checking::Waived)));
    ask_without_check(model, reason, confirmed);
    Vec::new()
}

/// Asks whether credentials are saved that no account could be asked about.
pub(super) fn ask_without_check(model: &mut Model, reason: &str, confirmed: Confirmed) {
    let lines = vec![
        format!("{reason}."),
        "They stay unverified until the account accepts them.".to_owned(),
    ];
    let modal = ConfirmModal::new("Save without checking?", lines, confirmed)
        .or_say("Nothing was saved.".to_owned());
    model.modals.open(Modal::Confirm(modal));
}

/// The rules of the quota that an edited text changes, Production first.
fn changed_rules(edited: &EditedText) -> Vec<(Environment, QuotaRule)> {
    let rules = Environment::ALL.into_iter().rev().map(|environment| {
        let rule = |config: &Config| config.environments[environment].quota_rule();
        (environment, rule(&edited.old), rule(&edited.new))
    });
    rules.filter(|(_, old, new)| old != new).map(|(it, _, new)| (it, new)).collect()
}

/// What an edited text changes, and what is risky about it.
fn lines(theme: Theme, edited: &EditedText) -> Vec<String> {
    let (old, new) = (&edited.old, &edited.new);
    // Production first: it is what matters most, and must not stand below the edge.
    let environments = Environment::ALL.into_iter().rev();
    let mut lines: Vec<String> = environments
        .flat_map(|it| lines_of(theme, it, &old.environments[it], &new.environments[it]))
        .collect();
    let unnamed = unnamed_tokens(old, new).into_iter();
    lines.extend(unnamed.map(|it| format!("This removes the stored token of {it}.")));
    let deck = old.deck.differences(&new.deck);
    lines.extend(deck.into_iter().map(|change| format!("- whole deck: {change}")));
    if lines.is_empty() {
        lines.push("No setting changes, only comments or layout.".to_owned());
    }
    lines
}

/// What changes in one environment, and what becomes risky there.
fn lines_of(theme: Theme, environment: Environment, old: &Settings, new: &Settings) -> Vec<String> {
    if old == new {
        return Vec::new();
    }
    let mut lines = vec![format!("Changes to {environment}:")];
    lines.extend(differences(old, new).iter().map(|change| format!("- {change}")));
    let before = old.warnings(environment);
    let is_new = |warning: &Warning| !before.contains(warning);
    let warnings = new.warnings(environment).into_iter().filter(is_new);
    lines.extend(warnings.map(|warning| warning_line(theme, &warning)));
    lines
}
