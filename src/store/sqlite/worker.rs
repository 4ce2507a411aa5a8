//! The threads that own the connections. Knows how work is queued and replied to, not what the work
//! is. One thread writes, and reads what is brief and wanted now; another one reads what may take
//! long.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::commit::{Write, commit_together, in_savepoint, refuse};
use super::durability::Durability;
use super::error::store_error;
use super::file::File;
use super::open::Opened;
use super::probe::probe;
use super::reader::{self, Place, Read, ReaderJob};
use super::timeline::Clocks;
use super::values::set_skew;
use crate::domain::deck_store::DeckStore;
use crate::store::error::StoreError;

/// Jobs that may wait; anyone who brings one more waits with it.
const MAX_QUEUE: usize = 256;

/// Jobs that are taken from the queue at once: the most that one commit holds.
const MAX_AT_ONCE: usize = 64;

/// How long a request for a code may wait in the queue. With a longer one everybody would wait, and
/// the queue would only grow.
const MAX_PATIENCE: Duration = Duration::from_millis(200);

/// Work for the thread that writes, with the way back to anyone who waits for it.
enum Job {
    Look(Read),
    Write {
        write: Write,
        durability: Durability,
        /// Since when it waits, if it is refused where that is too long.
        impatient_since: Option<Instant>,
    },
    /// Tries to write, and takes it back.
    Probe(oneshot::Sender<Result<(), StoreError>>),
    /// Closes the file; no other job is done after it.
    Close(oneshot::Sender<Result<(), StoreError>>),
    /// Asks how the wall clock compares to the deck's time.
    CompareClocks(oneshot::Sender<Result<Clocks, StoreError>>),
}

/// The way to the threads. They end when the last clone of this is dropped.
#[derive(Clone)]
pub(super) struct Worker {
    path: Arc<Path>,
    jobs: mpsc::Sender<Job>,
    /// The way to the thread that reads; `None` where there can be one connection only.
    reads: Option<mpsc::Sender<ReaderJob>>,
}

impl Worker {
    /// Starts the threads and waits until one has opened the store by `open`; with another one for
    /// reading, if `has_reader`.
    ///
    /// # Errors
    /// When the store cannot be opened, or the system gives no thread.
    pub(super) async fn start(
        store: DeckStore,
        has_reader: bool,
        open: impl FnOnce(&DeckStore) -> Result<Opened, StoreError> + Send + 'static,
    ) -> Result<Self, StoreError> {
        let path = store.path.clone();
        let (jobs, queue) = mpsc::channel(MAX_QUEUE);
        let (ready, opened) = oneshot::channel();
        let mut worker = Self { path: path.clone().into(), jobs, reads: None };
        let no_thread = |error| StoreError::Failed {
            path: path.clone(),
            reason: format!("no thread: {error}"),
        };
        let place = store.clone();
        let thread = move || match open(&store) {
            Ok(opened) => {
                let (timeline, file) = (opened.timeline.clone(), opened.file);
                // No one waits any more only if the opening was given up.
                if ready.send(Ok((timeline, file))).is_ok() {
                    work_off(File::new(opened, store), queue);
                }
            }
            Err(error) => drop(ready.send(Err(error))),
        };
        thread::Builder::new().name("store".to_owned()).spawn(thread).map_err(no_thread)?;
        let (timeline, number) = opened.await.map_err(|_| worker.stopped())??;
        if has_reader {
            let (reads, queue) = mpsc::channel(MAX_QUEUE);
            let place = Place { store: place, timeline, number };
            reader::start(place, queue).map_err(no_thread)?;
            worker.reads = Some(reads);
        }
        Ok(worker)
    }

