//! Opens and reads regular files of bounded size. A named pipe, a socket or a device is refused
//! without waiting for a program at its other end.

use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

/// The names of standard input.
const STANDARD_INPUT: [&str; 4] = ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];

/// Where the names of files are that are open already.
const OPEN_FILES: [&str; 2] = ["/dev/fd", "/proc/self/fd"];

/// Whether a path may end in a symbolic link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// The file that the link points to is opened.
    Follow,
    /// A link is an error.
    Refuse,
}

/// Opens a regular file for reading.
///
/// # Errors
/// When it cannot be opened, or is anything but a regular file.
pub fn open(path: &Path, links: Links) -> io::Result<File> {
    open_with(OpenOptions::new().read(true), path, links)
}

/// Opens a regular file as `options` say; never waits, and never becomes the terminal's owner.
pub(super) fn open_with(options: &mut OpenOptions, path: &Path, links: Links) -> io::Result<File> {
    // Merely opening some devices has an effect, and a socket cannot be opened at all.
    if let Ok(found) = fs::metadata(path) {
        require_regular(found.file_type())?;
    }
    let mut flags = OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    if links == Links::Refuse {
        flags |= OFlags::NOFOLLOW;
    }
    let opened = options.custom_flags(flags.bits().cast_signed()).open(path);
    let file = opened.map_err(|error| {
        let is_link = error.raw_os_error() == Some(Errno::LOOP.raw_os_error());
        let is_refused = is_link && links == Links::Refuse;
        if is_refused { unusable("is a symbolic link, which is not followed here") } else { error }
    })?;
    // The opened file counts, whatever took its place meanwhile.
    require_regular(file.metadata()?.file_type())?;
    Ok(file)
}

/// Makes sure that a regular file is in a place, or nothing; follows links.
///
/// # Errors
/// When something else is there.
pub fn check_regular(path: &Path) -> io::Result<()> {
    fs::metadata(path).map_or(Ok(()), |found| require_regular(found.file_type()))
}

/// Refuses everything but a regular file, and says what it is.
pub(super) fn require_regular(kind: FileType) -> io::Result<()> {
    let found = match kind {
        kind if kind.is_file() => return Ok(()),
        kind if kind.is_dir() => "a folder",
        kind if kind.is_fifo() => "a named pipe",
        kind if kind.is_socket() => "a socket",
        kind if kind.is_char_device() || kind.is_block_device() => "a device",
        kind if kind.is_symlink() => "a symbolic link",
        _ => "something else",
    };
    Err(unusable(&format!("is {found}, not a regular file")))
}

fn unusable(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("it {what}"))
}

/// Reads a regular file of at most `largest` bytes; follows links.
///
/// # Errors
/// When it cannot be read, is larger, or is anything but a regular file.
pub fn read(path: &Path, largest: u64) -> io::Result<Vec<u8>> {
    read_open(open(path, Links::Follow)?, largest)
}

/// Reads what is open already, of at most `largest` bytes.
///
/// # Errors
/// When it cannot be read, or is larger.
pub fn read_open(source: impl Read, largest: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(largest.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest {
        let text = format!("it is larger than {largest} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
    }
    Ok(bytes)
}

/// Reads an input that the operator named: standard input for `-`, or a file. Names of open files,
/// such as `/dev/stdin` and those of the shell's `<(…)`, may be pipes; all else is regular.
///
/// # Errors
/// When it cannot be read, is larger than `largest` bytes, or is of another kind.
pub fn read_input(path: &Path, largest: u64) -> io::Result<Vec<u8>> {
    // Opening it again may be forbidden where reading it is not.
    if STANDARD_INPUT.iter().any(|name| path == Path::new(name)) {
        return read_open(io::stdin().lock(), largest);
    }
    let is_open_already = OPEN_FILES.iter().any(|folder| path.starts_with(folder));
    if is_open_already { read_open(File::open(path)?, largest) } else { read(path, largest) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use rustix::fs::{CWD, Mode, mkfifoat};

    use super::*;

    #[test]
    fn nothing_but_a_regular_file_is_opened_and_nothing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        mkfifoat(CWD, at("pipe"), Mode::RUSR | Mode::WUSR).unwrap();
        let _listener = UnixListener::bind(at("socket")).unwrap();
        std::os::unix::fs::symlink(at("pipe"), at("link")).unwrap();
        for (path, kind) in [
            (at("pipe"), "a named pipe"),
            (at("link"), "a named pipe"),
            (at("socket"), "a socket"),
            (at(""), "a folder"),
            ("/dev/null".into(), "a device"),
            ("/dev/zero".into(), "a device"),
        ] {
            let error = read(&path, 100).unwrap_err().to_string();
            assert_eq!(error, format!("it is {kind}, not a regular file"), "{}", path.display());
        }
    }

    #[test]
    fn a_link_is_followed_only_where_it_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "text").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert_eq!(read(&link, 4).unwrap(), b"text");
        let error = open(&link, Links::Refuse).unwrap_err();
        assert!(error.to_string().contains("symbolic link"), "{error}");
        assert!(open(&target, Links::Refuse).is_ok());
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read_in_part() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "12345").unwrap();
        assert_eq!(read(file.path(), 5).unwrap(), b"12345");
        let error = read(file.path(), 4).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }
}
