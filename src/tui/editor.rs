//! The config in the operator's editor: a copy is edited, checked, and brought together
//! with what others have saved meanwhile.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::config::{self, Config, ConfigError, Paths};
use crate::domain::environment::Environment;
use crate::domain::merge::merge;
use crate::files::{self, PrivateFolder};

/// What becomes of an edit.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The copy cannot be made or read.
    #[error("cannot edit the config: {0}")]
    Files(#[from] io::Error),
    /// The editor did not run, or ended with an error.
    #[error("{program} failed: {reason}. Nothing was changed; $EDITOR names another editor")]
    Editor {
        /// The program.
        program: String,
        /// Why.
        reason: String,
    },
    /// The editor was left without a change.
    #[error("the editor made no changes")]
    Unchanged,
    /// Someone else has changed the same meanwhile.
    #[error("someone else changed {what} in the meantime, so nothing was applied")]
    Disputed {
        /// What both have changed.
        what: String,
    },
    /// The config cannot be read, before or after.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Why an edit came to nothing, and where the text is that was typed, if one was.
#[derive(Debug)]
pub struct NotEdited {
    /// Why.
    pub error: Box<EditError>,
    /// The text, in a folder of its own.
    pub kept: Option<PathBuf>,
}

/// A config that was edited as a text.
#[derive(Debug, Clone)]
pub struct EditedText {
    /// The text that the edit began with.
    pub before: String,
    /// The text as edited.
    pub after: String,
    /// The config in `before`, or the last good version where that is invalid.
    pub old: Config,
    /// The config in `after`.
    pub new: Config,
    /// Where the edited text is kept until it is taken.
    pub kept: PathBuf,
}

/// The copy that is edited, in a folder that no one else may read: the config names people's
/// numbers, and someone may put a token there by mistake.
struct Copy {
    folder: PrivateFolder,
    /// What the edit began with.
    base: String,
}

impl Copy {
    /// A copy of the config, or what was typed before and not taken.
    fn new(paths: &Paths, typed: Option<&Path>) -> Result<Self, EditError> {
        let folder = PrivateFolder::for_edit(&paths.config)?;
        let resumed = typed.and_then(|typed| {
            let base = config::input(&typed.with_file_name(BASE)).ok()?;
            // Byte by byte: it may be no text, which the editor can put right.
            Some((files::read(typed, MAX_BYTES).ok()?, base))
        });
        let (text, base) = if let Some(resumed) = resumed {
            resumed
        } else {
            let text = config::text(&paths.config)?;
            (text.clone().into_bytes(), text)
        };
        write(&folder.path().join(COPY), &text)?;
        write(&folder.path().join(BASE), base.as_bytes())?;
        Ok(Self { folder, base })
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(COPY)
    }

    /// Keeps the text for as long as this process lives, in place of one that was kept before.
    fn keep(self, typed: Option<&Path>) -> PathBuf {
        let kept = self.folder.keep().join(COPY);
        // One that stays is removed at the next start.
        let _ = typed.and_then(Path::parent).map(std::fs::remove_dir_all);
        kept
    }
}

/// The copy that is edited.
const COPY: &str = "config.ron";

/// The largest text that an edit continues with, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// What the edit began with, beside it.
const BASE: &str = "before.ron";

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text)
}

/// Has the config edited, or what was typed before and not taken, and checks it. Nothing is put
/// into force here.
///
/// # Errors
/// When anything goes wrong, or nothing was changed; what was typed is kept.
pub fn edit(paths: &Paths, typed: Option<&Path>) -> Result<EditedText, NotEdited> {
    let not_kept = |error| NotEdited { error: Box::new(error), kept: None };
    let copy = Copy::new(paths, typed).map_err(not_kept)?;
    let ended = copy.folder.shared(|| run_editor(&copy.path()));
    let ended = ended.map_err(|error| not_kept(error.into()))?;
    if !copy.path().exists() {
        let gone = io::Error::new(io::ErrorKind::NotFound, "the edited file is empty");
        return Err(not_kept(ended.err().unwrap_or(EditError::Files(gone))));
    }
    let texts = config::input(&copy.path())
        .and_then(|after| Ok((after, config::text(&paths.config)?)))
        .map_err(EditError::from);
    if let Ok((after, present)) = &texts
        && (*after == copy.base || after == present)
    {
        return Err(not_kept(ended.err().unwrap_or(EditError::Unchanged)));
    }
    let edited = ended.and(texts);
    let edited =
        edited.and_then(|(after, present)| brought_together(paths, &copy, &present, &after));
    // What was typed must outlive this, even if it is invalid.
    let kept = copy.keep(typed);
    match edited {
        Ok(edited) => Ok(EditedText { kept, ..edited }),
        Err(error) => Err(NotEdited { error: Box::new(error), kept: Some(kept) }),
    }
}

/// The edited text with what others have saved since the edit began.
fn brought_together(
    paths: &Paths,
    copy: &Copy,
    present: &str,
    after: &str,
) -> Result<EditedText, EditError> {
    let mine = config::parse(after, Path::new(COPY))?;
    let good = config::parse(present, &paths.config).ok();
    let theirs = good.clone().unwrap_or_else(|| config::last_good(paths));
    let (before, kept) = (present.to_owned(), copy.path());
    let base = config::parse(&copy.base, &paths.config).ok();
    let (new, after) = match (base, good) {
        (Some(base), Some(good)) if copy.base != present => {
            let new = merged(&base, &mine, &good)?;
            let after = config::changed_text(after, &mine, &new);
            (new, after)
        }
        _ => (mine, after.to_owned()),
    };
    Ok(EditedText { before, after, old: theirs, new, kept })
}

fn merged(base: &Config, mine: &Config, theirs: &Config) -> Result<Config, EditError> {
    let mut new = theirs.clone();
    let mut disputed = Vec::new();
    for environment in Environment::ALL {
        let side = |config: &Config| config.environments[environment].clone();
        let merged = merge(&side(base), &side(mine), &side(theirs), &BTreeMap::new());
        let labels = merged.conflicts.iter().map(|it| it.place.field.label());
        disputed.extend(labels.map(|label| format!("{label} of {environment}")));
        new.environments[environment] = merged.settings;
    }
    if theirs.deck == base.deck {
        new.deck = mine.deck.clone();
    } else if mine.deck != base.deck && mine.deck != theirs.deck {
        disputed.push("deck-wide settings".to_owned());
    }
    if disputed.is_empty() {
        Ok(new)
    } else {
        Err(EditError::Disputed { what: disputed.join(", ") })
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
