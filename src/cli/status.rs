//! `smsdeck status`: how each environment fares, for people and for monitoring.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};

use super::arguments::StatusOptions;
use super::failure::Failure;
use super::{Invocation, output, prometheus};
use crate::config;
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::engine::{Engine, Finding, Severity, Status};
use crate::provider::ErrorCode;
use crate::store::{CountryTraffic, Outcomes, RouteHealth};

/// How long a watch rests between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a watch sleeps at most: what was fine an hour ago may be missed by now.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// The worst finding is the exit code: 0 fine, 1 warning, 2 critical.
pub(super) async fn run(
    invocation: &Invocation,
    options: &StatusOptions,
) -> Result<ExitCode, Failure> {
    let dead = |failure: Failure| {
        // Whoever reads the file only must not go on believing the old one.
        if let Some(file) = &options.prometheus {
            let _ = config::publish(file, &prometheus::dead(invocation.environments()));
        }
        failure.critical()
    };
    let engine = invocation.engine().await.map_err(dead)?;
    let unwatched = |error| Failure::new("watch", format!("the store cannot be watched: {error}"));
    let mut watch = if options.watch { Some(engine.watch().map_err(unwatched)?) } else { None };
    let mut said = Vec::new();
    loop {
        let all = match read(invocation, engine).await.map_err(dead) {
            Ok(all) => all,
            Err(failure) if options.watch => {
                failure.report(invocation.output);
                tokio::time::sleep(LOOK_AGAIN).await;
                continue;
            }
            Err(failure) => return Err(failure),
        };
        if let Some(file) = &options.prometheus {
            let text = prometheus::render(&all, engine.now());
            config::publish(file, &text).map_err(|error| {
                Failure::new("prometheus", format!("cannot write {}: {error}", file.display()))
            })?;
        }
        let lines: Vec<(String, Value)> =
            all.iter().map(|(environment, status)| line(*environment, status)).collect();
        if lines != said {
            for (text, object) in &lines {
                invocation.output.line(text, object)?;
            }
            said = lines;
        }
        let Some(watch) = &mut watch else { return Ok(exit_code(&all)) };
        // A busy deck changes all the time.
        tokio::time::sleep(PAUSE).await;
        // Whichever comes first; a watch that ended leaves the clock.
        tokio::select! {
            _ = tokio::time::timeout(LOOK_AGAIN, watch.store.changed()) => {}
            Ok(()) = watch.config.changed() => {
                // One that is half edited leaves the old settings in force.
                let _ = invocation.deck.reload().await;
            }
        }
    }
}

async fn read(
    invocation: &Invocation,
    engine: &Engine,
) -> Result<Vec<(Environment, Status)>, Failure> {
    let mut all = Vec::new();
    for environment in invocation.environments() {
        all.push((environment, engine.status(environment).await?));
    }
    Ok(all)
}

fn exit_code(all: &[(Environment, Status)]) -> ExitCode {
    let worst = all.iter().map(|(_, status)| status.severity()).max();
    ExitCode::from(match worst.unwrap_or(Severity::Fine) {
        Severity::Fine => 0,
        Severity::Warning => 1,
        Severity::Critical => 2,
    })
}

fn line(environment: Environment, status: &Status) -> (String, Value) {
    let mut text = summary(environment, status);
    for finding in &status.findings {
        let explanation = finding.explanation().map(|words| format!(". {words}"));
        let explanation = explanation.unwrap_or_default();
        let severity = match finding.severity {
            Severity::Fine => "note",
            severity => severity.key(),
        };
        text = format!("{text}\n  {severity:<9}{}{explanation}", finding.text);
    }
    let health = &status.health;
    let object = json!({
        "environment": environment.key(),
        "status": status.severity().key(),
        "set_up": status.is_set_up,
        "locked": status.locked,
        "codes_last_hour": health.hour.codes,
        "usual_per_hour": health.usual_per_hour,
        "hour": outcomes(&health.hour),
        "day": outcomes(&health.day),
        "last_delivered": health.last_delivered.map(output::moment),
        "oldest_open": health.oldest_open.map(output::moment),
        "routes": health.routes.iter().map(route).collect::<Vec<_>>(),
        "countries": status.destinations.countries.iter().map(country).collect::<Vec<_>>(),
        "findings": status.findings.iter().map(object).collect::<Vec<_>>(),
    });
    (text, object)
}

fn summary(environment: Environment, status: &Status) -> String {
    let Status { is_set_up, health, locked, .. } = status;
    if !is_set_up {
        return format!("{:<12} not set up", environment.name());
    }
    let delivered = health.last_delivered.map_or_else(
        || "none delivered yet".to_owned(),
        |at| format!("last delivered {}", output::moment(at)),
    );
    format!(
        "{:<12} {:<8} codes in an hour: {}, {delivered}, locked users: {locked}",
        environment.name(),
        status.severity().key(),
        health.hour.codes
    )
}

fn outcomes(outcomes: &Outcomes) -> Value {
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
    json!({
        "codes": outcomes.codes,
        "delivered": outcomes.delivered,
        "failed": outcomes.failed,
        "delivery_rate": outcomes.delivery_rate(),
        "median_seconds": seconds(outcomes.median),
        "p95_seconds": seconds(outcomes.p95),
    })
}

fn route(route: &RouteHealth) -> Value {
    json!({
        "country": route.country.map(Country::code),
        "sender": route.sender,
        "codes_last_day": route.codes,
        "last_delivered": route.last_delivered.map(output::moment),
        "last_failed": route.last_failed.map(output::moment),
        "last_error": route.last_error,
    })
}

fn country(traffic: &CountryTraffic) -> Value {
    json!({
        "country": traffic.country.map(Country::code),
        "codes_last_day": traffic.day,
        "usual_per_day": traffic.usual,
        "unverified_percent": traffic.unverified_share(),
    })
}

fn object(finding: &Finding) -> Value {
    let known = finding.error_code.and_then(ErrorCode::advice);
    json!({
        "severity": finding.severity.key(),
        "text": finding.text,
        "error_code": finding.error_code.map(|code| code.number),
        "class": known.map(|known| known.retry.key()),
        "cause": known.map(|known| known.cause),
        "advice": known.map(|known| known.advice),
    })
}
