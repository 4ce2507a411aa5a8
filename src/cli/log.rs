//! `smsdeck log`: what happened to the codes, as lines or JSON; with `--follow` as it happens.

use std::process::ExitCode;
use std::time::Duration;

use jiff::SignedDuration;

use super::arguments::LogOptions;
use super::failure::Failure;
use super::invocation::Invocation;
use super::output::{Output, complain};
use crate::domain::environment::Environment;
use crate::engine::Engine;
use crate::report::{LogEvent, Moment};
use crate::store::{Cursor, Event, EventFilter, Position};

/// How long to wait between two looks for a store that was not made yet.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn run(invocation: &Invocation, options: LogOptions) -> Result<ExitCode, Failure> {
    if options.follow {
        let config = invocation.config()?;
        while invocation.deck.has_no_store_yet(&config) {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
    let engine = invocation.engine_to_read().await?;
    let filter = filter(invocation, &options, engine);
    let start = filter.since.map_or(Position::Start, Position::Since);
    let start = engine.cursor(start).await?;
    let end = engine.cursor(Position::End).await?;
    show_last(invocation.output, engine, &filter, (start, end), options.lines).await?;
    if options.follow {
        follow(invocation, engine, end, &filter).await?;
    }
    Ok(ExitCode::SUCCESS)
}

fn filter(invocation: &Invocation, options: &LogOptions, engine: &Engine) -> EventFilter {
    let ago = |span: SignedDuration| engine.now() - span;
    let keys = |user: &String| {
        let in_each = Environment::ALL.into_iter().flat_map(|environment| {
            engine.keys_of(environment, user).into_iter().map(move |key| (environment, key))
        });
        in_each.collect()
    };
    EventFilter {
        environment: invocation.environment,
        kind: options.status,
        subjects: options.user.as_ref().map(keys),
        since: options.since.map(ago),
        until: options.until.map(ago),
        country: options.country,
        error_code: options.error,
        sender: options.sender.as_ref().map(|sender| sender.as_str().to_owned()),
    }
}

/// Shows the last so many events between two places, and mentions it where there are more.
async fn show_last(
    output: Output,
    engine: &Engine,
    filter: &EventFilter,
    between: (Cursor, Cursor),
    lines: usize,
) -> Result<(), Failure> {
    let one_more = lines.saturating_add(1);
    let events = engine.matching_events(filter.clone(), between, one_more).await?;
    let left_out = events.len().saturating_sub(lines);
    for event in events.iter().skip(left_out) {
        show(output, event)?;
    }
    if left_out > 0 {
        complain(&format!("Only the last {lines} lines are shown; --lines shows more."));
    }
    Ok(())
}

/// Shows what happens from now on, whichever process does it. Sleeps while nothing does.
async fn follow(
    invocation: &Invocation,
    engine: &Engine,
    mut shown: Cursor,
    filter: &EventFilter,
) -> Result<(), Failure> {
    let unwatched = |error| Failure::new("watch", format!("cannot watch the store: {error}"));
    let mut watch = engine.watch().map_err(unwatched)?;
    loop {
        let end = engine.cursor(Position::End).await?;
        let events = engine.matching_events(filter.clone(), (shown, end), usize::MAX).await?;
        for event in &events {
            show(invocation.output, event)?;
        }
        shown = end;
        if watch.store.changed().await.is_err() {
            return Ok(());
        }
    }
}

fn show(output: Output, event: &Event) -> Result<(), Failure> {
    let code = event.error_code.map(|code| format!("error {code} ")).unwrap_or_default();
    let user = if event.user == event.recipient { "" } else { event.user.as_str() };
    let text = format!(
        "{} {:<11} {:<11} {:<17} {user:<12} {code}{}",
        Moment(event.at),
        event.environment.name(),
        event.kind.to_string(),
        event.recipient,
        event.words()
    );
    Ok(output.line(text.trim_end(), &LogEvent::from(event))?)
}
