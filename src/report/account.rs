//! Whether an account accepts its credentials.

use serde::Serialize;

use crate::domain::environment::Environment;
use crate::engine::AccountProblem;
use crate::provider::AccountReport;

/// Whether an account accepts its credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum AccountCheck<'a> {
    /// It accepts them.
    Accepted {
        /// The environment.
        environment: &'static str,
        /// Always `ok`.
        online: &'static str,
        /// The account's status, if the credentials may see it.
        status: Option<&'a str>,
        /// Its balance, if the credentials may see it.
        balance: Option<String>,
    },
    /// It cannot be used, or could not be checked.
    Problem {
        /// The environment.
        environment: &'static str,
        /// The stable code of the problem.
        online: &'static str,
        /// What is wrong.
        message: String,
    },
}

impl<'a> AccountCheck<'a> {
    /// The result of a check.
    pub fn of(
        environment: Environment,
        checked: &'a Result<AccountReport, AccountProblem>,
    ) -> Self {
        let environment = environment.key();
        match checked {
            Ok(AccountReport { status, balance }) => Self::Accepted {
                environment,
                online: "ok",
                status: status.value().map(String::as_str),
                balance: balance.value().map(ToString::to_string),
            },
            Err(problem) => {
                Self::Problem { environment, online: problem.code(), message: problem.to_string() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::NotReady;
    use crate::report::names::names;

    #[test]
    fn the_names_of_a_checked_account_are_stable() {
        let accepted = AccountCheck::Accepted {
            environment: "test",
            online: "ok",
            status: None,
            balance: None,
        };
        assert_eq!(names(&accepted), "balance environment online status");
        let problem = Err(AccountProblem::NotReady(NotReady::Address));
        let problem = AccountCheck::of(Environment::Test, &problem);
        assert_eq!(names(&problem), "environment message online");
    }
}
