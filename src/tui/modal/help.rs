//! The keys of the place that one came from, straight from the table.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::frame::{open_box, write};
use super::page::{Scroll, mark_more, reading_room};
use crate::tui::fit::wrap;
use crate::tui::flow::Flow;
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Binding, Context};
use crate::tui::session::Session;

/// Columns of the keys.
const fn keys(session: &Session) -> u16 {
    if session.theme.plain { 17 } else { 13 }
}

/// The help for some contexts.
#[derive(Debug)]
pub struct HelpModal {
    contexts: Vec<Context>,
    scroll: Scroll,
}

impl HelpModal {
    /// Explains the keys of these contexts.
    pub fn new(contexts: Vec<Context>) -> Self {
        Self { contexts, scroll: Scroll::default() }
    }

    pub(super) fn on_input(&mut self, session: &Session, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            other => {
                let lines = self.lines(session).len();
                self.scroll.on_input(other, lines);
            }
        }
        Flow::STAY
    }

    /// Keys with what they do; headings have nothing beside them.
    fn lines(&self, session: &Session) -> Vec<(String, String)> {
        let room = reading_room(session).saturating_sub(keys(session).into()).max(1);
        let mut lines = Vec::new();
        for &context in &self.contexts {
            lines.push((context.heading().to_owned(), String::new()));
            let offered = session.keys.of(context).filter(|it| session.offers(context, it.action));
            for binding in offered.filter(|binding| !binding.help.is_empty()) {
                // Read out, a key must not be taken for the mark that it looks like.
                let word = if session.theme.plain { "key " } else { "" };
                let same = session.keys.of(context).filter(|it| it.action == binding.action);
                let names: Vec<String> = same.map(Binding::key_name).collect();
                let mut key = format!("  {word}{}", names.join(" "));
                for line in wrap(binding.help, room) {
                    lines.push((std::mem::take(&mut key), line));
                }
            }
        }
        lines
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let theme = session.theme;
        let lines = self.lines(session);
        let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
        let inner = open_box(session, "Keys", (76, rows), buffer);
        let below = lines.len().saturating_sub(inner.height.into());
        let scroll = self.scroll.0.min(below);
        mark_more(session, Context::Reading, below - scroll, inner, buffer);
        for ((key, help), row) in lines.iter().skip(scroll).zip(0..inner.height) {
            let style = if help.is_empty() { theme.strong() } else { theme.key() };
            write(inner, row, key, style, theme, buffer);
            let at = keys(session).min(inner.width);
            let place = Rect { x: inner.x + at, width: inner.width - at, ..inner };
            write(place, row, help, Style::new(), theme, buffer);
        }
        None
    }
}
