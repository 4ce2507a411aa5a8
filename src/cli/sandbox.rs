//! `smsdeck sandbox`: the Twilio-compatible server alone, for other programs on this machine.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use super::arguments::SandboxOptions;
use super::failure::Failure;
use super::invocation::Invocation;
use crate::provider::Sandbox;
use crate::provider::sandbox::{ACCOUNT_SID, AUTH_TOKEN};
use crate::report::SandboxServer;

pub(super) async fn run(
    invocation: &Invocation,
    options: SandboxOptions,
) -> Result<ExitCode, Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let sandbox = Sandbox::start(options.listen).await?;
    let url = sandbox.base_url().as_str().trim_end_matches('/');
    let text = format!("Sandbox at {url}\nAccount SID {ACCOUNT_SID}\nAuth token  {AUTH_TOKEN}");
    let report = SandboxServer { url, account_sid: ACCOUNT_SID, auth_token: AUTH_TOKEN };
    invocation.output.line(&text, &report)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = sandbox.finished() => {}
    }
    Ok(ExitCode::SUCCESS)
}
