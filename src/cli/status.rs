//! `smsdeck status`: the health of each environment, for people and for monitoring.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::arguments::{AckOptions, StatusCommand, StatusOptions};
use super::failure::Failure;
use super::invocation::Invocation;
use super::output::{Output, repaint};
use super::prometheus;
use super::status_failure::StatusFailure;
use crate::config;
use crate::domain::environment::Environment;
use crate::domain::span::later;
use crate::engine::{AcknowledgeRequest, Engine, Finding, Severity, Status};
use crate::files;
use crate::report::{self, Moment};

/// How long a watch rests between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a watch sleeps at most: what was fine an hour ago may be missed by now.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// The worst finding is the exit code: 0 ok, 1 warning, 2 critical.
pub(super) async fn run(
    invocation: &Invocation,
    options: &StatusOptions,
) -> Result<ExitCode, Failure> {
    if let Some(StatusCommand::Ack(options)) = &options.command {
        return acknowledge(invocation, options).await;
    }
    let engine = engine(invocation).await?;
    let unwatched = |error| Failure::new("watch", format!("cannot watch the store: {error}"));
    let mut watch = if options.watch { Some(engine.watch().map_err(unwatched)?) } else { None };
    let mut shown = Vec::new();
    loop {
        let all = match read(invocation, engine).await {
            Ok(all) => all,
            Err(failure) if options.watch => {
                StatusFailure::of_watch(invocation.environment, options)
                    .report(failure, invocation.output);
                tokio::time::sleep(LOOK_AGAIN).await;
                continue;
            }
            Err(failure) => return Err(failure),
        };
        publish(options, &all, engine.now())?;
        show(invocation.output, &all, options.watch.then(|| engine.now()), &mut shown)?;
        let Some(watch) = &mut watch else { return Ok(exit_code(&all)) };
        // A busy deck changes all the time.
        tokio::time::sleep(PAUSE).await;
        // Whichever comes first; a watch that ended leaves the clock.
        tokio::select! {
            _ = tokio::time::timeout(LOOK_AGAIN, watch.store.changed()) => {}
            Ok(()) = watch.config.changed() => {
                // One that is half edited leaves the old settings in force.
                let _ = invocation.deck.reload().await;
                let _ = invocation.deck.record_outside_change(&invocation.operator).await;
            }
        }
    }
}

/// Acknowledges a finding, or ends that.
async fn acknowledge(invocation: &Invocation, options: &AckOptions) -> Result<ExitCode, Failure> {
    let environment = invocation.environment()?;
    let reason = options.reason.clone().unwrap_or_default();
    if reason.trim().is_empty() && !options.end {
        return Err(Failure::usage("a reason is required: --reason TEXT".to_owned()));
    }
    let engine = invocation.engine().await?;
    let lasting = if options.end { SignedDuration::ZERO } else { options.lasting };
    let request =
        AcknowledgeRequest { environment, finding: options.finding.clone(), reason, lasting };
    if !engine.by(&invocation.operator).acknowledge(request).await? {
        let status = engine.status(environment).await?;
        let wrong = status.findings.iter().filter(|it| it.severity > Severity::Fine);
        let names: Vec<&str> = wrong.map(|it| it.key.as_str()).collect();
        let there = match names.as_slice() {
            [] => "it has no findings".to_owned(),
            names => format!("its findings are {}", names.join(", ")),
        };
        let words = format!("{environment} has no finding {}: {there}", options.finding);
        return Err(Failure::new("no_finding", words));
    }
    let text = if lasting.is_zero() {
        format!("{environment}: {} is no longer acknowledged.", options.finding)
    } else {
        let until = Moment(later(engine.now(), lasting));
        format!("{environment}: {} is acknowledged until {until}.", options.finding)
    };
    let status = engine.status(environment).await?;
    let found = status.findings.iter().find(|it| it.key == options.finding);
    invocation.output.line(&text, &found.map(report::Finding::from))?;
    Ok(ExitCode::SUCCESS)
}

/// The engine of a deck that was set up.
async fn engine(invocation: &Invocation) -> Result<&Engine, Failure> {
    let config = invocation.config()?;
    let paths = invocation.deck.paths();
    let store = config::store_path(paths, &config.deck);
    if [&paths.config, &paths.secrets, &store].iter().all(|path| !path.exists()) {
        let words = format!(
            "no deck here: neither {} nor {} exists",
            paths.config.display(),
            store.display()
        );
        return Err(Failure::new("no_deck", words));
    }
    // A look makes no store; one that is missing is an error where it was made before.
    if store.exists() { invocation.engine().await } else { invocation.engine_to_read().await }
}

/// Writes the figures into the file for Prometheus, if one is wanted.
fn publish(
    options: &StatusOptions,
    all: &[(Environment, Status)],
    now: Timestamp,
) -> Result<(), Failure> {
    let Some(file) = &options.prometheus else { return Ok(()) };
    files::publish(file, &prometheus::render(all, now)).map_err(|error| {
        Failure::new("prometheus", format!("cannot write {}: {error}", file.display()))
    })
}

