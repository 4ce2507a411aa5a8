//! One choice from a list: the provider, the default country. Lists filter as one types.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::frame::{mark_hidden, open_box, write, write_field};
use crate::domain::country::Country;
use crate::domain::provider::ProviderKind;
use crate::tui::fit::column;
use crate::tui::fit::first_row;
use crate::tui::flow::Flow;
use crate::tui::hidden::hidden;
use crate::tui::input::Input;
use crate::tui::keymap::Action;
use crate::tui::mark::Mark;
use crate::tui::session::Session;
use crate::tui::text_field::TextField;

/// What can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Country(Country),
    Provider(ProviderKind),
}

/// A list to choose from.
#[derive(Debug)]
pub struct ChoiceModal {
    filter: Option<TextField>,
    selected: usize,
}

const PROVIDERS: [Choice; 2] =
    [Choice::Provider(ProviderKind::Sandbox), Choice::Provider(ProviderKind::Twilio)];

impl ChoiceModal {
    /// All countries, the present one selected.
    pub fn countries(present: Option<Country>) -> Self {
        let all = Country::search("");
        let selected = all.iter().position(|&country| Some(country) == present).unwrap_or(0);
        Self { filter: Some(TextField::new("", 30)), selected }
    }

    /// The providers, the present one selected.
    pub fn providers(on_sandbox: bool) -> Self {
        Self { filter: None, selected: usize::from(!on_sandbox) }
    }

    fn choices(&self) -> Vec<Choice> {
        match &self.filter {
            None => PROVIDERS.to_vec(),
            Some(filter) => {
                Country::search(filter.text()).into_iter().map(Choice::Country).collect()
            }
        }
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        let last = self.choices().len().saturating_sub(1);
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::Up) => self.selected = self.selected.saturating_sub(1),
            Input::Action(Action::Down) => self.selected = (self.selected + 1).min(last),
            Input::Action(Action::PageUp) => self.selected = self.selected.saturating_sub(10),
            Input::Action(Action::PageDown) => self.selected = (self.selected + 10).min(last),
            Input::Action(Action::Accept) => {
                let form = &mut session.tab_mut().form;
                match self.choices().get(self.selected) {
                    None => return Flow::STAY,
                    Some(Choice::Country(country)) => form.choose_country(*country),
                    Some(Choice::Provider(provider)) => form.choose_provider(*provider),
                }
                return Flow::CLOSE;
            }
            Input::Action(_) => {}
            Input::Key(key) => {
                if self.filter.as_mut().is_some_and(|filter| filter.on_key(*key)) {
                    self.selected = 0;
                }
            }
            Input::Paste(text) => {
                // A filter is a short word; a longer paste is a mistake that costs nothing.
                if self.filter.as_mut().is_some_and(|filter| filter.paste(text).is_ok()) {
                    self.selected = 0;
                }
            }
        }
        Flow::STAY
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let choices = self.choices();
        let Some(filter) = &self.filter else {
            let inner = open_box(session, "Provider", (64, 4), buffer);
            draw_list(session, &choices, self.selected, inner, buffer);
            return None;
        };
        let inner = open_box(session, "Default country", (56, 18), buffer);
        let cursor = write_field(inner, 0, ("> ", 2), (filter, true), session, buffer);
        let list = Rect {
            y: inner.y + 1.min(inner.height),
            height: inner.height.saturating_sub(1),
            ..inner
        };
        if choices.is_empty() {
            write(
                list,
                0,
                "No match. Try a name, country code or calling code.",
                session.theme.dim(),
                session.theme,
                buffer,
            );
        }
        draw_list(session, &choices, self.selected, list, buffer);
        cursor
    }
}

fn draw_list(
    session: &Session,
    choices: &[Choice],
    selected: usize,
    area: Rect,
    buffer: &mut Buffer,
) {
    let first = first_row(selected, area.height.into(), 0, choices.len());
    mark_hidden(session, area, hidden(first, area.height.into(), choices.len()), buffer);
    for ((index, choice), row) in choices.iter().enumerate().skip(first).zip(0..area.height) {
        let mark = session.theme.mark_if(index == selected, Mark::Line);
        let text = match choice {
            Choice::Country(country) => country_line(*country),
            Choice::Provider(ProviderKind::Sandbox) => {
                "Sandbox   built in; sends to no one, needs no account".to_owned()
            }
            Choice::Provider(ProviderKind::Twilio) => {
                "Twilio    a Twilio account; sends to real phones".to_owned()
            }
        };
        let style = if index == selected { session.theme.selected() } else { Style::new() };
        if row < area.height {
            buffer.set_style(Rect { y: area.y + row, height: 1, ..area }, style);
        }
        write(area, row, &format!("{mark} {text}"), style, session.theme, buffer);
    }
}

/// `DE  Germany                   +49`
pub fn country_line(country: Country) -> String {
    format!("{}  {} +{}", country.code(), column(country.name(), 32), country.calling_code())
}
