//! `smsdeck verify`: check a code.

use std::io;
use std::process::ExitCode;

use serde_json::json;

use super::Invocation;
use super::arguments::VerifyOptions;
use super::failure::Failure;
use crate::domain::passcode::{Passcode, Verdict};
use crate::engine::CodeAttempt;

pub(super) async fn run(
    invocation: &Invocation,
    options: VerifyOptions,
) -> Result<ExitCode, Failure> {
    let environment = invocation.environment()?;
    let VerifyOptions { number, mut code, user } = options;
    if code == "-" {
        code.clear();
        io::stdin().read_line(&mut code)?;
    }
    let code = Passcode::parse(code.trim()).map_err(|error| Failure::usage(error.to_string()))?;
    let engine = invocation.engine().await?;
    let attempt = CodeAttempt { environment, number, user, code };
    let verdict = engine.by(&invocation.operator).verify(attempt).await?;
    let tries_left = match verdict {
        Verdict::Wrong { tries_left } => Some(tries_left),
        _ => None,
    };
    let object = json!({ "result": verdict.key(), "tries_left": tries_left });
    invocation.output.line(&verdict.to_string(), &object)?;
    Ok(match verdict {
        Verdict::Approved => ExitCode::SUCCESS,
        Verdict::Wrong { .. } | Verdict::Expired | Verdict::NoCode => ExitCode::FAILURE,
        Verdict::TriesUsedUp | Verdict::UserLocked => ExitCode::from(3),
    })
}
