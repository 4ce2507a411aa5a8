//! `smsdeck quota`: who has used how many codes.

use std::process::ExitCode;

use super::arguments::QuotaCommand;
use super::failure::Failure;
use super::invocation::Invocation;
use super::standard_input::argument;
use crate::domain::environment::Environment;
use crate::domain::passcode::MAX_WRONG_TRIES;
use crate::domain::quota::Quota;
use crate::engine::{Engine, UnlockRequest};
use crate::report::{Given, Moment, UserQuota};
use crate::store::{QuotaRow, Remedy};

pub(super) async fn run(
    invocation: &Invocation,
    command: QuotaCommand,
) -> Result<ExitCode, Failure> {
    match command {
        QuotaCommand::List { locked } => list(invocation, locked).await,
        QuotaCommand::Show { user } => show_user(invocation, &argument(user)?).await,
        QuotaCommand::Unlock { user, reason, ticket, wrong_tries } => {
            let remedy = if wrong_tries { Remedy::WrongTries } else { Remedy::AllCodes };
            apply_remedy(invocation, &argument(user)?, remedy, &reason, ticket).await
        }
        QuotaCommand::GiveBack { user, reason, ticket } => {
            apply_remedy(invocation, &argument(user)?, Remedy::OneCode, &reason, ticket).await
        }
    }
}

async fn list(invocation: &Invocation, only_locked: bool) -> Result<ExitCode, Failure> {
    let engine = invocation.engine_to_read().await?;
    for environment in invocation.environments() {
        let rows = engine.quota_rows(environment).await?;
        for row in rows.into_iter().filter(|row| !only_locked || row.is_locked()) {
            show(invocation, engine, environment, &row)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn show_user(invocation: &Invocation, typed: &str) -> Result<ExitCode, Failure> {
    let environment = invocation.environment()?;
    let engine = invocation.engine_to_read().await?;
    let rows = users_named(engine, environment, typed).await?;
    for row in &rows {
        show(invocation, engine, environment, row)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Helps exactly one user: a number that belongs to several does not say which one.
async fn apply_remedy(
    invocation: &Invocation,
    typed: &str,
    remedy: Remedy,
    reason: &str,
    ticket: Option<String>,
) -> Result<ExitCode, Failure> {
    let environment = invocation.environment()?;
    if reason.trim().is_empty() {
        return Err(Failure::usage("a reason is required: --reason TEXT".to_owned()));
    }
    let engine = invocation.engine().await?;
    let mut rows = users_named(engine, environment, typed).await?;
    if rows.len() > 1 {
        let count = rows.len();
        let words = format!("{count} users share this number; name one by ID");
        return Err(Failure::usage(words));
    }
    let Some(row) = rows.pop() else { return Ok(ExitCode::SUCCESS) };
    if row.wrong_in_a_row >= MAX_WRONG_TRIES && remedy != Remedy::WrongTries {
        let tries = row.wrong_in_a_row;
        let words = format!(
            "{tries} wrong tries in a row lock this user, so giving codes back does not help. Someone may be guessing: verify who is asking, then add --wrong-tries to `quota unlock`"
        );
        return Err(Failure::refused("user_locked", words));
    }
    let (user, number) = (row.user, row.number);
    let request =
        UnlockRequest { environment, user, number, remedy, reason: reason.to_owned(), ticket };
    if !engine.by(&invocation.operator).unlock(request).await? {
        let words = match remedy {
            Remedy::WrongTries => "this user has no wrong tries",
            Remedy::OneCode => "one code back would not help; unlock the user instead",
            Remedy::AllCodes => "this user has no codes to give back",
        };
        return Err(Failure::new("nothing_to_give", words.to_owned()));
    }
    for row in engine.find_users(environment, typed).await? {
        show(invocation, engine, environment, &row)?;
    }
    let words = match remedy {
        Remedy::AllCodes => "Gave all codes back.",
        Remedy::OneCode => "Gave one code back.",
        Remedy::WrongTries => "Wrong tries cleared.",
    };
    invocation.output.line(words, &Given::from(remedy))?;
    Ok(ExitCode::SUCCESS)
}

async fn users_named(
    engine: &Engine,
    environment: Environment,
    typed: &str,
) -> Result<Vec<QuotaRow>, Failure> {
    let rows = engine.find_users(environment, typed).await?;
    if rows.is_empty() {
        if typed.contains(['*', '%', '?', '•', '…']) {
            let words = "patterns are not supported; name one user, by ID or whole number";
            return Err(Failure::new("no_such_user", words.to_owned()));
        }
        let words = format!(
            "no user with this ID or whole number has requested a code in {environment}; partial or masked numbers do not match"
        );
        return Err(Failure::new("no_such_user", words));
    }
    Ok(rows)
}

fn show(
    invocation: &Invocation,
    engine: &Engine,
    environment: Environment,
    row: &QuotaRow,
) -> Result<(), Failure> {
    let allowed = engine.settings(environment).codes_allowed;
    let tries_used_up = row.wrong_in_a_row >= MAX_WRONG_TRIES;
    let state = match row.quota {
        _ if tries_used_up => {
            format!("LOCKED  {} wrong tries: quota unlock --wrong-tries", row.wrong_in_a_row)
        }
        Quota::Open { left, .. } => format!("open    {left} left"),
        Quota::Locked { unlock_at, .. } => format!("LOCKED  opens {}", Moment(unlock_at)),
    };
    let used = format!("{} of {}", row.quota.used(), allowed.get());
    let text = format!(
        "{:<11} {:<20} {}  {used:<8} {state}",
        environment.name(),
        row.user.label,
        row.number.label
    );
    Ok(invocation.output.line(&text, &UserQuota::of(environment, row, allowed))?)
}
