//! `smsdeck verify`: check a code.

use std::process::ExitCode;

use super::arguments::VerifyOptions;
use super::failure::Failure;
use super::invocation::Invocation;
use super::standard_input::{argument, first_line};
use crate::domain::passcode::{Passcode, Verdict};
use crate::engine::CodeAttempt;
use crate::report;

pub(super) async fn run(
    invocation: &Invocation,
    options: VerifyOptions,
) -> Result<ExitCode, Failure> {
    let environment = invocation.environment()?;
    let VerifyOptions { number, mut code, user } = options;
    let number = argument(number)?;
    if code == "-" {
        code = first_line()?.to_string();
    }
    let code = Passcode::parse(code.trim()).map_err(|error| Failure::usage(error.to_string()))?;
    let engine = invocation.engine().await?;
    let attempt = CodeAttempt { environment, number, user, code };
    let verified = engine.by(&invocation.operator).verify(attempt).await?;
    invocation.output.line(&verified.to_string(), &report::Verdict::from(&verified))?;
    Ok(match verified.verdict {
        Verdict::Approved => ExitCode::SUCCESS,
        Verdict::Wrong { .. } | Verdict::Expired | Verdict::NoCode => ExitCode::FAILURE,
        Verdict::NeedsUser | Verdict::TriesUsedUp | Verdict::UserLocked => ExitCode::from(3),
    })
}
