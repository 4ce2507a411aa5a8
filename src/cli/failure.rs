//! Why a command failed, written to standard error.

use std::io;
use std::process::ExitCode;

use super::output::{Output, complain, escaped};
use crate::config::{ConfigError, Hint, SecretsError};
use crate::domain::text::shell_word;
use crate::engine::{
    ChangeError, EngineError, InvalidEdit, NotChanged, NotReady, ReadOnly, RequestError,
};
use crate::provider::SandboxError;
use crate::report::{ErrorReport, Problem, ProblemClass};

/// A problem that ends a command, with its exit code.
#[derive(Debug)]
pub struct Failure {
    problem: Problem,
    exit: u8,
}

impl Failure {
    /// Something failed: exit code 1.
    pub const fn new(code: &'static str, message: String) -> Self {
        Self::of(Problem::new(ProblemClass::Failed, code, message))
    }

    /// Wrong usage or bad input: exit code 2.
    pub const fn usage(message: String) -> Self {
        Self::of(Problem::new(ProblemClass::Invalid, "usage", message))
    }

    /// Refused by policy: exit code 3.
    pub const fn refused(code: &'static str, message: String) -> Self {
        Self::of(Problem::new(ProblemClass::Forbidden, code, message))
    }

    const fn of(problem: Problem) -> Self {
        let exit = problem.class.exit_code();
        Self { problem, exit }
    }

    /// The same with an exit code of its own.
    pub(super) fn with_exit(self, exit: u8) -> Self {
        Self { exit, ..self }
    }

    /// The same for `status`, where 1 would be a mere warning: exit code 2.
    pub fn critical(self) -> Self {
        Self { exit: 2, ..self }
    }

    /// The sentence.
    pub fn message(&self) -> &str {
        &self.problem.message
    }

    /// Writes it to standard error and returns the exit code. A reader that went away early
    /// (`smsdeck … | head`) is no failure.
    pub fn report(&self, output: Output) -> ExitCode {
        let Self { problem, exit } = self;
        if problem.code == BROKEN_PIPE {
            return ExitCode::SUCCESS;
        }
        let text = if output.is_json() {
            // A problem has nothing that JSON could not take.
            escaped(&serde_json::to_string(&ErrorReport { error: problem }).unwrap_or_default())
        } else {
            let hint = problem.hint.as_ref().map(|hint| format!("\n{hint}")).unwrap_or_default();
            format!("smsdeck: {}{hint}", problem.message)
        };
        complain(&text);
        ExitCode::from(*exit)
    }
}

const BROKEN_PIPE: &str = "broken_pipe";

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let broken = error.kind() == io::ErrorKind::BrokenPipe;
        Self::new(if broken { BROKEN_PIPE } else { "io" }, error.to_string())
    }
}

/// What a read-only operator is shown.
impl From<ReadOnly> for Failure {
    fn from(error: ReadOnly) -> Self {
        let message = format!("{error}; start without --read-only to do this");
        Self::of(Problem { message, ..error.into() })
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::ReadOnly(error) => error.into(),
            EngineError::NotReady(reason) => {
                let hint = not_ready_hint(&reason);
                Self::of(Problem { hint, ..EngineError::NotReady(reason).into() })
            }
            error => Self::of(error.into()),
        }
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::ReadOnly(error) => error.into(),
            RequestError::NotReady(reason) => {
                let hint = not_ready_hint(&reason);
                Self::of(Problem { hint, ..RequestError::NotReady(reason).into() })
            }
            error => Self::of(error.into()),
        }
    }
}

/// What to do about a provider that is not ready, if the command line knows.
fn not_ready_hint(reason: &NotReady) -> Option<String> {
    let is_missing = matches!(reason, NotReady::Secret(SecretsError::Missing { .. }));
    is_missing
        .then(|| "Enter it in the console, or use `smsdeck config set auth_token -`.".to_owned())
}

