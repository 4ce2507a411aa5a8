//! The state of a user's quota.

use serde::Serialize;

use super::moment::Moment;
use crate::domain::bounded::CodesAllowed;
use crate::domain::environment::Environment;
use crate::domain::passcode::MAX_WRONG_TRIES;
use crate::store::{QuotaRow, Remedy, Standing};

/// The quota of a user with a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// `open` or `locked`.
    pub state: &'static str,
    /// Codes that count.
    pub used: u16,
    /// Codes that are allowed.
    pub allowed: u16,
    /// Codes that may still be sent.
    pub left: u16,
    /// When a code is allowed again. A lock that only an operator opens has no such moment.
    pub unlock_at: Option<Moment>,
}

impl Quota {
    /// The quota of a standing, under the number of codes allowed.
    pub fn of(standing: Standing, allowed: CodesAllowed) -> Self {
        let Standing { quota, tries_used_up } = standing;
        Self {
            state: if standing.is_open() { "open" } else { "locked" },
            used: quota.used(),
            allowed: allowed.get(),
            left: if tries_used_up { 0 } else { quota.left() },
            unlock_at: quota.unlock_at().filter(|_| !tries_used_up).map(Moment),
        }
    }
}

/// The quota of one user of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserQuota<'a> {
    /// The environment.
    pub environment: &'static str,
    /// The user's id or masked number.
    pub user: &'a str,
    /// The masked number.
    pub recipient: &'a str,
    /// Their quota.
    #[serde(flatten)]
    pub quota: Quota,
}

impl<'a> UserQuota<'a> {
    /// The quota of a user, under the number of codes allowed.
    pub fn of(environment: Environment, row: &'a QuotaRow, allowed: CodesAllowed) -> Self {
        let tries_used_up = row.wrong_in_a_row >= MAX_WRONG_TRIES;
        Self {
            environment: environment.key(),
            user: &row.user.label,
            recipient: &row.number.label,
            quota: Quota::of(Standing { quota: row.quota, tries_used_up }, allowed),
        }
    }
}

/// What a user was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Given {
    /// `all_codes`, `one_code` or `wrong_tries`.
    pub given: &'static str,
}

impl From<Remedy> for Given {
    fn from(remedy: Remedy) -> Self {
        let given = match remedy {
            Remedy::AllCodes => "all_codes",
            Remedy::OneCode => "one_code",
            Remedy::WrongTries => "wrong_tries",
        };
        Self { given }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::quota;
    use crate::report::names::names;

    const LOCKED: quota::Quota =
        quota::Quota::Locked { used: 3, unlock_at: jiff::Timestamp::UNIX_EPOCH };

    #[test]
    fn the_names_of_a_quota_are_stable() {
        let standing = Standing { quota: LOCKED, tries_used_up: false };
        let quota = Quota::of(standing, CodesAllowed::nearest(3));
        assert_eq!(names(&quota), "allowed left state unlock_at used");
        let user = UserQuota { environment: "test", user: "jdoe", recipient: "+57", quota };
        assert_eq!(names(&user), "allowed environment left recipient state unlock_at used user");
        let given = [Remedy::AllCodes, Remedy::OneCode, Remedy::WrongTries].map(Given::from);
        assert_eq!(given.map(|it| it.given), ["all_codes", "one_code", "wrong_tries"]);
        assert_eq!(names(&Given::from(Remedy::OneCode)), "given");
    }

    #[test]
    fn a_lock_that_only_an_operator_opens_has_no_moment_of_unlocking() {
        let allowed = CodesAllowed::nearest(3);
        let by_time = Quota::of(Standing { quota: LOCKED, tries_used_up: false }, allowed);
        assert!(by_time.state == "locked" && by_time.unlock_at.is_some());
        let by_tries = Quota::of(Standing { quota: LOCKED, tries_used_up: true }, allowed);
        assert!(by_tries.state == "locked" && by_tries.unlock_at.is_none());
    }
}
