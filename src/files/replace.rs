//! Files that are replaced as a whole or not at all.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use super::regular::{Links, require_regular};
use super::temporary::{remove_files, temporary};

/// The mode that a file has after it is replaced.
#[derive(Debug, Clone, Copy)]
pub enum Mode {
    /// It keeps its mode; a new file gets this one.
    KeptOr(u32),
    /// It gets this mode in any case.
    Always(u32),
}

/// Writes a file that others read, mode 0644: as a whole or not at all.
///
/// # Errors
/// When its folder cannot be written, or something else than a regular file is in its place. A
/// link is refused too: its folder may be somebody else's, and it may be one of the system's, such
/// as `/dev/stdout`.
pub fn publish(path: &Path, text: &str) -> io::Result<()> {
    if let Ok(found) = fs::symlink_metadata(path) {
        require_regular(found.file_type())?;
    }
    remove_files(&folder_of(path));
    replace(path, Links::Refuse, Mode::KeptOr(0o644), |file| file.write_all(text.as_bytes()))
}

/// Replaces a file: a new one in the same folder is written, synced and renamed over it, and
/// the folder is synced. Owner and group are kept where the system allows it. With
/// [`Links::Follow`] the target of a link is replaced, otherwise the link.
///
/// # Errors
/// When the folder cannot be written, something else than a regular file is in the place, or
/// `write` fails. The old file is as it was then.
pub fn replace(
    path: &Path,
    links: Links,
    mode: Mode,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let path = match links {
        Links::Follow => path.canonicalize().unwrap_or_else(|_| path.to_owned()),
        Links::Refuse => path.to_owned(),
    };
    let folder = folder_of(&path);
    let old = fs::symlink_metadata(&path).ok();
    // The rename takes the place of a link, so what that points to counts for nothing.
    let old = old.filter(|old| links == Links::Follow || !old.is_symlink());
    if let Some(old) = &old {
        require_regular(old.file_type())?;
    }
    let bits = match (mode, &old) {
        (Mode::KeptOr(_), Some(old)) => old.mode() & 0o7777,
        (Mode::KeptOr(mode) | Mode::Always(mode), _) => mode,
    };
    let mut new = temporary(&folder)?;
    write(new.as_file_mut())?;
    // A new file gets the owner of its folder.
    let like = old.map_or_else(|| fs::metadata(&folder), Ok)?;
    if (like.uid(), like.gid()) != owner(new.as_file())? {
        let given = fchown(new.as_file(), Some(like.uid()), Some(like.gid()));
        // A user who may not change the owner may still set a group that they are in.
        let given = given.or_else(|_| fchown(new.as_file(), None, Some(like.gid())));
        may_fail_for_others(given)?;
    }
    new.as_file().set_permissions(Permissions::from_mode(bits))?;
    new.as_file().sync_all()?;
    new.persist(&path).map_err(|error| error.error)?;
    File::open(&folder)?.sync_all()
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        None => PathBuf::from("."),
        // A bare file name is in the current folder.
        Some(folder) if folder.as_os_str().is_empty() => PathBuf::from("."),
        Some(folder) => folder.to_owned(),
    }
}

fn may_fail_for_others(given: io::Result<()>) -> io::Result<()> {
    given.or_else(|error| {
        // Only root may change owners; a file that we own is still right.
        if error.kind() == io::ErrorKind::PermissionDenied { Ok(()) } else { Err(error) }
    })
}

fn owner(file: &File) -> io::Result<(u32, u32)> {
    file.metadata().map(|metadata| (metadata.uid(), metadata.gid()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.ron");
        fs::write(&path, "old").unwrap();
        let full = replace(&path, Links::Follow, Mode::KeptOr(0o644), |file| {
            file.write_all(b"ne")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(full.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["config.ron"]);
    }

    #[test]
    fn the_mode_is_kept_or_forced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mode = || fs::metadata(&path).unwrap().mode() & 0o7777;
        replace(&path, Links::Refuse, Mode::KeptOr(0o644), |_| Ok(())).unwrap();
        assert_eq!(mode(), 0o644);
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        replace(&path, Links::Refuse, Mode::KeptOr(0o644), |_| Ok(())).unwrap();
        assert_eq!(mode(), 0o640);
        replace(&path, Links::Refuse, Mode::Always(0o600), |_| Ok(())).unwrap();
        assert_eq!(mode(), 0o600);
    }

    #[test]
    fn a_link_stays_a_link_only_where_it_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let write = |links, text: &str| {
            replace(&link, links, Mode::KeptOr(0o644), |file| file.write_all(text.as_bytes()))
        };
        write(Links::Follow, "new").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        write(Links::Refuse, "newer").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert_eq!(fs::read_to_string(&link).unwrap(), "newer");
        assert!(fs::symlink_metadata(&link).unwrap().is_file());
    }

    #[test]
    fn nothing_is_published_through_a_link_or_in_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let error = publish(&link, "new").unwrap_err();
        assert_eq!(error.to_string(), "it is a symbolic link, not a regular file");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&target).unwrap(), "old");
        publish(&target, "new").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
    }

    #[test]
    fn nothing_but_a_regular_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.ron");
        let mode = rustix::fs::Mode::RUSR;
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, mode).unwrap();
        let error = replace(&path, Links::Follow, Mode::KeptOr(0o644), |_| Ok(())).unwrap_err();
        assert_eq!(error.to_string(), "it is a named pipe, not a regular file");
        assert_eq!(names(folder.path()), ["config.ron"]);
    }
}
