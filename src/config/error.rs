//! What can be wrong with a config, and where.

use std::io;
use std::path::PathBuf;

use crate::domain::environment::Environment;

/// A hint on how to fix a [`ConfigError`]. Each face words it in its own terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// A whole sentence.
    Words(String),
    /// Every field must be there: the schema has all of them.
    EveryField,
    /// The config in use has all fields that there are.
    AllFields,
    /// The built-in config is one to begin with, in place of the missing file.
    NewFile(PathBuf),
    /// From numbers can be copied one by one.
    SingleNumbers,
}

/// The config cannot be read, understood or written.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Neither a home folder nor any other place for the files is known.
    #[error("no location for the config: set HOME, XDG_CONFIG_HOME or SMSDECK_CONFIG")]
    NoPlace,
    /// The file that was named is not there.
    #[error("no such file: {}", .path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file was deleted or moved: it has a history.
    #[error(
        "{path} is missing. Its last content is in {path}.history/in-force: copy it back, or run smsdeck config restore; to start over, move the history away too",
        path = .path.display()
    )]
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// The file is a link to nothing.
    #[error("{} is a link to a missing file: put that file back, or remove the link", .path.display())]
    DanglingLink {
        /// The link.
        path: PathBuf,
    },
    /// The file is there but cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The deck is somebody else's.
    #[error("{} belongs to {owner}: only its owner can use this deck", .path.display())]
    NotYours {
        /// What belongs to somebody else: the config, the secrets or a folder.
        path: PathBuf,
        /// Whose it is, as `sudo -u` takes it.
        owner: String,
        /// The config of the deck.
        config: PathBuf,
    },
    /// There is nothing in the file.
    #[error("{}: the file is empty", .path.display())]
    EmptyFile {
        /// The file.
        path: PathBuf,
    },
    /// The text is not valid RON.
    #[error("{}:{line}:{column}: {message}", .path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// A field is unknown, missing, of the wrong type or out of bounds.
    #[error("{}:{line}:{column}: {field}: {message}", .path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// The path of the field, such as `environments.test.codes_allowed`.
        field: String,
        /// What is wrong.
        message: String,
        /// What to write instead, if that can be guessed.
        hint: Option<Hint>,
    },
    /// A value that was given for a field is invalid.
    #[error("{field}: {message}")]
    Value {
        /// The field.
        field: String,
        /// What is wrong.
        message: String,
        /// What to write instead, if that can be guessed.
        hint: Option<Hint>,
    },
    /// The file was written by a newer smsdeck.
    #[error("{}: config version {found} needs a newer smsdeck; this one supports version 1", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// This environment was saved by another process in the meantime.
    #[error("someone else changed {environment} in {}: review it before saving", .path.display())]
    Conflict {
        /// The file.
        path: PathBuf,
        /// The environment.
        environment: Environment,
    },
    /// The file was written by another process while it was being edited as a text.
    #[error("someone else changed {} in the meantime", .path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder cannot be written; the old file is as it was.
    #[error("cannot write {}: {source}; nothing was changed", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl ConfigError {
    /// The line of the mistake, from 1.
    pub const fn line(&self) -> Option<usize> {
        match self {
            Self::Syntax { line, .. } | Self::Field { line, .. } => Some(*line),
            _ => None,
        }
    }

    /// The column of the mistake, from 1.
    pub const fn column(&self) -> Option<usize> {
        match self {
            Self::Syntax { column, .. } | Self::Field { column, .. } => Some(*column),
            _ => None,
        }
    }

    /// The path of the field that is wrong.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Field { field, .. } | Self::Value { field, .. } => Some(field),
            _ => None,
        }
    }

    /// What is wrong, without the place.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Syntax { message, .. }
            | Self::Field { message, .. }
            | Self::Value { message, .. } => message.clone(),
            other => other.to_string(),
        }
    }

    /// Returns the same error, moved down by a number of lines.
    pub(super) fn moved(mut self, lines: isize) -> Self {
        if let Self::Syntax { line, .. } | Self::Field { line, .. } = &mut self {
            *line = line.saturating_add_signed(lines).max(1);
        }
        self
    }

    /// What to write instead, if that can be guessed.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::Field { hint, .. } | Self::Value { hint, .. } => hint.clone(),
            Self::Missing { path } | Self::EmptyFile { path } => Some(Hint::NewFile(path.clone())),
            _ => None,
        }
    }

    /// The stable name in JSON.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoPlace => "config_no_place",
            Self::Missing { .. } | Self::Gone { .. } | Self::DanglingLink { .. } => {
                "config_missing"
            }
            Self::Unreadable { .. } => "config_unreadable",
            Self::NotYours { .. } => "config_not_yours",
            Self::EmptyFile { .. } | Self::Syntax { .. } => "config_syntax",
            Self::Field { .. } | Self::Value { .. } => "config_field",
            Self::Newer { .. } => "config_newer",
            Self::Conflict { .. } | Self::Changed { .. } => "config_conflict",
            Self::Unwritable { .. } => "config_unwritable",
        }
    }
}
