//! What a change of the settings does beside the fields that differ.

use serde::Serialize;

use crate::domain::environment::Environment;
use crate::engine;

/// A stored token that comes or goes with a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenChange {
    /// The environment.
    pub environment: &'static str,
    /// What becomes of it: `is stored`, `would be stored`, `is removed` or `would be removed`.
    pub token: &'static str,
}

impl TokenChange {
    /// A token that is stored, or would be in a dry run.
    pub const fn stored(environment: Environment, dry_run: bool) -> Self {
        let token = if dry_run { "would be stored" } else { "is stored" };
        Self { environment: environment.key(), token }
    }

    /// A token that is removed, or would be in a dry run.
    pub const fn removed(environment: Environment, dry_run: bool) -> Self {
        let token = if dry_run { "would be removed" } else { "is removed" };
        Self { environment: environment.key(), token }
    }
}

/// A change that changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoChange {
    /// Always false.
    pub changed: bool,
}

/// The end of a dry run that would change something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DryRun {
    /// Always true.
    pub dry_run: bool,
}

/// What another rule would have meant in the last day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhatIf {
    /// The environment.
    pub environment: &'static str,
    /// Codes that were sent.
    pub codes_last_day: usize,
    /// Codes of these that would have been refused.
    pub would_refuse: usize,
    /// Users whose codes they were.
    pub for_users: usize,
    /// Codes that were refused and would have been sent.
    pub would_pass: usize,
    /// Users who are locked now and would not be.
    pub locked_users_open: usize,
    /// Users who are not locked now and would be.
    pub open_users_locked: usize,
}

impl WhatIf {
    /// What was found for an environment.
    pub const fn of(environment: Environment, found: &engine::WhatIf) -> Self {
        Self {
            environment: environment.key(),
            codes_last_day: found.day.sent,
            would_refuse: found.day.refused,
            for_users: found.day.users,
            would_pass: found.day.passed,
            locked_users_open: found.opens,
            open_users_locked: found.locks,
        }
    }
}

/// Credentials that were saved although no account could be asked about them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnverifiedCredentials<'a> {
    /// The environment.
    pub environment: &'static str,
    /// Always `unverified`.
    pub credentials: &'static str,
    /// Why the account could not be asked.
    pub problem: &'a str,
}

impl<'a> UnverifiedCredentials<'a> {
    /// The credentials of an environment.
    pub const fn of(environment: Environment, problem: &'a str) -> Self {
        Self { environment: environment.key(), credentials: "unverified", problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::names::names;

    #[test]
    fn the_names_of_what_a_change_does_are_stable() {
        assert_eq!(names(&TokenChange::stored(Environment::Test, false)), "environment token");
        assert_eq!(names(&NoChange { changed: false }), "changed");
        assert_eq!(names(&DryRun { dry_run: true }), "dry_run");
        let what_if = WhatIf {
            environment: "test",
            codes_last_day: 0,
            would_refuse: 0,
            for_users: 0,
            would_pass: 0,
            locked_users_open: 0,
            open_users_locked: 0,
        };
        assert_eq!(
            names(&what_if),
            "codes_last_day environment for_users locked_users_open open_users_locked would_pass would_refuse"
        );
    }
}
