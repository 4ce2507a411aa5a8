//! The four panes of an environment. Each file holds one pane: its state, its keys, its
//! picture.

pub mod draft;
pub mod form;
pub mod form_input;
pub mod form_view;
pub mod form_words;
pub mod log;
mod log_filter;
pub mod numbers;
pub mod quota;
mod quota_filter;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::fit::wrap;
use super::keymap::Context;
use super::model::Model;
use super::theme::Theme;

/// A pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// The settings form.
    Form,
    /// The From numbers.
    Numbers,
    /// The quota.
    Quota,
    /// The delivery log.
    Log,
}

impl Pane {
    /// All panes, in the order of Tab.
    pub const ALL: [Self; 4] = [Self::Form, Self::Numbers, Self::Quota, Self::Log];

    /// The pane after this one.
    pub const fn next(self) -> Self {
        match self {
            Self::Form => Self::Numbers,
            Self::Numbers => Self::Quota,
            Self::Quota => Self::Log,
            Self::Log => Self::Form,
        }
    }

    /// Where its keys hold.
    pub const fn context(self) -> Context {
        match self {
            Self::Form => Context::Form,
            Self::Numbers => Context::Numbers,
            Self::Quota => Context::Quota,
            Self::Log => Context::Log,
        }
    }

    /// The pane before this one.
    pub const fn previous(self) -> Self {
        self.next().next().next()
    }
}

/// The first row to show so that `selected` is in sight, of a list that has `room` rows.
pub(super) fn first_row(selected: usize, room: usize, offset: usize, count: usize) -> usize {
    let lowest = count.saturating_sub(room);
    let offset = offset.min(selected).min(lowest);
    if room > 0 && selected >= offset + room { selected + 1 - room } else { offset }
}

/// What an environment still needs before anything can be sent from it, if it needs something.
pub(super) fn missing(model: &Model) -> Option<String> {
    let saved = model.saved_settings();
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
