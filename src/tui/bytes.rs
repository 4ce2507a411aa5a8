//! What a terminal sends, as keys and pastes. A slow line delivers a key in pieces and several keys
//! at once, so nothing is taken for what it only begins to look like: what is not whole waits for
//! the rest, and where that does not come, it was typed.
//!
//! Sequences are those of xterm (control sequences, bracketed paste), of the VT220 for those that
//! end in `~`, and of the Linux console for its function keys; their shape is ECMA-48's.

use std::time::Duration;

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

/// How long the rest of a key may take. No one types Escape and a bracket so fast, and hardly
/// anyone notices an Escape that is so late.
const KEY_PATIENCE: Duration = Duration::from_millis(100);

/// How long the next piece of a paste may take: a lost packet is sent again within a second or two.
const PASTE_PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of a paste that are kept; no field takes so many.
const MAX_PASTE: usize = 64 * 1024;

const ESCAPE: u8 = 0x1b;

/// Control-C, as terminals send it.
const INTERRUPT: u8 = 0x03;

/// Between these a paste stands.
const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// Bytes of the longest sequence; anything longer is not one.
const MAX_LENGTH: usize = 24;

/// What has come and is not whole yet.
#[derive(Debug, Default)]
pub struct Bytes {
    pending: Vec<u8>,
    state: State,
}

/// What the next bytes belong to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Keys.
    #[default]
    Keys,
    /// A paste, until its end marker.
    Paste,
    /// A paste whose pieces stopped coming: its rest must not be taken for keys. It ends with the
    /// marker, or with a Control-C that comes alone; an Escape may be the first byte of the marker.
    BrokenPaste,
}

/// What the first bytes are.
enum First {
    /// Something, so many bytes long; `None` for what no one knows.
    Whole(Option<Event>, usize),
    /// The beginning of something.
    Beginning,
}

impl Bytes {
    /// How long to wait for the rest of what has begun; `None` where nothing has.
    pub fn patience(&self) -> Option<Duration> {
        match self.state {
            State::Paste => Some(PASTE_PATIENCE),
            State::Keys if !self.pending.is_empty() => Some(KEY_PATIENCE),
            State::Keys | State::BrokenPaste => None,
        }
    }

    /// Whether a paste has broken off, and its rest is still thrown away.
    pub fn is_paste_broken(&self) -> bool {
        self.state == State::BrokenPaste
    }

