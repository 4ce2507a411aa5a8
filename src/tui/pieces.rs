//! Keys that a slow line delivers in pieces. A terminal sends an arrow as Escape, `[` and a
//! letter; where the Escape comes alone and the rest a moment later, the reader takes them for
//! three keys. Here they become one again, and a paste that has lost its beginning so stays one.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use std::time::Duration;

/// How long the rest of a key may take. Nobody types Escape and a bracket so fast, and nobody
/// notices an Escape that is so late.
pub const PATIENCE: Duration = Duration::from_millis(50);

/// Characters of the longest sequence that is waited for, without its Escape.
const LONGEST: usize = 8;

/// What ends a paste (xterm, bracketed paste mode), without its Escape.
const END_OF_PASTE: &str = "[201~";

/// What has come of a key, or of a paste, so far.
#[derive(Debug, Default)]
pub struct Pieces {
    keys: Vec<KeyEvent>,
    paste: Option<Pasted>,
}

/// A paste that is under way.
#[derive(Debug, Default)]
struct Pasted {
    text: String,
    /// What may become its end, without the Escape.
    end: Option<String>,
}

impl Pasted {
    /// Takes a key of it; whether it was the last one.
    fn push(&mut self, key: KeyEvent) -> bool {
        let letter = match (key.code, key.modifiers.contains(KeyModifiers::CONTROL)) {
            (KeyCode::Esc, _) => {
                self.text.push_str(&self.end.replace(String::new()).unwrap_or_default());
                return false;
            }
            (KeyCode::Enter, _) | (KeyCode::Char('j'), true) => '\n',
            (KeyCode::Tab, _) => '\t',
            (KeyCode::Char(letter), false) => letter,
            _ => return false,
        };
        let Some(end) = &mut self.end else {
            self.text.push(letter);
            return false;
        };
        end.push(letter);
        if end == END_OF_PASTE {
            return true;
        }
        if !END_OF_PASTE.starts_with(end.as_str()) {
            self.text.push_str(&self.end.take().unwrap_or_default());
        }
        false
    }
}

impl Pieces {
    /// Whether something is held back until the rest has come or [`PATIENCE`] is over.
    pub const fn are_waited_for(&self) -> bool {
        !self.keys.is_empty() || self.paste.is_some()
    }

    /// Takes what was read, and answers what is whole by now.
    pub fn push(&mut self, event: Event) -> Vec<Event> {
        let Event::Key(key) = event else {
            let mut whole = self.give_up();
            whole.push(event);
            return whole;
        };
        if let Some(pasted) = &mut self.paste {
            return if pasted.push(key) { self.give_up() } else { Vec::new() };
        }
        let is_plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        match (self.keys.len(), key.code) {
            (_, KeyCode::Esc) if is_plain => {
                let before = self.give_up();
                self.keys.push(key);
                before
            }
            (0, _) => vec![event],
            (1, KeyCode::Char('[' | 'O')) if is_plain => {
                self.keys.push(key);
                Vec::new()
            }
            // Parameters, as ECMA-48 has them.
            (2.., KeyCode::Char('0'..='?')) if self.keys.len() < LONGEST => {
                self.keys.push(key);
                Vec::new()
            }
            (2.., KeyCode::Char(_)) => {
                self.keys.push(key);
                self.finish()
            }
            _ => {
                let mut whole = self.give_up();
                whole.push(event);
                whole
            }
        }
    }

    /// Takes what was held back for what it looks like, as the rest has not come.
    pub fn give_up(&mut self) -> Vec<Event> {
        let paste = self.paste.take().map(|pasted| Event::Paste(pasted.text));
        self.keys.drain(..).map(Event::Key).chain(paste).collect()
    }

    /// Reads a sequence that is whole. One that nobody knows is nothing: its letters are no keys.
    fn finish(&mut self) -> Vec<Event> {
        let keys = std::mem::take(&mut self.keys);
        let sequence: String = keys[1..].iter().filter_map(|key| key.code.as_char()).collect();
        if sequence == "[200~" {
            self.paste = Some(Pasted::default());
        }
        key(&sequence).map(Event::Key).into_iter().collect()
    }
}

