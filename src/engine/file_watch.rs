//! Notices what other processes do to the files of the deck, without asking again and again.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::watch;

use super::open::Engine;
use crate::config::Paths;

/// How long after a write the store is looked at in any case.
const UNSAID: Duration = Duration::from_secs(1);

/// Wakes when the store or the config changes, whoever changed it.
pub struct FileWatch {
    /// Counts changes of the store.
    pub store: watch::Receiver<u64>,
    /// Counts changes of the config and the secrets.
    pub config: watch::Receiver<u64>,
    _watcher: RecommendedWatcher,
}

/// Watches the config and the secrets alone, where there is no engine yet.
///
/// # Errors
/// When the system watches no more files, or their folder is not there.
pub fn watch_config(paths: &Paths) -> Result<ConfigWatch, notify::Error> {
    let path = whole(&paths.config);
    let files = [name(&path), name(&paths.secrets)];
    let (changed, config) = watch::channel(0);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| touches(&event, &files)) {
            changed.send_modify(count);
        }
    })?;
    watcher.watch(path.parent().unwrap_or(Path::new(".")), RecursiveMode::NonRecursive)?;
    Ok(ConfigWatch { config, _watcher: watcher })
}

/// Wakes when the config changes, whoever changed it.
pub struct ConfigWatch {
    /// Counts changes of the config and the secrets.
    pub config: watch::Receiver<u64>,
    _watcher: RecommendedWatcher,
}

/// Whether an event is a change of one of these files.
fn touches(event: &Event, files: &[OsString]) -> bool {
    // Reading a file is an event too, and would wake the reader for ever.
    !matches!(event.kind, EventKind::Access(_))
        && event.paths.iter().any(|path| files.contains(&name(path)))
}

/// Changes are told of the file that a link means.
fn whole(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

impl Engine {
    /// Watches the folders of the store and the config. Nothing is woken while nothing changes.
    ///
    /// # Errors
    /// When the system watches no more files; then changes of other processes are seen only
    /// when this process changes something too.
    pub fn watch(&self) -> Result<FileWatch, notify::Error> {
        let store_path = whole(&self.inner.store_path);
        let config_path = whole(&self.inner.paths.config);
        let secrets_path = whole(&self.inner.paths.secrets);
        let (store_changed, store) = watch::channel(0);
        let (config_changed, config) = watch::channel(0);
        let (written, writes) = watch::channel(0);
        let store_files = [name(&store_path)];
        let mut journal = name(&store_path);
        journal.push("-wal");
        let journal_files = [journal];
        let config_files = [name(&config_path), name(&secrets_path)];
        tokio::spawn(miss_nothing(writes, store_changed.clone()));
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let Ok(event) = event else { return };
            let touches = |files: &[OsString]| touches(&event, files);
            if touches(&store_files) {
                store_changed.send_modify(count);
            }
            if touches(&journal_files) {
                written.send_modify(count);
            }
            if touches(&config_files) {
                config_changed.send_modify(count);
            }
        })?;
        for path in [&store_path, &config_path, &secrets_path] {
            let folder = path.parent().unwrap_or(Path::new("."));
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        Ok(FileWatch { store, config, _watcher: watcher })
    }
}

/// What is written into the journal can be read only once it is committed. Whoever commits says
/// so; should they die before that, it is seen after this task has waited a while.
async fn miss_nothing(mut writes: watch::Receiver<u64>, store_changed: watch::Sender<u64>) {
    while writes.changed().await.is_ok() {
        tokio::time::sleep(UNSAID).await;
        store_changed.send_modify(count);
    }
}

const fn count(changes: &mut u64) {
    *changes = changes.wrapping_add(1);
}

fn name(path: &Path) -> OsString {
    path.file_name().unwrap_or_default().to_owned()
}