    /// Takes what was read, and returns what is whole by now.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        if self.state == State::BrokenPaste && bytes == [INTERRUPT] {
            (self.state, self.pending) = (State::Keys, Vec::new());
            return Vec::new();
        }
        self.pending.extend_from_slice(bytes);
        self.take(first)
    }

    /// Takes what was held back for what it looks like, as the rest has not come. Of a paste nothing
    /// is taken: a part of a number may be another number.
    pub fn give_up(&mut self) -> Vec<Event> {
        if self.state != State::Keys {
            self.state = State::BrokenPaste;
            self.keep_end_of_paste(0);
            return Vec::new();
        }
        // Someone has typed Escape, and then what follows.
        self.take(|bytes| match first(bytes) {
            First::Beginning => match typed(bytes) {
                // A letter whose end never came.
                First::Beginning => First::Whole(None, bytes.len()),
                key @ First::Whole(..) => key,
            },
            whole @ First::Whole(..) => whole,
        })
    }

    fn take(&mut self, first: impl Fn(&[u8]) -> First) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            if self.state != State::Keys {
                let Some(end) = find(&self.pending, PASTE_ENDS) else {
                    let kept = if self.state == State::Paste { MAX_PASTE } else { 0 };
                    self.keep_end_of_paste(kept);
                    return events;
                };
                if self.state == State::Paste {
                    events.push(pasted(&self.pending[..end.min(MAX_PASTE)]));
                }
                self.pending.drain(..end + PASTE_ENDS.len());
                self.state = State::Keys;
            }
            if self.pending.is_empty() {
                return events;
            }
            if self.pending.starts_with(PASTE_BEGINS) {
                self.pending.drain(..PASTE_BEGINS.len());
                self.state = State::Paste;
                continue;
            }
            let First::Whole(event, length) = first(&self.pending) else { return events };
            self.pending.drain(..length.max(1));
            events.extend(event);
        }
    }

    /// Drops what a paste has after its first `kept` bytes, but for what may begin its end marker.
    fn keep_end_of_paste(&mut self, kept: usize) {
        let from = self.pending.len().saturating_sub(PASTE_ENDS.len() - 1);
        if kept < from {
            self.pending.drain(kept..from);
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn pasted(bytes: &[u8]) -> Event {
    Event::Paste(with_line_feeds(&String::from_utf8_lossy(bytes)))
}

/// A text in which each carriage return that stands alone is the line feed that a terminal has made
/// it of.
fn with_line_feeds(text: &str) -> String {
    let mut letters = text.chars().peekable();
    let mut whole = String::with_capacity(text.len());
    while let Some(letter) = letters.next() {
        let is_alone = letter == '\r' && letters.peek() != Some(&'\n');
        whole.push(if is_alone { '\n' } else { letter });
    }
    whole
}

/// The first thing in some bytes.
fn first(bytes: &[u8]) -> First {
    match bytes {
        [] | [ESCAPE] | [ESCAPE, b'O'] => First::Beginning,
        [ESCAPE, ESCAPE, ..] => typed(bytes),
        [ESCAPE, b'[', rest @ ..] => control_sequence(bytes, rest),
        [ESCAPE, b'O', letter, ..] => match sequence("", char::from(*letter)) {
            Some(key) => First::Whole(Some(Event::Key(key)), 3),
            None => typed(bytes),
        },
        // Alt and a letter, or Escape and a letter: anyone who takes it must tell.
        [ESCAPE, rest @ ..] => match typed(rest) {
            First::Whole(Some(Event::Key(key)), length) => {
                let modifiers = key.modifiers | KeyModifiers::ALT;
                First::Whole(Some(Event::Key(KeyEvent { modifiers, ..key })), length + 1)
            }
            First::Whole(other, length) => First::Whole(other, length + 1),
            First::Beginning => First::Beginning,
        },
        _ => typed(bytes),
    }
}

/// What begins with Escape and `[`; `rest` is what follows these.
fn control_sequence(bytes: &[u8], rest: &[u8]) -> First {
    // The Linux console's F1 to F5.
    if let [b'[', more @ ..] = rest {
        return match more.first() {
            None => First::Beginning,
            Some(letter @ b'A'..=b'E') => {
                let key = KeyEvent::from(KeyCode::F(letter - b'A' + 1));
                First::Whole(Some(Event::Key(key)), 4)
            }
            Some(_) => typed(bytes),
        };
    }
    let is_part = |byte: &u8| (0x20..=0x3f).contains(byte);
    let length = rest.iter().take_while(|byte| is_part(byte)).count();
    match rest.get(length) {
        None if length < MAX_LENGTH => First::Beginning,
        Some(last @ 0x40..=0x7e) if length < MAX_LENGTH => {
            let parameters = String::from_utf8_lossy(&rest[..length]);
            if let Some(report) = parameters.strip_prefix('<') {
                return First::Whole(mouse(report, *last).map(Event::Mouse), length + 3);
            }
            match sequence(&parameters, char::from(*last)) {
                Some(key) => First::Whole(Some(Event::Key(key)), length + 3),
                // Without numbers it may as well have been typed.
                None if length == 0 => typed(bytes),
                None => First::Whole(None, length + 3),
            }
        }
        _ => typed(bytes),
    }
}

/// What the mouse did, as xterm reports it (SGR, mode 1006): the button, the column and the row, both
/// from 1; `M` where it was pressed.
fn mouse(report: &str, last: u8) -> Option<MouseEvent> {
    let mut numbers = report.split(';').map(|number| number.parse::<u16>().ok());
    let (button, column, row) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let kind = match (button, last) {
        (0, b'M') => MouseEventKind::Down(MouseButton::Left),
        (0, b'm') => MouseEventKind::Up(MouseButton::Left),
        (64, _) => MouseEventKind::ScrollUp,
        (65, _) => MouseEventKind::ScrollDown,
        _ => return None,
    };
    let (column, row) = (column.checked_sub(1)?, row.checked_sub(1)?);
    Some(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
}

/// The first key as someone has typed it.
fn typed(bytes: &[u8]) -> First {
    let Some(&byte) = bytes.first() else { return First::Beginning };
    let control = |letter: u8| KeyEvent::new(KeyCode::Char(letter.into()), KeyModifiers::CONTROL);
    let key = match byte {
        ESCAPE => KeyCode::Esc.into(),
        // An Enter that was pressed before the terminal was ours has become a line feed on its way
        // (`ICRNL`, termios(3)).
        b'\r' | b'\n' => KeyCode::Enter.into(),
        b'\t' => KeyCode::Tab.into(),
        0x7f | 0x08 => KeyCode::Backspace.into(),
        0 => control(b' '),
        1..=0x1a => control(byte - 1 + b'a'),
        0x1c..=0x1f => control(byte - 0x1c + b'4'),
        _ => return letter(bytes),
    };
    First::Whole(Some(Event::Key(key)), 1)
}

/// A letter in UTF-8 (RFC 3629).
fn letter(bytes: &[u8]) -> First {
    let length = match bytes[0] {
        0x00..=0x7f => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return First::Whole(None, 1),
    };
    let Some(own) = bytes.get(..length) else { return First::Beginning };
    let Some(letter) = std::str::from_utf8(own).ok().and_then(|text| text.chars().next()) else {
        return First::Whole(None, 1);
    };
    let shift = if letter.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    First::Whole(Some(Event::Key(KeyEvent::new(KeyCode::Char(letter), shift))), length)
}

/// The key that a sequence stands for. A second number names the modifiers held with it, as one
/// more than 1 for Shift, 2 for Alt and 4 for Control.
fn sequence(parameters: &str, last: char) -> Option<KeyEvent> {
    let (number, held) = parameters.split_once(';').unwrap_or((parameters, "1"));
    let code = match (last, number) {
        ('A', _) => KeyCode::Up,
        ('B', _) => KeyCode::Down,
        ('C', _) => KeyCode::Right,
        ('D', _) => KeyCode::Left,
        ('H', _) | ('~', "1" | "7") => KeyCode::Home,
        ('F', _) | ('~', "4" | "8") => KeyCode::End,
        ('Z', _) => KeyCode::BackTab,
        ('~', "2") => KeyCode::Insert,
        ('~', "3") => KeyCode::Delete,
        ('~', "5") => KeyCode::PageUp,
        ('~', "6") => KeyCode::PageDown,
        ('P', _) => KeyCode::F(1),
        ('Q', _) => KeyCode::F(2),
        ('R', _) => KeyCode::F(3),
        ('S', _) => KeyCode::F(4),
        // The numbers leave one out after F5 and after F10.
        ('~', number) => match number.parse().ok()? {
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
    use proptest::prelude::*;

    use super::*;

    /// What comes of bytes that come at once, if nothing more follows.
    fn read(bytes: &str) -> Vec<Event> {
        let mut all = Bytes::default();
        let mut events = all.push(bytes.as_bytes());
        events.extend(all.give_up());
        assert_eq!(all.patience(), None);
        events
    }

    fn keys(codes: &[KeyCode]) -> Vec<Event> {
        codes.iter().map(|&code| Event::Key(code.into())).collect()
    }

    fn with(code: KeyCode, held: KeyModifiers) -> Vec<Event> {
        vec![Event::Key(KeyEvent::new(code, held))]
    }

    #[test]
    fn keys_are_what_the_terminals_send_for_them() {
        use KeyCode::{Backspace, Char, Delete, Down, End, Enter, Esc, F, Home, PageUp, Tab, Up};
        assert_eq!(
            read("aé田\r\t\u{7f}"),
            keys(&[Char('a'), Char('é'), Char('田'), Enter, Tab, Backspace])
        );
        assert_eq!(read("\x1b[A\x1bOB"), keys(&[Up, Down]));
        assert_eq!(read("\x1b[3~\x1b[5~\x1b[1~\x1b[F"), keys(&[Delete, PageUp, Home, End]));
        assert_eq!(read("\x1bOP\x1b[[A\x1b[15~\x1b[17~\x1b[24~"), keys(&[1, 1, 5, 6, 12].map(F)));
        assert_eq!(read("\x1b"), keys(&[Esc]));
        assert_eq!(read("\x13"), with(Char('s'), KeyModifiers::CONTROL));
        assert_eq!(read("G"), with(Char('G'), KeyModifiers::SHIFT));
        assert_eq!(read("\x1b[1;5C"), with(KeyCode::Right, KeyModifiers::CONTROL));
        assert_eq!(read("\x1bb"), with(Char('b'), KeyModifiers::ALT));
    }

    #[test]
    fn an_escape_before_other_keys_stays_one() {
        use KeyCode::{Char, Down, Enter, Esc};
        assert_eq!(read("\x1b\x1b[B"), keys(&[Esc, Down]));
        assert_eq!(read("\x1b\x1b"), keys(&[Esc, Esc]));
        assert_eq!(read("\x1b["), keys(&[Esc, Char('[')]));
        assert_eq!(read("\x1b[s"), keys(&[Esc, Char('['), Char('s')]));
        assert_eq!(read("\x1bO").len(), 2);
        assert_eq!(read("\x1b[99y"), [], "what nobody knows is nothing");
        assert_eq!(read("\x1b\x1b\r").first(), keys(&[Esc, Enter]).first());
    }

    #[test]
    fn a_paste_is_one_paste_and_its_end_is_no_part_of_it() {
        let paste = |text: &str| vec![Event::Paste(text.to_owned())];
        assert_eq!(read("\x1b[200~12\r3\x1b[201~"), paste("12\n3"));
        assert_eq!(read("\x1b[200~1\x1b[2x\x1b[201~"), paste("1\u{1b}[2x"));
        assert_eq!(read("\x1b[200~12"), [], "the end got lost");
        assert_eq!(read("\x1b[200~1\x1b[201~s")[1..], keys(&[KeyCode::Char('s')]));
    }

    #[test]
    fn the_rest_of_a_paste_that_stalls_acts_in_no_way() {
        let mut bytes = Bytes::default();
        assert_eq!(bytes.push(b"\x1b[200~text "), []);
        assert_eq!(bytes.patience(), Some(PASTE_PATIENCE));
        assert_eq!(bytes.push(b"more"), [], "a second is no stall");
        assert_eq!(bytes.give_up(), []);
        assert!(bytes.is_paste_broken());
        assert_eq!(bytes.push(b"s+573001234567\n"), []);
        assert_eq!(bytes.push(b"\ns\n\x1b[201"), []);
        assert_eq!(bytes.push(b"~q"), keys(&[KeyCode::Char('q')]));
        assert!(!bytes.is_paste_broken());
    }

    #[test]
    fn control_c_ends_a_paste_whose_end_never_comes() {
        let mut bytes = Bytes::default();
        bytes.push(b"\x1b[200~12");
        bytes.give_up();
        assert_eq!(bytes.push(b"s\x1b"), []);
        assert_eq!(bytes.push(b"\x03"), []);
        assert_eq!(bytes.push(b"s"), keys(&[KeyCode::Char('s')]));
    }

    #[test]
    fn a_paste_without_bound_is_cut() {
        let mut bytes = Bytes::default();
        bytes.push(b"\x1b[200~");
        for _ in 0..100 {
            assert_eq!(bytes.push(&[b'x'; 4096]), []);
            assert!(bytes.pending.len() < MAX_PASTE + 4096 + 6);
        }
        let events = bytes.push(b"\x1b[201~");
        assert!(matches!(&events[..], [Event::Paste(text)] if text.len() == MAX_PASTE));
    }

    proptest! {
        /// However the bytes are split, they yield the same keys, none of them twice or lost.
        #[test]
        fn pieces_make_no_difference(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "a", "é", "\x1b[A", "\x1bOB", "\x1b[3~", "\x1b[1;5C", "\r", "\x13",
                    "\x1b[200~x\ry\x1b[201~", "田",
                ]),
                0..12,
            ),
            cuts in prop::collection::vec(0_usize..60, 0..12),
        ) {
            let whole = parts.concat();
            let mut bytes = Bytes::default();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(whole.len())).collect();
            cuts.extend([0, whole.len()]);
            cuts.sort_unstable();
            let mut events = Vec::new();
            for pair in cuts.windows(2) {
                events.extend(bytes.push(&whole.as_bytes()[pair[0]..pair[1]]));
            }
            events.extend(bytes.give_up());
            prop_assert_eq!(events.len(), parts.len());
            prop_assert_eq!(events, read(&whole));
        }

        #[test]
        fn no_bytes_are_waited_for_for_ever(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let mut all = Bytes::default();
            all.push(&bytes);
            all.give_up();
            prop_assert_eq!(all.patience(), None);
        }

        /// However a paste is cut and stalls, nothing in it is ever a key.
        #[test]
        fn nothing_in_a_paste_acts(
            text in "[ -~\\r\\n]{0,40}",
            cuts in prop::collection::vec((0_usize..60, any::<bool>()), 0..6),
        ) {
            let whole = format!("\x1b[200~{text}\x1b[201~");
            let mut bytes = Bytes::default();
            // The first six bytes together: before them nobody can know that it is a paste.
            let mut events = bytes.push(&whole.as_bytes()[..6]);
            let mut cuts: Vec<(usize, bool)> =
                cuts.into_iter().map(|(cut, stalls)| (cut.clamp(6, whole.len()), stalls)).collect();
            cuts.extend([(6, false), (whole.len(), false)]);
            cuts.sort_unstable();
            for pair in cuts.windows(2) {
                events.extend(bytes.push(&whole.as_bytes()[pair[0].0..pair[1].0]));
                if pair[1].1 {
                    events.extend(bytes.give_up());
                }
            }
            prop_assert!(events.iter().all(|event| matches!(event, Event::Paste(_))), "{events:?}");
            prop_assert_eq!(bytes.patience(), None);
            prop_assert!(!bytes.is_paste_broken());
        }
    }
}
