//! The thread that owns the connection. Knows how work is queued, committed and replied to, not
//! what the work is.
//!
//! Writes that wait at the same time are committed together: making a commit durable costs far
//! more than the work in it. Each has a savepoint of its own, so that one that fails takes no
//! other with it, and each gets its reply only once the commit is on disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, utimensat};
use tokio::sync::{mpsc, oneshot};

use super::error::{MAX_WAIT, has_no_room, store_error};
use super::identity::{self, FileNumber};
use super::open::{Opened, ensure_opened};
use super::timeline::{Clocks, Timeline};
use super::values::set_skew;
use crate::domain::deck_store::{DeckStore, StoreId};
use crate::store::error::StoreError;

/// Jobs that may wait; anyone who brings one more waits with it.
const MAX_QUEUE: usize = 256;

/// Jobs that are taken from the queue at once: the most that one commit holds.
const MAX_AT_ONCE: usize = 64;

/// Tells everyone who waits for a write how it ended, once it is known whether the commit held.
type Reply = Box<dyn FnOnce(&Result<(), StoreError>)>;

/// Work that only reads, and sends its own reply. It gets the connection, or why it is of no use.
type Read = Box<dyn FnOnce(Result<&mut Connection, &StoreError>) + Send>;

/// Work that writes. It gets the transaction, or why there is none.
type Write = Box<dyn FnOnce(Result<&mut Transaction<'_>, &StoreError>) -> Reply + Send>;

/// Work for the connection, with the way back to anyone who waits for it.
enum Job {
    Read(Read),
    Write(Write),
    /// Tries to write, and takes it back.
    Probe(oneshot::Sender<Result<(), StoreError>>),
    /// Closes the file; no other job is done after it.
    Close(oneshot::Sender<Result<(), StoreError>>),
    /// Asks how the wall clock compares to the deck's time.
    CompareClocks(oneshot::Sender<Result<Clocks, StoreError>>),
}

/// The way to the thread. It ends when the last clone of this is dropped.
#[derive(Clone)]
pub(super) struct Worker {
    path: Arc<Path>,
    jobs: mpsc::Sender<Job>,
}

impl Worker {
    /// Starts the thread and waits until it has opened the store by `open`.
    ///
    /// # Errors
    /// When the store cannot be opened, or the system gives no thread.
    pub(super) async fn start(
        store: DeckStore,
        open: impl FnOnce(&DeckStore) -> Result<Opened, StoreError> + Send + 'static,
    ) -> Result<Self, StoreError> {
        let path = store.path.clone();
        let (jobs, queue) = mpsc::channel(MAX_QUEUE);
        let (ready, opened) = oneshot::channel();
        let worker = Self { path: path.clone().into(), jobs };
        let thread = move || match open(&store) {
            Ok(opened) => {
                // No one waits any more only if the opening was given up.
                if ready.send(Ok(())).is_ok() {
                    work_off(File::new(opened, store), queue);
                }
            }
            Err(error) => drop(ready.send(Err(error))),
        };
        thread::Builder::new()
            .name("store".to_owned())
            .spawn(thread)
            .map_err(|error| StoreError::Failed { path, reason: format!("no thread: {error}") })?;
        opened.await.map_err(|_| worker.stopped())??;
        Ok(worker)
    }

    /// Runs work that only reads, on one consistent state of the file.
    ///
    /// # Errors
    /// When the file cannot be read or the thread has ended.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let path = Arc::clone(&self.path);
        self.call(|reply| {
            Job::Read(Box::new(move |connection| {
                let outcome = connection.map_err(StoreError::clone).and_then(|connection| {
                    let outcome = connection.transaction().and_then(|snapshot| work(&snapshot));
                    outcome.map_err(|error| store_error(&path, &error))
                });
                // The caller may have gone; then no one wants to know.
                let _ = reply.send(outcome);
            }))
        })
        .await
    }

    /// Runs work that writes: all of it is on disk when this returns, or nothing.
    ///
    /// The work is also done if the caller stops waiting.
    ///
    /// # Errors
    /// When the file cannot be written, the work fails or the thread has ended.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let path = Arc::clone(&self.path);
        self.call(|reply| {
            Job::Write(Box::new(move |transaction| {
                let outcome = transaction
                    .map_err(StoreError::clone)
                    .and_then(|transaction| in_savepoint(transaction, work, &path));
                Box::new(move |committed| {
                    let _ = reply.send(outcome.and_then(|value| committed.clone().map(|()| value)));
                })
            }))
        })
        .await
    }

    /// Tries to write, and takes it back.
    ///
    /// # Errors
    /// When nothing can be written now.
    pub(super) async fn probe(&self) -> Result<(), StoreError> {
        self.call(Job::Probe).await
    }

    /// Closes the file, once what was brought before is done. If no other process has it open, what
    /// is in the log beside it is moved into it.
    ///
    /// # Errors
    /// When the thread has ended.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        self.call(Job::Close).await
    }

    /// How the wall clock compares to the deck's time now.
    ///
    /// # Errors
    /// When the thread has ended.
    pub(super) async fn clocks(&self) -> Result<Clocks, StoreError> {
        self.call(Job::CompareClocks).await
    }

    async fn call<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job,
    ) -> Result<T, StoreError> {
        let (reply, outcome) = oneshot::channel();
        self.jobs.send(job(reply)).await.map_err(|_| self.stopped())?;
        outcome.await.map_err(|_| self.stopped())?
    }

    fn stopped(&self) -> StoreError {
        StoreError::Stopped { path: self.path.to_path_buf() }
    }
}

