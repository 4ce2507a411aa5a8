//! Errors as data: a stable code and a class, which determines the exit code of a command and the
//! status of an HTTP response.
//!
//! Every error of the engine and the services gets its class here and nowhere else. A face adds
//! hints in its own terms.

use serde::Serialize;

use super::moment::Moment;
use crate::config::{ConfigError, Hint};
use crate::domain::refusal::Refusal;
use crate::engine::{
    AccountProblem, ChangeError, EngineError, InvalidEdit, NotOwnStore, ReadOnly, RequestError,
};
use crate::provider::SandboxError;

/// What kind of error it is, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemClass {
    /// The request is not understood, or is not valid.
    Invalid,
    /// Permissions or settings forbid it.
    Forbidden,
    /// The quota or a limit forbids it for now.
    Exhausted,
    /// The subject of the request does not exist.
    NotFound,
    /// It conflicts with the present state.
    Conflict,
    /// The provider refuses it.
    ProviderRefused,
    /// Something that it needs is unavailable now; it may be retried later.
    Unavailable,
    /// An internal failure, not caused by the request.
    Failed,
}

impl ProblemClass {
    /// The exit code of a command: 1 failed, 2 wrong usage or bad input, 3 refused by policy.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Invalid => 2,
            Self::Forbidden | Self::Exhausted => 3,
            Self::NotFound
            | Self::Conflict
            | Self::ProviderRefused
            | Self::Unavailable
            | Self::Failed => 1,
        }
    }

    /// The status of an HTTP response.
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::Exhausted => 429,
            Self::Failed => 500,
            Self::ProviderRefused => 502,
            Self::Unavailable => 503,
        }
    }
}

impl From<Refusal> for ProblemClass {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotARecipient
            | Refusal::NoSender
            | Refusal::SenderNotAccepted
            | Refusal::CountryNotAllowed => Self::Forbidden,
            Refusal::Quota
            | Refusal::UserLocked
            | Refusal::CountryCap(_)
            | Refusal::EnvironmentCap(_) => Self::Exhausted,
            Refusal::Paused | Refusal::NotReady => Self::Unavailable,
        }
    }
}

/// An error as it is output: `{"error": {…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorReport<'a> {
    /// The error.
    pub error: &'a Problem,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The stable code.
    pub code: &'static str,
    /// What happened, in words.
    pub message: String,
    /// What to do, in words.
    pub hint: Option<String>,
    /// What kind of error it is.
    #[serde(skip)]
    pub class: ProblemClass,
}

impl Problem {
    /// A problem without a hint.
    pub const fn new(class: ProblemClass, code: &'static str, message: String) -> Self {
        Self { code, message, hint: None, class }
    }
}

impl From<ReadOnly> for Problem {
    fn from(error: ReadOnly) -> Self {
        Self::new(ProblemClass::Forbidden, "read_only", error.to_string())
    }
}

impl From<ConfigError> for Problem {
    fn from(error: ConfigError) -> Self {
        // Invalid contents of the file are bad input; a file that cannot be read or written is not.
        let class = match &error {
            ConfigError::NoPlace
            | ConfigError::Unreadable { .. }
            | ConfigError::Unwritable { .. } => ProblemClass::Failed,
            ConfigError::NotYours { .. } => ProblemClass::Forbidden,
            ConfigError::Conflict { .. } | ConfigError::Changed { .. } => ProblemClass::Conflict,
            _ => ProblemClass::Invalid,
        };
        let hint = match error.hint() {
            Some(Hint::Words(words)) => Some(words),
            // What to do there depends on the face.
            _ => None,
        };
        Self { class, code: error.code(), message: error.to_string(), hint }
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        let (class, code) = match &error {
            EngineError::ReadOnly(_) => (ProblemClass::Forbidden, "read_only"),
            EngineError::Number(_) => (ProblemClass::Invalid, "invalid_number"),
            EngineError::Store(_)
            | EngineError::NotOwnStore(
                NotOwnStore::Missing { .. }
                | NotOwnStore::Other { .. }
                | NotOwnStore::OtherPlace { .. },
            ) => (ProblemClass::Unavailable, "store"),
            EngineError::NotOwnStore(
                NotOwnStore::NamedElsewhere { .. } | NotOwnStore::NeverUsed,
            ) => (ProblemClass::Invalid, "usage"),
            EngineError::NotOwnStore(NotOwnStore::KeyMissing { .. }) => {
                (ProblemClass::Unavailable, "deck_key")
            }
            EngineError::Key(_) => (ProblemClass::Unavailable, "deck_key"),
            EngineError::NotReady(_) => (ProblemClass::Unavailable, "not_ready"),
            EngineError::TaskLost(_) | EngineError::NoEntropy => (ProblemClass::Failed, "internal"),
            EngineError::Handset(_) | EngineError::NoHandset(_) => {
                (ProblemClass::Failed, "handset")
            }
        };
        Self::new(class, code, error.to_string())
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        let class = match &error {
            RequestError::ReadOnly(_) => ProblemClass::Forbidden,
            RequestError::Number(_) => ProblemClass::Invalid,
            RequestError::Store(_) => ProblemClass::Unavailable,
            RequestError::Unrecorded(_) | RequestError::TakenOver | RequestError::NoEntropy => {
                ProblemClass::Failed
            }
            error => error.refusal().map_or(ProblemClass::Failed, ProblemClass::from),
        };
        let hint = match &error {
            RequestError::Locked { unlock_at, .. } => {
                Some(format!("The next code can be requested at {}.", Moment(*unlock_at)))
            }
            _ => None,
        };
        Self { class, code: error.code(), message: error.to_string(), hint }
    }
}

