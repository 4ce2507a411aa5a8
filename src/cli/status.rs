//! `smsdeck status`: how each environment fares, for people and for monitoring.

use std::process::ExitCode;

use serde_json::json;

use super::failure::Failure;
use super::{Desk, output};
use crate::domain::environment::Environment;
use crate::engine::{Finding, Severity, Status};
use crate::provider::twilio::advice;

/// The worst finding is the exit code: 0 fine, 1 warning, 2 critical.
pub(super) async fn run(desk: &Desk) -> Result<ExitCode, Failure> {
    let engine = desk.engine().await?;
    let wanted =
        |environment: &Environment| desk.environment.is_none_or(|only| only == *environment);
    let mut worst = Severity::Fine;
    for environment in Environment::ALL.into_iter().filter(wanted) {
        let status = engine.status(environment).await?;
        worst = worst.max(status.severity());
        let mut text = summary(environment, &status);
        for finding in &status.findings {
            let explanation = finding.explanation().map(|words| format!(". {words}"));
            let explanation = explanation.unwrap_or_default();
            let severity = match finding.severity {
                Severity::Fine => "note",
                severity => severity.key(),
            };
            text = format!("{text}\n  {severity:<9}{}{explanation}", finding.text);
        }
        let object = json!({
            "environment": environment.key(),
            "status": status.severity().key(),
            "set_up": status.is_set_up,
            "locked": status.locked,
            "codes_last_hour": status.health.codes,
            "last_delivered": status.health.last_delivered.map(output::moment),
            "oldest_open": status.health.oldest_open.map(output::moment),
            "findings": status.findings.iter().map(object).collect::<Vec<_>>(),
        });
        desk.output.line(&text, &object)?;
    }
    Ok(match worst {
        Severity::Fine => ExitCode::SUCCESS,
        Severity::Warning => ExitCode::from(1),
        Severity::Critical => ExitCode::from(2),
    })
}

fn summary(environment: Environment, status: &Status) -> String {
    let Status { is_set_up, health, locked, .. } = status;
    if !is_set_up {
        return format!("{:<12} not set up", environment.name());
    }
    let delivered = health.last_delivered.map_or_else(
        || "none delivered yet".to_owned(),
        |at| format!("last delivered {}", output::moment(at)),
    );
    format!(
        "{:<12} {:<8} codes in an hour: {}, {delivered}, locked users: {locked}",
        environment.name(),
        status.severity().key(),
        health.codes
    )
}

fn object(finding: &Finding) -> serde_json::Value {
    let known = finding.error_code.and_then(advice);
    json!({
        "severity": finding.severity.key(),
        "text": finding.text,
        "error_code": finding.error_code,
        "class": known.map(|known| known.class.key()),
        "cause": known.map(|known| known.cause),
        "advice": known.map(|known| known.advice),
    })
}
