//! The box that a pop-up is drawn in, and what is written into it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};

use crate::tui::fit::cut;
use crate::tui::hidden::draw_hidden;
use crate::tui::layout::centred;
use crate::tui::mark::Mark;
use crate::tui::session::Session;
use crate::tui::text_field::TextField;
use crate::tui::theme::Theme;

/// Clears a place in the middle of the screen (above the hint bar), draws a box there, and
/// returns its inside.
pub(super) fn open_box(
    session: &Session,
    title: &str,
    wanted: (u16, u16),
    buffer: &mut Buffer,
) -> Rect {
    let (width, height) = session.size;
    let area = centred((width, height.saturating_sub(1)), wanted).intersection(buffer.area);
    Clear.render(area, buffer);
    let block = session.theme.block(title, true, area.width);
    let inner = block.inner(area);
    block.render(area, buffer);
    Rect { x: inner.x + u16::from(inner.width > 2), width: inner.width.saturating_sub(2), ..inner }
}

/// Says in the lower border of a pop-up how many lines of its list are not in sight.
pub(super) fn mark_hidden(
    session: &Session,
    list: Rect,
    counts: (usize, usize),
    buffer: &mut Buffer,
) {
    let pane = Rect { height: list.height.saturating_add(1), ..list };
    draw_hidden(session.theme, pane.intersection(buffer.area), counts, buffer);
}

/// Writes a line of text, if it is inside.
pub(super) fn write(
    area: Rect,
    row: u16,
    text: &str,
    style: Style,
    theme: Theme,
    buffer: &mut Buffer,
) {
    if row < area.height {
        let text = theme.text(&cut(text, area.width.into()));
        buffer.set_stringn(area.x, area.y + row, text, area.width.into(), style);
    }
}

/// Writes `label  field` in a row and returns the cursor if it has the focus.
pub(super) fn write_field(
    area: Rect,
    row: u16,
    (label, label_width): (&str, u16),
    (field, focused): (&TextField, bool),
    session: &Session,
    buffer: &mut Buffer,
) -> Option<Position> {
    if row >= area.height {
        return None;
    }
    let theme = session.theme;
    let style = if focused { theme.strong() } else { Style::new() };
    write(area, row, label, style, theme, buffer);
    let at = label_width.min(area.width);
    let place = Rect { x: area.x + at, y: area.y + row, width: area.width - at, height: 1 };
    field.draw(place, buffer, Style::new(), theme, focused)
}

/// Writes fields in the rows from one on, and returns the cursor in the focused one.
pub(super) fn write_fields(
    area: Rect,
    row: u16,
    label_width: u16,
    (fields, focused): (&[(&str, TextField)], usize),
    session: &Session,
    buffer: &mut Buffer,
) -> Option<Position> {
    let mut cursor = None;
    for ((index, (label, field)), row) in fields.iter().enumerate().zip(row..) {
        let field = (field, index == focused);
        let at = write_field(area, row, (label, label_width), field, session, buffer);
        cursor = cursor.or(at);
    }
    cursor
}

/// Writes `label › choice` in a row, for a field that is chosen and not typed.
pub(super) fn write_choice(
    area: Rect,
    row: u16,
    (label, label_width): (&str, u16),
    (choice, focused): (&str, bool),
    theme: Theme,
    buffer: &mut Buffer,
) {
    let mark = theme.mark_if(focused, Mark::Part);
    let style = if focused { theme.strong() } else { Style::new() };
    // Words need the room, and no columns.
    let width = if theme.plain { 0 } else { usize::from(label_width.saturating_sub(2)) };
    let label = if theme.plain { format!("{label}  ") } else { label.to_owned() };
    write(area, row, &format!("{label:<width$}{mark:<2}{choice}"), style, theme, buffer);
    if focused && row < area.height {
        theme.focus_line(Rect { y: area.y + row, height: 1, ..area }, buffer);
    }
}
