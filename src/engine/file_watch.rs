//! Notices what other processes do to the files of the deck, without asking again and again.

use std::ffi::OsString;
use std::path::Path;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::watch;

use super::Engine;

/// Wakes when the store or the config changes, whoever changed it.
pub struct FileWatch {
    /// Counts changes of the store.
    pub store: watch::Receiver<u64>,
    /// Counts changes of the config and the secrets.
    pub config: watch::Receiver<u64>,
    _watcher: RecommendedWatcher,
}

impl Engine {
    /// Watches the folders of the store and the config. Nothing is woken while nothing changes.
    ///
    /// # Errors
    /// When the system watches no more files; then changes of other processes are seen only
    /// when this process changes something too.
    pub fn watch(&self) -> Result<FileWatch, notify::Error> {
        let (store_path, config_path) = (&self.inner.store_path, &self.inner.paths.config);
        let (store_changed, store) = watch::channel(0);
        let (config_changed, config) = watch::channel(0);
        // Not the files beside the store: what is written there cannot be read yet.
        let store_files = [name(store_path)];
        let config_files = [name(config_path), name(&self.inner.paths.secrets)];
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let Ok(event) = event else { return };
            // Reading a file is an event too, and would wake the reader for ever.
            if matches!(event.kind, EventKind::Access(_)) {
                return;
            }
            let touches =
                |files: &[OsString]| event.paths.iter().any(|path| files.contains(&name(path)));
            if touches(&store_files) {
                store_changed.send_modify(|count| *count = u64::wrapping_add(*count, 1));
            }
            if touches(&config_files) {
                config_changed.send_modify(|count| *count = u64::wrapping_add(*count, 1));
            }
        })?;
        for path in [store_path, config_path] {
            let folder = path.parent().unwrap_or(Path::new("."));
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        Ok(FileWatch { store, config, _watcher: watcher })
    }
}

fn name(path: &Path) -> OsString {
    path.file_name().unwrap_or_default().to_owned()
}
