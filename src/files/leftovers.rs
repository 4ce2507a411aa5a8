//! What a process that was killed has left behind: temporary files, and private folders such as
//! those of edited copies.
//!
//! The process that makes one holds a lock on it, which the system releases when the process dies: what
//! nobody holds is a leftover.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::fd::IntoRawFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::io::{FdFlags, fcntl_setfd};

use super::lock::Lock;
use super::regular::{Links, open, open_with, read};
use super::replace::{Mode, replace};
use super::temporary::{entries, is_free, is_held, is_mine, remove_files};

/// How the names of folders with edited copies begin.
const EDIT: &str = ".smsdeck-edit-";

/// How those of demonstrations begin, and of copies that earlier versions made.
const TEMPORARY: &str = "smsdeck-";

/// The file in a private folder whose lock says that the folder is in use.
const IN_USE: &str = "in-use";

/// The edited copy in its folder, and the text that the edit began with.
const EDITED: [&str; 2] = ["config.ron", "before.ron"];

/// The largest edited text that is put aside, in bytes.
const MAX_EDITED: u64 = 1024 * 1024;

/// A folder that only its owner may read. Deleted when dropped, unless it is kept, and at the next
/// start if the process was killed.
#[derive(Debug)]
pub struct PrivateFolder {
    folder: tempfile::TempDir,
    in_use: File,
}

impl PrivateFolder {
    /// Makes one for an edited copy: beside the original, or where nothing can be made there in
    /// the system's temporary folder.
    ///
    /// # Errors
    /// When it cannot be made there either.
    pub fn for_edit(original: &Path) -> io::Result<Self> {
        let beside = original.parent().unwrap_or(Path::new("."));
        let made = DirBuilder::new().recursive(true).mode(0o700).create(beside);
        let made = made.and_then(|()| Self::new_in(beside, EDIT));
        made.or_else(|_| Self::new_in(&std::env::temp_dir(), EDIT))
    }

