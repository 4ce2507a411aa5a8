//! The versions of the config that were in force before: listed, and put back.

use std::process::ExitCode;

use super::change::{ensure_complete, preview, show_unverified};
use super::confirm::confirm;
use super::consent::Consent;
use super::failure::Failure;
use super::invocation::Invocation;
use super::show_changes::{changes, show};
use crate::config::{self, Version};
use crate::engine::{Checking, SettingsChange};
use crate::report::{self, InvalidConfig, Repaired};

/// `config history`: what was in force before, the newest first.
pub(super) fn history(invocation: &Invocation) -> Result<ExitCode, Failure> {
    let mut after = invocation.config_or_last_good();
    let mut any = false;
    for version in versions(invocation)? {
        // One that cannot be read any more is listed all the same.
        let before = config::load(&version.path).ok().flatten();
        let changed: Vec<String> = before
            .iter()
            .flat_map(|before| {
                let deck = before.deck.differences(&after.deck);
                changes(before, &after)
                    .flat_map(|(environment, changes)| {
                        changes.into_iter().map(move |change| format!("{environment}: {change}"))
                    })
                    .chain(deck.into_iter().map(|change| format!("Whole deck: {change}")))
                    .collect::<Vec<_>>()
            })
            .collect();
        let mut text = format!("{}  what was changed when it was replaced:", version.name);
        for change in &changed {
            text = format!("{text}\n  {change}");
        }
        let report = report::Version { version: &version.name, changed_then: &changed };
        invocation.output.line(&text, &report)?;
        any = true;
        if let Some(before) = before {
            after = before;
        }
    }
    if !any {
        invocation.output.text("No save yet, so there is no former version.")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn versions(invocation: &Invocation) -> Result<Vec<Version>, Failure> {
    let found = config::versions(invocation.deck.paths());
    found.map_err(|error| Failure::new("history", format!("cannot read the history: {error}")))
}

/// `config restore VERSION`: shows what it changes, asks, and puts it back. A version is the whole
/// file, so it concerns every environment.
pub(super) async fn restore(
    invocation: &Invocation,
    name: &str,
    consent: Consent,
    checking: Checking,
) -> Result<ExitCode, Failure> {
    if invocation.environment.is_some() {
        let words = "a version is the whole file, with all environments: leave --env out";
        return Err(Failure::usage(words.to_owned()));
    }
    let version = versions(invocation)?.into_iter().find(|version| version.name == name);
    let version = version.ok_or_else(|| {
        Failure::usage(format!("there is no version {name:?}: `smsdeck config history` has them"))
    })?;
    let shown = invocation.config_or_last_good();
    if let Err(error) = invocation.config() {
        let report = InvalidConfig { out_of_order: error.message() };
        let words = "config.ron is out of order; what changes is told from the last good version";
        invocation.output.line(words, &report)?;
    }
    let change = SettingsChange::Version { version, compared: Box::new(shown) };
    let (old, new) = change.preview(invocation.deck.paths())?;
    if consent.dry_run {
        return preview(invocation, &old, &new, None).await;
    }
    invocation.deck.may_change_settings(&invocation.operator)?;
    if !consent.yes {
        show(invocation, &old, &new, None, false)?;
        confirm("Put this version back?", false)?;
    }
    let deck = &invocation.deck;
    let changed = deck.change_settings(&invocation.operator, change, checking).await?;
    if changed.repaired {
        let words = "config.ron is in order again; what was there is beside it.";
        invocation.output.line(words, &Repaired { mended: true })?;
    }
    if consent.yes && (changed.old != changed.new || !changed.repaired) {
        show(invocation, &changed.old, &changed.new, None, false)?;
    }
    show_unverified(invocation, &changed)?;
    ensure_complete(&changed)
}
