//! Where the files of a deck are.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::deck::DeckSettings;
use super::error::ConfigError;

/// Where administrators may put a config for the machine.
const FOR_MACHINE: &str = "/etc/smsdeck/config.ron";

/// Where the state of the machine's own programs is (Filesystem Hierarchy Standard, 5.8).
const STATE_OF_MACHINE: &str = "/var/lib";

/// The places of the three files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The settings; need not exist.
    pub config: PathBuf,
    /// The secrets, beside the settings; need not exist.
    pub secrets: PathBuf,
    /// Where the store is made if the config names no other place; from then on `secrets.ron` says
    /// where it is.
    pub store: PathBuf,
}

/// A path as people write it: `~` stands for their home folder.
pub fn below_home(path: &Path) -> String {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    let below = home.as_ref().and_then(|home| path.strip_prefix(home).ok());
    below.map_or_else(|| path.display().to_string(), |below| format!("~/{}", below.display()))
}

impl Paths {
    /// Finds the files: a named config (`named`, then `$SMSDECK_CONFIG`), else the first
    /// that exists of `$XDG_CONFIG_HOME/smsdeck/config.ron` and the one in `/etc`, else the
    /// former, where a save creates it. `variable` reads an environment variable.
    ///
    /// The usual place of the store is `/var/lib/smsdeck` for a config in `/etc`, otherwise
    /// `$XDG_STATE_HOME/smsdeck`, and the folder of a named config where no home folder is known.
    ///
    /// # Errors
    /// When no config is named and the home folder is not known.
    pub fn find(
        named: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        // The XDG specification has relative paths ignored.
        let base = |name: &str, below_home: &str| {
            let named = set(name).filter(|path| path.is_absolute());
            named.or_else(|| set("HOME").map(|home| home.join(below_home)))
        };
        let named = named.map(Path::to_owned).or_else(|| set("SMSDECK_CONFIG"));
        let config = match named {
            Some(path) => std::path::absolute(&path).unwrap_or(path),
            None => usual_config(base("XDG_CONFIG_HOME", ".config"))?,
        };
        let state = if config.starts_with("/etc") {
            Some(PathBuf::from(STATE_OF_MACHINE))
        } else {
            base("XDG_STATE_HOME", ".local/state")
        };
        let store = state.map_or_else(
            || config.with_file_name("deck.db"),
            |state| state.join("smsdeck/deck.db"),
        );
        let secrets = config.with_file_name("secrets.ron");
        Ok(Self { config, secrets, store })
    }

    /// The place of the store that the config names, if it names one. A relative one is meant from
    /// the config's folder, wherever the program was started.
    pub fn named_store(&self, deck: &DeckSettings) -> Option<PathBuf> {
        deck.store.as_ref().map(|named| self.in_config_folder(named))
    }

    /// The file of further certificates, if the config names one; a relative one is meant from
    /// the config's folder too.
    pub fn extra_ca_of(&self, deck: &DeckSettings) -> Option<PathBuf> {
        deck.extra_ca.as_ref().map(|named| self.in_config_folder(named))
    }

    fn in_config_folder(&self, named: &Path) -> PathBuf {
        self.config.parent().unwrap_or(Path::new("/")).join(named)
    }
}

/// A file that is named after the config, beside it.
pub(super) fn beside(config: &Path, ending: &str) -> PathBuf {
    let mut name = config.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    config.with_file_name(name)
}

/// Returns the history folder: beside the config and named after it, as several configs may share
/// a folder.
pub(super) fn history_folder(config: &Path) -> PathBuf {
    // A path through a symlink and a direct path must lead to the same versions.
    let config = config.canonicalize().unwrap_or_else(|_| config.to_owned());
    beside(&config, ".history")
}

fn usual_config(base: Option<PathBuf>) -> Result<PathBuf, ConfigError> {
    let own = base.map(|base| base.join("smsdeck/config.ron"));
    let for_machine = PathBuf::from(FOR_MACHINE);
    match own {
        Some(own) if own.exists() || !for_machine.exists() => Ok(own),
        _ if for_machine.exists() => Ok(for_machine),
        _ => Err(ConfigError::NoPlace),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(named: Option<&str>, set: &[(&str, &str)]) -> Result<Paths, ConfigError> {
        let variable = |name: &str| {
            set.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        };
        Paths::find(named.map(Path::new), variable)
    }

    #[test]
    fn a_named_file_wins_and_the_secrets_stand_beside_it() {
        let set = [("HOME", "/home/ana"), ("SMSDECK_CONFIG", "/srv/deck/config.ron")];
        let paths = find(Some("/tmp/x.ron"), &set).unwrap();
        assert_eq!(paths.config, Path::new("/tmp/x.ron"));
        assert_eq!(paths.secrets, Path::new("/tmp/secrets.ron"));
        assert_eq!(find(None, &set).unwrap().config, Path::new("/srv/deck/config.ron"));
    }

    #[test]
    fn without_a_name_the_xdg_places_count() {
        let paths = find(None, &[("HOME", "/home/nobody-here")]).unwrap();
        assert_eq!(paths.config, Path::new("/home/nobody-here/.config/smsdeck/config.ron"));
        assert_eq!(paths.store, Path::new("/home/nobody-here/.local/state/smsdeck/deck.db"));
        let set = [("HOME", "/h"), ("XDG_STATE_HOME", "/s"), ("XDG_CONFIG_HOME", "relative")];
        let paths = find(None, &set).unwrap();
        assert_eq!(paths.store, Path::new("/s/smsdeck/deck.db"));
        assert_eq!(paths.config, Path::new("/h/.config/smsdeck/config.ron"));
    }

    #[test]
    fn without_any_home_the_error_says_what_to_set() {
        let error = find(None, &[]).unwrap_err();
        assert!(error.to_string().contains("HOME"), "{error}");
    }

    #[test]
    fn a_named_config_needs_no_home() {
        let paths = find(Some("/srv/deck/prod.ron"), &[]).unwrap();
        assert_eq!(paths.store, Path::new("/srv/deck/deck.db"));
    }

    #[test]
    fn the_store_of_a_config_for_the_machine_depends_on_no_user() {
        for set in [&[][..], &[("HOME", "/root")], &[("XDG_STATE_HOME", "/s"), ("HOME", "/h")]] {
            let paths = find(Some("/etc/smsdeck/config.ron"), set).unwrap();
            assert_eq!(paths.store, Path::new("/var/lib/smsdeck/deck.db"));
        }
    }
}
