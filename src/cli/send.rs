//! `smsdeck send`: request a code and follow it to its end.

use std::process::ExitCode;
use std::time::Duration;

use super::arguments::SendOptions;
use super::failure::Failure;
use super::invocation::Invocation;
use super::output::Output;
use super::standard_input::argument;
use crate::domain::environment::Environment;
use crate::domain::phone::{Accept, PhoneError};
use crate::domain::provider::ProviderKind;
use crate::engine::{CodeRequest, Engine, RequestError, Submission};
use crate::provider::{Capability, ErrorCode, can};
use crate::report::{HandsetMessage, SendEvent};
use crate::store::{Event, EventKind, EventQuery};

/// The exit code where the end of a code has not come in time.
const NO_RECEIPT: u8 = 4;

pub(super) async fn run(
    invocation: &Invocation,
    options: SendOptions,
) -> Result<ExitCode, Failure> {
    let environment = invocation.environment()?;
    let engine = invocation.engine().await?;
    let acting = engine.by(&invocation.operator);
    let SendOptions { number, user, from, allow_unknown, no_wait, timeout } = options;
    let number = argument(number)?;
    let request = CodeRequest {
        environment,
        number: number.clone(),
        user,
        accept: accept(allow_unknown),
        sender: from,
    };
    if !no_wait {
        // What earlier commands left unclear is looked after as long as this one waits.
        acting.take_over().await;
    }
    let code = match acting.request(request).await {
        Ok(submission) => {
            let followed = follow(invocation, engine, &submission, &number, no_wait);
            let wait = Duration::try_from(timeout).unwrap_or_default();
            tokio::time::timeout(wait, followed).await.unwrap_or_else(|_| {
                let words = format!(
                    "no receipt within {} s; the provider has the code, and the log will show its final status",
                    wait.as_secs()
                );
                Err(Failure::new("no_receipt", words).with_exit(NO_RECEIPT))
            })
        }
        Err(RequestError::Number(error @ PhoneError::Unknown(_))) => {
            Err(Failure::usage(format!("{error}; to send anyway, add --allow-unknown")))
        }
        Err(refused) => Err(refused.into()),
    };
    // Where no console is ever opened, someone has to. What fails now is done the next time.
    let _ = acting.prune(drop).await;
    // The next process may follow it at once; if that fails, a little later.
    let _ = engine.give_up().await;
    code
}

/// The numbers that an option lets through.
pub(super) const fn accept(allow_unknown: bool) -> Accept {
    if allow_unknown { Accept::Possible } else { Accept::Known }
}

/// Prints what becomes of a code, to its end unless no one wants to wait.
async fn follow(
    invocation: &Invocation,
    engine: &Engine,
    submission: &Submission,
    number: &str,
    no_wait: bool,
) -> Result<ExitCode, Failure> {
    let environment = invocation.environment()?;
    let provider = engine.settings(environment).provider.kind();
    let mut changes = engine.changes();
    // Another process may write the end, where this one was stopped for long. Without a watch,
    // that is seen a little later.
    let mut watch = engine.watch().ok();
    let mut shown = 0;
    loop {
        let story = engine.events(EventQuery::OfDelivery(submission.delivery)).await?;
        for event in story.iter().skip(shown) {
            let EventKind::Delivery(status) = event.kind else { continue };
            if status.is_final() {
                show_handset(invocation.output, engine, environment, number).await?;
            }
            show(invocation.output, provider, event)?;
            if status.is_final() {
                return Ok(if status.is_failure() { ExitCode::FAILURE } else { ExitCode::SUCCESS });
            }
        }
        shown = story.len();
        let unclear = !submission.status.is_with_provider();
        if no_wait || unclear {
            return Ok(if unclear { ExitCode::FAILURE } else { ExitCode::SUCCESS });
        }
        let written_elsewhere = async {
            match &mut watch {
                Some(watch) => watch.store.changed().await,
                None => std::future::pending().await,
            }
        };
        let changed = tokio::select! {
            changed = changes.changed() => changed,
            changed = written_elsewhere => changed,
        };
        if changed.is_err() {
            return Err(Failure::new("internal", "the engine stopped".to_owned()));
        }
    }
}

fn show(output: Output, provider: ProviderKind, event: &Event) -> Result<(), Failure> {
    let error = event.error_code.map(|code| ErrorCode::new(provider, code));
    let code = event.error_code.map(|code| format!("error {code} ")).unwrap_or_default();
    let detail = event.detail.as_deref().unwrap_or_default();
    let time = event.at.strftime("%H:%M:%SZ");
    let text = format!("{time} {:<11} {} {code}{detail}", event.kind.to_string(), event.recipient);
    let explained = error.map(|code| format!("\n{}", code.explanation()));
    let text = format!("{}{}", text.trim_end(), explained.unwrap_or_default());
    Ok(output.line(&text, &SendEvent::of(provider, event))?)
}

/// What the phone received, if the Sandbox plays it; nowhere else is a code ever shown.
async fn show_handset(
    output: Output,
    engine: &Engine,
    environment: Environment,
    number: &str,
) -> Result<(), Failure> {
    if !can(engine.settings(environment).provider.kind(), Capability::Handset) {
        return Ok(());
    }
    let received = engine.handset(environment, number).await?;
    if let Some(message) = received.last() {
        let report = HandsetMessage::new(&message.body);
        output.line(&format!("The phone received: {}", message.body), &report)?;
    }
    Ok(())
}
