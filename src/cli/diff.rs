//! `smsdeck config diff`: what differs between two environments.

use std::process::ExitCode;

use super::failure::Failure;
use super::invocation::Invocation;
use crate::domain::difference::{Difference, differences, is_drift};
use crate::domain::environment::{Environment, PerEnvironment};
use crate::report::DifferenceBetween;

/// `config diff A B`: what differs, and what was changed in Production alone.
pub(super) fn diff(
    invocation: &Invocation,
    a: Environment,
    b: Environment,
) -> Result<ExitCode, Failure> {
    let config = invocation.config()?;
    let found = differences(&config.environments[a], &config.environments[b]);
    let all = PerEnvironment::from_fn(|environment| &config.environments[environment]);
    for change in &found {
        let is_drift = [a, b].contains(&Environment::Production) && is_drift(change, &all);
        let report = DifferenceBetween::of((a, b), change, is_drift);
        let mark = if is_drift { "  (drift: only Production differs)" } else { "" };
        let Difference { field, old, new, .. } = change;
        let text = format!("{}: {a} {old} | {b} {new}{mark}", field.label());
        invocation.output.line(&text, &report)?;
    }
    if found.is_empty() {
        invocation.output.text(&format!("{a} and {b} do not differ."))?;
    }
    Ok(ExitCode::SUCCESS)
}