/// The open file, and the time in it.
struct File {
    connection: Connection,
    timeline: Timeline,
    path: PathBuf,
    id: StoreId,
    /// The number of the file; `None` for a store in memory.
    number: Option<FileNumber>,
}

impl File {
    fn new(opened: Opened, store: DeckStore) -> Self {
        let Opened { connection, timeline, file } = opened;
        Self { connection, timeline, path: store.path, id: store.id, number: file }
    }

    /// Fails where the path leads to another file by now, or to none, or to what has become another
    /// store: others would not see what is written here, and count on their own.
    fn check(&self) -> Result<(), StoreError> {
        check_place(&self.path, self.number)?;
        check_id(&self.connection, self.id, &self.path)
    }
}

fn check_place(path: &Path, number: Option<FileNumber>) -> Result<(), StoreError> {
    number.map_or(Ok(()), |number| ensure_opened(path, number))
}

fn check_id(connection: &Connection, id: StoreId, path: &Path) -> Result<(), StoreError> {
    let found = identity::read(connection).map_err(|error| store_error(path, &error))?;
    if found == Some(id) { Ok(()) } else { Err(StoreError::Replaced { path: path.to_owned() }) }
}

/// Works until no one can bring jobs any more.
fn work_off(mut file: File, mut queue: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(MAX_AT_ONCE);
    while queue.blocking_recv_many(&mut batch, MAX_AT_ONCE) > 0 {
        let (mut reads, mut writes, mut closing) = (Vec::new(), Vec::new(), None);
        for job in batch.drain(..) {
            match job {
                Job::Read(read) => reads.push(read),
                Job::Write(write) => writes.push(write),
                // The one who asked may have gone.
                Job::Probe(reply) => drop(reply.send(probe(&mut file))),
                Job::Close(reply) => closing = Some(reply),
                Job::CompareClocks(reply) => drop(reply.send(Ok(file.timeline.clocks()))),
            }
        }
        if !writes.is_empty() {
            commit_together(&mut file, writes);
        }
        for read in reads {
            set_skew(file.timeline.skew());
            match file.check() {
                Ok(()) => read(Ok(&mut file.connection)),
                Err(error) => read(Err(&error)),
            }
        }
        if let Some(reply) = closing {
            drop(file);
            drop(reply.send(Ok(())));
            return;
        }
    }
}

fn commit_together(file: &mut File, writes: Vec<Write>) {
    if let Err(error) = check_place(&file.path, file.number) {
        return refuse(writes, &error);
    }
    let File { connection, timeline, path, id, number } = file;
    let failed = |error| store_error(path, &error);
    let before = connection.total_changes();
    // IMMEDIATE takes the write lock at once: what is judged here cannot change before it is
    // acted upon, in whatever process.
    match connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed) {
        Ok(mut transaction) => {
            // In the transaction, so that nobody adopts another store meanwhile.
            if let Err(error) = check_id(&transaction, *id, path) {
                return refuse(writes, &error);
            }
            // After the wait for the lock.
            set_skew(timeline.skew());
            let replies: Vec<Reply> =
                writes.into_iter().map(|write| write(Ok(&mut transaction))).collect();
            let has_changed = transaction.total_changes() != before;
            let recorded = if has_changed { timeline.record(&transaction) } else { Ok(()) };
            let committed = check_place(path, *number)
                .and_then(|()| recorded.and_then(|()| transaction.commit()).map_err(failed));
            if committed.is_ok() && has_changed {
                announce(path);
            }
            for reply in replies {
                reply(&committed);
            }
        }
        Err(error) => refuse(writes, &error),
    }
}

