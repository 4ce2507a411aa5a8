//! `smsdeck log`: what happened to the codes, as lines or JSON; with `--follow` as it happens.

use std::process::ExitCode;

use serde_json::json;

use super::Desk;
use super::arguments::LogOptions;
use super::failure::Failure;
use super::output::{self, Output};
use crate::domain::environment::Environment;
use crate::engine::Engine;
use crate::store::{Event, EventId};

/// Events read at once.
const AT_ONCE: usize = 1_000;

pub(super) async fn run(desk: &Desk, options: LogOptions) -> Result<ExitCode, Failure> {
    let engine = desk.engine().await?;
    let since = options.since.map(|span| engine.now() - span);
    let fits = |event: &Event| {
        desk.environment.is_none_or(|only| only == event.environment)
            && options.status.is_none_or(|status| status == event.kind)
            && options.user.as_ref().is_none_or(|user| *user == event.user)
            && since.is_none_or(|since| event.at >= since)
    };
    let mut seen = EventId(0);
    let mut earlier = Vec::new();
    for environment in Environment::ALL {
        earlier.extend(engine.latest_events(environment, options.lines).await?);
    }
    earlier.sort_by_key(|event| event.id);
    for event in &earlier {
        seen = seen.max(event.id);
        if fits(event) {
            show(desk.output, event)?;
        }
    }
    if options.follow {
        follow(desk, &engine, seen, fits).await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows what happens from now on, whichever process does it. Sleeps while nothing does.
async fn follow(
    desk: &Desk,
    engine: &Engine,
    mut seen: EventId,
    fits: impl Fn(&Event) -> bool,
) -> Result<(), Failure> {
    let unwatched = |error| Failure::new("watch", format!("the store cannot be watched: {error}"));
    let mut watch = engine.watch().map_err(unwatched)?;
    loop {
        for event in engine.events_after(seen, AT_ONCE).await? {
            seen = event.id;
            if fits(&event) {
                show(desk.output, &event)?;
            }
        }
        if watch.store.changed().await.is_err() {
            return Ok(());
        }
    }
}

fn show(output: Output, event: &Event) -> Result<(), Failure> {
    let object = json!({
        "at": output::moment(event.at),
        "id": event.delivery.map(|delivery| delivery.0),
        "environment": event.environment.key(),
        "user": event.user,
        "recipient": event.recipient,
        "status": event.kind.key(),
        "sid": event.sid,
        "error_code": event.error_code,
        "request_id": event.request_id,
        "detail": event.detail,
    });
    let code = event.error_code.map(|code| format!("error {code} ")).unwrap_or_default();
    let user = if event.user == event.recipient { "" } else { event.user.as_str() };
    let text = format!(
        "{} {:<11} {:<11} {:<17} {user:<12} {code}{}",
        output::moment(event.at),
        event.environment.name(),
        event.kind.to_string(),
        event.recipient,
        event.detail.as_deref().unwrap_or_default()
    );
    Ok(output.line(text.trim_end(), &object)?)
}
