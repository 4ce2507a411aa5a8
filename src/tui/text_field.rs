//! A text field on one line of the screen: what is typed or pasted into it, and how it is drawn. The
//! cursor goes by what people take for one character, however many code points it has.

use std::borrow::Cow;
use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use tui_input::InputRequest;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::theme::Theme;

/// A text with a cursor, bounded in length.
#[derive(Clone)]
pub struct TextField {
    input: tui_input::Input,
    longest: usize,
    hidden: bool,
    /// Whether line breaks and tabs belong to the text.
    has_lines: bool,
    /// Whether the text is a suggestion that the first letter replaces.
    is_suggested: bool,
}

/// Without the text, which may be a token, a code or a number.
impl fmt::Debug for TextField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextField").field("longest", &self.longest).finish_non_exhaustive()
    }
}

/// A paste that did not fit; the field is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not pasted: {pasted} characters, but only {longest} fit")]
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
        Self { input: text.into(), longest, hidden: false, has_lines: false, is_suggested: false }
    }

    /// A field whose first text is a suggestion: the first key typed, or text pasted, replaces it,
    /// and any other edit keeps it.
    pub fn suggested(text: &str, longest: usize) -> Self {
        Self { is_suggested: !text.is_empty(), ..Self::new(text, longest) }
    }

    /// A field whose text may have line breaks and tabs, which are shown as signs: what is pasted
    /// stays as it is, and `\n` that is typed is a line break.
    pub fn of_lines(text: &str, longest: usize) -> Self {
        Self { has_lines: true, ..Self::new(text, longest) }
    }

    /// An empty field that shows a dot for each character, for secrets and codes.
    pub fn hidden(longest: usize) -> Self {
        Self { hidden: true, ..Self::new("", longest) }
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
        self.is_suggested = false;
    }

    /// Types or edits; whether the text or the cursor changed.
    pub fn on_key(&mut self, key: KeyEvent) -> bool {
        if self.is_suggested && matches!(self.request(key), Some(InputRequest::InsertChar(_))) {
            self.set("");
        }
        let Some(request) = self.request(key) else { return false };
        self.is_suggested = false;
        let is_changed = self.input.handle(request).is_some();
        if request == InputRequest::InsertChar('n') {
            self.break_line();
        }
        self.leave_cluster();
        is_changed
    }

    /// Makes a line break of the `\n` before the cursor, where there may be one.
    fn break_line(&mut self) {
        let before: String = self.text().chars().take(self.input.cursor()).collect();
        if self.has_lines && before.ends_with("\\n") {
            self.input.handle(InputRequest::DeletePrevChar);
            self.input.handle(InputRequest::DeletePrevChar);
            self.input.handle(InputRequest::InsertChar('\n'));
        }
    }

    /// Moves the cursor behind the character that it would stand inside of: what was typed may have
    /// joined its neighbours.
    fn leave_cluster(&mut self) {
        let (mut end, cursor) = (0, self.input.cursor());
        for cluster in self.text().graphemes(true) {
            if end >= cursor {
                break;
            }
            end += cluster.chars().count();
        }
        self.input.handle(InputRequest::SetCursor(end));
    }

    /// Pastes at the cursor. Into a field of lines as it is; elsewhere line breaks become spaces, those
    /// at the ends are dropped, and so are control characters.
    ///
    /// # Errors
    /// When the text would become too long; nothing is pasted then.
    pub fn paste(&mut self, text: &str) -> Result<(), PasteRefused> {
        let pasted = if self.has_lines { text.to_owned() } else { in_one_line(text) };
        if self.is_suggested && pasted.chars().count() <= self.longest {
            self.set("");
        }
        let (before, after): (Vec<_>, Vec<_>) =
            self.text().chars().zip(0..).partition(|(_, place)| *place < self.input.cursor());
        let added = pasted.chars().count();
        if before.len() + added + after.len() > self.longest {
            return Err(PasteRefused { pasted: text.chars().count(), longest: self.longest });
        }
        let cursor = before.len() + added;
        let letters = |part: Vec<(char, usize)>| part.into_iter().map(|(letter, _)| letter);
        let text = letters(before).chain(pasted.chars()).chain(letters(after)).collect::<String>();
        self.input = tui_input::Input::new(text).with_cursor(cursor);
        self.leave_cluster();
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
        let (shown, cursor) = self.shown(theme);
        let width =
            |parts: &[Cow<'_, str>]| -> usize { parts.iter().map(|part| part.width()).sum() };
        let room = usize::from(area.width.saturating_sub(1));
        let mut start = 0;
        while focused && width(&shown[start..cursor]) > room {
            start += 1;
        }
        let style = if focused { style.add_modifier(Modifier::UNDERLINED) } else { style };
        let is_marked = focused && self.is_suggested;
        let text_style = if is_marked { style.add_modifier(Modifier::REVERSED) } else { style };
        let text = shown[start..].concat();
        if focused {
            buffer.set_style(Rect { height: 1, ..area }, style);
        }
        buffer.set_stringn(area.x, area.y, text, usize::from(area.width), text_style);
        let column = u16::try_from(width(&shown[start..cursor])).unwrap_or(u16::MAX);
        focused.then(|| Position::new(area.x.saturating_add(column).min(area.right() - 1), area.y))
    }

    /// What is shown of each character, and how many of them stand before the cursor.
    fn shown(&self, theme: Theme) -> (Vec<Cow<'_, str>>, usize) {
        if self.hidden {
            let dots = vec![theme.dot().to_string().into(); self.length()];
            return (dots, self.input.cursor().min(self.length()));
        }
        let (mut shown, mut before, mut place) = (Vec::new(), 0, 0);
        for cluster in self.text().graphemes(true) {
            before += usize::from(place < self.input.cursor());
            place += cluster.chars().count();
            shown.push(match theme.sign_of(cluster) {
                Some(sign) => sign.into(),
                None => cluster.into(),
            });
        }
        (shown, before)
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

/// A text on one line, without what is no text.
fn in_one_line(text: &str) -> String {
    let letters = text.trim().chars();
    let letters = letters.map(|letter| if letter.is_whitespace() { ' ' } else { letter });
    letters.filter(|letter| !letter.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
    fn a_field_of_lines_keeps_what_is_pasted_and_shows_its_line_breaks() {
        let mut field = TextField::of_lines("", 80);
        let text = "  {code}\r\n\tzwj \u{200d}, rtl \u{200f}\n ";
        field.paste(text).unwrap();
        assert_eq!(field.text(), text);
        let sent = TextField::of_lines("one\ntwo\r\nthree", 80);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
        let theme = Theme { unicode: true, ..ASCII };
        sent.draw(buffer.area, &mut buffer, Style::new(), theme, false);
        assert_eq!(buffer, Buffer::with_lines(["one↵two␍↵three      "]));
        sent.draw(buffer.area, &mut buffer, Style::new(), ASCII, false);
        assert_eq!(buffer, Buffer::with_lines(["one\\ntwo\\r\\nthree   "]));
    }

    #[test]
    fn a_line_break_is_typed_as_in_a_program_and_a_pasted_one_stays_two_letters() {
        let mut field = TextField::of_lines("", 80);
        typed(&mut field, "a\\nb");
        assert_eq!(field.text(), "a\nb");
        field.paste("\\n").unwrap();
        assert_eq!(field.text(), "a\nb\\n");
        let mut one_line = TextField::new("", 80);
        typed(&mut one_line, "a\\nb");
        assert_eq!(one_line.text(), "a\\nb");
    }

    #[test]
    fn what_looks_like_one_character_is_passed_and_deleted_as_one() {
        let press = |field: &mut TextField, code| {
            field.on_key(KeyEvent::new(code, KeyModifiers::NONE));
        };
        for cluster in ["👩‍👩‍👧", "🇨🇴", "e\u{301}", "한", "नि", "\r\n"] {
            let mut field = TextField::of_lines(&format!("a{cluster}b"), 80);
            press(&mut field, KeyCode::Left);
            press(&mut field, KeyCode::Backspace);
            assert_eq!(field.text(), "ab", "{cluster:?}");
            let mut field = TextField::of_lines(&format!("a{cluster}b"), 80);
            press(&mut field, KeyCode::Home);
            press(&mut field, KeyCode::Right);
            press(&mut field, KeyCode::Delete);
            assert_eq!(field.text(), "ab", "{cluster:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_pasted_is_there_and_the_cursor_stands_between_characters(
            text in "[a-zé\u{301}\u{200d}👩👧🇨🇴\r\n\t ]{0,20}",
            keys in prop::collection::vec(0..8_usize, 0..40),
        ) {
            const KEYS: [KeyCode; 8] = [
                KeyCode::Left, KeyCode::Right, KeyCode::Home, KeyCode::End, KeyCode::Backspace,
                KeyCode::Delete, KeyCode::Char('\u{301}'), KeyCode::Char('👧'),
            ];
            let mut field = TextField::of_lines("", 200);
            field.paste(&text).unwrap();
            prop_assert_eq!(field.text(), &text);
            for key in keys {
                field.on_key(KeyEvent::new(KEYS[key], KeyModifiers::NONE));
                let mut ends = vec![0];
                for cluster in field.text().graphemes(true) {
                    ends.push(ends[ends.len() - 1] + cluster.chars().count());
                }
                prop_assert!(ends.contains(&field.input.cursor()), "{:?}", field.text());
            }
        }
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