    /// Makes one for a demonstration, in the system's temporary folder, after removing those of
    /// demonstrations that were killed.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn for_demo() -> io::Result<Self> {
        remove_temporary();
        Self::new_in(&std::env::temp_dir(), "smsdeck-demo-")
    }

    fn new_in(parent: &Path, prefix: &str) -> io::Result<Self> {
        loop {
            let private = Permissions::from_mode(0o700);
            let folder =
                tempfile::Builder::new().prefix(prefix).permissions(private).tempdir_in(parent)?;
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(0o600);
            let in_use = open_with(&mut options, &folder.path().join(IN_USE), Links::Refuse)?;
            if is_held(&in_use)? {
                return Ok(Self { folder, in_use });
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Has the programs that `run` starts use the folder too: an editor outlives a console that is
    /// killed.
    ///
    /// # Errors
    /// When the system refuses it; then nothing is run.
    pub fn shared<T>(&self, run: impl FnOnce() -> T) -> io::Result<T> {
        fcntl_setfd(&self.in_use, FdFlags::empty())?;
        let done = run();
        fcntl_setfd(&self.in_use, FdFlags::CLOEXEC)?;
        Ok(done)
    }

    /// Keeps the folder when this is dropped, in use until this process ends.
    pub fn keep(self) -> PathBuf {
        // Never closed, so that the lock is held until then.
        let _ = self.in_use.into_raw_fd();
        self.folder.keep()
    }
}

/// Removes what dead processes have left beside a config and its secrets, in its folder of
/// `versions`, and in the system's temporary folder. A text that was edited and not taken is put
/// aside as `unsaved`, readable by its owner alone. Creates nothing else; what cannot be removed
/// stays.
pub fn remove_leftovers(config: &Path, secrets: &Path, versions: &Path, unsaved: &Path) {
    // A writer that has just made its file has not locked it yet, but holds one of these.
    if !Lock::is_held(config) && !Lock::is_held(secrets) {
        let target = config.canonicalize().unwrap_or_else(|_| config.to_owned());
        for folder in [config.parent(), target.parent(), Some(versions)].into_iter().flatten() {
            for copies in entries(folder, EDIT) {
                if is_unused(&copies) && put_aside(&copies, unsaved).is_ok() {
                    let _ = fs::remove_dir_all(copies);
                }
            }
            remove_files(folder);
        }
    }
    remove_temporary();
}

/// Removes the private folders of dead processes from the system's temporary folder.
fn remove_temporary() {
    let system = std::env::temp_dir();
    let folders = [EDIT, TEMPORARY].into_iter().flat_map(|prefix| entries(&system, prefix));
    for folder in folders.filter(|folder| is_unused(folder) || is_former_copy(folder)) {
        let _ = fs::remove_dir_all(folder);
    }
}

/// Whether a folder is a private one of this user whose process has died.
fn is_unused(folder: &Path) -> bool {
    let in_use = folder.join(IN_USE);
    is_folder_of_mine(folder)
        && is_mine(&in_use)
        && open(&in_use, Links::Refuse).is_ok_and(|file| is_free(&file))
}

/// Whether a folder holds nothing but an edited copy, as earlier versions made it.
fn is_former_copy(folder: &Path) -> bool {
    let files = entries(folder, "");
    let is_edited = EDITED.iter().all(|name| files.iter().any(|file| file.ends_with(name)));
    is_folder_of_mine(folder) && is_edited && files.len() == EDITED.len()
}

/// Saves what was typed into a copy, if anything was.
fn put_aside(copies: &Path, unsaved: &Path) -> io::Result<()> {
    let [edited, before] = EDITED.map(|name| read(&copies.join(name), MAX_EDITED));
    let (Ok(edited), Ok(before)) = (edited, before) else { return Ok(()) };
    if edited == before {
        return Ok(());
    }
    replace(unsaved, Links::Refuse, Mode::Always(0o600), |file| file.write_all(&edited))
}

fn is_folder_of_mine(folder: &Path) -> bool {
    is_mine(folder) && fs::symlink_metadata(folder).is_ok_and(|found| found.is_dir())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    struct Deck {
        folder: tempfile::TempDir,
    }

    impl Deck {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("history")).unwrap();
            Self { folder }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn clean(&self) {
            let [config, secrets, versions, unsaved] =
                ["config.ron", "secrets.ron", "history", "unsaved"].map(|name| self.path(name));
            remove_leftovers(&config, &secrets, &versions, &unsaved);
        }
    }

    #[test]
    fn temporary_files_of_the_dead_are_removed_and_those_of_the_living_stay() {
        let deck = Deck::new();
        let dead = [".smsdeck-AbC123", "history/.smsdeck-AbC123"].map(|name| deck.path(name));
        for file in &dead {
            fs::write(file, "token").unwrap();
        }
        let living = deck.path(".smsdeck-XyZ789");
        let file = File::create(&living).unwrap();
        file.try_lock().unwrap();
        let others = [deck.path("smsdeck-notes"), deck.path(".smsdeck-folder/of-mine")];
        fs::create_dir(deck.path(".smsdeck-folder")).unwrap();
        for file in &others {
            fs::write(file, "").unwrap();
        }
        deck.clean();
        assert!(dead.iter().all(|file| !file.exists()));
        assert!(living.exists() && others.iter().all(|file| file.exists()));
        drop(file);
        deck.clean();
        assert!(!living.exists());
    }

    #[test]
    fn nothing_is_removed_while_somebody_writes() {
        let deck = Deck::new();
        let file = deck.path(".smsdeck-AbC123");
        fs::write(&file, "").unwrap();
        for locked in ["config.ron", "secrets.ron"] {
            let lock = Lock::take(&deck.path(locked)).unwrap();
            deck.clean();
            assert!(file.exists());
            drop(lock);
        }
        deck.clean();
        assert!(!file.exists());
    }

    #[test]
    fn an_edited_copy_is_removed_with_its_console_and_what_was_typed_is_put_aside() {
        let deck = Deck::new();
        for (edited, kept) in [("same", None), ("typed", Some("typed"))] {
            let folder = PrivateFolder::for_edit(&deck.path("config.ron")).unwrap();
            assert_eq!(folder.path().parent(), Some(deck.folder.path()));
            let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
            assert_eq!(mode(folder.path()), 0o700);
            fs::write(folder.path().join("before.ron"), "same").unwrap();
            fs::write(folder.path().join("config.ron"), edited).unwrap();
            deck.clean();
            assert!(folder.path().join("config.ron").exists(), "it was in use");
            // A process that was killed: its lock is gone, its folder is not.
            let PrivateFolder { folder, in_use } = folder;
            let folder = folder.keep();
            drop(in_use);
            deck.clean();
            assert!(!folder.exists());
            let unsaved = deck.path("unsaved");
            assert_eq!(fs::read_to_string(&unsaved).ok().as_deref(), kept);
            assert!(kept.is_none() || mode(&unsaved) == 0o600);
        }
    }

    #[test]
    fn a_folder_stays_as_long_as_an_editor_uses_it() {
        let deck = Deck::new();
        let folder = PrivateFolder::for_edit(&deck.path("config.ron")).unwrap();
        let start = || std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        let mut editor = folder.shared(start).unwrap();
        // Programs that are started later have nothing to do with it.
        assert_eq!(rustix::io::fcntl_getfd(&folder.in_use), Ok(FdFlags::CLOEXEC));
        let PrivateFolder { folder, in_use } = folder;
        let folder = folder.keep();
        drop(in_use);
        deck.clean();
        assert!(folder.exists());
        editor.kill().unwrap();
        editor.wait().unwrap();
        // One that another test has started at that moment ends soon.
        while folder.exists() {
            deck.clean();
        }
    }

    #[test]
    fn a_folder_of_an_earlier_version_is_known_by_its_files() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_former_copy(folder.path()));
        for name in EDITED {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert!(is_former_copy(folder.path()));
        fs::write(folder.path().join("notes"), "").unwrap();
        assert!(!is_former_copy(folder.path()));
    }
}
