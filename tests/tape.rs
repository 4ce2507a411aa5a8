//! `demo.tape` is played against the real binary, so that it cannot rot: each command is one of
//! VHS' own grammar, each screen that it waits for comes, and each picture that it takes is as
//! before.

mod support;

use std::time::Duration;

use support::deck::Deck;
use support::terminal::Terminal;

/// What a line of the tape says.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Type(String),
    Keys(&'static str, usize),
    Control(char),
    Wait(String),
    Sleep(Duration),
    Screenshot(String),
    /// Settings and what only a recording needs.
    Nothing,
}

/// Keys of VHS that the tape may use, with what a terminal sends for them.
const KEYS: [(&str, &str); 11] = [
    ("Enter", "\r"),
    ("Space", " "),
    ("Tab", "\t"),
    ("Backspace", "\x7f"),
    ("Delete", "\x1b[3~"),
    ("Escape", "\x1b"),
    ("Up", "\x1b[A"),
    ("Down", "\x1b[B"),
    ("Right", "\x1b[C"),
    ("Left", "\x1b[D"),
    ("Shift+Tab", "\x1b[Z"),
];

const SETTINGS: [&str; 8] = [
    "Shell",
    "FontSize",
    "Width",
    "Height",
    "Padding",
    "TypingSpeed",
    "WaitTimeout",
    "CursorBlink",
];

/// Understands a line of the tape as VHS 0.11 does, or says what is wrong with it.
fn step(line: &str) -> Result<Step, String> {
    let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
    let wrong = || Err(format!("{line:?} is no command of VHS"));
    if let Some((_, bytes)) = KEYS.iter().find(|(name, _)| *name == command) {
        // Only plain keys take a count.
        return match (rest, command.contains('+')) {
            ("", _) => Ok(Step::Keys(bytes, 1)),
            (count, false) => {
                count.parse().map(|count| Step::Keys(bytes, count)).or_else(|_| wrong())
            }
            _ => wrong(),
        };
    }
    let quoted = |text: &str| {
        let inner = text.strip_prefix('"')?.strip_suffix('"')?;
        (!inner.contains('"')).then(|| inner.to_owned())
    };
    match command {
        "Type" => quoted(rest).map(Step::Type).map_or_else(wrong, Ok),
        "Wait+Screen" => {
            let pattern = rest.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
            // The test reads patterns as plain text: a dot may stand for itself, nothing else.
            let is_plain = |text: &&str| !text.contains(['\\', '*', '+', '(', '[', '?', '/', '|']);
            pattern.filter(is_plain).map_or_else(wrong, |text| Ok(Step::Wait(text.to_owned())))
        }
        "Sleep" => {
            let (number, unit) =
                rest.split_at(rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest.len()));
            let unit = match unit {
                "ms" => 1,
                "s" => 1_000,
                _ => return wrong(),
            };
            let length = number.parse::<u64>().map(|count| Duration::from_millis(count * unit));
            length.map(Step::Sleep).or_else(|_| wrong())
        }
        "Screenshot" => match rest.strip_suffix(".png") {
            Some(name) => Ok(Step::Screenshot(name.to_owned())),
            None => wrong(),
        },
        "Output" if rest == "demo.gif" => Ok(Step::Nothing),
        "Require" if rest == "smsdeck" => Ok(Step::Nothing),
        "Set" => match rest.split_once(' ') {
            Some((name, value)) if SETTINGS.contains(&name) && !value.is_empty() => {
                Ok(Step::Nothing)
            }
            _ => wrong(),
        },
        "Hide" | "Show" if rest.is_empty() => Ok(Step::Nothing),
        _ => match command.strip_prefix("Ctrl+").map(|key| key.chars().collect::<Vec<_>>()) {
            Some(key) if key.len() == 1 && key[0].is_ascii_uppercase() && rest.is_empty() => {
                Ok(Step::Control(key[0]))
            }
            _ => wrong(),
        },
    }
}

fn tape() -> Vec<(String, Step)> {
    let lines = include_str!("../demo.tape").lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| (line.to_owned(), step(line).unwrap())).collect()
}

#[test]
fn commands_that_vhs_does_not_know_are_found() {
    for wrong in [
        "Home",
        "F1",
        "Ctrl+c",
        "Ctrl+C 2",
        "Alt+Left",
        "Shift+Up",
        "Wait+Screen \"text\"",
        "Type text",
        "Sleep",
        "Set Widht 100",
        "Set Width",
        "Screenshot picture",
        "Shift+Tab 2",
    ] {
        assert!(step(wrong).is_err(), "{wrong}");
    }
    assert_eq!(step("Down 3"), Ok(Step::Keys("\x1b[B", 3)));
}

#[test]
fn the_tape_lasts_less_than_forty_seconds_with_its_header_before_anything_else() {
    let tape = tape();
    let is_header =
        |line: &str| ["Set ", "Output ", "Require "].iter().any(|word| line.starts_with(word));
    let header = tape.iter().take_while(|(line, _)| is_header(line)).count();
    assert!(tape[header..].iter().all(|(line, _)| !is_header(line)));
    let typed: usize = tape
        .iter()
        .map(|(_, step)| match step {
            Step::Type(text) => text.chars().count(),
            Step::Keys(_, count) => *count,
            _ => 1,
        })
        .sum();
    let slept: Duration = tape
        .iter()
        .filter_map(|(_, step)| match step {
            Step::Sleep(length) => Some(*length),
            _ => None,
        })
        .sum();
    // Sixty milliseconds a key; a delivery takes two seconds.
    let all =
        slept + Duration::from_millis(60) * u32::try_from(typed).unwrap() + Duration::from_secs(2);
    assert!(all < Duration::from_secs(40), "{all:?}");
}

#[test]
fn every_screen_that_the_tape_waits_for_appears() {
    let deck = Deck::new();
    let mut terminal = Terminal::start(&deck, &["--demo"]);
    // What the screen shows since the last key.
    let mut awaited: Vec<&str> = Vec::new();
    let tape = tape();
    let begins = tape.iter().position(|(line, _)| line == "Type \"smsdeck --demo\"").unwrap();
    // The shell's part is done: the command, and Enter.
    for (line, step) in &tape[begins + 2..] {
        if matches!(step, Step::Type(_) | Step::Keys(..) | Step::Control(_)) {
            awaited.clear();
        }
        match step {
            Step::Type(text) => terminal.type_text(text),
            Step::Keys(bytes, count) => terminal.type_text(&bytes.repeat(*count)),
            Step::Control(key) => {
                terminal.type_text(&char::from(key.to_ascii_uppercase() as u8 & 31).to_string());
            }
            Step::Wait(text) => {
                terminal.wait_for(text);
                awaited.push(text);
            }
            Step::Screenshot(name) => {
                let text = terminal.picture(&awaited).text;
                insta::assert_snapshot!(format!("tape_{name}"), text, line);
            }
            // Only for those who watch.
            Step::Sleep(_) | Step::Nothing => {}
        }
        // A key is read as what it is only after the one before it was.
        if matches!(step, Step::Keys("\x1b", _)) {
            terminal.wait_gone("Send a code");
        }
    }
    terminal.type_text("\x11");
    assert!(terminal.wait_end().success());
}