/// The key that a sequence stands for: xterm's control sequences, VT220's for those with `~`. A
/// second number tells what was held down with it, as one more than 1 for Shift, 2 for Alt and 4
/// for Control.
fn key(sequence: &str) -> Option<KeyEvent> {
    let (body, last) = sequence.split_at(sequence.len() - sequence.chars().last()?.len_utf8());
    let body = body.get(1..)?;
    let (number, held) = body.split_once(';').unwrap_or((body, "1"));
    let code = match (last, number) {
        ("A", _) => KeyCode::Up,
        ("B", _) => KeyCode::Down,
        ("C", _) => KeyCode::Right,
        ("D", _) => KeyCode::Left,
        ("H", _) | ("~", "1" | "7") => KeyCode::Home,
        ("F", _) | ("~", "4" | "8") => KeyCode::End,
        ("Z", _) => KeyCode::BackTab,
        ("~", "2") => KeyCode::Insert,
        ("~", "3") => KeyCode::Delete,
        ("~", "5") => KeyCode::PageUp,
        ("~", "6") => KeyCode::PageDown,
        ("P", _) => KeyCode::F(1),
        ("Q", _) => KeyCode::F(2),
        ("R", _) => KeyCode::F(3),
        ("S", _) => KeyCode::F(4),
        // The numbers leave one out after F5 and after F10.
        ("~", number) => match number.parse().ok()? {
            number @ 11..=15 => KeyCode::F(number - 10),
            number @ 17..=21 => KeyCode::F(number - 11),
            number @ 23..=24 => KeyCode::F(number - 12),
            _ => return None,
        },
        _ => return None,
    };
    let held: u8 = held.parse::<u8>().ok()?.checked_sub(1)?;
    let bits = [KeyModifiers::SHIFT, KeyModifiers::ALT, KeyModifiers::CONTROL];
    let held = bits.into_iter().enumerate().filter(|(bit, _)| held & (1 << bit) != 0);
    Some(KeyEvent::new(code, held.fold(KeyModifiers::NONE, |all, (_, one)| all | one)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of these letters, `ESC` being Escape, if nothing more follows.
    fn read(typed: &str) -> Vec<Event> {
        let mut pieces = Pieces::default();
        let mut read = Vec::new();
        for letter in typed.chars() {
            let code = match letter {
                '\x1b' => KeyCode::Esc,
                '\r' => KeyCode::Enter,
                letter => KeyCode::Char(letter),
            };
            read.extend(pieces.push(Event::Key(code.into())));
        }
        read.extend(pieces.give_up());
        assert!(!pieces.are_waited_for());
        read
    }

    fn keys(codes: &[KeyCode]) -> Vec<Event> {
        codes.iter().map(|&code| Event::Key(code.into())).collect()
    }

    #[test]
    fn an_escape_that_came_before_the_rest_of_its_key_is_no_escape() {
        use KeyCode::{BackTab, Char, Delete, Down, Up};
        assert_eq!(read("\x1b[A"), keys(&[Up]));
        assert_eq!(read("\x1bOBx"), keys(&[Down, Char('x')]));
        assert_eq!(read("\x1b[3~\x1b[Z"), keys(&[Delete, BackTab]));
    }

    #[test]
    fn an_escape_before_other_keys_stays_one() {
        use KeyCode::{Char, Esc, Up};
        assert_eq!(read("\x1b"), keys(&[Esc]));
        assert_eq!(read("\x1bs"), keys(&[Esc, Char('s')]));
        assert_eq!(read("\x1b\x1b[A"), keys(&[Esc, Up]));
        assert_eq!(read("\x1b["), keys(&[Esc, Char('[')]));
        // One that is whole and that nobody knows is nothing, one that is not is what it looks like.
        assert_eq!(read("\x1b[99y"), []);
        assert_eq!(read("\x1b[9"), keys(&[Esc, Char('['), Char('9')]));
    }

    #[test]
    fn keys_with_others_held_down_and_function_keys_come_together_too() {
        let held = |code, held| [Event::Key(KeyEvent::new(code, held))];
        assert_eq!(read("\x1b[1;5C"), held(KeyCode::Right, KeyModifiers::CONTROL));
        assert_eq!(read("\x1b[1;4A"), held(KeyCode::Up, KeyModifiers::SHIFT | KeyModifiers::ALT));
        assert_eq!(read("\x1b[15~\x1b[17~\x1b[24~"), keys(&[5, 6, 12].map(KeyCode::F)));
        assert_eq!(read("\x1bOQ"), keys(&[KeyCode::F(2)]));
    }

    #[test]
    fn a_paste_in_pieces_is_one_paste_without_its_end() {
        let paste = |text: &str| [Event::Paste(text.to_owned())];
        assert_eq!(read("\x1b[200~12\r3\x1b[201~"), paste("12\n3"));
        // The end may be lost, and what looks like one may be text.
        assert_eq!(read("\x1b[200~12"), paste("12"));
        assert_eq!(read("\x1b[200~1\x1b[2x\x1b[201~"), paste("1[2x"));
        let after = read("\x1b[200~1\x1b[201~s");
        assert_eq!(after[1..], keys(&[KeyCode::Char('s')]));
    }
}
