//! What is unwise about the settings of an environment, and the figures behind them.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::{Flow, Scroll, draw_reading, reading_room};
use crate::domain::figures::Figures;
use crate::tui::fit::wrap;
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::update::Input;

/// The page, scrolled to a line.
#[derive(Debug, Default)]
pub struct CheckModal {
    scroll: Scroll,
}

impl CheckModal {
    pub(super) fn on_input(&mut self, model: &Model, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            other => {
                let lines = lines(model).len();
                self.scroll.on_input(other, lines);
            }
        }
        Flow::STAY
    }

    pub(super) fn draw(&self, model: &Model, buffer: &mut Buffer) -> Option<Position> {
        let title = format!("Check · {}", model.environment);
        draw_reading(model, &title, &lines(model), self.scroll.0, buffer);
        None
    }
}

fn lines(model: &Model) -> Vec<(String, Style)> {
    let theme = model.theme;
    let form = &model.tab().form;
    let mut found: Vec<(String, Style)> = Vec::new();
    // What is edited is judged as it would be saved; where it could not be, what is in force.
    let settings = form.settings().unwrap_or_else(|field| {
        let error = form.error(field).unwrap_or_default();
        found.push((format!("!! error: {}: {error}.", field.label()), theme.failure()));
        form.saved().clone()
    });
    for warning in settings.warnings(model.environment) {
        let text = format!("! warning: {}: {}", warning.field.label(), warning.text);
        found.push((text, theme.warning()));
    }
    if found.is_empty() {
        found.push(("No errors, no warnings.".to_owned(), theme.good()));
    }
    found.push((String::new(), Style::new()));
    let figures = Figures::of(&settings, &model.app_name);
    let sentences = figures.sentences(model.segment_price).into_iter();
    found.extend(sentences.map(|line| (format!("- {line}"), Style::new())));
    let status = model.tab().status.as_ref();
    let unmapped = status.map(|status| status.destinations.on_no_number(&settings.from_numbers));
    let unmapped = unmapped.unwrap_or_default();
    if !unmapped.is_empty() {
        let codes: Vec<&str> = unmapped.iter().map(|country| country.code()).collect();
        let text = format!("- asked for in the last day, on no number: {}", codes.join(" "));
        found.push((text, Style::new()));
    }
    let room = reading_room(model);
    let wrapped = |(text, style): (String, Style)| {
        wrap(&text, room).into_iter().map(move |line| (line, style)).collect::<Vec<_>>()
    };
    found.into_iter().flat_map(wrapped).collect()
}
