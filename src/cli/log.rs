//! `smsdeck log`: what happened to the codes, as lines or JSON; with `--follow` as it happens.

use std::collections::VecDeque;
use std::process::ExitCode;
use std::time::Duration;

use jiff::SignedDuration;

use super::arguments::LogOptions;
use super::failure::Failure;
use super::invocation::Invocation;
use super::output::Output;
use crate::domain::environment::PerEnvironment;
use crate::engine::Engine;
use crate::report::{LogEvent, Moment};
use crate::store::{Cursor, Event, EventPage, Position};

/// Events read at once.
const AT_ONCE: usize = 1_000;

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
    let ago = |span: SignedDuration| engine.now() - span;
    let (since, until) = (options.since.map(ago), options.until.map(ago));
    let named: Option<PerEnvironment<Vec<String>>> = options
        .user
        .as_ref()
        .map(|user| PerEnvironment::from_fn(|environment| engine.labels(environment, user)));
    let fits = |event: &Event| {
        let is_of = |names: &PerEnvironment<Vec<String>>| {
            let names = &names[event.environment];
            names.contains(&event.user) || names.contains(&event.recipient)
        };
        invocation.environment.is_none_or(|only| only == event.environment)
            && options.status.is_none_or(|status| status == event.kind)
            && named.as_ref().is_none_or(is_of)
            && since.is_none_or(|since| event.at >= since)
            && until.is_none_or(|until| event.at < until)
            && options.country.is_none_or(|country| event.country == Some(country))
            && options.error.is_none_or(|error| event.error_code == Some(error))
            && (options.sender.as_ref())
                .is_none_or(|sender| event.sender.as_deref() == Some(sender.as_str()))
    };
    let start = since.map_or(Position::Start, Position::Since);
    let cursor = show_last(invocation.output, engine, start, (options.lines, &fits)).await?;
    if options.follow {
        follow(invocation, engine, cursor, fits).await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows the last so many of the events from a place on, and returns where they end.
async fn show_last(
    output: Output,
    engine: &Engine,
    start: Position,
    (count, fits): (usize, impl Fn(&Event) -> bool),
) -> Result<Cursor, Failure> {
    let mut cursor = engine.cursor(start).await?;
    let mut last = VecDeque::new();
    loop {
        let EventPage { events, end } = engine.events_after(cursor, AT_ONCE).await?;
        cursor = end;
        let is_all = events.len() < AT_ONCE;
        for event in events.into_iter().filter(&fits) {
            last.push_back(event);
            if last.len() > count {
                last.pop_front();
            }
        }
        if is_all {
            break;
        }
    }
    for event in &last {
        show(output, event)?;
    }
    Ok(cursor)
}

/// Shows what happens from now on, whichever process does it. Sleeps while nothing does.
async fn follow(
    invocation: &Invocation,
    engine: &Engine,
    mut cursor: Cursor,
    fits: impl Fn(&Event) -> bool,
) -> Result<(), Failure> {
    let unwatched = |error| Failure::new("watch", format!("cannot watch the store: {error}"));
    let mut watch = engine.watch().map_err(unwatched)?;
    loop {
        let EventPage { events, end } = engine.events_after(cursor, AT_ONCE).await?;
        cursor = end;
        let is_all = events.len() < AT_ONCE;
        for event in events.iter().filter(|event| fits(event)) {
            show(invocation.output, event)?;
        }
        if !is_all {
            continue;
        }
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
        event.detail.as_deref().unwrap_or_default()
    );
    Ok(output.line(text.trim_end(), &LogEvent::from(event))?)
}
