//! The result of verifying a code.

use serde::Serialize;

use crate::domain::passcode;

/// The result of verifying a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// `approved`, `wrong`, `expired`, `no_code` or `locked`.
    pub result: &'static str,
    /// Tries that are left after a wrong one.
    pub tries_left: Option<u32>,
}

impl From<passcode::Verdict> for Verdict {
    fn from(verdict: passcode::Verdict) -> Self {
        let tries_left = match verdict {
            passcode::Verdict::Wrong { tries_left } => Some(tries_left),
            _ => None,
        };
        Self { result: verdict.key(), tries_left }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::names::names;

    #[test]
    fn the_names_of_a_verdict_are_stable() {
        let wrong = Verdict::from(passcode::Verdict::Wrong { tries_left: 2 });
        assert_eq!(names(&wrong), "result tries_left");
        assert_eq!((wrong.result, wrong.tries_left), ("wrong", Some(2)));
        assert_eq!(Verdict::from(passcode::Verdict::UserLocked).result, "locked");
    }
}
