//! A one-line text field: what is typed or pasted into it, and how it is drawn.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use tui_input::InputRequest;
use unicode_width::UnicodeWidthChar;

use super::theme::Theme;

/// A text with a cursor, bounded in length.
#[derive(Clone)]
pub struct TextField {
    input: tui_input::Input,
    longest: usize,
    hidden: bool,
}

/// Without the text, which may be a token, a code or a number.
impl fmt::Debug for TextField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextField").field("longest", &self.longest).finish_non_exhaustive()
    }
}

/// A paste that did not fit; the field is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing was pasted: {pasted} characters, and {longest} fit")]
pub struct PasteRefused {
    /// Characters that were pasted.
    pub pasted: usize,
    /// Characters that the field takes.
    pub longest: usize,
}

/// Whether a text field has a meaning for a key that is pressed with Alt.
pub const fn is_alt_key(key: KeyEvent) -> bool {
    matches!(
        key.code,
        KeyCode::Char('b' | 'f' | 'd') | KeyCode::Backspace | KeyCode::Left | KeyCode::Right
    )
}

impl TextField {
    /// A field with a first text, the cursor at its end, for `longest` characters at most.
    pub fn new(text: &str, longest: usize) -> Self {
        Self { input: text.into(), longest, hidden: false }
    }

