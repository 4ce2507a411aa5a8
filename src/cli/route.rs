//! `smsdeck route`: what a send would do, without doing it.

use std::io;
use std::process::ExitCode;

use super::arguments::RouteOptions;
use super::failure::Failure;
use super::invocation::Invocation;
use super::send::accept;
use super::standard_input::{InvalidLine, lines};
use crate::domain::quota::Quota;
use crate::domain::text::printable;
use crate::engine::{EngineError, Preview};
use crate::report::{Moment, Route};
use crate::store::Standing;

/// Characters of an invalid number that are shown.
const MAX_SHOWN: usize = 60;

pub(super) async fn run(
    invocation: &Invocation,
    options: RouteOptions,
) -> Result<ExitCode, Failure> {
    let environment = invocation.environment()?;
    let engine = invocation.engine_to_read().await?;
    let settings = engine.settings(environment);
    let RouteOptions { number, user, from, default_country, allow_unknown } = options;
    let numbers: Box<dyn Iterator<Item = io::Result<Result<String, InvalidLine>>>> =
        if number == "-" {
            Box::new(lines(io::stdin().lock()))
        } else {
            Box::new([Ok(Ok(number))].into_iter())
        };
    let mut found = Found::default();
    for number in numbers {
        let number = match number? {
            Ok(number) => number,
            Err(InvalidLine { shown, reason }) => {
                show_invalid(invocation, &shown, reason)?;
                found.is_invalid = true;
                continue;
            }
        };
        let preview = engine
            .preview(
                environment,
                (&number, accept(allow_unknown)),
                user.clone(),
                (default_country, from.as_ref()),
            )
            .await;
        match preview {
            Ok(preview) => {
                let report = Route::of(&number, &preview, settings.codes_allowed);
                invocation.output.line(&text(&preview, &report), &report)?;
                found.is_refused |= !is_allowed(&preview);
            }
            Err(EngineError::Number(error)) => {
                show_invalid(invocation, &number, error.to_string())?;
                found.is_invalid = true;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found.exit_code())
}

/// What was found among the numbers, however many there were.
#[derive(Debug, Default, Clone, Copy)]
struct Found {
    is_invalid: bool,
    is_refused: bool,
}

impl Found {
    /// Invalid input first: it can hide anything.
    fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self { is_invalid: true, .. } => 2,
            Self { is_refused: true, .. } => 3,
            Self { .. } => 0,
        })
    }
}

fn show_invalid(invocation: &Invocation, number: &str, reason: String) -> io::Result<()> {
    let report = Route::invalid(number, reason);
    let text = format!("{}: {}", printable(number, MAX_SHOWN), report.reason);
    invocation.output.line(&text, &report)
}

/// Whether the send would go out.
fn is_allowed(preview: &Preview) -> bool {
    let plan = &preview.plan;
    let over_limit = preview.over_limit.filter(|_| !preview.limits_record_only);
    plan.route.is_ok() && plan.may_text && preview.standing.is_open() && over_limit.is_none()
}

/// The line for people.
fn text(preview: &Preview, report: &Route<'_>) -> String {
    let number = &preview.plan.recipient.number;
    let country =
        number.country().map_or_else(|| "no country".to_owned(), |country| country.to_string());
    let sender =
        report.sender.map_or_else(|| "refused".to_owned(), |sender| format!("from {sender}"));
    let quota = match preview.standing {
        Standing { tries_used_up: true, .. } => {
            "locked by wrong tries until an operator unlocks".to_owned()
        }
        Standing { quota: Quota::Open { left, .. }, .. } => {
            let allowed = report.quota.as_ref().map(|quota| quota.allowed).unwrap_or_default();
            format!("open, {left} of {allowed} left")
        }
        Standing { quota: Quota::Locked { unlock_at, .. }, .. } => {
            format!("locked until {}", Moment(unlock_at))
        }
    };
    let limit = report.over_limit.as_ref().map(|over| format!("; limit: {over}"));
    let (limit, segments) = (limit.unwrap_or_default(), preview.plan.message.segments().count);
    let (e164, reason) = (number.e164(), &report.reason);
    format!("{e164} {country}: {sender} ({reason}); {segments} SMS; quota {quota}{limit}")
}
