//! `smsdeck audit`: who did what, and whether the record is whole.

use std::process::ExitCode;

use jiff::SignedDuration;

use super::arguments::{AuditCommand, AuditListOptions};
use super::failure::Failure;
use super::invocation::Invocation;
use crate::domain::environment::Environment;
use crate::report::{AuditEntry, Moment, WholeAudit};
use crate::store;

/// Rows read at a time.
const AT_ONCE: usize = 1_000;

pub(super) async fn run(
    invocation: &Invocation,
    command: &AuditCommand,
) -> Result<ExitCode, Failure> {
    match command {
        AuditCommand::List(options) => list(invocation, options).await,
        AuditCommand::Verify => verify(invocation).await,
    }
}

async fn list(invocation: &Invocation, options: &AuditListOptions) -> Result<ExitCode, Failure> {
    let engine = invocation.engine_to_read().await?;
    let ago = |span: SignedDuration| engine.now() - span;
    let (since, until) = (options.since.map(ago), options.until.map(ago));
    let fits = |entry: &store::AuditEntry| {
        invocation.environment.is_none_or(|only| entry.environment == Some(only))
            && since.is_none_or(|since| entry.at >= since)
            && until.is_none_or(|until| entry.at < until)
            && options.user.as_ref().is_none_or(|user| entry.operator.contains(user.as_str()))
            && options.action.is_none_or(|action| entry.action == action)
    };
    let mut from = 1;
    loop {
        let rows = engine.audit_rows(from, AT_ONCE).await?;
        for row in &rows {
            let entry = &row.entry;
            if !fits(entry) {
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
            let text = format!("The audit is intact: {rows} rows.");
            invocation.output.line(&text, &WholeAudit::of(rows))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => Err(Failure::new("audit_broken", format!("the audit is broken: {broken}"))),
    }
}
