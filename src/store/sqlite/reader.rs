//! The thread that reads what may take long, on a connection of its own: no write waits for it.

use std::thread;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::error::store_error;
use super::file::File;
use super::open::{Opened, connect};
use super::timeline::Timeline;
use super::values::set_skew;
use crate::domain::deck_store::DeckStore;
use crate::store::error::StoreError;

/// Work that only reads, and sends its own reply. It gets the connection, or why it is of no use.
pub(super) type Read = Box<dyn FnOnce(Result<&mut Connection, &StoreError>) + Send>;

/// Work for the reader.
pub(super) enum ReaderJob {
    Read(Read),
    /// Closes the connection; no other job is done after it.
    Close(oneshot::Sender<()>),
}

/// How to open the connection that is read on.
pub(super) struct Place {
    pub(super) store: DeckStore,
    pub(super) timeline: Timeline,
    /// The number of the file that was opened to write.
    pub(super) number: Option<super::identity::FileNumber>,
}

/// Pages of the store that the connection keeps in memory, as `SQLite` takes it: a negative number
/// is KiB. The system keeps them anyway.
const CACHE: i64 = -256;

/// Starts the thread. It connects when the first work comes, and ends when no more can come.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn start(
    place: Place,
    queue: mpsc::Receiver<ReaderJob>,
) -> std::io::Result<thread::JoinHandle<()>> {
    thread::Builder::new().name("store reader".to_owned()).spawn(move || work_off(&place, queue))
}

fn work_off(place: &Place, mut queue: mpsc::Receiver<ReaderJob>) {
    let mut open = None;
    while let Some(job) = queue.blocking_recv() {
        match job {
            ReaderJob::Read(read) => match file(&mut open, place) {
                Ok(file) => {
                    set_skew(file.timeline.skew());
                    read(Ok(&mut file.connection));
                }
                Err(error) => read(Err(&error)),
            },
            ReaderJob::Close(closed) => {
                drop(open);
                // Someone who stops waiting finds it closed too.
                let _ = closed.send(());
                return;
            }
        }
    }
}

/// The file, which is opened if it is not yet, and is still the store.
fn file<'a>(open: &'a mut Option<File>, place: &Place) -> Result<&'a mut File, StoreError> {
    let file = match open.take() {
        Some(file) => file,
        None => connect_to_read(place)?,
    };
    let file = open.insert(file);
    file.check()?;
    Ok(file)
}

fn connect_to_read(place: &Place) -> Result<File, StoreError> {
    let failed = |error| store_error(&place.store.path, &error);
    super::file::check_place(&place.store.path, place.number)?;
    let connection = connect(&place.store.path)?;
    connection.pragma_update(None, "query_only", true).map_err(failed)?;
    connection.pragma_update(None, "cache_size", CACHE).map_err(failed)?;
    let opened = Opened { connection, timeline: place.timeline.clone(), file: place.number };
    Ok(File::new(opened, place.store.clone()))
}
