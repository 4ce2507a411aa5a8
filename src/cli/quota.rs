//! `smsdeck quota`: who has used how many codes.

use std::process::ExitCode;

use serde_json::json;

use super::arguments::QuotaCommand;
use super::failure::Failure;
use super::{Desk, output};
use crate::domain::environment::Environment;
use crate::domain::passcode::MOST_WRONG_TRIES;
use crate::domain::quota::Quota;
use crate::store::Standing;

pub(super) async fn run(desk: &Desk, command: &QuotaCommand) -> Result<ExitCode, Failure> {
    match command {
        QuotaCommand::List => list(desk).await,
    }
}

async fn list(desk: &Desk) -> Result<ExitCode, Failure> {
    let engine = desk.engine().await?;
    let wanted =
        |environment: &Environment| desk.environment.is_none_or(|only| only == *environment);
    for environment in Environment::ALL.into_iter().filter(wanted) {
        let allowed = engine.settings(environment).codes_allowed;
        for row in engine.quota_rows(environment).await? {
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
                Quota::Locked { unlock_at, .. } => {
                    format!("LOCKED  opens {}", output::moment(unlock_at))
                }
            };
            let used = format!("{} of {}", row.quota.used(), allowed.get());
            let text = format!(
                "{:<11} {:<20} {}  {used:<8} {state}",
                environment.name(),
                row.user.label,
                row.number.label
            );
            desk.output.line(&text, &object)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
