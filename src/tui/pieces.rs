//! Keys that a slow line delivers in pieces. A terminal sends an arrow as Escape, `[` and a
//! letter; where the Escape comes alone and the rest a moment later, the reader takes them for
//! three keys. Here they become one again, and a paste that has lost its beginning so stays one.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use std::time::Duration;

/// How long the rest of a key may take. Nobody types Escape and a bracket so fast, and nobody
/// notices an Escape that is so late.
pub const PATIENCE: Duration = Duration::from_millis(50);

/// Characters of the longest sequence that is waited for, without its Escape.
const LONGEST: usize = 6;

/// What has come of a key, or of a paste, so far.
#[derive(Debug, Default)]
pub struct Pieces {
    keys: Vec<KeyEvent>,
    paste: Option<String>,
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
            match key.code {
                KeyCode::Char(letter) => pasted.push(letter),
                KeyCode::Enter => pasted.push('\n'),
                KeyCode::Tab => pasted.push('\t'),
                _ => {}
            }
            return Vec::new();
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
            (2.., KeyCode::Char('0'..='9' | ';')) if self.keys.len() < LONGEST => {
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
        let paste = self.paste.take().map(Event::Paste);
        self.keys.drain(..).map(Event::Key).chain(paste).collect()
    }

    /// Reads a sequence that is whole.
    fn finish(&mut self) -> Vec<Event> {
        let sequence: String = self.keys[1..].iter().filter_map(|key| key.code.as_char()).collect();
        if sequence == "[200~" {
            self.keys.clear();
            self.paste = Some(String::new());
            return Vec::new();
        }
        let Some(code) = key(&sequence) else { return self.give_up() };
        self.keys.clear();
        vec![Event::Key(KeyEvent::new(code, KeyModifiers::NONE))]
    }
}

/// The key that a sequence stands for (xterm's control sequences; VT220 for those with `~`).
fn key(sequence: &str) -> Option<KeyCode> {
    let code = match sequence {
        "[A" | "OA" => KeyCode::Up,
        "[B" | "OB" => KeyCode::Down,
        "[C" | "OC" => KeyCode::Right,
        "[D" | "OD" => KeyCode::Left,
        "[H" | "OH" | "[1~" | "[7~" => KeyCode::Home,
        "[F" | "OF" | "[4~" | "[8~" => KeyCode::End,
        "[Z" => KeyCode::BackTab,
        "[2~" => KeyCode::Insert,
        "[3~" => KeyCode::Delete,
        "[5~" => KeyCode::PageUp,
        "[6~" => KeyCode::PageDown,
        "OP" | "[11~" => KeyCode::F(1),
        _ => return None,
    };
    Some(code)
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
        let unknown = [Esc, Char('['), Char('9'), Char('9'), Char('y')];
        assert_eq!(read("\x1b[99y"), keys(&unknown));
    }

    #[test]
    fn a_paste_in_pieces_is_one_paste() {
        assert_eq!(read("\x1b[200~12\r3"), [Event::Paste("12\n3".to_owned())]);
    }
}