/// Shows the status of all environments, unless that is what is `shown` already.
fn show(
    output: Output,
    all: &[(Environment, Status)],
    watched_at: Option<Timestamp>,
    shown: &mut Vec<(String, Value)>,
) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for (environment, status) in all {
        let report = serde_json::to_value(report::Status::of(*environment, status));
        lines.push((text(*environment, status), report.map_err(io::Error::from)?));
    }
    let texts = || lines.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join("\n");
    // A picture whose time stands still might be an old one.
    if let Some(now) = watched_at.filter(|_| !output.is_json())
        && repaint(&format!("{}\n{}\n\n{}", verdict(all), Moment(now), texts()))?
    {
        return Ok(());
    }
    if lines != *shown {
        output.text(&format!("{} | {}", verdict(all), figures(all)))?;
        for (text, report) in &lines {
            output.line(text, report)?;
        }
        *shown = lines;
    }
    Ok(())
}

async fn read(
    invocation: &Invocation,
    engine: &Engine,
) -> Result<Vec<(Environment, Status)>, Failure> {
    engine.by(&invocation.operator).probe_store().await?;
    let mut all = Vec::new();
    for environment in invocation.environments() {
        all.push((environment, engine.status(environment).await?));
    }
    Ok(all)
}

/// The worst finding of all, with its environment and cause, in one line.
fn verdict(all: &[(Environment, Status)]) -> String {
    let found = all.iter().flat_map(|(environment, status)| {
        status.findings.iter().map(move |finding| (*environment, finding))
    });
    // Of several that are as bad, the one of the environment that matters more.
    let known = found.clone().filter(|(_, finding)| finding.acknowledged.is_some()).count();
    let worst = found.max_by_key(|(environment, finding)| (finding.open_severity(), *environment));
    match worst.filter(|(_, finding)| finding.open_severity() > Severity::Fine) {
        None if known > 0 => format!("OK: no other problems; acknowledged: {known}"),
        None => "OK: no problems".to_owned(),
        Some((environment, finding)) => {
            let severity = finding.severity.key().to_uppercase();
            format!("{severity} {environment}: {}", sentence(finding))
        }
    }
}

/// A finding with since when it is so and whose fault it is, without a full stop.
fn sentence(finding: &Finding) -> String {
    let since = finding.since.map(|since| format!(", since {}", Moment(since)));
    let origin = finding.origin.map(|origin| format!(" ({origin})"));
    format!("{}{}{}", finding.text, since.unwrap_or_default(), origin.unwrap_or_default())
}

/// Performance data as monitoring plug-ins write them (Monitoring Plugins Development Guidelines).
fn figures(all: &[(Environment, Status)]) -> String {
    let of = |(environment, status): &(Environment, Status)| {
        let (key, hour) = (environment.key(), &status.health.hour);
        format!(
            "{key}_codes={};;;0 {key}_failed={};;;0 {key}_locked={};;;0",
            hour.codes, hour.failed, status.locked
        )
    };
    all.iter().map(of).collect::<Vec<_>>().join(" ")
}

fn exit_code(all: &[(Environment, Status)]) -> ExitCode {
    let worst = all.iter().map(|(_, status)| status.severity()).max();
    ExitCode::from(match worst.unwrap_or(Severity::Fine) {
        Severity::Fine => 0,
        Severity::Warning => 1,
        Severity::Critical => 2,
    })
}

fn text(environment: Environment, status: &Status) -> String {
    let mut text = summary(environment, status);
    for finding in &status.findings {
        let explanation = finding.explanation().map(|words| format!(". {words}"));
        let explanation = explanation.unwrap_or_default();
        let severity = match finding.severity {
            Severity::Fine => "note",
            severity => severity.key(),
        };
        let known = finding.acknowledged.as_ref().map(|known| {
            format!(
                ", acknowledged until {} by {}: {}",
                Moment(known.until),
                known.by,
                known.reason
            )
        });
        let (known, name) = (known.unwrap_or_default(), &finding.key);
        text = format!("{text}\n  {severity:<9}{} [{name}]{known}{explanation}", sentence(finding));
    }
    text
}

fn summary(environment: Environment, status: &Status) -> String {
    let Status { is_set_up, health, locked, .. } = status;
    if !is_set_up {
        return format!("{:<12} not set up", environment.name());
    }
    let delivered = health.last_delivered.map_or_else(
        || "none delivered yet".to_owned(),
        |at| format!("last delivered {}", Moment(at)),
    );
    format!(
        "{:<12} {:<8} codes in an hour: {}, {delivered}, locked users: {locked}",
        environment.name(),
        status.severity().key(),
        health.hour.codes
    )
}
