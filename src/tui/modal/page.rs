//! A pop-up that is only read: a page of lines, and how far it is scrolled.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::frame::{open_box, write};
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::session::Session;

/// How far a page that is only read is scrolled, in lines.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scroll(pub(super) usize);

/// Lines of a page up or down.
const PAGE: usize = 10;

impl Scroll {
    /// Scrolls by a key, never beyond the last of so many lines.
    pub(super) fn on_input(&mut self, input: &Input, lines: usize) {
        let to = match input {
            Input::Action(Action::Up) => self.0.saturating_sub(1),
            Input::Action(Action::Down) => self.0 + 1,
            Input::Action(Action::PageUp) => self.0.saturating_sub(PAGE),
            Input::Action(Action::PageDown) => self.0 + PAGE,
            _ => return,
        };
        self.0 = to.min(lines.saturating_sub(1));
    }
}

/// Columns that a text has in a pop-up that is only read.
pub(super) fn reading_room(session: &Session) -> usize {
    usize::from(session.size.0.saturating_sub(6)).clamp(1, 72)
}

/// A page of lines.
pub(super) struct Page<'a> {
    /// What stands in its upper border.
    pub(super) title: &'a str,
    /// All of its lines.
    pub(super) lines: &'a [(String, Style)],
    /// How many of them are above the box.
    pub(super) scroll: usize,
    /// Whose keys hold in it.
    pub(super) context: Context,
}

impl Page<'_> {
    /// Draws it, as high as its lines, from the one scrolled to.
    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) {
        let rows = u16::try_from(self.lines.len()).unwrap_or(u16::MAX).saturating_add(2);
        let inner = open_box(session, self.title, (76, rows), buffer);
        let below = self.lines.len().saturating_sub(inner.height.into());
        let scroll = self.scroll.min(below);
        mark_more(session, self.context, below - scroll, inner, buffer);
        for ((line, style), row) in self.lines.iter().skip(scroll).zip(0..inner.height) {
            write(inner, row, line, *style, session.theme, buffer);
        }
    }
}

/// Says in the lower border how many lines of a page are below it.
pub(super) fn mark_more(
    session: &Session,
    context: Context,
    lines: usize,
    inner: Rect,
    buffer: &mut Buffer,
) {
    let place = Rect { y: inner.bottom(), height: 1, ..inner }.intersection(buffer.area);
    if lines > 0 {
        let text = format!(" {lines} more: {} ", session.key(context, Action::Down));
        write(place, 0, &text, session.theme.warning(), session.theme, buffer);
    }
}
