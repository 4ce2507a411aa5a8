//! `smsdeck audit`: who did what, and whether the record is whole.

use std::process::ExitCode;

use super::arguments::AuditCommand;
use super::failure::Failure;
use super::invocation::Invocation;
use crate::domain::environment::Environment;
use crate::report::{AuditEntry, Moment, WholeAudit};

/// Rows read at a time.
const AT_ONCE: usize = 1_000;

pub(super) async fn run(
    invocation: &Invocation,
    command: &AuditCommand,
) -> Result<ExitCode, Failure> {
    match command {
        AuditCommand::List => list(invocation).await,
        AuditCommand::Verify => verify(invocation).await,
    }
}

async fn list(invocation: &Invocation) -> Result<ExitCode, Failure> {
    let engine = invocation.engine_to_read().await?;
    let mut from = 1;
    loop {
        let rows = engine.audit_rows(from, AT_ONCE).await?;
        for row in &rows {
            let entry = &row.entry;
            if invocation.environment.is_some_and(|only| entry.environment != Some(only)) {
                continue;
            }
            let text = format!(
                "{} {:<11} {:<11} {}: {}",
                Moment(entry.at),
                entry.environment.map_or("", Environment::name),
                entry.action.key(),
                entry.operator,
                entry.detail
            );
            invocation.output.line(&text, &AuditEntry::from(row))?;
        }
        match rows.last() {
            Some(last) if rows.len() == AT_ONCE => from = last.id + 1,
            _ => return Ok(ExitCode::SUCCESS),
        }
    }
}

async fn verify(invocation: &Invocation) -> Result<ExitCode, Failure> {
    match invocation.engine_to_read().await?.verify_audit().await? {
        Ok(rows) => {
            let text = format!("The audit is whole: {rows} rows.");
            invocation.output.line(&text, &WholeAudit::of(rows))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => Err(Failure::new("audit_broken", format!("the audit is broken: {broken}"))),
    }
}
