//! The picture of the settings form.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::Widget;

use super::draft::LINES;
use super::form::Form;
use super::form_words::{shown, warnings};
use crate::domain::environment::Environment;
use crate::domain::settings::Field;
use crate::domain::warnings::Warning;
use crate::tui::fit::first_row;
use crate::tui::fit::width;
use crate::tui::hidden::{draw_hidden, hidden};
use crate::tui::layout::WIDE;
use crate::tui::mark::Mark;
use crate::tui::session::Session;

/// One row of the form: a field, or what is wrong with the field above.
enum Row {
    Field(Field),
    Error(String),
}

/// Draws the form and returns where the cursor stands.
pub fn draw(session: &Session, area: Rect, buffer: &mut Buffer, focused: bool) -> Option<Position> {
    let form = &session.tab().form;
    let theme = session.theme;
    let warnings = warnings(session.environment, form);
    let title = title(session, &warnings);
    let block = theme.block(&title, focused, area.width);
    let inner = block.inner(area);
    block.render(area, buffer);

    let rows = rows(form);
    let on_focus = |row: &Row| matches!(row, Row::Field(field) if *field == form.field());
    let selected = rows.iter().position(on_focus).unwrap_or(0);
    let with_error = selected + usize::from(matches!(rows.get(selected + 1), Some(Row::Error(_))));
    let first = first_row(with_error, inner.height.into(), 0, rows.len());
    draw_hidden(theme, area, hidden(first, inner.height.into(), rows.len()), buffer);
    let mut cursor = None;
    for (row, y) in rows.iter().skip(first).zip(inner.top()..inner.bottom()) {
        let line = Rect { y, height: 1, ..inner };
        match row {
            Row::Error(text) => {
                let text = theme.text(&format!("  {} {text}", theme.mark(Mark::Error)));
                buffer.set_stringn(line.x, y, text, line.width.into(), theme.failure());
            }
            Row::Field(field) => {
                let has_focus = focused && *field == form.field();
                let warned = warnings.iter().any(|warning| warning.field == *field);
                let line = draw_marks(session, *field, warned, has_focus, line, buffer);
                cursor = draw_field(session, *field, has_focus, line, buffer).or(cursor);
            }
        }
    }
    cursor
}

fn rows(form: &Form) -> Vec<Row> {
    let lines = LINES.iter().copied();
    let rows = lines.flat_map(|field| [Some(Row::Field(field)), form.error(field).map(Row::Error)]);
    rows.flatten().collect()
}

/// Draws the label and the value of a field.
fn draw_field(
    session: &Session,
    field: Field,
    has_focus: bool,
    line: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let is_wide = session.size.0 >= WIDE;
    let row = field.row();
    let (label, width) = if is_wide { (row.label, 32) } else { (row.short_label, 16) };
    let style = if has_focus { session.theme.strong() } else { Style::new() };
    buffer.set_stringn(line.x, line.y, label, line.width.into(), style);
    let value = Rect {
        x: (line.x + width).min(line.right()),
        width: line.width.saturating_sub(width),
        ..line
    };
    draw_value(session, field, has_focus, value, buffer)
}

fn title(session: &Session, warnings: &[Warning]) -> String {
    let is_production = session.environment == Environment::Production;
    let production = if is_production { "PRODUCTION " } else { "" };
    match warnings.iter().filter(|warning| warning.field != Field::FromNumbers).count() {
        _ if session.settings_are_locked().is_some() => format!("{production}settings · read-only"),
        0 => format!("{production}SMS settings"),
        1 => format!("{production}SMS settings · 1 warning"),
        count => format!("{production}SMS settings · {count} warnings"),
    }
}

/// The columns before the label: whether it has the focus, whether it is changed or risky. Returns
/// what is left of the line.
fn draw_marks(
    session: &Session,
    field: Field,
    warned: bool,
    has_focus: bool,
    line: Rect,
    buffer: &mut Buffer,
) -> Rect {
    let theme = session.theme;
    let is_changed = session.tab().form.is_line_changed(field);
    let kind = if is_changed { Mark::Changed } else { Mark::Warning };
    let focus = theme.text(theme.mark_if(has_focus, Mark::Line));
    let mark = theme.text(theme.mark_if(is_changed || warned, kind));
    let mark_style = if is_changed || warned { theme.warning() } else { Style::new() };
    let (x, y) = buffer.set_stringn(line.x, line.y, focus, line.width.into(), theme.key());
    let room = line.right().saturating_sub(x).into();
    let (x, _) = buffer.set_stringn(x, y, mark, room, mark_style);
    if has_focus {
        theme.focus_line(line, buffer);
    }
    // Words take more room than a sign, and a space after them.
    let x = if x > line.x + 2 { x + 1 } else { line.x + 2 }.min(line.right());
    Rect { x, width: line.right() - x, ..line }
}

fn draw_value(
    session: &Session,
    field: Field,
    has_focus: bool,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let form = &session.tab().form;
    let theme = session.theme;
    let wrong = form.error(field).is_some();
    let style = if wrong { theme.failure() } else { Style::new() };
    let text = form.text_field(field);
    if let Some(text) = text
        && (has_focus || wrong)
        && !(field == Field::AuthToken && text.is_empty())
    {
        return text.draw(area, buffer, style, theme, has_focus);
    }
    let style = if text.is_none() && matches!(field, Field::AccountSid | Field::AuthToken) {
        theme.dim()
    } else {
        style
    };
    let shown = theme.text(&fitting(shown(session, field), area.width.into()));
    buffer.set_stringn(area.x, area.y, shown, area.width.into(), style);
    (has_focus && text.is_some() && !area.is_empty()).then(|| area.as_position())
}

/// Leaves out the last parts of a value that do not fit.
fn fitting(mut value: String, room: usize) -> String {
    while width(&value) > room
        && let Some(cut) = value.rfind(" · ")
    {
        value.truncate(cut);
    }
    value
}