/// How long a probe waits for another writer: less than whoever asks for a status waits for it.
const MAX_PROBE: Duration = Duration::from_secs(2);

/// Tries to write, and takes it back. That alone would not notice a full disk: what is rolled back
/// may never have left the memory.
fn probe(file: &mut File) -> Result<(), StoreError> {
    file.check()?;
    let path = &file.path;
    let failed = |error: rusqlite::Error| match store_error(path, &error) {
        StoreError::Busy { path, .. } => {
            StoreError::Busy { path, waited_seconds: MAX_PROBE.as_secs() }
        }
        error => error,
    };
    file.connection.busy_timeout(MAX_PROBE).map_err(failed)?;
    let written = file
        .connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .and_then(|transaction| {
            transaction.execute(
                "INSERT INTO subjects (environment, key, label)
                 VALUES ('development', randomblob(32), 'probe')",
                (),
            )?;
            transaction.rollback()
        });
    file.connection.busy_timeout(MAX_WAIT).map_err(failed)?;
    written.map_err(failed)?;
    if has_no_room(path) { Err(StoreError::Full { path: path.clone() }) } else { Ok(()) }
}

fn refuse(writes: Vec<Write>, error: &StoreError) {
    for write in writes {
        write(Err(error))(&Ok(()));
    }
}

/// Wakes the processes that watch the file. The system tells them of what `SQLite` writes while it
/// cannot be read yet, and of nothing when the commit is done; a new time on the file tells them
/// that. By its path: opening and closing the file would drop the locks on it.
fn announce(path: &Path) {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let times = Timestamps { last_access: now, last_modification: now };
    // Where the file is gone there is nothing to be seen either.
    let _ = utimensat(CWD, path, &times, AtFlags::empty());
}

