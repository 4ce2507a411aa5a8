//! The keys of the place that one came from, straight from the table.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::{Flow, Scroll, mark_more, open_box, reading_room, write};
use crate::tui::fit::wrap;
use crate::tui::keymap::{Action, Binding, Context};
use crate::tui::model::Model;
use crate::tui::update::Input;

/// Columns of the keys.
const fn keys(model: &Model) -> u16 {
    if model.theme.plain { 17 } else { 13 }
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

    pub(super) fn on_input(&mut self, model: &Model, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            other => {
                let lines = self.lines(model).len();
                self.scroll.on_input(other, lines);
            }
        }
        Flow::STAY
    }

    /// Keys with what they do; headings have nothing beside them.
    fn lines(&self, model: &Model) -> Vec<(String, String)> {
        let room = reading_room(model).saturating_sub(keys(model).into()).max(1);
        let mut lines = Vec::new();
        for &context in &self.contexts {
            lines.push((context.heading().to_owned(), String::new()));
            for binding in model.keys.of(context).filter(|binding| !binding.help.is_empty()) {
                // Read out, a key must not be taken for the mark that it looks like.
                let word = if model.theme.plain { "key " } else { "" };
                let same = model.keys.of(context).filter(|it| it.action == binding.action);
                let names: Vec<String> = same.map(Binding::key_name).collect();
                let mut key = format!("  {word}{}", names.join(" "));
                for line in wrap(binding.help, room) {
                    lines.push((std::mem::take(&mut key), line));
                }
            }
        }
        lines
    }

    pub(super) fn draw(&self, model: &Model, buffer: &mut Buffer) -> Option<Position> {
        let theme = model.theme;
        let lines = self.lines(model);
        let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
        let inner = open_box(model, "Keys", (76, rows), buffer);
        let below = lines.len().saturating_sub(inner.height.into());
        let scroll = self.scroll.0.min(below);
        mark_more(model, below - scroll, inner, buffer);
        for ((key, help), row) in lines.iter().skip(scroll).zip(0..inner.height) {
            let style = if help.is_empty() { theme.strong() } else { theme.key() };
            write(inner, row, key, style, theme, buffer);
            let at = keys(model).min(inner.width);
            let place = Rect { x: inner.x + at, width: inner.width - at, ..inner };
            write(place, row, help, Style::new(), theme, buffer);
        }
        None
    }
}