    /// Runs work that only reads, on one consistent state of the file, however long it takes.
    ///
    /// # Errors
    /// When the file cannot be read or the thread has ended.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let Some(reads) = &self.reads else { return self.look(work).await };
        let (reply, outcome) = oneshot::channel();
        let read = ReaderJob::Read(self.reading(work, reply));
        reads.send(read).await.map_err(|_| self.stopped())?;
        outcome.await.map_err(|_| self.stopped())?
    }

    /// As [`read`](Self::read), for a brief look that a request waits for: in turn with the writes,
    /// and never behind a long reading.
    ///
    /// # Errors
    /// When the file cannot be read or the thread has ended.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.call(|reply| Job::Look(self.reading(work, reply))).await
    }

    fn reading<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        reply: oneshot::Sender<Result<T, StoreError>>,
    ) -> Read {
        let path = Arc::clone(&self.path);
        Box::new(move |connection| {
            let outcome = connection.map_err(StoreError::clone).and_then(|connection| {
                let outcome = connection.transaction().and_then(|snapshot| work(&snapshot));
                outcome.map_err(|error| store_error(&path, &error))
            });
            // The caller may have gone; then no one wants to know.
            let _ = reply.send(outcome);
        })
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
        self.call(|reply| self.writing(work, reply, Durability::OnDisk, None)).await
    }

    /// As [`write`](Self::write), unless the queue is so long that it would wait too long in it.
    ///
    /// # Errors
    /// As [`write`](Self::write), and when it has waited too long; then nothing was done.
    pub(super) async fn write_soon<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let since = Some(Instant::now());
        self.call(|reply| self.writing(work, reply, Durability::OnDisk, since)).await
    }

    /// As [`write`](Self::write), but what it writes is only visible when this returns. It is on disk
    /// with the next write.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub(super) async fn note<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.call(|reply| self.writing(work, reply, Durability::Visible, None)).await
    }

    fn writing<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        reply: oneshot::Sender<Result<T, StoreError>>,
        durability: Durability,
        impatient_since: Option<Instant>,
    ) -> Job {
        let path = Arc::clone(&self.path);
        let write: Write = Box::new(move |transaction| {
            let outcome = transaction
                .map_err(StoreError::clone)
                .and_then(|transaction| in_savepoint(transaction, work, &path));
            Box::new(move |committed| {
                let _ = reply.send(outcome.and_then(|value| committed.clone().map(|()| value)));
            })
        });
        Job::Write { write, durability, impatient_since }
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
        if let Some(reads) = &self.reads {
            let (reply, closed) = oneshot::channel();
            // A thread that has ended is closed.
            if reads.send(ReaderJob::Close(reply)).await.is_ok() {
                let _ = closed.await;
            }
        }
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

/// What was taken from the queue at once, by kind.
#[derive(Default)]
struct Batch {
    looks: Vec<Read>,
    writes: Vec<Write>,
    /// What the most demanding of the writes needs.
    durability: Option<Durability>,
    closing: Option<oneshot::Sender<Result<(), StoreError>>>,
}

impl Batch {
    /// Sorts a job in, or does it at once.
    fn take(&mut self, job: Job, file: &mut File) {
        match job {
            Job::Look(look) => self.looks.push(look),
            Job::Write { write, impatient_since: Some(since), .. }
                if since.elapsed() > MAX_PATIENCE =>
            {
                refuse(vec![write], &StoreError::Overloaded { path: file.path.clone() });
            }
            Job::Write { write, durability, .. } => {
                self.writes.push(write);
                self.durability = self.durability.max(Some(durability));
            }
            // The one who asked may have gone.
            Job::Probe(reply) => drop(reply.send(probe(file))),
            Job::Close(reply) => self.closing = Some(reply),
            Job::CompareClocks(reply) => drop(reply.send(Ok(file.timeline.clocks()))),
        }
    }
}

/// Works until no one can bring jobs any more.
fn work_off(mut file: File, mut queue: mpsc::Receiver<Job>) {
    let mut jobs = Vec::with_capacity(MAX_AT_ONCE);
    while queue.blocking_recv_many(&mut jobs, MAX_AT_ONCE) > 0 {
        let mut batch = Batch::default();
        for job in jobs.drain(..) {
            batch.take(job, &mut file);
        }
        if let Some(durability) = batch.durability {
            commit_together(&mut file, batch.writes, durability);
        }
        for look in batch.looks {
            set_skew(file.timeline.skew());
            match file.check() {
                Ok(()) => look(Ok(&mut file.connection)),
                Err(error) => look(Err(&error)),
            }
        }
        if let Some(reply) = batch.closing {
            drop(file);
            drop(reply.send(Ok(())));
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{identity, open};
    use super::*;
    use crate::domain::deck_store::StoreId;
    use crate::store::contract::deck::{Deck, manual, place, test_key};

    async fn start(deck: &Deck) -> Worker {
        let open = |store: &DeckStore| open::open(store, &test_key(), &manual());
        Worker::start(place(&deck.folder().join("deck.db")), true, open).await.unwrap()
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
        tokio::spawn(async move { worker.look(wait).await });
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
    async fn only_what_must_be_on_disk_waits_for_it() {
        let deck = Deck::sqlite().await;
        let worker = worker(&deck).await;
        let level = |db: &Connection| -> rusqlite::Result<i64> {
            db.query_row("PRAGMA synchronous", (), |row| row.get(0))
        };
        assert_eq!(worker.note(level).await, Ok(1));
        assert_eq!(worker.write(level).await, Ok(2));
        let go = keep_busy(&worker).await;
        let together = tokio::join!(
            biased;
            worker.note(level),
            worker.write_soon(level),
            async { drop(go) },
        );
        assert_eq!(together, (Ok(2), Ok(2), ()), "one of them must be on disk");
    }

    #[tokio::test]
    async fn a_request_that_has_waited_too_long_is_refused_and_other_writes_are_not() {
        let deck = Deck::sqlite().await;
        let worker = worker(&deck).await;
        let go = keep_busy(&worker).await;
        let ((), request, other) = tokio::join!(
            biased;
            async {
                // By the clock of the machine, which the thread goes by.
                let begun = Instant::now();
                while begun.elapsed() <= MAX_PATIENCE {
                    tokio::task::yield_now().await;
                }
                drop(go);
            },
            worker.write_soon(|db| mark(db, 1)),
            worker.write(|db| mark(db, 2)),
        );
        let path = deck.folder().join("deck.db");
        assert_eq!(request, Err(StoreError::Overloaded { path }));
        assert_eq!((other, marks(&worker).await), (Ok(()), vec![2]));
    }

    #[tokio::test]
    async fn a_long_reading_delays_no_write() {
        let deck = Deck::sqlite().await;
        let worker = worker(&deck).await;
        let (go, mut gone) = mpsc::channel::<()>(1);
        let (begun, reading) = oneshot::channel();
        let reader = worker.clone();
        let long = tokio::spawn(async move {
            let wait = move |db: &Connection| {
                let before: i64 =
                    db.query_row("SELECT count(*) FROM marks", (), |row| row.get(0))?;
                begun.send(()).unwrap();
                gone.blocking_recv();
                Ok(before)
            };
            reader.read(wait).await
        });
        reading.await.unwrap();
        worker.write(|db| mark(db, 1)).await.unwrap();
        worker.look(|_| Ok(())).await.unwrap();
        drop(go);
        assert_eq!(long.await.unwrap(), Ok(0));
        assert_eq!(marks(&worker).await, [1]);
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
    async fn a_process_that_knows_a_store_by_its_old_identity_can_use_it_no_more() {
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
        let worker = Worker::start(place(&path), true, open).await.unwrap();
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
            worker.look(|_| Ok(())),
            async { drop(go) },
        );
        assert_eq!(outcomes.0, Err(stopped.clone()));
        assert_eq!(outcomes.1, Err(stopped.clone()));
        assert_eq!(outcomes.2, Err(stopped.clone()));
        assert_eq!(worker.look(|_| Ok(())).await, Err(stopped));
        let after = start(&deck).await;
        assert!(marks(&after).await.is_empty());
    }
}
