//! The handset: what a phone has received from the Sandbox, the one place where codes are
//! shown.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::frame::{open_box, write, write_field};
use crate::domain::delivery::DeliveryStatus;
use crate::provider::HandsetMessage;
use crate::store::{Event, EventKind};
use crate::tui::effect::Effect;
use crate::tui::fit::wrap;
use crate::tui::flow::{Flow, Popup};
use crate::tui::input::Input;
use crate::tui::keymap::Action;
use crate::tui::question::{Answer, Question, Ticket};
use crate::tui::session::Session;
use crate::tui::text_field::TextField;

/// Whether one of these events has brought a message to a phone.
pub fn may_have_news(events: &[Event]) -> bool {
    events.iter().any(|event| {
        matches!(event.kind, EventKind::Delivery(DeliveryStatus::Sent | DeliveryStatus::Delivered))
    })
}

/// A phone.
#[derive(Debug)]
pub struct HandsetModal {
    number: TextField,
    typing: bool,
    ticket: Ticket,
    received: Option<Result<Vec<HandsetMessage>, String>>,
}

impl HandsetModal {
    /// The phone with the number that was sent to last; without one, the number is asked for.
    pub fn new(number: &str) -> Self {
        let typing = number.is_empty();
        Self {
            number: TextField::suggested(number, 40),
            typing,
            ticket: Ticket::default(),
            received: None,
        }
    }

    /// Whether the number is still being typed.
    pub const fn is_typing(&self) -> bool {
        self.typing
    }

    /// Asks for what the phone has received.
    pub fn ask(&mut self, session: &mut Session) -> Vec<Effect> {
        if self.typing {
            return Vec::new();
        }
        let (environment, number) = (session.environment, self.number.text().to_owned());
        let (ticket, effect) = session.ask(Question::Handset { environment, number });
        self.ticket = ticket;
        vec![effect]
    }

    /// Whether it waits for the answer to a question.
    pub fn waits_for(&self, ticket: Ticket) -> bool {
        self.ticket == ticket
    }

    /// Takes what the phone has received.
    pub fn on_answer(&mut self, answer: Result<Answer, String>) {
        self.received = match answer {
            Ok(Answer::Handset(messages)) => Some(Ok(messages)),
            Ok(_) => return,
            Err(error) => Some(Err(error)),
        };
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::VerifyCode) => {
                let number = self.number.text().to_owned();
                return Flow::Replace(Popup::Verify { number });
            }
            Input::Action(Action::Accept) if self.typing && !self.number.is_empty() => {
                self.typing = false;
                session.remember_number(self.number.text());
                return Flow::Stay(self.ask(session));
            }
            Input::Key(key) if self.typing => {
                self.number.on_key(*key);
            }
            Input::Paste(text) if self.typing => {
                if let Err(refused) = self.number.paste(text) {
                    session.complain(format!("{refused}."));
                }
            }
            _ => {}
        }
        Flow::STAY
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let theme = session.theme;
        let inner = open_box(session, "Handset", (46, 16), buffer);
        let cursor =
            write_field(inner, 0, ("Phone  ", 7), (&self.number, self.typing), session, buffer);
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
                lines.push(("No messages yet.".to_owned(), theme.dim()));
            }
            Some(Ok(messages)) => {
                for message in messages.iter().rev() {
                    lines.push((
                        format!("{}  from {}", session.clock(message.at), message.from),
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