    /// An empty field that shows a dot for each character, for secrets and codes.
    pub fn hidden(longest: usize) -> Self {
        Self { input: tui_input::Input::default(), longest, hidden: true }
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    /// Replaces the text, the cursor at its end.
    pub fn set(&mut self, text: &str) {
        self.input = text.into();
    }

    /// Types or edits; whether the text or the cursor changed.
    pub fn on_key(&mut self, key: KeyEvent) -> bool {
        let Some(request) = self.request(key) else { return false };
        self.input.handle(request).is_some()
    }

    /// Pastes at the cursor. Line breaks become spaces, those at the ends are dropped, and so
    /// are control characters.
    ///
    /// # Errors
    /// When the text would become too long; nothing is pasted then.
    pub fn paste(&mut self, text: &str) -> Result<(), PasteRefused> {
        let line: Vec<char> = text
            .trim()
            .chars()
            .map(|letter| if letter.is_whitespace() { ' ' } else { letter })
            .filter(|letter| !letter.is_control())
            .collect();
        if self.length() + line.len() > self.longest {
            return Err(PasteRefused { pasted: text.chars().count(), longest: self.longest });
        }
        for letter in line {
            self.input.handle(InputRequest::InsertChar(letter));
        }
        Ok(())
    }

    fn length(&self) -> usize {
        self.text().chars().count()
    }

    /// The keys of a shell's line editor, so that fingers need not learn others.
    fn request(&self, key: KeyEvent) -> Option<InputRequest> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char(letter) if !control && !alt => {
                let fits = !letter.is_control() && self.length() < self.longest;
                fits.then_some(InputRequest::InsertChar(letter))
            }
            KeyCode::Char('a') if control => Some(InputRequest::GoToStart),
            KeyCode::Char('u') if control => Some(InputRequest::DeleteFromStart),
            KeyCode::Char('k') if control => Some(InputRequest::DeleteTillEnd),
            KeyCode::Char('w') if control => Some(InputRequest::DeletePrevWord),
            KeyCode::Char('b') if alt => Some(InputRequest::GoToPrevWord),
            KeyCode::Char('f') if alt => Some(InputRequest::GoToNextWord),
            KeyCode::Char('d') if alt => Some(InputRequest::DeleteNextWord),
            KeyCode::Backspace if alt || control => Some(InputRequest::DeletePrevWord),
            KeyCode::Backspace => Some(InputRequest::DeletePrevChar),
            KeyCode::Delete => Some(InputRequest::DeleteNextChar),
            KeyCode::Left if control || alt => Some(InputRequest::GoToPrevWord),
            KeyCode::Right if control || alt => Some(InputRequest::GoToNextWord),
            KeyCode::Left => Some(InputRequest::GoToPrevChar),
            KeyCode::Right => Some(InputRequest::GoToNextChar),
            KeyCode::Home => Some(InputRequest::GoToStart),
            KeyCode::End => Some(InputRequest::GoToEnd),
            _ => None,
        }
    }

    /// Draws the text, scrolled so that the cursor is in sight, and returns where the
    /// cursor stands. Without the focus the beginning is shown and there is no cursor.
    pub fn draw(
        &self,
        area: Rect,
        buffer: &mut Buffer,
        style: Style,
        theme: Theme,
        focused: bool,
    ) -> Option<Position> {
        if area.is_empty() {
            return None;
        }
        if self.hidden && theme.plain {
            return self.draw_hidden_in_words(area, buffer, style, focused);
        }
        let shown: Vec<char> = if self.hidden {
            vec![theme.dot(); self.length()]
        } else {
            self.text().chars().collect()
        };
        let width = |letters: &[char]| -> usize {
            letters.iter().map(|letter| letter.width().unwrap_or(0)).sum()
        };
        let room = usize::from(area.width.saturating_sub(1));
        let cursor = self.input.cursor().min(shown.len());
        let mut start = 0;
        while focused && width(&shown[start..cursor]) > room {
            start += 1;
        }
        let style = if focused { style.add_modifier(Modifier::UNDERLINED) } else { style };
        let text: String = shown[start..].iter().collect();
        if focused {
            buffer.set_style(Rect { height: 1, ..area }, style);
        }
        buffer.set_stringn(area.x, area.y, text, usize::from(area.width), style);
        let column = u16::try_from(width(&shown[start..cursor])).unwrap_or(u16::MAX);
        focused.then(|| Position::new(area.x.saturating_add(column).min(area.right() - 1), area.y))
    }

    /// Says how much is hidden, the cursor at the end.
    fn draw_hidden_in_words(
        &self,
        area: Rect,
        buffer: &mut Buffer,
        style: Style,
        focused: bool,
    ) -> Option<Position> {
        let words = match self.length() {
            0 => String::new(),
            length if focused => format!("{length} hidden"),
            _ => "hidden".to_owned(),
        };
        let (x, y) = buffer.set_stringn(area.x, area.y, words, area.width.into(), style);
        focused.then(|| Position::new(x.min(area.right() - 1), y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASCII: Theme = Theme { colour: false, unicode: false, plain: false };

    fn typed(field: &mut TextField, text: &str) {
        for letter in text.chars() {
            field.on_key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE));
        }
    }

    #[test]
    fn a_field_takes_no_more_than_it_may() {
        let mut field = TextField::new("", 3);
        typed(&mut field, "abcd");
        assert_eq!(field.text(), "abc");
    }

    #[test]
    fn control_characters_cannot_be_typed_or_pasted() {
        let mut field = TextField::new("", 20);
        typed(&mut field, "a\u{1b}\u{7}b");
        field.paste("\n1\x1b2\r\n3\n").unwrap();
        assert_eq!(field.text(), "ab12  3");
    }

    #[test]
    fn a_paste_that_does_not_fit_changes_nothing() {
        let mut field = TextField::new("kept", 64);
        let paste = "line\n".repeat(200);
        assert_eq!(field.paste(&paste), Err(PasteRefused { pasted: 1000, longest: 64 }));
        assert_eq!(field.text(), "kept");
    }

    #[test]
    fn the_cursor_stays_in_sight() {
        let field = TextField::new("0123456789", 20);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 5, 1));
        let cursor = field.draw(buffer.area, &mut buffer, Style::new(), ASCII, true);
        assert_eq!(cursor, Some(Position::new(4, 0)));
        assert_eq!(buffer.cell((0, 0)).unwrap().symbol(), "6");
        let hidden = TextField { hidden: true, ..field };
        hidden.draw(buffer.area, &mut buffer, Style::new(), ASCII, false);
        assert_eq!(buffer.cell((0, 0)).unwrap().symbol(), "*");
        let plain = Theme { plain: true, ..ASCII };
        let mut words = Buffer::empty(Rect::new(0, 0, 12, 1));
        let cursor = hidden.draw(words.area, &mut words, Style::new(), plain, true);
        assert_eq!(cursor, Some(Position::new(9, 0)));
        assert_eq!(words, Buffer::with_lines(["10 hidden   "]));
        assert_eq!(hidden.draw(Rect::ZERO, &mut buffer, Style::new(), ASCII, true), None);
    }
}
