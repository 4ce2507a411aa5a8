//! How many codes may go out at all, and to which countries.

use std::collections::BTreeMap;

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::frame::{open_box, write, write_choice, write_field};
use crate::domain::country::Country;
use crate::domain::limits::{Cap, Caps, Limits};
use crate::tui::fit::wrap_within;
use crate::tui::flow::Flow;
use crate::tui::input::Input;
use crate::tui::keymap::Action;
use crate::tui::mark::Mark;
use crate::tui::session::Session;
use crate::tui::text_field::TextField;

/// Columns of the labels.
const LABEL: u16 = 24;

/// The fields, in the order of Tab, with what explains them.
const FIELDS: [(&str, &str); 6] = [
    ("Codes an hour", "All countries together, within any 60 minutes. Empty: no limit."),
    ("Codes a day", "All countries together, within any 24 hours. Empty: no limit."),
    ("Per country, hourly", "Each country separately, within any 60 minutes. Empty: no limit."),
    ("Per country, daily", "Each country separately, within any 24 hours. Empty: no limit."),
    ("Per-country limits", "Own limits, hourly/daily: CO 200/2000, US -/500. - means no limit."),
    ("Only countries", "Send only to these: CO US. Empty: every country that a number serves."),
];

/// The line after the fields.
const RECORD_ONLY: usize = FIELDS.len();

/// The limits of an environment while they are edited.
#[derive(Debug)]
pub struct LimitsModal {
    fields: [TextField; 6],
    record_only: bool,
    line: usize,
    error: Option<String>,
}

impl LimitsModal {
    /// Edits limits.
    pub fn new(limits: &Limits) -> Self {
        let cap = |cap: Option<Cap>| cap.map(|cap| cap.get().to_string());
        let side = |side| cap(side).unwrap_or_else(|| "-".to_owned());
        let own = limits.countries.iter().map(|(country, caps)| {
            format!("{} {}/{}", country.code(), side(caps.hour), side(caps.day))
        });
        let only = limits.only_countries.iter().flatten().map(|country| country.code());
        let texts = [
            cap(limits.environment.hour).unwrap_or_default(),
            cap(limits.environment.day).unwrap_or_default(),
            cap(limits.each_country.hour).unwrap_or_default(),
            cap(limits.each_country.day).unwrap_or_default(),
            own.collect::<Vec<_>>().join(", "),
            only.collect::<Vec<_>>().join(" "),
        ];
        Self {
            fields: texts.map(|text| TextField::new(&text, 800)),
            record_only: limits.record_only,
            line: 0,
            error: None,
        }
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        self.error = None;
        let lines = RECORD_ONLY + 1;
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::NextField | Action::Down) => self.line = (self.line + 1) % lines,
            Input::Action(Action::PreviousField | Action::Up) => {
                self.line = (self.line + lines - 1) % lines;
            }
            Input::Action(Action::Accept) => match self.typed() {
                Ok(limits) => {
                    session.tab_mut().form.set_limits(limits);
                    session.say_change("The limits apply after the next save.");
                    return Flow::CLOSE;
                }
                Err((line, error)) => (self.line, self.error) = (line, Some(error)),
            },
            Input::Action(_) => {}
            Input::Key(key) => match self.fields.get_mut(self.line) {
                Some(field) => {
                    field.on_key(*key);
                }
                None if matches!(key.code, KeyCode::Char(' ') | KeyCode::Left | KeyCode::Right) => {
                    self.record_only = !self.record_only;
                }
                None => {}
            },
            Input::Paste(pasted) => match self.fields.get_mut(self.line) {
                Some(field) => {
                    self.error = field.paste(pasted).err().map(|refused| refused.to_string());
                }
                None => session.cannot_paste(),
            },
        }
        Flow::STAY
    }

    /// The limits as typed, or which line is wrong and why.
    fn typed(&self) -> Result<Limits, (usize, String)> {
        let text = |line: usize| self.fields[line].text().trim();
        let cap = |line: usize| cap(text(line)).map_err(|error| (line, error));
        let mut countries = BTreeMap::new();
        for part in text(4).split([',', ';']).map(str::trim).filter(|part| !part.is_empty()) {
            let (country, caps) = own_caps(part).map_err(|error| (4, error))?;
            if countries.insert(country, caps).is_some() {
                return Err((4, format!("{country} is listed twice")));
            }
        }
        let only = text(5).split([' ', ',', ';']).filter(|code| !code.is_empty());
        let only = only.map(country).collect::<Result<std::collections::BTreeSet<_>, _>>();
        let only = only.map_err(|error| (5, error))?;
        Ok(Limits {
            only_countries: (!only.is_empty()).then_some(only),
            environment: Caps { hour: cap(0)?, day: cap(1)? },
            each_country: Caps { hour: cap(2)?, day: cap(3)? },
            countries,
            record_only: self.record_only,
        })
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let theme = session.theme;
        let title = format!("Limits · {}", session.environment);
        let inner = open_box(session, &title, (76, 12), buffer);
        let mut cursor = None;
        for (row, ((label, _), field)) in (0..).zip(FIELDS.iter().zip(&self.fields)) {
            let focused = usize::from(row) == self.line;
            let at = write_field(inner, row, (label, LABEL), (field, focused), session, buffer);
            cursor = cursor.or(at);
        }
        let focused = self.line == RECORD_ONLY;
        let mark = if self.record_only { Mark::Chosen } else { Mark::NotChosen };
        let mark = theme.mark(mark);
        let (label, choice) = (("Log only, don't block", LABEL), (mark, focused));
        write_choice(inner, 6, label, choice, theme, buffer);
        let (text, style) = match &self.error {
            Some(error) => (format!("{error}."), theme.failure()),
            None => (self.explanation().to_owned(), theme.dim()),
        };
        let room = usize::from(inner.width).max(1);
        // After a blank line, where there is room for it.
        let first = if inner.height < 10 { 7 } else { 8 };
        let lines = wrap_within(&text, room, inner.height.saturating_sub(first).into());
        for (line, row) in lines.iter().zip(first..) {
            write(inner, row, line, style, theme, buffer);
        }
        cursor
    }

    fn explanation(&self) -> &'static str {
        FIELDS.get(self.line).map_or(
            "Space toggles it. Everything is sent; the log shows what would have been refused.",
            |(_, explanation)| explanation,
        )
    }
}

