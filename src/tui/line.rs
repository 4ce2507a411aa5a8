//! Writes one line of text as the terminal can show it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::fit::cut;
use super::theme::Theme;

/// Writes a line into a place, cut to its width, if the place has such a row.
pub fn put(theme: Theme, area: Rect, row: u16, text: &str, style: Style, buffer: &mut Buffer) {
    if row < area.height {
        let text = theme.text(&cut(text, area.width.into()));
        buffer.set_stringn(area.x, area.y + row, text, area.width.into(), style);
    }
}
