//! The handset: what a phone has received from the Sandbox, the one place where codes are
//! shown.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::{Flow, Modal, open_box, verify, write, write_field};
use crate::domain::environment::Environment;
use crate::provider::HandsetMessage;
use crate::tui::effect::Effect;
use crate::tui::fit::wrap;
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::text_field::TextField;
use crate::tui::update::Input;

/// A phone.
#[derive(Debug)]
pub struct HandsetModal {
    number: TextField,
    typing: bool,
    ticket: u64,
    received: Option<Result<Vec<HandsetMessage>, String>>,
}

impl HandsetModal {
    /// The phone with the number that was sent to last; without one, the number is asked for.
    pub fn new(number: &str) -> Self {
        let typing = number.is_empty();
        Self { number: TextField::new(number, 40), typing, ticket: 0, received: None }
    }

    /// Whether the number is still being typed.
    pub const fn is_typing(&self) -> bool {
        self.typing
    }

    /// Asks for what the phone has received.
    pub fn ask(&mut self, environment: Environment, ticket: u64) -> Vec<Effect> {
        if self.typing {
            return Vec::new();
        }
        self.ticket = ticket;
        let number = self.number.text().to_owned();
        vec![Effect::Handset { ticket, environment, number }]
    }

    /// Takes what the phone has received, unless it was asked again since.
    pub fn on_received(&mut self, ticket: u64, received: Result<Vec<HandsetMessage>, String>) {
        if ticket == self.ticket {
            self.received = Some(received);
        }
    }

    pub(super) fn on_input(&mut self, model: &mut Model, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::VerifyCode) => {
                let number = self.number.text().to_owned();
                model.modals.push(Modal::Verify(verify::VerifyModal::new(&number)));
                return Flow::CLOSE;
            }
            Input::Action(Action::Accept) if self.typing && !self.number.is_empty() => {
                self.typing = false;
                model.remember_number(self.number.text());
                let ticket = model.next_generation();
                return Flow::Stay(self.ask(model.environment, ticket));
            }
            Input::Key(key) if self.typing => {
                self.number.on_key(*key);
            }
            Input::Paste(text) if self.typing => {
                if let Err(refused) = self.number.paste(text) {
                    model.complain(format!("{refused}."));
                }
            }
            _ => {}
        }
        Flow::STAY
    }

    pub(super) fn draw(&self, model: &Model, buffer: &mut Buffer) -> Option<Position> {
        let theme = model.theme;
        let inner = open_box(model, "Handset", (46, 16), buffer);
        let cursor =
            write_field(inner, 0, ("Phone  ", 7), (&self.number, self.typing), model, buffer);
        let room = usize::from(inner.width);
        let plain = Style::new();
        let mut lines: Vec<(String, Style)> = Vec::new();
        match &self.received {
            None if self.typing => lines.push(("Type the phone's number.".to_owned(), theme.dim())),
            None => lines.push(("Looking…".to_owned(), theme.dim())),
            Some(Err(error)) => lines.extend(
                wrap(&format!("{error}."), room).into_iter().map(|line| (line, theme.failure())),
            ),
            Some(Ok(messages)) if messages.is_empty() => {
                lines.push(("Nothing has arrived yet.".to_owned(), theme.dim()));
            }
            Some(Ok(messages)) => {
                for message in messages.iter().rev() {
                    lines.push((
                        format!("{}  from {}", model.clock(message.at), message.from),
                        theme.dim(),
                    ));
                    lines.extend(wrap(&message.body, room).into_iter().map(|line| (line, plain)));
                    lines.push((String::new(), plain));
                }
            }
        }
        for ((line, style), row) in lines.iter().zip(2..) {
            write(inner, row, line, *style, theme, buffer);
        }
        cursor
    }
}
