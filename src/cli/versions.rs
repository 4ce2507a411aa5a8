//! The versions of the config that were in force before: listed, and put back.

use std::process::ExitCode;

use super::change::{apply, ensure_complete, preview, show_unverified};
use super::confirm::confirm;
use super::consent::Consent;
use super::failure::Failure;
use super::invocation::Invocation;
use super::show_changes::{changes, show};
use crate::config::{self, Version};
use crate::domain::environment::Environment;
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
        let mut text = format!("{}  replaced by a save that changed:", version.name);
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
        invocation.output.text("No saves yet, so there are no earlier versions.")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn versions(invocation: &Invocation) -> Result<Vec<Version>, Failure> {
    let found = config::versions(invocation.deck.paths());
    found.map_err(|error| Failure::new("history", format!("cannot read the history: {error}")))
}

/// `config restore VERSION`: shows what it changes, asks, and restores the whole file, or what one
/// environment had in it.
pub(super) async fn restore(
    invocation: &Invocation,
    (name, fields): (&str, &[String]),
    consent: Consent,
    checking: Checking,
) -> Result<ExitCode, Failure> {
    let version = versions(invocation)?.into_iter().find(|version| version.name == name);
    let version = version.ok_or_else(|| {
        Failure::usage(format!("no version is named {name:?}; `smsdeck config history` lists them"))
    })?;
    match invocation.environment {
        Some(environment) => {
            let change = part_of(&version, environment, fields)?;
            apply(invocation, consent, checking, change).await
        }
        None if !fields.is_empty() => {
            Err(Failure::usage("--fields needs --env: the environment to restore".to_owned()))
        }
        None => restore_all(invocation, version, consent, checking).await,
    }
}

/// The change that restores what one environment had in a version, or only some fields of it.
fn part_of(
    version: &Version,
    environment: Environment,
    fields: &[String],
) -> Result<SettingsChange, Failure> {
    let former = config::load(&version.path)?.ok_or_else(|| {
        Failure::usage(format!("version {:?} was deleted meanwhile", version.name))
    })?;
    let fields = fields.to_vec();
    Ok(SettingsChange::edit(Some(environment), None, move |config| {
        if fields.is_empty() {
            config.environments[environment] = former.environments[environment].clone();
        } else {
            *config = config::copied(config, (&former, environment), environment, &fields)?;
        }
        Ok(())
    }))
}

async fn restore_all(
    invocation: &Invocation,
    version: Version,
    consent: Consent,
    checking: Checking,
) -> Result<ExitCode, Failure> {
    let shown = invocation.config_or_last_good();
    if let Err(error) = invocation.config() {
        let report = InvalidConfig { out_of_order: error.message() };
        let words = "config.ron is invalid; changes are shown against the last valid version";
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
        confirm("Restore this version?", false)?;
    }
    let deck = &invocation.deck;
    let changed = deck.change_settings(&invocation.operator, change, checking).await?;
    if changed.repaired {
        let words = "Repaired config.ron; the invalid file is kept beside it.";
        invocation.output.line(words, &Repaired { mended: true })?;
    }
    if consent.yes && (changed.old != changed.new || !changed.repaired) {
        show(invocation, &changed.old, &changed.new, None, false)?;
    }
    show_unverified(invocation, &changed)?;
    ensure_complete(&changed)
}
