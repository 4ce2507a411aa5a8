//! The config in the editor of whoever sits here: a copy is edited and checked.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::message::EditedText;
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
    /// The same, and something was typed before.
    #[error("{error}. What was typed is in {}", .kept.display())]
    Kept {
        /// What happened.
        error: Box<Self>,
        /// Where the text is.
        kept: PathBuf,
    },
    /// The editor was left without a change.
    #[error("nothing was changed in the editor")]
    Unchanged,
    /// The config cannot be read, before or after.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Has the config edited, and checks it. Nothing is put into force here.
///
/// # Errors
/// When anything goes wrong, or nothing was changed; what was typed is kept.
pub fn edit(paths: &Paths) -> Result<EditedText, EditError> {
    let before = config::text(&paths.config)?;
    let folder = tempfile::Builder::new().prefix("smsdeck-").tempdir()?;
    let copy = folder.path().join("config.ron");
    std::fs::write(&copy, &before)?;
    let ended = run_editor(&copy);
    let after = std::fs::read_to_string(&copy);
    if ended.is_ok() && matches!(&after, Ok(after) if *after == before) {
        return Err(EditError::Unchanged);
    }
    let read = |after: String| -> Result<EditedText, EditError> {
        let new = config::parse(&after, &copy)?;
        let old = config::parse(&before, &paths.config);
        let old = old.unwrap_or_else(|_| config::last_good(paths));
        Ok(EditedText { before: before.clone(), after, old, new, kept: copy.clone() })
    };
    let is_typed = !matches!(&after, Ok(after) if *after == before);
    let edited = ended.and_then(|()| read(after?));
    match edited {
        Err(error) if !is_typed => Err(error),
        // What was typed must outlive this.
        Err(error) => {
            let kept = folder.keep().join("config.ron");
            Err(EditError::Kept { error: Box::new(error), kept })
        }
        Ok(edited) => Ok(EditedText { kept: folder.keep().join("config.ron"), ..edited }),
    }
}

fn run_editor(copy: &Path) -> Result<(), EditError> {
    let line = ["VISUAL", "EDITOR"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()))
        .unwrap_or_else(|| "vi".to_owned());
    let failed = |reason: String| EditError::Editor { program: line.clone(), reason };
    // Such variables hold a command of the shell, with arguments and quotes.
    let script = format!("{line} \"$@\"");
    let ended = Command::new("/bin/sh").args(["-c", &script, &line]).arg(copy).status();
    let ended = ended.map_err(|error| failed(error.to_string()))?;
    if ended.success() { Ok(()) } else { Err(failed(ended.to_string())) }
}
