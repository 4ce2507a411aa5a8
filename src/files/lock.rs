//! The lock on writing a file: a file beside it that one process holds at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::private::require_own;
use super::regular::{Links, open_with};

/// How long a writer waits for another one. A save takes milliseconds.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// An exclusive lock on writing a file. Released when dropped, and by the system when the
/// process dies.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock on writing `path`; creates its folder if it is missing.
    ///
    /// # Errors
    /// When the lock cannot be made, is somebody else's or a link, or another process holds it
    /// for too long.
    pub fn take(path: &Path) -> io::Result<Self> {
        let place = place(path);
        if let Some(folder) = place.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600);
        let file = open_with(&mut options, &place, Links::Refuse)
            .and_then(|file| require_own(&file.metadata()?).map(|()| file))
            .map_err(|error| {
                io::Error::new(error.kind(), format!("its lock {}: {error}", place.display()))
            })?;
        let end = Instant::now() + MAX_WAIT;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if Instant::now() < end => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => {
                    let text = "another smsdeck is writing it and does not end";
                    return Err(io::Error::new(io::ErrorKind::TimedOut, text));
                }
            }
        }
    }

    /// Whether a process writes `path` at this moment. Creates nothing.
    pub(super) fn is_held(path: &Path) -> bool {
        let opened = open_with(OpenOptions::new().read(true), &place(path), Links::Refuse);
        opened.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
    }
}

/// The lock's own file. A path through a symlink and a direct path share one lock.
fn place(path: &Path) -> PathBuf {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_planted_lock_is_neither_followed_nor_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.ron");
        let (victim, lock) = (folder.path().join("victim"), folder.path().join("config.ron.lock"));
        fs::write(&victim, "shadow").unwrap();
        let before = fs::metadata(&victim).unwrap();
        for target in [victim.as_path(), &folder.path().join("not-there")] {
            std::os::unix::fs::symlink(target, &lock).unwrap();
            let error = Lock::take(&path).unwrap_err();
            assert!(
                error.to_string().contains("config.ron.lock: it is a symbolic link"),
                "{error}"
            );
            fs::remove_file(&lock).unwrap();
        }
        assert!(!folder.path().join("not-there").exists());
        let after = fs::metadata(&victim).unwrap();
        assert_eq!(
            (after.permissions(), after.modified().unwrap()),
            (before.permissions(), before.modified().unwrap())
        );
        assert!(Lock::take(&path).is_ok());
    }

    #[test]
    fn a_lock_is_held_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.ron");
        assert!(!Lock::is_held(&path));
        assert!(!folder.path().join("config.ron.lock").exists());
        let lock = Lock::take(&path).unwrap();
        assert!(Lock::is_held(&path));
        drop(lock);
        assert!(!Lock::is_held(&path));
    }
}
