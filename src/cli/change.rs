//! Changes of the settings from the command line: what changes is shown, and done unless it is a
//! dry run.

use std::process::ExitCode;

use super::consent::{Consent, ask_first};
use super::failure::Failure;
use super::invocation::Invocation;
use super::show_changes::show;
use crate::config::{self, Config};
use crate::domain::environment::Environment;
use crate::engine::{Changed, Checking, SettingsChange};
use crate::report::{UnverifiedCredentials, WhatIf};

/// Changes the settings, after asking where others will notice, or only shows what would change.
pub(super) async fn apply(
    invocation: &Invocation,
    consent: Consent,
    checking: Checking,
    change: SettingsChange,
) -> Result<ExitCode, Failure> {
    if consent.dry_run {
        let token = change.token_of();
        let (old, new) = change.preview(invocation.deck.paths())?;
        return preview(invocation, &old, &new, token).await;
    }
    let was_shown = ask_first(invocation, &change, consent)?;
    let deck = &invocation.deck;
    let changed = deck.change_settings(&invocation.operator, change, checking).await?;
    if was_shown {
        invocation.output.text("Saved.")?;
    } else {
        show(invocation, &changed.old, &changed.new, changed.token, false)?;
    }
    show_unverified(invocation, &changed)?;
    ensure_complete(&changed)
}

/// Says which credentials no account was asked about.
pub(super) fn show_unverified(invocation: &Invocation, changed: &Changed) -> Result<(), Failure> {
    for (environment, problem) in &changed.unverified {
        let text = format!("{environment}: saved unverified: {problem}");
        invocation.output.line(&text, &UnverifiedCredentials::of(*environment, problem))?;
    }
    Ok(())
}

/// Fails where the settings are saved, but not all that belongs to it is done.
pub(super) fn ensure_complete(changed: &Changed) -> Result<ExitCode, Failure> {
    let Changed { token_problem, leftover_token, not_audited, .. } = changed;
    let failed = |code, words: String| Err(Failure::new(code, words));
    if let Some(error) = token_problem {
        failed("secrets", format!("the settings are saved, but the token is not: {error}"))
    } else if let Some(error) = leftover_token {
        failed("secrets", format!("saved, but an unused token could not be removed: {error}"))
    } else if let Some(error) = not_audited {
        failed("audit", format!("saved, but it is not in the audit: {error}"))
    } else {
        Ok(ExitCode::SUCCESS)
    }
}

/// Shows what would change and what it would have meant. Writes nothing, so that a deck without a
/// store gets none by it.
pub(super) async fn preview(
    invocation: &Invocation,
    old: &Config,
    new: &Config,
    token: Option<Environment>,
) -> Result<ExitCode, Failure> {
    show(invocation, old, new, token, true)?;
    let paths = invocation.deck.paths();
    if config::store_path(paths, &old.deck).exists() && paths.secrets.exists() {
        what_if(invocation, old, new).await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What a changed rule would have meant in the last day.
async fn what_if(invocation: &Invocation, old: &Config, new: &Config) -> Result<(), Failure> {
    for (environment, before) in old.environments.iter() {
        let rule = new.environments[environment].quota_rule();
        if rule == before.quota_rule() {
            continue;
        }
        let found = invocation.engine_to_read().await?.what_if(environment, rule, drop).await?;
        let text = format!("{environment}: {}", found.sentences().join(" "));
        invocation.output.line(&text, &WhatIf::of(environment, &found))?;
    }
    Ok(())
}
