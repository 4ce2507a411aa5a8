//! The config in the editor of whoever sits here: a copy is edited, checked, and taken back.

use std::io;
use std::path::PathBuf;
use std::process::Command;

use crate::config::{self, ConfigError, Paths};

/// What becomes of an edit.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The copy cannot be made or read.
    #[error("the config cannot be edited: {0}")]
    Files(#[from] io::Error),
    /// The editor did not run, or ended with an error.
    #[error("{program} did not end well: {reason}. Set $EDITOR. Nothing was changed")]
    Editor {
        /// The program.
        program: String,
        /// Why.
        reason: String,
    },
    /// What was edited cannot be taken.
    #[error("nothing was changed: {error}. Your text is in {}", .kept.display())]
    Refused {
        /// Why.
        error: Box<ConfigError>,
        /// Where the edited text is.
        kept: PathBuf,
    },
    /// The config cannot be read to begin with.
    #[error("the config cannot be edited here: {0}")]
    Config(#[from] ConfigError),
}

/// Has the config edited and takes it back. Answers it before and after.
///
/// # Errors
/// When anything goes wrong; the config is as it was then, and what was typed is kept.
pub fn edit(paths: &Paths) -> Result<(config::Config, config::Config), EditError> {
    let before = config::text(&paths.config)?;
    let folder = tempfile::Builder::new().prefix("smsdeck-").tempdir()?;
    let copy = folder.path().join("config.ron");
    std::fs::write(&copy, &before)?;
    let line = ["VISUAL", "EDITOR"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()))
        .unwrap_or_else(|| "vi".to_owned());
    let failed = |reason: String| EditError::Editor { program: line.clone(), reason };
    // Such variables hold a program with its arguments: `code --wait`.
    let mut words = line.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let ended = Command::new(program).args(words).arg(&copy).status();
    let ended = ended.map_err(|error| failed(error.to_string()))?;
    if !ended.success() {
        return Err(failed(ended.to_string()));
    }
    let taken = std::fs::read_to_string(&copy)
        .map_err(|source| ConfigError::Unreadable { path: copy, source })
        .and_then(|after| config::replace_text(paths, &before, &after));
    taken.map_err(|error| EditError::Refused {
        error: Box::new(error),
        // What was typed must outlive this.
        kept: folder.keep().join("config.ron"),
    })
}
