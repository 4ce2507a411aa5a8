//! What a pane says that has nothing to show.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::tui::fit::wrap;
use crate::tui::session::Session;
use crate::tui::theme::Theme;

/// What an environment still needs before anything can be sent from it, if it needs something.
pub(super) fn missing(session: &Session) -> Option<String> {
    let saved = session.saved_settings();
    let labels = saved.missing().into_iter().map(|field| field.label().to_owned());
    let has_numbers = !saved.from_numbers.rows().is_empty();
    let number = (!has_numbers).then(|| "a From number".to_owned());
    let missing: Vec<String> = labels.chain(number).collect();
    (!missing.is_empty()).then(|| format!("Not set up: {} missing.", missing.join(", ")))
}

/// Says what to do in a pane that has nothing to show.
pub(super) fn draw_empty(text: &str, style: Style, inner: Rect, theme: Theme, buffer: &mut Buffer) {
    let room = usize::from(inner.width.saturating_sub(2));
    for (line, y) in wrap(text, room).iter().zip(inner.top()..inner.bottom()) {
        buffer.set_stringn(inner.x + 1, y, theme.text(line), room, style);
    }
}
