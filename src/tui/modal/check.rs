//! What is risky about the settings of an environment, and the figures behind them.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::page::{Page, Scroll, reading_room};
use crate::domain::figures::Figures;
use crate::tui::fit::wrap;
use crate::tui::flow::Flow;
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::mark::Mark;
use crate::tui::session::Session;

/// The page, scrolled to a line.
#[derive(Debug, Default)]
pub struct CheckModal {
    scroll: Scroll,
}

impl CheckModal {
    pub(super) fn on_input(&mut self, session: &Session, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            other => {
                let lines = lines(session).len();
                self.scroll.on_input(other, lines);
            }
        }
        Flow::STAY
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let title = format!("Check · {}", session.environment);
        let lines = lines(session);
        let context = Context::Reading;
        Page { title: &title, lines: &lines, scroll: self.scroll.0, context }.draw(session, buffer);
        None
    }
}

fn lines(session: &Session) -> Vec<(String, Style)> {
    let theme = session.theme;
    let form = &session.tab().form;
    let mut found: Vec<(String, Style)> = Vec::new();
    // What is edited is judged as it would be saved; where it could not be, what is in force.
    let settings = form.settings().unwrap_or_else(|field| {
        let error = form.error(field).unwrap_or_default();
        found.push((
            format!("{} error: {}: {error}.", theme.mark(Mark::Alarm), field.label()),
            theme.failure(),
        ));
        form.saved().clone()
    });
    for warning in settings.warnings(session.environment) {
        let mark = theme.mark(Mark::Attention);
        let text = format!("{mark} warning: {}: {}", warning.field.label(), warning.text);
        found.push((text, theme.warning()));
    }
    if found.is_empty() {
        found.push(("No errors, no warnings.".to_owned(), theme.good()));
    }
    found.push((String::new(), Style::new()));
    let figures = Figures::of(&settings, &session.app_name);
    let sentences = figures.sentences(session.segment_price).into_iter();
    found.extend(sentences.map(|line| (format!("- {line}"), Style::new())));
    let status = session.tab().status.as_ref();
    let unmapped = status.map(|status| status.destinations.on_no_number(&settings.from_numbers));
    let unmapped = unmapped.unwrap_or_default();
    if !unmapped.is_empty() {
        let codes: Vec<&str> = unmapped.iter().map(|country| country.code()).collect();
        let text = format!("- requested in the last day, on no number: {}", codes.join(" "));
        found.push((text, Style::new()));
    }
    let room = reading_room(session);
    let wrapped = |(text, style): (String, Style)| {
        wrap(&text, room).into_iter().map(move |line| (line, style)).collect::<Vec<_>>()
    };
    found.into_iter().flat_map(wrapped).collect()
}
