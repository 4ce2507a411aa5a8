//! Whether the provider answers when it is asked what became of messages. While it does not, what is
//! shown of those that are under way may be old.

use std::ops::DerefMut;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::finding::{Finding, Severity};
use crate::domain::environment::{Environment, PerEnvironment};

/// Consecutive failed requests before they are reported; one alone is bad luck.
const ENOUGH: u32 = 2;

/// Since when status requests fail, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRequestsFail {
    /// When the first of them failed.
    pub since: Timestamp,
    /// What the last one failed of, in words without a full stop.
    pub reason: String,
    in_a_row: u32,
}

/// What is known of the status requests of this process.
#[derive(Debug)]
pub(super) struct StatusRequests(PerEnvironment<Mutex<Option<StatusRequestsFail>>>);

impl Default for StatusRequests {
    fn default() -> Self {
        Self(PerEnvironment::from_fn(|_| Mutex::default()))
    }
}

impl StatusRequests {
    /// Takes note of what came of a request. Returns whether that is news for those who look on.
    pub(super) fn note(
        &self,
        environment: Environment,
        now: Timestamp,
        outcome: Result<(), String>,
    ) -> bool {
        let failing = &mut *self.of(environment);
        let was_reported = failing.as_ref().is_some_and(StatusRequestsFail::is_reported);
        *failing = match (outcome, failing.take()) {
            (Ok(()), _) => None,
            (Err(reason), None) => Some(StatusRequestsFail { since: now, reason, in_a_row: 1 }),
            (Err(reason), Some(before)) => {
                let in_a_row = before.in_a_row.saturating_add(1);
                Some(StatusRequestsFail { reason, in_a_row, ..before })
            }
        };
        was_reported != failing.as_ref().is_some_and(StatusRequestsFail::is_reported)
    }

    /// Since when they fail; `None` while they do not.
    pub(super) fn failing(&self, environment: Environment) -> Option<StatusRequestsFail> {
        self.of(environment).clone().filter(StatusRequestsFail::is_reported)
    }

    fn of(&self, environment: Environment) -> impl DerefMut<Target = Option<StatusRequestsFail>> {
        self.0[environment].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StatusRequestsFail {
    const fn is_reported(&self) -> bool {
        self.in_a_row >= ENOUGH
    }

    /// Returns the finding about it.
    pub(super) fn finding(&self) -> Finding {
        let text =
            format!("status requests fail, so newer outcomes are not known: {}", self.reason);
        let finding = Finding::new(Severity::Warning, "status-requests", text);
        Finding { since: Some(self.since), ..finding }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_is_no_news_and_one_answer_ends_it() {
        let requests = StatusRequests::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        let (here, failed) = (Environment::Test, || Err("no connection".to_owned()));
        assert!(!requests.note(here, at(1), failed()));
        assert_eq!(requests.failing(here), None);
        assert!(requests.note(here, at(2), failed()));
        assert!(!requests.note(here, at(3), failed()));
        assert_eq!(requests.failing(here).unwrap().since, at(1));
        assert_eq!(requests.failing(Environment::Production), None);
        assert!(requests.note(here, at(4), Ok(())));
        assert_eq!(requests.failing(here), None);
    }
}
