//! The senders that the account offers, to pick From numbers from.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::number::NumberModal;
use super::{Flow, Modal, open_box, write};
use crate::engine::AccountQuery;
use crate::provider::OfferedSender;
use crate::tui::effect::{Effect, Work};
use crate::tui::fit::wrap;
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::pane::first_row;
use crate::tui::update::Input;

/// What the account offers, once it has answered.
#[derive(Debug)]
pub struct ImportModal {
    ticket: u64,
    offered: Option<Result<Vec<OfferedSender>, String>>,
    selected: usize,
    /// How many the account has told of so far.
    count: usize,
}

impl ImportModal {
    /// Asks an account, and waits for its answer.
    pub fn ask(query: AccountQuery, ticket: u64) -> (Self, Vec<Effect>) {
        let modal = Self { ticket, offered: None, selected: 0, count: 0 };
        (modal, vec![Effect::ListSenders { ticket, query: Box::new(query) }])
    }

    /// Takes how many there are so far.
    pub const fn on_progress(&mut self, ticket: u64, count: usize) {
        if ticket == self.ticket {
            self.count = count;
        }
    }

    /// Takes the answer, if it is to this pop-up's question.
    pub fn on_offered(&mut self, ticket: u64, offered: Result<Vec<OfferedSender>, String>) {
        if ticket == self.ticket {
            self.offered = Some(offered);
        }
    }

    fn senders(&self) -> &[OfferedSender] {
        match &self.offered {
            Some(Ok(senders)) => senders,
            _ => &[],
        }
    }

    pub(super) fn on_input(&mut self, model: &mut Model, input: &Input) -> Flow {
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
            Input::Action(Action::Accept) => self.pick(model),
            Input::Paste(_) => model.cannot_paste(),
            _ => {}
        }
        Flow::STAY
    }

    /// Opens the selected sender as a new number, above the list: what it serves is for the
    /// operator to confirm.
    fn pick(&self, model: &mut Model) {
        let Some(offer) = self.senders().get(self.selected) else { return };
        let grid = model.tab().form.from_numbers();
        if grid.rows().iter().any(|row| row.sender == offer.sender) {
            model.say(format!("{} is among the From numbers already.", offer.sender));
            return;
        }
        let suggested = offer.country().filter(|&country| grid.serving(country).is_none());
        let default = suggested.is_none() && grid.default_number().is_none();
        let modal = NumberModal::offered(&offer.sender, suggested, default);
        model.modals.push(Modal::Number(Box::new(modal)));
    }

    pub(super) fn draw(&self, model: &Model, buffer: &mut Buffer) -> Option<Position> {
        let theme = model.theme;
        let title = format!("Import a From number · {}", model.environment);
        let rows = u16::try_from(self.senders().len()).unwrap_or(u16::MAX).clamp(5, 14);
        let inner = open_box(model, &title, (72, rows.saturating_add(4)), buffer);
        let room = usize::from(inner.width).max(1);
        let (text, style) = match &self.offered {
            None => {
                let so_far = format!(" {} read so far.", self.count);
                let so_far = if theme.plain { String::new() } else { so_far };
                let text =
                    format!("Asking the account what it can send from…{so_far} Esc stops it.");
                (text, theme.dim())
            }
            Some(Err(reason)) => (format!("{reason}."), theme.failure()),
            Some(Ok(senders)) if senders.is_empty() => (
                "The account has no number, short code or Messaging Service that can send SMS."
                    .to_owned(),
                theme.warning(),
            ),
            Some(Ok(_)) => {
                self.draw_list(model, inner, buffer);
                return None;
            }
        };
        for (line, row) in wrap(&text, room).iter().zip(0..inner.height) {
            write(inner, row, line, style, theme, buffer);
        }
        None
    }

    fn draw_list(&self, model: &Model, inner: Rect, buffer: &mut Buffer) {
        let theme = model.theme;
        let grid = model.tab().form.from_numbers();
        let height = inner.height.saturating_sub(2);
        let list = Rect { height, ..inner };
        let first = first_row(self.selected, height.into(), 0, self.senders().len());
        for ((index, offer), row) in self.senders().iter().enumerate().skip(first).zip(0..height) {
            let is_selected = index == self.selected;
            let mark = if is_selected { "›" } else { " " };
            let country = offer.country().map_or("  ", |country| country.code());
            let is_here = grid.rows().iter().any(|row| row.sender == offer.sender);
            let here = if is_here { "  in the grid" } else { "" };
            let text =
                format!("{mark} {:<34} {country}  {}{here}", offer.sender.to_string(), offer.name);
            let style = if is_selected { theme.selected() } else { Style::new() };
            buffer.set_style(Rect { y: list.y + row, height: 1, ..list }, style);
            write(list, row, &text, style, theme, buffer);
        }
        let hint = "Enter opens it as a new From number, with its country suggested.";
        write(inner, inner.height.saturating_sub(1), hint, theme.dim(), theme, buffer);
    }
}
