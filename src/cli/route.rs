//! `smsdeck route`: what a send would do, without doing it.

use std::io::{self, BufRead};
use std::process::ExitCode;

use serde_json::{Value, json};

use super::arguments::RouteOptions;
use super::failure::Failure;
use super::{Invocation, output};
use crate::domain::country::Country;
use crate::domain::quota::Quota;
use crate::domain::settings::Settings;
use crate::engine::{EngineError, Preview};
use crate::store::Standing;

pub(super) async fn run(
    invocation: &Invocation,
    options: RouteOptions,
) -> Result<ExitCode, Failure> {
    let environment = invocation.environment()?;
    let engine = invocation.engine().await?;
    let settings = engine.settings(environment);
    let RouteOptions { number, user, default_country } = options;
    let many = number == "-";
    let numbers: Box<dyn Iterator<Item = io::Result<String>>> = if many {
        Box::new(io::stdin().lock().lines())
    } else {
        Box::new([Ok(number)].into_iter())
    };
    let mut code = ExitCode::SUCCESS;
    for number in numbers {
        let number = number?;
        let answer = match engine.preview(environment, &number, user.clone(), default_country).await
        {
            Ok(preview) => Answer::of(&preview),
            Err(EngineError::Number(error)) => Answer::invalid(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        // Of many numbers each line tells its own story; the command itself was fine.
        if !many {
            code = ExitCode::from(answer.exit);
        }
        invocation
            .output
            .line(&answer.text(&number, &settings), &answer.object(&number, &settings))?;
    }
    Ok(code)
}

/// The answer for one number, in the parts that both forms of output show.
struct Answer {
    e164: Option<String>,
    country: Option<Country>,
    sender: Option<String>,
    reason: String,
    segments: Option<usize>,
    standing: Option<Standing>,
    over_limit: Option<String>,
    exit: u8,
}

impl Answer {
    fn invalid(reason: String) -> Self {
        Self {
            e164: None,
            country: None,
            sender: None,
            reason,
            segments: None,
            standing: None,
            over_limit: None,
            exit: 2,
        }
    }

    fn of(preview: &Preview) -> Self {
        let plan = &preview.plan;
        let number = &plan.recipient.number;
        let (sender, reason) = match &plan.route {
            Ok(_) if !plan.may_text => {
                (None, "not among the recipients of this environment".to_owned())
            }
            Ok(route) => (Some(route.sender.as_str().to_owned()), route.reason.to_string()),
            Err(refusal) => (None, refusal.to_string()),
        };
        let over_limit = preview.over_limit.filter(|_| !preview.limits_record_only);
        let allowed = sender.is_some() && preview.standing.is_open() && over_limit.is_none();
        Self {
            e164: Some(number.e164().to_owned()),
            country: number.country(),
            sender,
            reason,
            segments: Some(plan.message.segments().count),
            standing: Some(preview.standing),
            over_limit: preview.over_limit.map(|over| over.to_string()),
            exit: if allowed { 0 } else { 3 },
        }
    }

    fn object(&self, input: &str, settings: &Settings) -> Value {
        json!({
            "input": input,
            "valid": self.e164.is_some(),
            "e164": self.e164,
            "region": self.country.map(Country::code),
            "sender": self.sender,
            "reason": self.reason,
            "segments": self.segments,
            "over_limit": self.over_limit,
            "quota": self.standing.map(|standing| output::standing(standing, settings.codes_allowed)),
        })
    }

    fn text(&self, input: &str, settings: &Settings) -> String {
        let Some(e164) = &self.e164 else {
            return format!("{}: {}", crate::domain::text::printable(input, 60), self.reason);
        };
        let country =
            self.country.map_or_else(|| "no country".to_owned(), |country| country.to_string());
        let sender = self
            .sender
            .as_deref()
            .map_or_else(|| "refused".to_owned(), |sender| format!("from {sender}"));
        let allowed = settings.codes_allowed.get();
        let quota = match self.standing {
            Some(Standing { tries_used_up: true, .. }) => {
                "locked by wrong tries until an operator unlocks".to_owned()
            }
            Some(Standing { quota: Quota::Open { left, .. }, .. }) => {
                format!("open, {left} of {allowed} left")
            }
            Some(Standing { quota: Quota::Locked { unlock_at, .. }, .. }) => {
                format!("locked until {}", output::moment(unlock_at))
            }
            None => String::new(),
        };
        let segments = self.segments.unwrap_or_default();
        let limit = self.over_limit.as_ref().map(|over| format!("; limit: {over}"));
        let limit = limit.unwrap_or_default();
        let reason = &self.reason;
        format!("{e164} {country}: {sender} ({reason}); {segments} SMS; quota {quota}{limit}")
    }
}
