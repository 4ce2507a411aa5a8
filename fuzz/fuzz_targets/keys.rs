//! Fuzzes the console with keys, pasted text and sizes: it keeps running, can be drawn, and keeps
//! every country on one number.

#![no_main]

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/support/busy_day.rs"]
mod busy_day;
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/support/screen.rs"]
mod screen;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use libfuzzer_sys::fuzz_target;
use screen::Console;
use smsdeck::tui::message::Message;

/// Keys that are not letters.
const NAMED: [KeyCode; 16] = [
    KeyCode::Tab,
    KeyCode::BackTab,
    KeyCode::Enter,
    KeyCode::Esc,
    KeyCode::Up,
    KeyCode::Down,
    KeyCode::Left,
    KeyCode::Right,
    KeyCode::Home,
    KeyCode::End,
    KeyCode::PageUp,
    KeyCode::PageDown,
    KeyCode::Delete,
    KeyCode::Backspace,
    KeyCode::F(1),
    KeyCode::Insert,
];

fn key(byte: u8) -> KeyEvent {
    let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
    match byte {
        b' '..=b'~' => plain(KeyCode::Char(char::from(byte))),
        0..b' ' => {
            KeyEvent::new(KeyCode::Char(char::from(b'a' + byte % 26)), KeyModifiers::CONTROL)
        }
        0x80..0x90 => plain(NAMED[usize::from(byte - 0x80)]),
        0x90..0xaa => {
            KeyEvent::new(KeyCode::Char(char::from(b'a' + (byte - 0x90))), KeyModifiers::ALT)
        }
        other => plain(KeyCode::Char(char::from(other))),
    }
}

fuzz_target!(|input: (u8, u8, &str, &[u8])| {
    let (width, height, pasted, keys) = input;
    let mut console = Console::busy((80, 24));
    for (count, &byte) in keys.iter().take(200).enumerate() {
        if byte == 0xff {
            console.tell(Message::Paste(pasted.to_owned()));
        } else if byte == 0xfe {
            console.tell(Message::Resize(width.into(), height.into()));
        } else {
            console.tell(Message::Key(key(byte)));
        }
        if count % 8 == 7 {
            console.draw();
        }
        for (_, desk) in console.model.session.tabs.iter() {
            let grid = desk.form.from_numbers();
            let mut countries: Vec<_> =
                grid.rows().iter().flat_map(|number| &number.countries).collect();
            let all = countries.len();
            countries.sort();
            countries.dedup();
            assert_eq!(countries.len(), all, "a country is on two numbers");
        }
    }
    console.draw();
});
