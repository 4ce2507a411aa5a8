//! The keys of the place that one came from, straight from the table.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::{Flow, Scroll, open_box, write};
use crate::tui::keymap::{Action, Context, Keys};
use crate::tui::model::Model;
use crate::tui::update::Input;

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
                let lines = self.lines(&model.keys).len();
                self.scroll.on_input(other, lines);
            }
        }
        Flow::STAY
    }

    fn lines(&self, keys: &Keys) -> Vec<(String, &'static str)> {
        let mut lines: Vec<(String, &'static str)> = Vec::new();
        for &context in &self.contexts {
            lines.push((context.heading().to_owned(), ""));
            let bound = keys.of(context).filter(|binding| !binding.help.is_empty());
            lines.extend(bound.map(|binding| (format!("  {}", binding.key_name()), binding.help)));
        }
        lines
    }

    pub(super) fn draw(&self, model: &Model, buffer: &mut Buffer) -> Option<Position> {
        let theme = model.theme;
        let lines = self.lines(&model.keys);
        let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
        let inner = open_box(model, "Keys", (72, rows), buffer);
        let scroll = self.scroll.0.min(lines.len().saturating_sub(inner.height.into()));
        for ((key, help), row) in lines.iter().skip(scroll).zip(0..inner.height) {
            let style = if help.is_empty() { theme.strong() } else { theme.key() };
            write(inner, row, key, style, theme, buffer);
            let at = 13.min(inner.width);
            let place = Rect { x: inner.x + at, width: inner.width - at, ..inner };
            write(place, row, help, Style::new(), theme, buffer);
        }
        None
    }
}
