//! `smsdeck config diff`: what differs between two environments.

use std::process::ExitCode;

use serde_json::json;

use super::Invocation;
use super::failure::Failure;
use crate::domain::difference::{Difference, differences, is_drift};
use crate::domain::environment::{Environment, PerEnvironment};

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
        let object = json!({
            "field": change.field.key(),
            "label": change.field.label(),
            a.key(): change.old,
            b.key(): change.new,
            "drift": is_drift,
        });
        let mark = if is_drift { "  (drift: in Production only)" } else { "" };
        let Difference { field, old, new, .. } = change;
        let text = format!("{}: {a} {old} | {b} {new}{mark}", field.label());
        invocation.output.line(&text, &object)?;
    }
    if found.is_empty() && !invocation.output.is_json() {
        invocation.output.line(&format!("{a} and {b} are the same."), &json!(null))?;
    }
    Ok(ExitCode::SUCCESS)
}