/// Runs one write so that it leaves nothing behind if it fails.
fn in_savepoint<T>(
    transaction: &mut Transaction<'_>,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    path: &Path,
) -> Result<T, StoreError> {
    // On a full or failing disk SQLite rolls the whole transaction back by itself; a savepoint
    // would then begin, and commit, one of its own.
    if transaction.is_autocommit() {
        let reason = "the transaction was rolled back".to_owned();
        return Err(StoreError::Failed { path: path.to_owned(), reason });
    }
    let failed = |error| store_error(path, &error);
    let savepoint = transaction.savepoint().map_err(failed)?;
    let value = work(&savepoint).map_err(failed)?;
    savepoint.commit().map_err(failed)?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::super::open;
    use super::*;
    use crate::store::contract::deck::{Deck, manual, place, test_key};

    async fn start(deck: &Deck) -> Worker {
        let open = |store: &DeckStore| open::open(store, &test_key(), &manual());
        Worker::start(place(&deck.folder().join("deck.db")), open).await.unwrap()
    }

    async fn worker(deck: &Deck) -> Worker {
        let worker = start(deck).await;
        worker.write(|db| db.execute_batch("CREATE TABLE marks (mark UNIQUE)")).await.unwrap();
        worker
    }

    fn mark(db: &Connection, mark: i64) -> rusqlite::Result<()> {
        db.execute("INSERT INTO marks VALUES (?1)", [mark]).map(drop)
    }

    /// Keeps the thread busy until what is returned is dropped, so that whatever is brought in
    /// the meantime is taken from the queue together.
    async fn keep_busy(worker: &Worker) -> mpsc::Sender<()> {
        let (go, mut gone) = mpsc::channel(1);
        let (begun, holding) = oneshot::channel();
        let worker = worker.clone();
        let wait = move |_: &Connection| {
            begun.send(()).unwrap();
            gone.blocking_recv();
            Ok(())
        };
        tokio::spawn(async move { worker.read(wait).await });
        holding.await.unwrap();
        go
    }

    async fn marks(worker: &Worker) -> Vec<i64> {
        let all = |db: &Connection| {
            db.prepare("SELECT mark FROM marks ORDER BY mark")?
                .query_map((), |row| row.get(0))?
                .collect()
        };
        worker.read(all).await.unwrap()
    }

    #[tokio::test]
    async fn a_write_that_fails_leaves_nothing_behind_and_takes_no_other_with_it() {
        let deck = Deck::sqlite().await;
        let worker = worker(&deck).await;
        let fails = |db: &Connection| mark(db, 2).and_then(|()| mark(db, 1));
        let go = keep_busy(&worker).await;
        let outcomes = tokio::join!(
            biased;
            worker.write(|db| mark(db, 1)),
            worker.write(fails),
            worker.write(|db| mark(db, 3)),
            async { drop(go) },
        );
        assert!(outcomes.0.is_ok() && outcomes.1.is_err() && outcomes.2.is_ok());
        assert_eq!(marks(&worker).await, [1, 3]);
    }

    #[tokio::test]
    async fn a_transaction_that_was_rolled_back_is_an_error_for_all_of_its_writes() {
        let deck = Deck::sqlite().await;
        let worker = worker(&deck).await;
        let go = keep_busy(&worker).await;
        let outcomes = tokio::join!(
            biased;
            worker.write(|db| mark(db, 1)),
            worker.write(|db| db.execute_batch("ROLLBACK")),
            worker.write(|db| mark(db, 3)),
            async { drop(go) },
        );
        assert!(outcomes.0.is_err() && outcomes.1.is_err() && outcomes.2.is_err());
        assert!(marks(&worker).await.is_empty());
        worker.write(|db| mark(db, 4)).await.unwrap();
    }

    #[tokio::test]
    async fn a_file_that_is_moved_deleted_or_replaced_takes_and_gives_nothing_any_more() {
        use std::fs;
        let deck = Deck::sqlite().await;
        let worker = worker(&deck).await;
        let path = deck.folder().join("deck.db");
        let replaced = || StoreError::Replaced { path: path.clone() };
        let (away, copy) = (path.with_file_name("away.db"), path.with_file_name("copy.db"));
        fs::copy(&path, &copy).unwrap();
        fs::rename(&path, &away).unwrap();
        assert_eq!(worker.write(|db| mark(db, 1)).await, Err(replaced()));
        assert_eq!(worker.read(|_| Ok(())).await, Err(replaced()));
        fs::rename(&copy, &path).unwrap();
        assert_eq!(worker.write(|db| mark(db, 1)).await, Err(replaced()));
        fs::rename(&away, &path).unwrap();
        worker.write(|db| mark(db, 1)).await.unwrap();
        assert_eq!(marks(&worker).await, [1]);
        fs::remove_file(&path).unwrap();
        assert_eq!(worker.write(|db| mark(db, 2)).await, Err(replaced()));
    }

    #[tokio::test]
    async fn whoever_knows_a_store_by_its_old_identity_can_use_it_no_more() {
        let deck = Deck::sqlite().await;
        let (worker, other) = (worker(&deck).await, start(&deck).await);
        let replaced = StoreError::Replaced { path: deck.folder().join("deck.db") };
        other.write(|db| identity::replace(db, StoreId([6; 16]))).await.unwrap();
        assert_eq!(worker.write(|db| mark(db, 1)).await, Err(replaced.clone()));
        assert_eq!(worker.read(|_| Ok(())).await, Err(replaced.clone()));
        assert_eq!(worker.probe().await, Err(replaced));
    }

    #[tokio::test]
    async fn a_closed_store_is_whole_in_one_file_and_does_no_more_work() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deck.db");
        let open = |store: &DeckStore| open::open(store, &test_key(), &manual());
        let worker = Worker::start(place(&path), open).await.unwrap();
        worker.write(|db| db.execute_batch("CREATE TABLE marks (mark UNIQUE)")).await.unwrap();
        worker.close().await.unwrap();
        assert_eq!(worker.read(|_| Ok(())).await, Err(StoreError::Stopped { path: path.clone() }));
        let files = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1, "there is a log beside it");
    }

    #[tokio::test]
    async fn work_that_panics_ends_the_store_with_an_error_for_everybody_who_waits() {
        let deck = Deck::sqlite().await;
        let worker = worker(&deck).await;
        let stopped = StoreError::Stopped { path: deck.folder().join("deck.db") };
        let go = keep_busy(&worker).await;
        let outcomes = tokio::join!(
            biased;
            worker.write(|db| mark(db, 1)),
            worker.write(|_| -> rusqlite::Result<()> { panic!("on purpose") }),
            worker.read(|_| Ok(())),
            async { drop(go) },
        );
        assert_eq!(outcomes.0, Err(stopped.clone()));
        assert_eq!(outcomes.1, Err(stopped.clone()));
        assert_eq!(outcomes.2, Err(stopped.clone()));
        assert_eq!(worker.read(|_| Ok(())).await, Err(stopped));
        let after = start(&deck).await;
        assert!(marks(&after).await.is_empty());
    }
}
