//! What a pane says that has nothing to show.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::domain::settings::Settings;
use crate::tui::fit::wrap;
use crate::tui::keymap::{Action, Context};
use crate::tui::session::Session;
use crate::tui::theme::Theme;

/// What an environment still needs before anything can be sent from it, if it needs something.
pub(super) fn missing(session: &Session) -> Option<String> {
    let of_saved = missing_in(session.saved_settings());
    if of_saved.is_empty() {
        return None;
    }
    let typed = session.tab().form.settings().ok();
    let missing = typed.map_or_else(|| of_saved.clone(), |typed| missing_in(&typed));
    if missing.is_empty() {
        let save = session.key(Context::Always, Action::Save);
        return Some(format!("Not saved yet: {save} saves the settings."));
    }
    Some(format!("Not set up: {} missing.", missing.join(", ")))
}

/// The labels of what settings lack.
fn missing_in(settings: &Settings) -> Vec<String> {
    let labels = settings.missing().into_iter().map(|field| field.label().to_owned());
    let has_numbers = !settings.from_numbers.rows().is_empty();
    labels.chain((!has_numbers).then(|| "a From number".to_owned())).collect()
}

/// Says what to do in a pane that has nothing to show.
pub(super) fn draw_empty(text: &str, style: Style, inner: Rect, theme: Theme, buffer: &mut Buffer) {
    let room = usize::from(inner.width.saturating_sub(2));
    for (line, y) in wrap(text, room).iter().zip(inner.top()..inner.bottom()) {
        buffer.set_stringn(inner.x + 1, y, theme.text(line), room, style);
    }
}
