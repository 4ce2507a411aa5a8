//! `smsdeck quota`: who has used how many codes.

use std::process::ExitCode;

use serde_json::json;

use super::arguments::QuotaCommand;
use super::failure::Failure;
use super::{Desk, output};
use crate::domain::environment::Environment;
use crate::domain::passcode::MOST_WRONG_TRIES;
use crate::domain::quota::Quota;
use crate::domain::text::printable;
use crate::engine::{Engine, UnlockRequest};
use crate::store::{QuotaRow, Standing};

pub(super) async fn run(desk: &Desk, command: QuotaCommand) -> Result<ExitCode, Failure> {
    match command {
        QuotaCommand::List => list(desk).await,
        QuotaCommand::Show { user } => show_user(desk, &user).await,
        QuotaCommand::Unlock { user, reason, ticket } => unlock(desk, &user, reason, ticket).await,
    }
}

async fn list(desk: &Desk) -> Result<ExitCode, Failure> {
    let engine = desk.engine().await?;
    let wanted =
        |environment: &Environment| desk.environment.is_none_or(|only| only == *environment);
    for environment in Environment::ALL.into_iter().filter(wanted) {
        for row in engine.quota_rows(environment).await? {
            show(desk, &engine, environment, &row)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn show_user(desk: &Desk, typed: &str) -> Result<ExitCode, Failure> {
    let environment = desk.environment()?;
    let engine = desk.engine().await?;
    let rows = found(&engine, environment, typed).await?;
    for row in &rows {
        show(desk, &engine, environment, row)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Unlocks exactly one user: where a number belongs to several, the id must be told.
async fn unlock(
    desk: &Desk,
    typed: &str,
    reason: String,
    ticket: Option<String>,
) -> Result<ExitCode, Failure> {
    let environment = desk.environment()?;
    if reason.trim().is_empty() {
        return Err(Failure::usage("an unlock needs a reason: --reason TEXT".to_owned()));
    }
    let engine = desk.engine().await?;
    let mut rows = found(&engine, environment, typed).await?;
    if rows.len() > 1 {
        let count = rows.len();
        let words = format!("the number belongs to {count} users: name one by id");
        return Err(Failure::usage(words));
    }
    let Some(row) = rows.pop() else { return Ok(ExitCode::SUCCESS) };
    let ticket = ticket.map(|ticket| format!(" (ticket {})", ticket.trim())).unwrap_or_default();
    let reason = printable(&format!("{}{ticket}", reason.trim()), 300);
    let request = UnlockRequest { environment, user: row.user, number: row.number, reason };
    engine.unlock(request).await?;
    for row in engine.find_users(environment, typed).await? {
        show(desk, &engine, environment, &row)?;
    }
    if !desk.output.is_json() {
        desk.output.line("All codes are given back.", &json!(null))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn found(
    engine: &Engine,
    environment: Environment,
    typed: &str,
) -> Result<Vec<QuotaRow>, Failure> {
    let rows = engine.find_users(environment, typed).await?;
    if rows.is_empty() {
        let words = "no such user has codes that still matter: nothing is locked".to_owned();
        return Err(Failure::new("no_such_user", words));
    }
    Ok(rows)
}

fn show(
    desk: &Desk,
    engine: &Engine,
    environment: Environment,
    row: &QuotaRow,
) -> Result<(), Failure> {
    let allowed = engine.settings(environment).codes_allowed;
    let tries_used_up = row.wrong_in_a_row >= MOST_WRONG_TRIES;
    let standing = Standing { quota: row.quota, tries_used_up };
    let mut object = output::standing(standing, allowed);
    object["environment"] = json!(environment.key());
    object["user"] = json!(row.user.label);
    object["recipient"] = json!(row.number.label);
    let state = match row.quota {
        _ if tries_used_up => {
            format!("LOCKED  {} wrong tries: an operator must unlock", row.wrong_in_a_row)
        }
        Quota::Open { left, .. } => format!("open    {left} left"),
        Quota::Locked { unlock_at, .. } => format!("LOCKED  opens {}", output::moment(unlock_at)),
    };
    let used = format!("{} of {}", row.quota.used(), allowed.get());
    let text = format!(
        "{:<11} {:<20} {}  {used:<8} {state}",
        environment.name(),
        row.user.label,
        row.number.label
    );
    Ok(desk.output.line(&text, &object)?)
}
