//! A `status` that cannot be determined, for whatever reason: critical for monitoring, and
//! nobody who reads the file for Prometheus may go on believing the old one.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use super::arguments::{Arguments, Command, StatusOptions};
use super::failure::Failure;
use super::output::Output;
use super::prometheus;
use crate::domain::environment::Environment;
use crate::files;

/// What a `status` was to report, and where.
#[derive(Debug, Clone)]
pub struct StatusFailure {
    /// The file for Prometheus, if one was wanted.
    file: Option<PathBuf>,
    /// The environment that was named; without one all of them.
    environment: Option<Environment>,
}

impl StatusFailure {
    /// Takes it from the arguments of a `status`; `None` for any other command.
    pub fn of(arguments: &Arguments) -> Option<Self> {
        match &arguments.command {
            Some(Command::Status(options)) if options.command.is_none() => {
                Some(Self { file: options.prometheus.clone(), environment: arguments.environment })
            }
            _ => None,
        }
    }

    /// Takes it from a `status` that keeps running.
    pub(super) fn of_watch(environment: Option<Environment>, options: &StatusOptions) -> Self {
        Self { file: options.prometheus.clone(), environment }
    }

    /// Takes it from arguments that could not be parsed, as far as they can be understood; `None`
    /// where none of them is `status`.
    pub fn of_invalid(arguments: impl IntoIterator<Item = OsString>) -> Option<Self> {
        let arguments: Vec<OsString> = arguments.into_iter().skip(1).collect();
        let is_status = arguments.iter().any(|argument| argument == "status");
        let mut file = None;
        for (index, argument) in arguments.iter().enumerate() {
            if argument == "--prometheus" {
                file = arguments.get(index + 1).map(PathBuf::from);
            } else if let Some(value) =
                argument.to_str().and_then(|it| it.strip_prefix("--prometheus="))
            {
                file = Some(PathBuf::from(value));
            }
        }
        is_status.then_some(Self { file, environment: None })
    }

    /// Replaces the file by one that reports everything as critical.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn publish(&self) -> Result<(), std::io::Error> {
        let Some(file) = &self.file else { return Ok(()) };
        let named =
            |environment: &Environment| self.environment.is_none_or(|only| only == *environment);
        let environments = Environment::ALL.into_iter().filter(named);
        files::publish(file, &prometheus::unreadable(environments))
    }

    /// Reports why, and returns 2 regardless of the failure's own exit code.
    pub fn report(&self, failure: Failure, output: Output) -> ExitCode {
        if let (Err(error), Some(file)) = (self.publish(), &self.file) {
            let words = format!("cannot write {}: {error}", file.display());
            Failure::new("prometheus", words).report(output);
        }
        failure.critical().report(output)
    }
}
