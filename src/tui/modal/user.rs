//! One user: whether they are locked, why and until when, and everything that happened to their
//! codes.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::delivery::event_lines;
use super::page::{Page, Scroll, reading_room};
use super::unlock::remedy;
use crate::domain::country::Country;
use crate::domain::passcode::MAX_WRONG_TRIES;
use crate::domain::quota::Quota;
use crate::domain::sender::Sender;
use crate::store::{Event, QuotaRow};
use crate::tui::effect::Effect;
use crate::tui::fit::wrap;
use crate::tui::flow::{Flow, Popup};
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::question::{Answer, Question, Ticket};
use crate::tui::session::Session;

/// The events of each code, oldest first, the code that was asked for last first. What belongs to no
/// code stands by itself.
fn by_code(events: &[Event]) -> Vec<Vec<&Event>> {
    let mut codes: Vec<Vec<&Event>> = Vec::new();
    for event in events {
        let of_same = |code: &&mut Vec<&Event>| {
            event.delivery.is_some() && code.first().is_some_and(|it| it.delivery == event.delivery)
        };
        match codes.iter_mut().find(of_same) {
            Some(code) => code.push(event),
            None => codes.push(vec![event]),
        }
    }
    codes.reverse();
    codes
}

/// A user and their story, once it is read.
#[derive(Debug)]
pub struct UserModal {
    row: QuotaRow,
    ticket: Ticket,
    story: Option<Result<Vec<Event>, String>>,
    /// Whether all steps of each code are shown, not only what became of it.
    shows_steps: bool,
    scroll: Scroll,
}

impl UserModal {
    /// Asks for the story of a user.
    pub fn ask(row: QuotaRow, session: &mut Session) -> (Self, Effect) {
        let question =
            Question::User { environment: session.environment, row: Box::new(row.clone()) };
        let (ticket, effect) = session.ask(question);
        (Self { row, ticket, story: None, shows_steps: false, scroll: Scroll::default() }, effect)
    }

    /// Whether it waits for the answer to a question.
    pub fn waits_for(&self, ticket: Ticket) -> bool {
        self.ticket == ticket
    }

    /// Takes the story.
    pub fn on_answer(&mut self, answer: Result<Answer, String>) {
        self.story = match answer {
            Ok(Answer::Story(events)) => Some(Ok(events)),
            Ok(_) => return,
            Err(error) => Some(Err(error)),
        };
    }

    /// Whether a countdown is running.
    pub fn counts_down(&self, now: Timestamp) -> bool {
        self.row.quota.unlock_at().is_some_and(|at| at > now)
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::Accept) => self.shows_steps = !self.shows_steps,
            Input::Action(action @ (Action::Unlock | Action::GiveBack)) => {
                match remedy(session, Context::User, *action, &self.row) {
                    Ok(remedy) => {
                        let row = Box::new(self.row.clone());
                        return Flow::Replace(Popup::Unlock { row, remedy });
                    }
                    Err(why) => session.complain(why),
                }
            }
            other => {
                let lines = self.lines(session, reading_room(session)).len();
                self.scroll.on_input(other, lines);
            }
        }
        Flow::STAY
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let lines = self.lines(session, reading_room(session));
        let context = Context::Reading;
        Page { title: "User", lines: &lines, scroll: self.scroll.0, context }.draw(session, buffer);
        None
    }

    fn lines(&self, session: &Session, room: usize) -> Vec<(String, Style)> {
        let theme = session.theme;
        let row = &self.row;
        let (user, number) = (&row.user.label, &row.number.label);
        let who = if user == number { user.clone() } else { format!("{user}  {number}") };
        let mut lines = vec![(who, theme.strong())];
        let style = if row.is_locked() { theme.failure() } else { theme.good() };
        lines.extend(wrap(&self.verdict(session), room).into_iter().map(|line| (line, style)));
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
            Some(Ok(events)) => {
                for code in by_code(events) {
                    lines.extend(self.code_lines(session, &code, room));
                }
            }
        }
        lines
    }

    /// One code: what became of it, with the time at which it was asked for, and its steps where they
    /// are shown.
    fn code_lines(&self, session: &Session, steps: &[&Event], room: usize) -> Vec<(String, Style)> {
        let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return Vec::new() };
        let outcome = Event { at: first.at, ..(*last).clone() };
        let style = session.theme.event(last.kind);
        let head = event_lines(session, &outcome, room).into_iter().map(|line| (line, style));
        let advice = session.error_code(last).map(|code| wrap(&code.explanation(), room));
        let advice = advice.into_iter().flatten().map(|line| (line, Style::new()));
        let shown = if self.shows_steps && steps.len() > 1 { steps } else { &[] };
        let dim = session.theme.dim();
        let steps = shown.iter().flat_map(|step| {
            let lines = event_lines(session, step, room.saturating_sub(2));
            lines.into_iter().map(move |line| (format!("  {line}"), dim))
        });
        head.chain(advice).chain(steps).collect()
    }

    /// What locks the user and until when, in words.
    fn verdict(&self, session: &Session) -> String {
        let row = &self.row;
        let allowed = session.saved_settings().codes_allowed.get();
        let minutes = session.saved_settings().time_out.get();
        let unlock = session.key(Context::User, Action::Unlock);
        let one = session.key(Context::User, Action::GiveBack);
        if row.wrong_in_a_row >= MAX_WRONG_TRIES {
            return format!(
                "LOCKED after {} wrong tries in a row, until an operator clears them ({unlock}).",
                row.wrong_in_a_row
            );
        }
        match row.quota {
            Quota::Locked { used, unlock_at } if unlock_at > session.now && session.read_only => {
                let until = session.until(unlock_at);
                format!("LOCKED: {used} of {allowed} codes used; {until}.")
            }
            Quota::Locked { used, unlock_at } if unlock_at > session.now => format!(
                "LOCKED: {used} of {allowed} codes used; {}. {unlock} gives all codes back, {one} one.",
                session.until(unlock_at)
            ),
            Quota::Locked { .. } => "Open: the time-out has passed.".to_owned(),
            Quota::Open { used, left } => {
                format!("Open: {used} of {allowed} codes used within {minutes} min, {left} left.")
            }
        }
    }
}
