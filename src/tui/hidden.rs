//! Says in the lower border of a pane how many of its lines are not in sight.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::theme::Theme;

/// Says how many lines are above and below those that a pane shows; nothing where all are in sight.
pub(super) fn draw_hidden(
    theme: Theme,
    pane: Rect,
    (above, below): (usize, usize),
    buffer: &mut Buffer,
) {
    let text = match (above, below) {
        (0, 0) => return,
        (0, below) => format!(" {below} more "),
        (above, 0) => format!(" {above} above "),
        (above, below) => format!(" {above} above · {below} below "),
    };
    // Without a border there is no place for it; what is read out is read whole.
    if theme.plain || pane.height < 2 || pane.width < 4 {
        return;
    }
    let (text, room) = (theme.text(&text), usize::from(pane.width - 3));
    buffer.set_stringn(pane.x + 2, pane.bottom() - 1, text, room, theme.dim());
}

/// How many of so many lines are above and below those in sight.
pub(super) const fn hidden(first: usize, shown: usize, count: usize) -> (usize, usize) {
    (first, count.saturating_sub(first + shown))
}
