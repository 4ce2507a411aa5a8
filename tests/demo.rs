//! The demonstration: the same story with the same pictures each time, and nothing of it stays.

mod support;

use support::deck::Deck;
use support::terminal::{Picture, Terminal};

/// What is typed, and what shows that all of it has come before the picture is taken.
const STORY: [(&str, &[&str]); 9] = [
    ("", &["[Development ! 1 warning]", "LOCKED"]),
    ("\x1b[Z", &["┏ From numbers"]),
    ("n+447400123456\r", &["mobile number, United Kingdom", "Down browse"]),
    ("irel\r", &["Added Ireland (IE)"]),
    ("\r", &["+44 7400 123456"]),
    ("s3001112233", &["300 1112233", "open, 3 of 3 left"]),
    ("\r", &["delivered  +57 ••• ••• 2233", "2 more allowed", "open    2 left"]),
    ("h", &["is your sign-in code"]),
    ("\r", &["Verify a code"]),
];

/// The pictures of one run.
fn pictures() -> Vec<Picture> {
    let deck = Deck::new();
    let mut terminal = Terminal::start(&deck, &["--demo"]);
    let mut pictures = Vec::new();
    for (keys, awaited) in STORY {
        terminal.type_text(keys);
        pictures.push(terminal.picture(awaited));
    }
    terminal.type_text("\x11");
    terminal.wait_for("Quit");
    terminal.type_text("y");
    assert!(terminal.wait_end().success());
    let left = std::fs::read_dir(deck.home.path()).unwrap().count();
    assert_eq!(left, 0, "the demonstration leaves files");
    pictures
}

#[test]
fn two_runs_show_the_same_screens_cell_for_cell() {
    let (one, other) = (pictures(), pictures());
    for ((keys, _), (one, other)) in STORY.iter().zip(one.iter().zip(&other)) {
        assert_eq!(one.text, other.text, "after {keys:?}");
        assert!(one == other, "other colours or another cursor after {keys:?}");
    }
}

#[test]
fn demo_is_an_option_of_the_console_only() {
    let ran = Deck::new().run(&["--demo", "status"]);
    assert!(ran.code() == 2 && ran.err().contains("--demo is for the console"), "{}", ran.err());
}
