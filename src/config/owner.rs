//! Whose deck it is. Only its owner uses it: anyone who may write a config chooses which files are
//! opened and which programs are run, and must not do so for root or any other user.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::paths::Paths;
use crate::files::{self, Links};

/// The most links that are followed one after another, as in the kernel.
const MAX_LINKS: usize = 40;

/// Makes sure that the deck is this user's own, before anything of it is opened or made: the
/// secrets belong to the effective user; config and folders do too, or to root, who could change
/// them in any case. Of a deck that does not exist yet it is the folder in which it would be made.
///
/// # Errors
/// With what belongs to somebody else.
pub fn check_owner(paths: &Paths) -> Result<(), ConfigError> {
    let config = steps(&paths.config);
    let places = config.iter().chain([&paths.secrets]);
    for place in places.flat_map(|file| [Some(file.as_path()), nearest_folder(file)]).flatten() {
        // Neither the link nor what it points to may be somebody else's.
        for found in [fs::symlink_metadata(place), fs::metadata(place)].into_iter().flatten() {
            if !files::is_private(&found) {
                return Err(not_yours(place, &found, &paths.config));
            }
        }
    }
    // Secrets are for their owner alone: root's are no other user's.
    match fs::symlink_metadata(&paths.secrets) {
        Ok(found) if !files::is_own(&found) => {
            Err(not_yours(&paths.secrets, &found, &paths.config))
        }
        _ => Ok(()),
    }
}

fn not_yours(place: &Path, found: &Metadata, config: &Path) -> ConfigError {
    let (path, owner) = (place.to_owned(), files::owner_of(found));
    ConfigError::NotYours { path, owner, config: config.to_owned() }
}

/// Why no program may be run that the config names, if so: somebody else may write the config, or
/// put another one into its folder.
pub(super) fn untrusted(config: &Path) -> Option<String> {
    let judge = |place: &Path, found: &Metadata| {
        let reason = if !files::is_private(found) {
            format!("belongs to {}", files::owner_of(found))
        } else if files::others_may_write(found) {
            "can be written by others: run chmod go-w on it".to_owned()
        } else {
            return None;
        };
        Some(format!(
            "not running the program: others may have named it, as {} {reason}",
            place.display()
        ))
    };
    // The opened file is judged, not what takes its place.
    let file = files::open(config, Links::Follow).and_then(|file| file.metadata());
    let of_file = file.ok().and_then(|found| judge(config, &found));
    of_file.or_else(|| {
        let folders =
            steps(config).into_iter().filter_map(|step| step.parent().map(Path::to_owned));
        folders.into_iter().find_map(|folder| judge(&folder, &fs::metadata(&folder).ok()?))
    })
}

/// The path, and where the links lead that are in its place one after another.
fn steps(path: &Path) -> Vec<PathBuf> {
    let mut steps = vec![path.to_owned()];
    while let Some(target) = steps.last().and_then(|last| {
        let target = fs::read_link(last).ok()?;
        Some(last.parent().unwrap_or(Path::new("/")).join(target))
    }) {
        if steps.len() > MAX_LINKS {
            break;
        }
        steps.push(target);
    }
    steps
}

/// The folder of a file, or the nearest one that exists, in which it would be made.
fn nearest_folder(file: &Path) -> Option<&Path> {
    file.ancestors().skip(1).find(|folder| folder.exists())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use super::*;

    /// A user other than the one who runs the tests.
    const SOMEBODY: u32 = 54_321;

    fn deck() -> (tempfile::TempDir, Paths) {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("deck")).unwrap();
        fs::set_permissions(at("deck"), fs::Permissions::from_mode(0o755)).unwrap();
        let paths = Paths {
            config: at("deck/config.ron"),
            secrets: at("deck/secrets.ron"),
            store: at("deck.db"),
        };
        (folder, paths)
    }

    /// Whether the tests may give files away.
    fn is_root() -> bool {
        rustix::process::geteuid().is_root()
    }

    #[test]
    fn each_file_and_folder_of_a_deck_has_to_be_its_users_own() {
        let (_folder, paths) = deck();
        check_owner(&paths).unwrap();
        for file in [&paths.config, &paths.secrets] {
            fs::write(file, "").unwrap();
        }
        check_owner(&paths).unwrap();
        if !is_root() {
            return;
        }
        for place in [&paths.config, &paths.secrets, &paths.config.with_file_name("")] {
            chown(place, Some(SOMEBODY), None).unwrap();
            let error = check_owner(&paths).unwrap_err().to_string();
            assert!(error.contains("belongs to #54321"), "{error}");
            chown(place, Some(0), None).unwrap();
        }
        check_owner(&paths).unwrap();
    }

    #[test]
    fn a_deck_that_does_not_exist_yet_is_made_only_in_a_folder_of_ones_own() {
        let (folder, mut paths) = deck();
        paths.config = folder.path().join("deck/of/ana/config.ron");
        paths.secrets = paths.config.with_file_name("secrets.ron");
        check_owner(&paths).unwrap();
        if is_root() {
            chown(folder.path().join("deck"), Some(SOMEBODY), None).unwrap();
            assert!(check_owner(&paths).is_err());
        }
    }

    #[test]
    fn a_link_leads_only_to_files_and_folders_of_ones_own() {
        let (folder, paths) = deck();
        let dotfiles = folder.path().join("dotfiles");
        fs::create_dir(&dotfiles).unwrap();
        fs::write(dotfiles.join("smsdeck.ron"), "").unwrap();
        symlink("../dotfiles/smsdeck.ron", &paths.config).unwrap();
        check_owner(&paths).unwrap();
        if !is_root() {
            return;
        }
        for place in [dotfiles.join("smsdeck.ron"), dotfiles] {
            chown(&place, Some(SOMEBODY), None).unwrap();
            assert!(check_owner(&paths).is_err(), "{}", place.display());
            chown(&place, Some(0), None).unwrap();
        }
        std::os::unix::fs::lchown(&paths.config, Some(SOMEBODY), None).unwrap();
        assert!(check_owner(&paths).is_err());
    }

    #[test]
    fn a_config_that_others_can_write_names_no_program() {
        let (_folder, paths) = deck();
        assert_eq!(untrusted(&paths.config), None);
        fs::write(&paths.config, "").unwrap();
        let folder = paths.config.with_file_name("");
        for (place, safe) in [(&paths.config, 0o644), (&folder, 0o755)] {
            for mode in [safe | 0o020, safe | 0o002, safe | 0o1002] {
                fs::set_permissions(place, fs::Permissions::from_mode(mode)).unwrap();
                let reason = untrusted(&paths.config).unwrap();
                assert!(reason.contains("chmod go-w"), "{reason}");
            }
            fs::set_permissions(place, fs::Permissions::from_mode(safe)).unwrap();
            assert_eq!(untrusted(&paths.config), None);
        }
    }
}
