//! The result of verifying a code.

use serde::Serialize;

use crate::domain::passcode;
use crate::engine::Verified;

/// The result of verifying a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// `approved`, `wrong`, `expired`, `no_code`, `needs_user` or `locked`.
    pub result: &'static str,
    /// Tries that are left after a wrong one.
    pub tries_left: Option<u32>,
    /// Of an approval the user whose code it was: the id as it may be shown, or the masked number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

impl From<&Verified> for Verdict {
    fn from(verified: &Verified) -> Self {
        let verdict = verified.verdict;
        let is_approved = verdict == passcode::Verdict::Approved;
        let user = is_approved.then(|| verified.user.clone());
        let tries_left = match verdict {
            passcode::Verdict::Wrong { tries_left } => Some(tries_left),
            _ => None,
        };
        Self { result: verdict.key(), tries_left, user }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::names::names;

    #[test]
    fn the_names_of_a_verdict_are_stable() {
        let of = |verdict| Verdict::from(&Verified { verdict, user: "ana".to_owned() });
        let wrong = of(passcode::Verdict::Wrong { tries_left: 2 });
        assert_eq!(names(&wrong), "result tries_left");
        assert_eq!((wrong.result, wrong.tries_left, wrong.user), ("wrong", Some(2), None));
        assert_eq!(of(passcode::Verdict::UserLocked).result, "locked");
        assert_eq!(of(passcode::Verdict::NeedsUser).result, "needs_user");
        assert_eq!(of(passcode::Verdict::Approved).user.as_deref(), Some("ana"));
    }
}
