//! Why a command ended badly, said on standard error.

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::json;

use super::output::{self, Output};
use crate::config::{ConfigError, Hint};
use crate::engine::{ChangeError, EngineError, InvalidEdit, NotChanged, ReadOnly, RequestError};
use crate::provider::SandboxError;

/// A failure with its stable code, its sentence and its exit code.
#[derive(Debug)]
pub struct Failure {
    code: &'static str,
    message: String,
    hint: Option<String>,
    exit: u8,
}

impl Failure {
    /// Something failed: exit code 1.
    pub const fn new(code: &'static str, message: String) -> Self {
        Self { code, message, hint: None, exit: 1 }
    }

    /// Wrong usage or bad input: exit code 2.
    pub const fn usage(message: String) -> Self {
        Self { code: "usage", message, hint: None, exit: 2 }
    }

    /// Refused by policy: exit code 3.
    pub const fn refused(code: &'static str, message: String) -> Self {
        Self { code, message, hint: None, exit: 3 }
    }

    /// The same for `status`, where 1 would be a mere warning: exit code 2.
    pub fn critical(self) -> Self {
        Self { exit: 2, ..self }
    }

    /// The sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Writes it to standard error and answers the exit code. A reader that went away early
    /// (`smsdeck … | head`) is no failure.
    pub fn report(&self, output: Output) -> ExitCode {
        if self.code == BROKEN_PIPE {
            return ExitCode::SUCCESS;
        }
        let Self { code, message, hint, exit } = self;
        let text = if output.is_json() {
            json!({ "error": { "code": code, "message": message, "hint": hint } }).to_string()
        } else {
            let hint = hint.as_ref().map(|hint| format!("\n{hint}")).unwrap_or_default();
            format!("smsdeck: {message}{hint}")
        };
        // Where standard error is gone too, the exit code has to do.
        let _ = writeln!(io::stderr(), "{text}");
        ExitCode::from(*exit)
    }
}

/// What somebody is told who may only look.
const READ_ONLY: &str = "read-only: start without --read-only to do this";

const BROKEN_PIPE: &str = "broken_pipe";

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let broken = error.kind() == io::ErrorKind::BrokenPipe;
        Self::new(if broken { BROKEN_PIPE } else { "io" }, error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        // What stands in the file is bad input; a file that cannot be read or written is not.
        let exit = match &error {
            ConfigError::NoPlace
            | ConfigError::Unreadable { .. }
            | ConfigError::Unwritable { .. }
            | ConfigError::Conflict { .. }
            | ConfigError::Changed { .. } => 1,
            _ => 2,
        };
        Self {
            code: error.code(),
            message: error.to_string(),
            hint: error.hint().map(hint_words),
            exit,
        }
    }
}

impl From<ReadOnly> for Failure {
    fn from(_: ReadOnly) -> Self {
        Self::refused("read_only", READ_ONLY.to_owned())
    }
}

/// What a hint says to somebody at the command line.
fn hint_words(hint: Hint) -> String {
    match hint {
        Hint::Words(words) => words,
        Hint::WholeExample => {
            "Every field must be there; `smsdeck config show` prints a whole example.".to_owned()
        }
        Hint::AllFields => "`smsdeck config show` has all of them.".to_owned(),
        Hint::NewFile(path) => {
            format!("To begin with a new one: smsdeck config show > {}", path.display())
        }
        Hint::SingleNumbers => "--numbers copies single From numbers.".to_owned(),
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let (code, exit) = match &error {
            EngineError::ReadOnly(read_only) => return (*read_only).into(),
            EngineError::Number(_) => ("invalid_number", 2),
            EngineError::Store(_) => ("store", 1),
            EngineError::Key(_) => ("deck_key", 1),
            EngineError::NotReady(_) => ("not_ready", 1),
            EngineError::TaskLost(_) | EngineError::NoEntropy => ("internal", 1),
            EngineError::Handset(_) | EngineError::NoHandset(_) => ("handset", 1),
        };
        Self { code, message: error.to_string(), hint: None, exit }
    }
}

impl From<ChangeError> for Failure {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::ReadOnly(read_only) => read_only.into(),
            ChangeError::Unwritable(reason) => Self::new("config_unwritable", reason),
            ChangeError::RefusedToken(problem) => {
                Self::new(problem.code(), format!("nothing was saved: {problem}"))
            }
            ChangeError::Config(error) | ChangeError::Invalid(InvalidEdit::Config(error)) => {
                error.into()
            }
            ChangeError::Invalid(InvalidEdit::Rule(words)) => Self::usage(words),
            ChangeError::TaskLost(_) => Self::new("internal", error.to_string()),
        }
    }
}

impl From<NotChanged> for Failure {
    fn from(NotChanged { error, .. }: NotChanged) -> Self {
        // A store that fails too has no audit to say so.
        error.into()
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        let exit = match &error {
            RequestError::ReadOnly(read_only) => return (*read_only).into(),
            RequestError::Number(_) => 2,
            error if error.is_policy() => 3,
            _ => 1,
        };
        let hint = match &error {
            RequestError::Locked { unlock_at, .. } => {
                Some(format!("A code is sent again from {} on.", output::moment(*unlock_at)))
            }
            _ => None,
        };
        Self { code: error.code(), message: error.to_string(), hint, exit }
    }
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        Self::new("sandbox", error.to_string())
    }
}