impl From<ChangeError> for Failure {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::ReadOnly(error) => error.into(),
            ChangeError::Config(error) | ChangeError::Invalid(InvalidEdit::Config(error)) => {
                error.into()
            }
            error @ ChangeError::Unchecked { .. } => {
                let hint = "To save without checking, add --unchecked".to_owned();
                Self::of(Problem { hint: Some(hint), ..error.into() })
            }
            error => Self::of(error.into()),
        }
    }
}

impl From<NotChanged> for Failure {
    fn from(NotChanged { error, .. }: NotChanged) -> Self {
        // A store that fails too has no audit to say so.
        error.into()
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let hint = as_owner(&error).or_else(|| error.hint().map(hint_words));
        Self::of(Problem { hint, ..error.into() })
    }
}

/// What a hint says to someone at the command line.
fn hint_words(hint: Hint) -> String {
    match hint {
        Hint::Words(words) => words,
        Hint::EveryField => {
            "Every field is required; `smsdeck config schema` lists them.".to_owned()
        }
        Hint::AllFields => "`smsdeck config show` lists them.".to_owned(),
        Hint::NewFile(path) => {
            format!("To start with a new one: smsdeck config show > {}", path.display())
        }
        Hint::SingleNumbers => "--numbers copies single From numbers.".to_owned(),
    }
}

/// What to type instead, where the deck is somebody else's.
fn as_owner(error: &ConfigError) -> Option<String> {
    let ConfigError::NotYours { owner, config, .. } = error else { return None };
    // A user who has no name is a comment to the shell.
    let owner = if owner.starts_with('#') { format!("'{owner}'") } else { owner.clone() };
    let named =
        if config.exists() { format!(" --config {}", shell_word(config)) } else { String::new() };
    Some(format!("Run it as that user: sudo -u {owner} smsdeck{named}"))
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        Self::of(error.into())
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::domain::environment::Environment;

    #[test]
    fn a_token_that_is_missing_comes_with_what_to_do() {
        let missing = SecretsError::Missing { environment: Environment::Test };
        let failure = Failure::from(RequestError::NotReady(NotReady::Secret(missing)));
        assert_eq!((failure.problem.code, failure.exit), ("not_ready", 1));
        let hint = failure.problem.hint.unwrap_or_default();
        assert!(hint.contains("config set auth_token -"), "{hint}");
        let failure = Failure::from(RequestError::NotReady(NotReady::Address));
        assert_eq!(failure.problem.hint, None);
    }

    #[test]
    fn the_deck_of_somebody_else_comes_with_the_command_to_type() {
        let folder = tempfile::tempdir().unwrap();
        let (path, config) = (PathBuf::from("/home/ana"), folder.path().join("it's.ron"));
        let error = |owner: &str, config: PathBuf| {
            let (path, owner) = (path.clone(), owner.to_owned());
            Failure::from(ConfigError::NotYours { path, owner, config })
        };
        let failure = error("ana", config.clone());
        assert_eq!((failure.problem.code, failure.exit), ("config_not_yours", 3));
        let hint = |failure: Failure| failure.problem.hint.unwrap_or_default();
        assert_eq!(hint(failure), "Run it as that user: sudo -u ana smsdeck");
        std::fs::write(&config, "").unwrap();
        let quoted = config.display().to_string().replace('\'', r"'\''");
        let wanted = format!("Run it as that user: sudo -u '#54321' smsdeck --config '{quoted}'");
        assert_eq!(hint(error("#54321", config)), wanted);
    }

    #[test]
    fn whoever_may_only_look_is_told_how_to_start_otherwise() {
        for failure in [
            Failure::from(EngineError::ReadOnly(ReadOnly)),
            Failure::from(RequestError::ReadOnly(ReadOnly)),
            Failure::from(ChangeError::ReadOnly(ReadOnly)),
        ] {
            assert_eq!((failure.problem.code, failure.exit), ("read_only", 3));
            assert!(failure.problem.message.contains("without --read-only"));
        }
    }
}
