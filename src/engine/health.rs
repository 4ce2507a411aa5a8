//! How an environment fares, as findings that say how bad they are and what to do.

use jiff::{SignedDuration, Timestamp};

use super::{Engine, EngineError};
use crate::config::{self, TokenStatus};
use crate::domain::environment::Environment;
use crate::provider::twilio::{explanation, refuses_credentials};
use crate::store::{FailureCount, Health};

/// How far back failures count.
const SINCE: SignedDuration = SignedDuration::from_hours(1);

/// How long a code may be without an end before somebody should look.
const OPEN_FOR: SignedDuration = SignedDuration::from_mins(10);

/// Failures of one kind within the hour from which on they are worth a warning.
const MANY: u32 = 3;

/// How bad a finding is; the exit code of monitoring plugins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is wrong.
    Fine,
    /// Somebody should look.
    Warning,
    /// Codes do not go out.
    Critical,
}

impl Severity {
    /// The stable name in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// One thing that is worth saying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The provider's error code, if it is about one.
    pub error_code: Option<u32>,
    /// What it is, in words, without a full stop.
    pub text: String,
}

/// How an environment fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Whether everything that a send needs is set.
    pub is_set_up: bool,
    /// What was read of the last hour.
    pub health: Health,
    /// Users who get no code now.
    pub locked: usize,
    /// What is worth saying, the worst first.
    pub findings: Vec<Finding>,
}

impl Status {
    /// The worst of the findings.
    pub fn severity(&self) -> Severity {
        self.findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Fine)
    }
}

impl Engine {
    /// Works out how an environment fares, from the settings and the last hour.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn status(&self, environment: Environment) -> Result<Status, EngineError> {
        let now = self.now();
        let health = self.inner.store.health(environment, now - SINCE).await?;
        let answer = self.inner.store.newest_answer(environment).await?;
        let rows = self.quota_rows(environment).await?;
        let locked = rows.iter().filter(|row| row.is_locked()).count();
        let settings = self.settings(environment);
        let is_set_up =
            settings.provider.missing().is_empty() && !settings.from_numbers.rows().is_empty();
        let mut findings = Vec::new();
        if is_set_up {
            let source = settings.provider.token_source();
            match config::token_status(&self.inner.paths, environment, source) {
                Ok(TokenStatus::Missing) => {
                    findings.push(critical("the auth token is not in secrets.ron".to_owned()));
                }
                Err(error) => findings.push(critical(error.to_string())),
                Ok(_) => {}
            }
        }
        if let Some((at, Some(code))) =
            answer.filter(|(_, code)| code.is_some_and(refuses_credentials))
        {
            let since = at.strftime("%H:%M:%S UTC");
            let text = format!("the account refuses its credentials since {since}");
            findings.push(Finding { error_code: Some(code), ..critical(text) });
        }
        findings.extend(failures(&health));
        findings.extend(open_for_long(&health, now));
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        Ok(Status { is_set_up, health, locked, findings })
    }
}

const fn critical(text: String) -> Finding {
    Finding { severity: Severity::Critical, error_code: None, text }
}

fn failures(health: &Health) -> Vec<Finding> {
    let finding = |failure: &FailureCount| {
        let (count, codes) = (failure.count, health.codes.max(failure.count));
        let text = match failure.error_code {
            Some(code) => format!("error {code}: {count} of {codes} codes in an hour"),
            None => format!("{count} of {codes} codes in an hour failed without an error code"),
        };
        // Half of all is no longer bad luck of some users.
        let severity = match count {
            count if count >= 2 * MANY && count * 2 >= codes => Severity::Critical,
            count if count >= MANY => Severity::Warning,
            _ => Severity::Fine,
        };
        Finding { severity, error_code: failure.error_code, text }
    };
    health.failures.iter().map(finding).collect()
}

fn open_for_long(health: &Health, now: Timestamp) -> Option<Finding> {
    let open_for = now.duration_since(health.oldest_open?);
    (open_for >= OPEN_FOR).then(|| Finding {
        severity: Severity::Warning,
        error_code: None,
        text: format!("the oldest code without an end is {} min old", open_for.as_mins()),
    })
}

impl Finding {
    /// What to do about it, if the provider's error code tells.
    pub fn explanation(&self) -> Option<String> {
        self.error_code.map(explanation)
    }
}
