//! One user: whether they are locked, why and until when, and everything that happened to their
//! codes.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::delivery::event_lines;
use super::{Flow, Modal, Scroll, draw_reading, reading_room};
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::passcode::MAX_WRONG_TRIES;
use crate::domain::quota::Quota;
use crate::domain::sender::Sender;
use crate::store::{Event, QuotaRow};
use crate::tui::effect::Effect;
use crate::tui::fit::wrap;
use crate::tui::keymap::Action;
use crate::tui::modal::unlock::UnlockModal;
use crate::tui::model::Model;
use crate::tui::pane::quota::{TRIES_FIRST, until};
use crate::tui::update::Input;

/// A user and their story, once it is read.
#[derive(Debug)]
pub struct UserModal {
    row: QuotaRow,
    ticket: u64,
    story: Option<Result<Vec<Event>, String>>,
    scroll: Scroll,
}

impl UserModal {
    /// Asks for the story of a user.
    pub fn ask(row: QuotaRow, environment: Environment, ticket: u64) -> (Self, Vec<Effect>) {
        let effect = Effect::LoadUser { ticket, environment, row: Box::new(row.clone()) };
        (Self { row, ticket, story: None, scroll: Scroll::default() }, vec![effect])
    }

    /// Takes the story, if it is the one that this pop-up has asked for.
    pub fn on_story(&mut self, ticket: u64, story: Result<Vec<Event>, String>) {
        if ticket == self.ticket {
            self.story = Some(story);
        }
    }

    /// Whether a countdown is running.
    pub fn counts_down(&self, now: Timestamp) -> bool {
        self.row.quota.unlock_at().is_some_and(|at| at > now)
    }

    pub(super) fn on_input(&mut self, model: &mut Model, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::Unlock | Action::GiveBack) if model.read_only => {
                model.complain("This console only looks (--read-only).");
            }
            Input::Action(Action::Unlock) => {
                model.modals.push(Modal::Unlock(UnlockModal::new(&self.row)));
                return Flow::CLOSE;
            }
            Input::Action(Action::GiveBack) if self.row.wrong_in_a_row >= MAX_WRONG_TRIES => {
                model.complain(TRIES_FIRST);
            }
            Input::Action(Action::GiveBack) => {
                model.modals.push(Modal::Unlock(UnlockModal::one_code(&self.row)));
                return Flow::CLOSE;
            }
            other => {
                let lines = self.lines(model, reading_room(model)).len();
                self.scroll.on_input(other, lines);
            }
        }
        Flow::STAY
    }

    pub(super) fn draw(&self, model: &Model, buffer: &mut Buffer) -> Option<Position> {
        let lines = self.lines(model, reading_room(model));
        draw_reading(model, "User", &lines, self.scroll.0, buffer);
        None
    }

    fn lines(&self, model: &Model, room: usize) -> Vec<(String, Style)> {
        let theme = model.theme;
        let row = &self.row;
        let (user, number) = (&row.user.label, &row.number.label);
        let who = if user == number { user.clone() } else { format!("{user}  {number}") };
        let mut lines = vec![(who, theme.strong())];
        let style = if row.is_locked() { theme.failure() } else { theme.good() };
        lines.extend(wrap(&self.verdict(model), room).into_iter().map(|line| (line, style)));
        if row.wrong_in_a_row > 0 {
            let wrong = row.wrong_in_a_row;
            let text = format!("Wrong tries in a row: {wrong} of {MAX_WRONG_TRIES}.");
            lines.push((text, Style::new()));
        }
        let country = row.country.map_or("no country", Country::name);
        let sender = Sender::parse(&row.sender)
            .map_or_else(|_| row.sender.clone(), |sender| sender.to_string());
        let last = wrap(&format!("Last code to {country}, from {sender}."), room);
        lines.extend(last.into_iter().map(|line| (line, theme.dim())));
        lines.push((String::new(), Style::new()));
        match &self.story {
            None => lines.push(("Reading…".to_owned(), theme.dim())),
            Some(Err(reason)) => lines.extend(
                wrap(&format!("{reason}."), room).into_iter().map(|line| (line, theme.failure())),
            ),
            Some(Ok(events)) => lines.extend(events.iter().rev().flat_map(|event| {
                let style = theme.event(event.kind);
                let advice = model.error_code(event).map(|code| wrap(&code.explanation(), room));
                let advice = advice.into_iter().flatten().map(|line| (line, Style::new()));
                let lines = event_lines(model, event, room).into_iter();
                lines.map(move |line| (line, style)).chain(advice).collect::<Vec<_>>()
            })),
        }
        lines
    }

    /// What locks the user and until when, in words.
    fn verdict(&self, model: &Model) -> String {
        let row = &self.row;
        let allowed = model.saved_settings().codes_allowed.get();
        let minutes = model.saved_settings().time_out.get();
        if row.wrong_in_a_row >= MAX_WRONG_TRIES {
            return format!(
                "LOCKED by {} wrong tries in a row: no code until an operator forgives them (r).",
                row.wrong_in_a_row
            );
        }
        match row.quota {
            Quota::Locked { used, unlock_at } if unlock_at > model.now => format!(
                "LOCKED: {used} of {allowed} codes used; {}. r gives all codes back, b one.",
                until(model, unlock_at)
            ),
            Quota::Locked { .. } => "Open: the time-out has passed.".to_owned(),
            Quota::Open { used, left } => {
                format!("Open: {used} of {allowed} codes used within {minutes} min, {left} left.")
            }
        }
    }
}