/// A number of codes; nothing typed, or `-`, is no limit.
fn cap(typed: &str) -> Result<Option<Cap>, String> {
    if typed.is_empty() || typed == "-" {
        return Ok(None);
    }
    let codes = typed.parse().ok().and_then(Cap::new);
    codes.map(Some).ok_or_else(|| format!("{typed} is not a number of codes (1 or more)"))
}

/// `CO 200/2000`
fn own_caps(typed: &str) -> Result<(Country, Caps), String> {
    let shape = || format!("cannot read {typed}: write CO 200/2000");
    let (code, caps) = typed.split_once(' ').ok_or_else(shape)?;
    let (hour, day) = caps.trim().split_once('/').ok_or_else(shape)?;
    Ok((country(code)?, Caps { hour: cap(hour.trim())?, day: cap(day.trim())? }))
}

fn country(code: &str) -> Result<Country, String> {
    Country::from_code(&code.to_ascii_uppercase())
        .ok_or_else(|| format!("{code} is not a country: write two letters such as CO"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_again_as_it_was() {
        let caps = |hour, day| Caps { hour: Cap::new(hour), day: Cap::new(day) };
        let colombia = Country::from_code("CO").unwrap();
        let limits = Limits {
            only_countries: Some([colombia].into()),
            environment: caps(500, 5_000),
            each_country: caps(0, 100),
            countries: [(colombia, caps(200, 0))].into(),
            record_only: true,
        };
        for limits in [limits, Limits::default()] {
            assert_eq!(LimitsModal::new(&limits).typed(), Ok(limits));
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (line, typed) in [(0, "0"), (1, "many"), (4, "CO 5"), (4, "XX 1/2"), (5, "CO ZZ")] {
            let mut modal = LimitsModal::new(&Limits::default());
            modal.fields[line].set(typed);
            assert_eq!(modal.typed().unwrap_err().0, line, "{typed}");
        }
    }
}
