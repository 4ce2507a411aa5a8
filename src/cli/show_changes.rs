//! Shows what a change of the settings changes, line by line.

use serde_json::json;

use super::Invocation;
use super::failure::Failure;
use crate::config::{self, Config};
use crate::domain::difference::{Difference, differences};
use crate::domain::environment::Environment;

pub(super) fn changes<'a>(
    old: &'a Config,
    new: &'a Config,
) -> impl Iterator<Item = (Environment, Vec<Difference>)> + 'a {
    let environments = old.environments.iter();
    environments
        .map(|(environment, old)| (environment, differences(old, &new.environments[environment])))
}

pub(super) fn show(
    invocation: &Invocation,
    old: &Config,
    new: &Config,
    token: Option<Environment>,
    dry_run: bool,
) -> Result<(), Failure> {
    let mut is_same = token.is_none();
    for (environment, changes) in changes(old, new) {
        for change in changes {
            is_same = false;
            difference(invocation, environment, &change, dry_run)?;
        }
        let settings = &new.environments[environment];
        if *settings == old.environments[environment] {
            continue;
        }
        for warning in settings.warnings(environment) {
            let (field, text) = (warning.field.label(), &warning.text);
            let object =
                json!({ "environment": environment.key(), "field": field, "warning": text });
            invocation.output.line(&format!("warning: {environment}, {field}: {text}"), &object)?;
        }
    }
    for change in old.deck.differences(&new.deck) {
        is_same = false;
        let object = json!({ "deck": change, "dry_run": dry_run });
        invocation.output.line(&format!("Whole deck: {change}"), &object)?;
    }
    for environment in config::unnamed_tokens(old, new) {
        let removed = if dry_run { "would be removed" } else { "is removed" };
        let object = json!({ "environment": environment.key(), "token": removed });
        invocation.output.line(&format!("{environment}: the stored token {removed}."), &object)?;
    }
    if let Some(environment) = token {
        let stored = if dry_run { "would be stored" } else { "is stored" };
        let object = json!({ "environment": environment.key(), "token": stored });
        invocation.output.line(&format!("{environment}: the token {stored}."), &object)?;
    }
    if is_same {
        invocation.output.line("Nothing changes.", &json!({ "changed": false }))?;
    } else if dry_run {
        invocation.output.line("Nothing was written: --dry-run.", &json!({ "dry_run": true }))?;
    }
    Ok(())
}

fn difference(
    invocation: &Invocation,
    environment: Environment,
    change: &Difference,
    dry_run: bool,
) -> Result<(), Failure> {
    let object = json!({
        "environment": environment.key(),
        "field": change.field.key(),
        "label": change.field.label(),
        "old": change.old,
        "new": change.new,
        "dry_run": dry_run,
    });
    Ok(invocation.output.line(&format!("{environment}: {change}"), &object)?)
}
