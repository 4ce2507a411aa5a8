//! Watches the files of the deck for changes by other processes, without polling.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::watch;

use super::open::Engine;
use crate::config::Paths;

/// How long after a write to the journal the store counts as changed in any case.
const COMMIT_WAIT: Duration = Duration::from_secs(1);

/// A watch that wakes when any process changes the store or the config.
pub struct FileWatch {
    /// Counts changes of the store.
    pub store: watch::Receiver<u64>,
    /// Counts changes of the config and the secrets.
    pub config: watch::Receiver<u64>,
    _watcher: RecommendedWatcher,
}

/// Watches only the config and the secrets, for use before there is an engine.
///
/// # Errors
/// When the system cannot watch more files, or their folder does not exist.
pub fn watch_config(paths: &Paths) -> Result<ConfigWatch, notify::Error> {
    let path = resolved(&paths.config);
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

/// A watch that wakes when any process changes the config.
pub struct ConfigWatch {
    /// Counts changes of the config and the secrets.
    pub config: watch::Receiver<u64>,
    _watcher: RecommendedWatcher,
}

/// Whether an event is a change of one of these files.
fn touches(event: &Event, files: &[OsString]) -> bool {
    // Reading a file is an event too, and would wake the reader forever.
    !matches!(event.kind, EventKind::Access(_))
        && event.paths.iter().any(|path| files.contains(&name(path)))
}

/// Resolves links: events name the file that a link points to.
fn resolved(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

impl Engine {
    /// Watches the folders of the store and the config. Nothing wakes while nothing changes.
    ///
    /// # Errors
    /// When the system cannot watch more files; then changes by other processes are seen only when
    /// this process changes something too.
    pub fn watch(&self) -> Result<FileWatch, notify::Error> {
        let store_path = resolved(&self.inner.store_path);
        let config_path = resolved(&self.inner.paths.config);
        let secrets_path = resolved(&self.inner.paths.secrets);
        let (store_changed, store) = watch::channel(0);
        let (config_changed, config) = watch::channel(0);
        let (written, writes) = watch::channel(0);
        let store_files = [name(&store_path)];
        let mut journal = name(&store_path);
        journal.push("-wal");
        let journal_files = [journal];
        let config_files = [name(&config_path), name(&secrets_path)];
        tokio::spawn(report_writes(writes, store_changed.clone()));
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
            // One of a deck that is only read may not be there yet.
            if folder.exists() {
                watcher.watch(folder, RecursiveMode::NonRecursive)?;
            }
        }
        Ok(FileWatch { store, config, _watcher: watcher })
    }
}

/// Reports a change of the store some time after each write to its journal. A process that commits
/// touches the store to wake others; this covers one that dies before it does.
async fn report_writes(mut writes: watch::Receiver<u64>, store_changed: watch::Sender<u64>) {
    while writes.changed().await.is_ok() {
        tokio::time::sleep(COMMIT_WAIT).await;
        store_changed.send_modify(count);
    }
}

const fn count(changes: &mut u64) {
    *changes = changes.wrapping_add(1);
}

fn name(path: &Path) -> OsString {
    path.file_name().unwrap_or_default().to_owned()
}
