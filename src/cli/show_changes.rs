//! Shows what a change of the settings changes, line by line.

use super::failure::Failure;
use super::invocation::Invocation;
use super::output::Output;
use crate::config::{self, Config};
use crate::domain::difference::{Difference, differences};
use crate::domain::environment::Environment;
use crate::domain::lost_senders::lost_senders;
use crate::domain::settings::{Field, Settings};
use crate::domain::warnings::Warning;
use crate::report::{self, ChangeWarning, DeckDifference, DryRun, NoChange, TokenChange};

/// The fields that differ, environment by environment.
pub(super) fn changes<'a>(
    old: &'a Config,
    new: &'a Config,
) -> impl Iterator<Item = (Environment, Vec<Difference>)> + 'a {
    let environments = old.environments.iter();
    environments
        .map(|(environment, old)| (environment, differences(old, &new.environments[environment])))
}

/// Shows what changes from one config to another, and what is risky about it; `token` is whose
/// token is stored too.
pub(super) fn show(
    invocation: &Invocation,
    old: &Config,
    new: &Config,
    token: Option<Environment>,
    dry_run: bool,
) -> Result<(), Failure> {
    let output = invocation.output;
    let mut is_same = token.is_none();
    for (environment, changes) in changes(old, new) {
        for change in &changes {
            is_same = false;
            let report = report::Difference::of(environment, change, dry_run);
            output.line(&format!("{environment}: {change}"), &report)?;
        }
        if !changes.is_empty() {
            show_warnings(output, environment, &new.environments[environment])?;
            show_lost_senders(output, environment, (old, new))?;
        }
    }
    for deck in &old.deck.differences(&new.deck) {
        is_same = false;
        output.line(&format!("Whole deck: {deck}"), &DeckDifference { deck, dry_run })?;
    }
    for environment in config::unnamed_tokens(old, new) {
        let report = TokenChange::removed(environment, dry_run);
        output.line(&format!("{environment}: the stored token {}.", report.token), &report)?;
    }
    if let Some(environment) = token {
        let report = TokenChange::stored(environment, dry_run);
        output.line(&format!("{environment}: the token {}.", report.token), &report)?;
    }
    if is_same {
        output.line("Nothing changes.", &NoChange { changed: false })?;
    } else if dry_run {
        output.line("Dry run: nothing was written.", &DryRun { dry_run })?;
    }
    Ok(())
}

/// Shows which countries get another sender, or none.
fn show_lost_senders(
    output: Output,
    environment: Environment,
    (old, new): (&Config, &Config),
) -> Result<(), Failure> {
    let grid = |config: &Config| config.environments[environment].from_numbers.clone();
    for sentence in &lost_senders(&grid(old), &grid(new)) {
        let field = Field::FromNumbers.label();
        let report = ChangeWarning { environment: environment.key(), field, warning: sentence };
        output.line(&format!("warning: {environment}: {sentence}"), &report)?;
    }
    Ok(())
}

fn show_warnings(
    output: Output,
    environment: Environment,
    settings: &Settings,
) -> Result<(), Failure> {
    for Warning { field, text } in &settings.warnings(environment) {
        let field = field.label();
        let report = ChangeWarning { environment: environment.key(), field, warning: text };
        output.line(&format!("warning: {environment}, {field}: {text}"), &report)?;
    }
    Ok(())
}
