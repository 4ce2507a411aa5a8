//! The command line: one command of the engine at a time, its results as text or JSON.
//!
//! Exit codes: 0 fine, 1 failed, 2 wrong usage or bad input, 3 refused by policy (quota,
//! routing, recipients); for `status` 0 ok, 1 warning, 2 critical.

mod arguments;
mod audit;
mod change;
mod check;
mod config;
mod confirm;
mod consent;
mod diff;
mod failure;
mod invocation;
mod log;
mod manual;
mod numbers;
mod on_call_arguments;
mod output;
mod prometheus;
mod quota;
mod route;
mod sandbox;
mod send;
mod set;
mod settings_arguments;
mod show_changes;
mod standard_input;
mod status;
mod status_failure;
mod store;
mod transfer;
mod verify;
mod versions;

use std::process::ExitCode;

use arguments::Command;

pub use arguments::{Arguments, ShowOptions};
pub use failure::Failure;
pub use invocation::{Invocation, KeysOfConsole};
pub use output::{Output, complain};
pub use status_failure::StatusFailure;

/// Runs a command to its end.
///
/// # Errors
/// When the command fails. Its results so far are on standard output.
pub fn run(command: Command, invocation: &Invocation) -> Result<ExitCode, Failure> {
    // One thread is enough to wait for one answer; the store has its own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let outcome = carry_out(command, invocation).await;
        invocation.deck.close().await;
        outcome
    })
}

async fn carry_out(command: Command, invocation: &Invocation) -> Result<ExitCode, Failure> {
    match command {
        Command::Send(options) => send::run(invocation, options).await,
        Command::Verify(options) => verify::run(invocation, options).await,
        Command::Route(options) => route::run(invocation, options).await,
        Command::Log(options) => log::run(invocation, options).await,
        Command::Status(options) => status::run(invocation, &options).await,
        Command::Quota(command) => quota::run(invocation, command).await,
        Command::Audit(command) => audit::run(invocation, &command).await,
        Command::Config(command) => config::run(invocation, command).await,
        Command::Numbers(command) => numbers::run(invocation, command).await,
        Command::Store { command } => store::run(invocation, command).await,
        Command::Sandbox(options) => sandbox::run(invocation, options).await,
        Command::Man => manual::print(),
        Command::Completions { shell } => Ok(manual::print_completions(shell)),
    }
}
