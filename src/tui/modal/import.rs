//! The senders that the account offers, to pick From numbers from.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::frame::{mark_hidden, open_box, write};
use crate::engine::AccountQuery;
use crate::provider::{OfferedSender, OfferedSenders};
use crate::tui::effect::{Effect, FileEffect, Work};
use crate::tui::fit::first_row;
use crate::tui::fit::{wrap, wrap_within};
use crate::tui::flow::{Flow, Popup};
use crate::tui::hidden::hidden;
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::mark::Mark;
use crate::tui::question::{Answer, Ticket};
use crate::tui::session::Session;

/// What the account offers, once it has responded.
#[derive(Debug)]
pub struct ImportModal {
    ticket: Ticket,
    offered: Option<Result<OfferedSenders, String>>,
    selected: usize,
    /// How many the account has listed so far.
    count: usize,
}

impl ImportModal {
    /// Asks an account, and waits for its answer.
    pub fn ask(query: AccountQuery, session: &mut Session) -> (Self, Effect) {
        let ticket = session.next_ticket();
        let modal = Self { ticket, offered: None, selected: 0, count: 0 };
        (modal, FileEffect::ListSenders { ticket, query: Box::new(query) }.into())
    }

    /// Whether it waits for the answer to a question.
    pub fn waits_for(&self, ticket: Ticket) -> bool {
        self.ticket == ticket
    }

    /// Takes how many there are so far.
    pub const fn on_progress(&mut self, count: usize) {
        self.count = count;
    }

    /// Takes what the account offers.
    pub fn on_answer(&mut self, answer: Result<Answer, String>) {
        self.offered = match answer {
            Ok(Answer::Senders(senders)) => Some(Ok(senders)),
            Ok(_) => return,
            Err(error) => Some(Err(error)),
        };
    }

    fn senders(&self) -> &[OfferedSender] {
        match &self.offered {
            Some(Ok(offered)) => &offered.senders,
            _ => &[],
        }
    }

    /// What the account did not list; nothing while it has not responded.
    fn failures(&self) -> &[String] {
        match &self.offered {
            Some(Ok(offered)) => &offered.failures,
            _ => &[],
        }
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        let last = self.senders().len().saturating_sub(1);
        match input {
            Input::Action(Action::Cancel) => {
                let is_asking = self.offered.is_none();
                let stop = is_asking.then_some(Effect::Stop(Work::Asked(self.ticket)));
                return Flow::Close(stop.into_iter().collect());
            }
            Input::Action(Action::Up) => self.selected = self.selected.saturating_sub(1),
            Input::Action(Action::Down) => self.selected = (self.selected + 1).min(last),
            Input::Action(Action::PageUp) => self.selected = self.selected.saturating_sub(10),
            Input::Action(Action::PageDown) => self.selected = (self.selected + 10).min(last),
            Input::Action(Action::Accept) => return self.pick(session),
            Input::Paste(_) => session.cannot_paste(),
            _ => {}
        }
        Flow::STAY
    }

    /// Opens the selected sender as a new number, above the list: what it serves is for the
    /// operator to confirm.
    fn pick(&self, session: &mut Session) -> Flow {
        let Some(offer) = self.senders().get(self.selected) else { return Flow::STAY };
        let grid = session.tab().form.from_numbers();
        if grid.rows().iter().any(|row| row.sender == offer.sender) {
            session.say(format!("{} is already listed.", offer.sender));
            return Flow::STAY;
        }
        let country = offer.country().filter(|&country| grid.serving(country).is_none());
        let is_default = country.is_none() && grid.default_number().is_none();
        Flow::Open(Popup::Number { sender: offer.sender.clone(), country, is_default })
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let theme = session.theme;
        let title = format!("Import a From number · {}", session.environment);
        let rows = u16::try_from(self.senders().len()).unwrap_or(u16::MAX).clamp(5, 14);
        let inner = open_box(session, &title, (72, rows.saturating_add(4)), buffer);
        let room = usize::from(inner.width).max(1);
        let (text, style) = match &self.offered {
            None => {
                let so_far = format!(" {} read so far.", self.count);
                let so_far = if theme.plain { String::new() } else { so_far };
                let stop = session.key(Context::Choice, Action::Cancel);
                let text = format!("Listing the account's senders…{so_far} {stop} stops it.");
                (text, theme.dim())
            }
            Some(Err(reason)) => (format!("{reason}."), theme.failure()),
            Some(Ok(offered)) if offered.senders.is_empty() && offered.failures.is_empty() => (
                "The account has no number, short code or Messaging Service that can send SMS."
                    .to_owned(),
                theme.warning(),
            ),
            Some(Ok(_)) => {
                self.draw_list(session, inner, buffer);
                return None;
            }
        };
        for (line, row) in wrap_within(&text, room, inner.height.into()).iter().zip(0..) {
            write(inner, row, line, style, theme, buffer);
        }
        None
    }

    fn draw_list(&self, session: &Session, inner: Rect, buffer: &mut Buffer) {
        let theme = session.theme;
        let grid = session.tab().form.from_numbers();
        let room = usize::from(inner.width).max(1);
        let failures: Vec<String> =
            self.failures().iter().flat_map(|text| wrap(text, room)).collect();
        let below = u16::try_from(failures.len()).unwrap_or(u16::MAX);
        let height = inner.height.saturating_sub(below.saturating_add(2));
        for (line, row) in failures.iter().zip(height..inner.height.saturating_sub(1)) {
            write(inner, row, line, theme.warning(), theme, buffer);
        }
        let list = Rect { height, ..inner };
        let first = first_row(self.selected, height.into(), 0, self.senders().len());
        mark_hidden(session, list, hidden(first, height.into(), self.senders().len()), buffer);
        for ((index, offer), row) in self.senders().iter().enumerate().skip(first).zip(0..height) {
            let is_selected = index == self.selected;
            let mark = theme.mark_if(is_selected, Mark::Line);
            let country = offer.country().map_or("  ", |country| country.code());
            let is_here = grid.rows().iter().any(|row| row.sender == offer.sender);
            let here = if is_here { "  listed" } else { "" };
            let text =
                format!("{mark} {:<34} {country}  {}{here}", offer.sender.to_string(), offer.name);
            let style = if is_selected { theme.selected() } else { Style::new() };
            buffer.set_style(Rect { y: list.y + row, height: 1, ..list }, style);
            write(list, row, &text, style, theme, buffer);
        }
        let open = session.key(Context::Choice, Action::Accept);
        let hint = format!("{open} adds it as a From number and suggests its country.");
        write(inner, inner.height.saturating_sub(1), &hint, theme.dim(), theme, buffer);
    }
}
