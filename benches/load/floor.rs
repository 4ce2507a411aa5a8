//! The floors: what the same work costs with nothing around it.

use std::io::{Seek, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use smsdeck::domain::provider::BaseUrl;

/// Sends whose rows the bare loop commits together.
const SENDS_PER_COMMIT: usize = 32;

/// The tables that a send leaves rows in, in an order in which rows refer to earlier ones only.
const TABLES: [&str; 6] = ["subjects", "challenges", "deliveries", "codes", "events", "traffic"];

/// Writes the rows that a number of sends have left in a store into an empty one, 32 sends per
/// commit, every commit on disk. Returns the sends per second.
pub fn bare_loop(filled: &Path, empty: &Path, sends: usize) -> f64 {
    let source = Connection::open(filled).expect("the store opens");
    let target = Connection::open(empty).expect("the store opens");
    target.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF").expect("a pragma");
    target.set_prepared_statement_cache_capacity(64);
    let tables: Vec<(String, Vec<Vec<Value>>)> =
        TABLES.into_iter().filter_map(|table| rows_of(&source, table)).collect();
    let begun = Instant::now();
    for first in (0..sends).step_by(SENDS_PER_COMMIT) {
        let next = (first + SENDS_PER_COMMIT).min(sends);
        target.execute_batch("BEGIN IMMEDIATE").expect("a transaction");
        for (insert, rows) in &tables {
            let mut insert = target.prepare_cached(insert).expect("a statement");
            for row in &rows[first * rows.len() / sends..next * rows.len() / sends] {
                insert.execute(params_from_iter(row)).expect("a row");
            }
        }
        target.execute_batch("COMMIT").expect("a commit");
    }
    sends as f64 / begun.elapsed().as_secs_f64()
}

/// The statement that writes rows of a table, and the rows; `None` where there is no such table.
fn rows_of(source: &Connection, table: &str) -> Option<(String, Vec<Vec<Value>>)> {
    let mut select = source.prepare(&format!("SELECT * FROM {table}")).ok()?;
    let columns = select.column_count();
    let places: Vec<String> = (1..=columns).map(|place| format!("?{place}")).collect();
    let read = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
    let rows = select.query_map((), read).expect("rows").map(|row| row.expect("a row")).collect();
    Some((format!("INSERT OR REPLACE INTO {table} VALUES ({})", places.join(", ")), rows))
}

/// Creates messages with nothing but an HTTP client, so many at a time. Returns creates per second.
pub fn bare_creates(url: &BaseUrl, creates: usize, at_a_time: usize) -> f64 {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let url = format!("{}2010-04-01/Accounts/AC/Messages.json", url.url());
        let left = Arc::new(AtomicUsize::new(creates));
        let begun = Instant::now();
        let tasks: Vec<_> = (0..at_a_time)
            .map(|_| {
                let (http, url, left) = (http.clone(), url.clone(), Arc::clone(&left));
                tokio::spawn(async move {
                    while left
                        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                            left.checked_sub(1)
                        })
                        .is_ok()
                    {
                        let body = "To=%2B573001234567&From=%2B15005550006&Body=123456+is+it";
                        let response = http.post(&url).body(body).send().await.expect("a response");
                        response.bytes().await.expect("a body");
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("a task");
        }
        creates as f64 / begun.elapsed().as_secs_f64()
    })
}

/// The time that one write of a page to a file takes until it is on disk: the median of many.
pub fn fdatasync(folder: &Path) -> Duration {
    let mut file = tempfile::tempfile_in(folder).expect("a file");
    let mut times: Vec<Duration> = (0..300_u64)
        .map(|round| {
            let begun = Instant::now();
            file.seek(std::io::SeekFrom::Start(round % 64 * 4096)).expect("a place");
            file.write_all(&[7; 4096]).expect("room");
            file.sync_data().expect("a sync");
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}
