//! The keys of the place that one came from, straight from the table.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::{Flow, Scroll, open_box, write};
use crate::tui::keymap::{Action, BINDINGS, Context};
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

    pub(super) fn on_input(&mut self, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            other => {
                let lines = self.lines().len();
                self.scroll.on_input(other, lines);
            }
        }
        Flow::STAY
    }

    fn lines(&self) -> Vec<(String, &'static str)> {
        let mut lines: Vec<(String, &'static str)> = Vec::new();
        for &context in &self.contexts {
            lines.push((heading(context).to_owned(), ""));
            let bound = BINDINGS
                .iter()
                .filter(|binding| binding.context == context && !binding.help.is_empty());
            lines.extend(bound.map(|binding| (format!("  {}", binding.key_name()), binding.help)));
        }
        lines
    }

    pub(super) fn draw(&self, model: &Model, buffer: &mut Buffer) -> Option<Position> {
        let theme = model.theme;
        let lines = self.lines();
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

const fn heading(context: Context) -> &'static str {
    match context {
        Context::Always => "Everywhere, also while typing",
        Context::Console => "Everywhere but while typing",
        Context::Form => "SMS settings",
        Context::Numbers => "From numbers",
        Context::Quota => "Quota",
        Context::Log => "Delivery log",
        Context::Fields => "Fields of a pop-up",
        Context::Chosen => "Countries of the number",
        Context::Countries => "List of countries",
        Context::Choice => "List",
        Context::Question => "Question",
        Context::Reading => "Pop-up",
        Context::Handset => "Handset",
        Context::Delivery => "Delivery",
        Context::User => "User",
        Context::Filter => "Filter of the quota",
        Context::Health => "Health",
        Context::Conflict => "Two changes",
        Context::Compare => "Two environments",
    }
}
