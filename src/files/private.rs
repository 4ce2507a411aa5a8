//! Whose a file is, and who else may read or write it.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;

/// The user who may do everything, and could change any file anyway.
const ROOT: u32 = 0;

/// Whether this process may trust what a file says: its effective user or root owns it. Root
/// itself trusts only its own files.
pub fn is_private(found: &Metadata) -> bool {
    is_own(found) || found.uid() == ROOT
}

/// Whether the effective user of this process owns a file.
pub fn is_own(found: &Metadata) -> bool {
    found.uid() == rustix::process::geteuid().as_raw()
}

/// Refuses a file that neither this user nor root owns.
pub(super) fn require_own(found: &Metadata) -> io::Result<()> {
    if is_private(found) {
        return Ok(());
    }
    let text = format!("it belongs to {}", owner_of(found));
    Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
}

/// The name of a file's owner, or `#` and the number where the system knows no name: `sudo -u`
/// takes both.
pub fn owner_of(found: &Metadata) -> String {
    user_name(found.uid()).unwrap_or_else(|| format!("#{}", found.uid()))
}

/// The name that the system has for a user; `None` where it knows none.
pub fn user_name(uid: u32) -> Option<String> {
    let users = super::regular::read(std::path::Path::new("/etc/passwd"), 1 << 20).ok()?;
    name_of(uid, &String::from_utf8_lossy(&users)).map(str::to_owned)
}

/// A user's name in the text of `/etc/passwd` (passwd(5)), if it is one that a shell takes as it
/// is.
fn name_of(uid: u32, users: &str) -> Option<&str> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, id) = (fields.next()?, fields.nth(1)?);
        let is_plain =
            name.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.'));
        (id.parse() == Ok(uid) && is_plain && !name.is_empty()).then_some(name)
    })
}

/// Whether the group or others may write a file, or put files into a folder.
pub fn others_may_write(found: &Metadata) -> bool {
    found.mode() & 0o022 != 0
}

/// Whether others may read a file: everybody, or the group of a file that this user owns. One
/// that this user can only read by way of its group has to be readable by the group.
pub fn others_may_read(found: &Metadata) -> bool {
    found.mode() & 0o004 != 0 || (is_own(found) && found.mode() & 0o040 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_named_as_sudo_takes_it() {
        let users =
            "root:x:0:0:root:/root:/bin/bash\nana:x:1000:1000::/home/ana:/bin/sh\nx y:x:7:7:::\n";
        assert_eq!(name_of(0, users), Some("root"));
        assert_eq!(name_of(1000, users), Some("ana"));
        assert_eq!(name_of(7, users), None);
        assert_eq!(name_of(2, users), None);
    }
}
