//! Whether this process may write the config, and why not.

use std::fs;
use std::path::Path;

use rustix::fs::{Access, access};

use super::paths;

/// Returns why this process may not replace a file; `None` if it may. A mode that forbids writing
/// is respected even where the folder would allow it, and one that forbids it to all even by root.
pub fn unwritable(path: &Path) -> Option<String> {
    let may_write = |path: &Path| {
        let forbids_all = fs::metadata(path).is_ok_and(|found| found.permissions().readonly());
        !forbids_all && access(path, Access::WRITE_OK).is_ok()
    };
    if path.exists() && !may_write(path) {
        return Some(format!("you may not write {}", path.display()));
    }
    let versions = paths::history_folder(path);
    if versions.exists() && !may_write(&versions) {
        return Some(format!("you may not write {}", versions.display()));
    }
    // Missing folders would be created in the nearest existing one.
    let folder = path.ancestors().skip(1).find(|folder| folder.exists())?;
    (!may_write(folder)).then(|| format!("you may not write {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_place_where_nothing_can_be_written_is_known_beforehand() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(unwritable(&folder.path().join("new/config.ron")), None);
        let path = folder.path().join("config.ron");
        fs::write(&path, "").unwrap();
        assert_eq!(unwritable(&path), None);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        let reason = unwritable(&path).unwrap();
        assert!(
            reason.starts_with("you may not write ") && reason.ends_with("config.ron"),
            "{reason}"
        );
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
        assert!(unwritable(&folder.path().join("new/config.ron")).is_some());
    }
}
