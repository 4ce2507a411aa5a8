//! Measures the time from a key to the finished frame, without a terminal, with 10,000 users in the
//! quota and 5,000 lines in the log. `cargo bench` prints the times.

use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use smsdeck::tui::view::view;

#[path = "../tests/support/mod.rs"]
mod support;

use support::screen::Console;

/// The keys that are measured.
const KEYS: [&str; 6] = ["Down", "PageDown", "End", "Up", "PageUp", "Home"];

/// How often each key is pressed.
const ROUNDS: usize = 200;

fn main() {
    for size in [(80, 24), (40, 20)] {
        let mut console = Console::with_users(size, 10_000);
        report(&format!("10,000 users, {}x{}", size.0, size.1), &mut console);
        console.press("/ user0");
        console.press("Enter");
        report(&format!("the same, filtered, {}x{}", size.0, size.1), &mut console);
    }
}

fn report(name: &str, console: &mut Console) {
    let (width, height) = console.model.session.size;
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let mut times: Vec<Duration> = Vec::with_capacity(ROUNDS * KEYS.len());
    for key in (0..ROUNDS).flat_map(|_| KEYS) {
        let begun = Instant::now();
        console.press(key);
        let Ok(_) = terminal.draw(|frame| view(&console.model, frame));
        times.push(begun.elapsed());
    }
    times.sort();
    let at = |percent: usize| times[times.len() * percent / 100];
    println!("{name}: median {:?}, p99 {:?}", at(50), at(99));
}
