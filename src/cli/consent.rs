//! What a change of the settings wants to be asked for first: what others will notice.

use clap::Args;

use super::confirm::{confirm, confirm_by_word};
use super::failure::Failure;
use super::invocation::Invocation;
use super::show_changes::show;
use crate::config::{self, Config};
use crate::domain::environment::Environment;
use crate::domain::lost_senders::lost_senders;
use crate::engine::SettingsChange;

/// What the operator who changes settings has agreed to beforehand.
#[derive(Debug, Clone, Copy, Args)]
pub struct Consent {
    /// Do not ask for confirmation. Otherwise a change is confirmed if it affects Production, a
    /// country's sender or the quota rule, or adds a warning.
    #[arg(long)]
    pub yes: bool,
    /// Show what would change, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Asks before a change that others will notice. Returns whether the change was shown for it.
///
/// # Errors
/// When the answer is a no, nobody can be asked, or the change is invalid.
pub(super) fn ask_first(
    invocation: &Invocation,
    change: &SettingsChange,
    consent: Consent,
) -> Result<bool, Failure> {
    if consent.yes {
        return Ok(false);
    }
    let (old, new) = change.preview(invocation.deck.paths())?;
    let production = |config: &Config| config.environments.production.clone();
    let is_production =
        production(&old) != production(&new) || change.token_of() == Some(Environment::Production);
    if !is_production && !is_noticed(&old, &new) {
        return Ok(false);
    }
    invocation.deck.may_change_settings(&invocation.operator)?;
    show(invocation, &old, &new, change.token_of(), false)?;
    if is_production {
        confirm_by_word("This changes Production.", "production", false)?;
    } else {
        confirm("Change it?", false)?;
    }
    Ok(true)
}

/// Whether a change outside of Production is one that somebody will notice.
fn is_noticed(old: &Config, new: &Config) -> bool {
    let changes = old.environments.iter().any(|(environment, before)| {
        let after = &new.environments[environment];
        let known = before.warnings(environment);
        before.quota_rule() != after.quota_rule()
            || !lost_senders(&before.from_numbers, &after.from_numbers).is_empty()
            || after.warnings(environment).iter().any(|warning| !known.contains(warning))
    });
    changes || !config::unnamed_tokens(old, new).is_empty()
}