impl From<AccountProblem> for Problem {
    fn from(problem: AccountProblem) -> Self {
        let refuses = problem.is_refusal();
        let class = if refuses { ProblemClass::ProviderRefused } else { ProblemClass::Unavailable };
        Self::new(class, problem.code(), problem.to_string())
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::ReadOnly(error) => error.into(),
            ChangeError::Unwritable(reason) => {
                Self::new(ProblemClass::Failed, "config_unwritable", reason)
            }
            ChangeError::RefusedCredentials { environment, problem } => {
                let problem = Self::from(problem);
                let message = format!("nothing was saved: {environment}: {}", problem.message);
                Self { message, ..problem }
            }
            ChangeError::Unchecked { .. } => {
                let message = format!("nothing was saved: {error}");
                Self::new(ProblemClass::Unavailable, "unchecked", message)
            }
            ChangeError::Config(error) | ChangeError::Invalid(InvalidEdit::Config(error)) => {
                error.into()
            }
            ChangeError::Invalid(InvalidEdit::Rule(words)) => {
                Self::new(ProblemClass::Invalid, "usage", words)
            }
            ChangeError::TaskLost(_) => {
                Self::new(ProblemClass::Failed, "internal", error.to_string())
            }
        }
    }
}

impl From<SandboxError> for Problem {
    fn from(error: SandboxError) -> Self {
        Self::new(ProblemClass::Failed, "sandbox", error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::PathBuf;

    use super::*;
    use crate::domain::environment::Environment;
    use crate::engine::NotReady;
    use crate::report::names::names;
    use crate::store::StoreError;

    #[test]
    fn the_names_of_an_error_are_stable() {
        let problem = Problem::new(ProblemClass::Invalid, "usage", "no".to_owned());
        let report = ErrorReport { error: &problem };
        assert_eq!(names(&report), "error");
        assert_eq!(names(report.error), "code hint message");
    }

    #[test]
    fn every_error_has_one_code_one_exit_code_and_one_http_status() {
        let environment = Environment::Test;
        let path = PathBuf::new;
        let stopped = || StoreError::Stopped { path: path() };
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let invalid = || InvalidEdit::Rule(String::new());
        let not_a_recipient = RequestError::NotARecipient { environment, recipient: String::new() };
        let table: Vec<(Problem, &str, u8, u16)> = vec![
            (RequestError::UserLocked.into(), "user_locked", 3, 429),
            (RequestError::ReadOnly(ReadOnly).into(), "read_only", 3, 403),
            (not_a_recipient.into(), "not_a_recipient", 3, 403),
            (RequestError::NotReady(NotReady::Address).into(), "not_ready", 1, 503),
            (RequestError::Store(stopped()).into(), "store", 1, 503),
            (RequestError::Unrecorded(stopped()).into(), "unrecorded", 1, 500),
            (RequestError::NoEntropy.into(), "no_entropy", 1, 500),
            (EngineError::Store(stopped()).into(), "store", 1, 503),
            (EngineError::ReadOnly(ReadOnly).into(), "read_only", 3, 403),
            (EngineError::NoEntropy.into(), "internal", 1, 500),
            (ConfigError::Missing { path: path() }.into(), "config_missing", 2, 400),
            (ConfigError::EmptyFile { path: path() }.into(), "config_syntax", 2, 400),
            (ConfigError::Changed { path: path() }.into(), "config_conflict", 1, 409),
            (
                ConfigError::Unwritable { path: path(), source: denied() }.into(),
                "config_unwritable",
                1,
                500,
            ),
            (ChangeError::Invalid(invalid()).into(), "usage", 2, 400),
            (ChangeError::Unwritable(String::new()).into(), "config_unwritable", 1, 500),
            (ChangeError::ReadOnly(ReadOnly).into(), "read_only", 3, 403),
        ];
        for (problem, code, exit, status) in table {
            let class = problem.class;
            assert_eq!(
                (problem.code, class.exit_code(), class.http_status()),
                (code, exit, status)
            );
        }
    }

    #[test]
    fn what_policy_forbids_has_an_exit_code_of_its_own() {
        for refusal in Refusal::ALL {
            let exit = ProblemClass::from(refusal).exit_code();
            assert_eq!(exit == 3, refusal.is_policy(), "{refusal:?}");
        }
    }
}
