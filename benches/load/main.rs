//! Measures what the engine can send, each figure beside its floor in the same run:
//! `cargo bench --bench load`. A number after `--` says how many codes are sent (20,000 by default).
#![allow(
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program that measures, and ends where something is wrong"
)]

mod deck;
mod floor;
mod provider;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use self::deck::Deck;
use self::provider::Provider;

/// Requests at a time, as of a busy sign-in.
const IN_FLIGHT: usize = 32;

fn main() {
    if std::env::args().any(|argument| argument == provider::AS_PROVIDER) {
        return provider::serve();
    }
    rustls::crypto::ring::default_provider().install_default().expect("no other is installed");
    let sends = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(20_000);
    let provider = Provider::start();
    let creates = floor::bare_creates(&provider.url, 5 * sends, IN_FLIGHT);
    println!("bare creates, {IN_FLIGHT} in flight: {creates:.0}/s");
    let memory = PathBuf::from("/dev/shm");
    let disk = std::env::current_dir().expect("a folder");
    for (name, folder) in [("in memory", memory), ("on disk", disk)] {
        measure(name, &folder, &provider, sends);
    }
}

fn measure(name: &str, folder: &Path, provider: &Provider, sends: usize) {
    println!("{name}:");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let filled = runtime.block_on(Deck::new(folder, &provider.url));
    runtime.block_on(filled.send(IN_FLIGHT, IN_FLIGHT));
    let before = cpu();
    let took = runtime.block_on(filled.send(sends, IN_FLIGHT));
    let cpu = cpu().saturating_sub(before).as_secs_f64() * 1000.0 / sends as f64;
    let engine = sends as f64 / took.as_secs_f64();
    drop(runtime);
    let bytes = filled.bytes() / (sends + IN_FLIGHT) as u64;
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let empty = runtime.block_on(Deck::new(folder, &provider.url));
    let bare = floor::bare_loop(&filled.store(), &empty.store(), sends);
    println!("  bare loop, 32 sends per commit: {bare:.0}/s");
    println!(
        "  engine, {IN_FLIGHT} in flight: {engine:.0}/s, {:.0} % of it; {cpu:.3} s of CPU per 1,000; {bytes} B each",
        engine * 100.0 / bare
    );
    let alone = runtime.block_on(Deck::new(folder, &provider.url));
    let few = (sends / 20).max(100);
    runtime.block_on(alone.send(few, 1));
    let one = runtime.block_on(alone.send(few, 1)) / u32::try_from(few).expect("few");
    let sync = floor::fdatasync(folder);
    let create = Duration::from_secs_f64(1.0 / floor::bare_creates(&provider.url, 5_000, 1));
    println!(
        "  one at a time: {one:?}; fdatasync {sync:?} + bare create {create:?}: {:.2} times that",
        one.as_secs_f64() / (sync + create).as_secs_f64()
    );
}

/// What this process has used of the processor.
fn cpu() -> Duration {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(used.tv_sec).unwrap_or(0), u32::try_from(used.tv_nsec).unwrap_or(0))
}
