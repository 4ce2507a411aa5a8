//! The story of one delivery: every status with its time, and what an error means.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::page::{Page, Scroll, reading_room};
use crate::domain::delivery::DeliveryStatus;
use crate::domain::sender::Sender;
use crate::store::{DeliveryId, Event, EventKind};
use crate::tui::effect::{Effect, EngineEffect, TerminalEffect};
use crate::tui::fit::{width, wrap};
use crate::tui::flow::Flow;
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::question::{Answer, Question, Ticket};
use crate::tui::session::{READ_ONLY, Session};

/// The events of a delivery, oldest first.
#[derive(Debug)]
pub struct DeliveryModal {
    story: Vec<Event>,
    ticket: Ticket,
    scroll: Scroll,
}

impl DeliveryModal {
    /// Shows what is known of a story; the rest is to be [asked](Self::ask) for.
    pub fn new(story: Vec<Event>) -> Self {
        Self { story, ticket: Ticket::default(), scroll: Scroll::default() }
    }

    /// Asks for the whole story, if it is that of a delivery.
    pub fn ask(&mut self, session: &mut Session) -> Vec<Effect> {
        let Some(delivery) = self.delivery() else { return Vec::new() };
        let (ticket, effect) = session.ask(Question::Delivery(delivery));
        self.ticket = ticket;
        vec![effect]
    }

    /// Whether it waits for the answer to a question.
    pub fn waits_for(&self, ticket: Ticket) -> bool {
        self.ticket == ticket
    }

    /// Takes the whole story. What could not be read leaves what is known.
    pub fn on_answer(&mut self, answer: Result<Answer, String>) {
        if let Ok(Answer::Story(story)) = answer
            && !story.is_empty()
        {
            self.story = story;
        }
    }

    /// Whether one of these events is about its delivery.
    pub fn is_about(&self, events: &[Event]) -> bool {
        let own = self.delivery();
        own.is_some() && events.iter().any(|event| event.delivery == own)
    }

    /// The delivery that it is about.
    pub fn delivery(&self) -> Option<DeliveryId> {
        self.story.iter().find_map(|event| event.delivery)
    }

    fn sid(&self) -> Option<&str> {
        self.story.iter().rev().find_map(|event| event.sid.as_deref())
    }

    /// Whether the newest that is known of it is an end.
    fn has_ended(&self) -> bool {
        let is_end = |event: &Event| match event.kind {
            EventKind::Delivery(status) => status.is_final(),
            _ => false,
        };
        self.story.iter().any(is_end)
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::Copy) => match self.sid() {
                Some(sid) => {
                    session.say("Copied the SID, if your terminal allows it (OSC 52).");
                    return Flow::Stay(vec![TerminalEffect::Copy(sid.to_owned()).into()]);
                }
                None => session.complain("This message has no SID yet."),
            },
            Input::Action(Action::CancelMessage) if session.read_only => {
                session.complain(READ_ONLY);
            }
            Input::Action(Action::CancelMessage) if self.has_ended() => {
                session.complain("This code has its final status; nothing to cancel.");
            }
            Input::Action(Action::CancelMessage) => {
                let cancel = |delivery| EngineEffect::Cancel(delivery).into();
                return Flow::Close(self.delivery().map(cancel).into_iter().collect());
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
        Page { title: "Delivery", lines: &lines, scroll: self.scroll.0, context }
            .draw(session, buffer);
        None
    }

    fn lines(&self, session: &Session, room: usize) -> Vec<(String, Style)> {
        let theme = session.theme;
        let mut lines = Vec::new();
        let plain = |text: String| (text, Style::new());
        if let Some(first) = self.story.first() {
            let user = if first.user == first.recipient {
                String::new()
            } else {
                format!("{}  ", first.user)
            };
            lines.push(plain(format!("To    {user}{}", first.recipient)));
            if let Some(sender) = self.story.iter().find_map(|event| event.sender.as_deref()) {
                let sender = Sender::parse(sender)
                    .map_or_else(|_| sender.to_owned(), |sender| sender.to_string());
                lines.push(plain(format!("From  {sender}")));
            }
        }
        if let Some(sid) = self.sid() {
            lines.push(plain(format!("SID   {sid}")));
        }
        // The newest one is what the provider's support asks for.
        if let Some(id) = self.story.iter().rev().find_map(|event| event.request_id.as_deref()) {
            lines.push(plain(format!("Req   {id}")));
        }
        let status = self.story.iter().rev().find_map(|event| match event.kind {
            EventKind::Delivery(status) => Some(status),
            _ => None,
        });
        if let Some(status) = status {
            // What belongs to no delivery never came to the provider.
            let is_ours = status == DeliveryStatus::Refused && self.delivery().is_none();
            let ours = "Refused by smsdeck: not sent to the provider, not counted.";
            let words = if is_ours { ours } else { status.meaning() };
            let words = wrap(words, room).into_iter();
            lines.extend(words.map(|line| (line, theme.event(EventKind::Delivery(status)))));
        }
        lines.push(plain(String::new()));
        for event in &self.story {
            let style = theme.event(event.kind);
            let event = event_lines(session, event, room);
            lines.extend(event.into_iter().map(|line| (line, style)));
        }
        if let Some(code) = self.story.iter().rev().find_map(|event| session.error_code(event)) {
            lines.push(plain(String::new()));
            lines.extend(wrap(&code.explanation(), room).into_iter().map(plain));
        }
        lines
    }
}

/// One event: its time, its status, and what is known of it.
pub(super) fn event_lines(session: &Session, event: &Event, room: usize) -> Vec<String> {
    let code = event.error_code.map(|code| format!("error {code}  ")).unwrap_or_default();
    let detail = event.words();
    let head = format!("{} {:<11} ", session.day_and_clock(event.at), event.kind.to_string());
    let sender = event.sender.as_deref().filter(|_| begins_delivery(event));
    let sender = sender.map(|sender| {
        let sender = Sender::parse(sender).map_or_else(|_| sender.to_owned(), |it| it.to_string());
        format!("from {sender}: ")
    });
    let text = format!("{code}{}{detail}", sender.unwrap_or_default());
    wrap_keeping(&head, text.trim_end(), room)
}

const fn begins_delivery(event: &Event) -> bool {
    use DeliveryStatus::{Reserved, Submitting};
    matches!(event.kind, EventKind::Delivery(Reserved | Submitting)) && event.detail.is_some()
}

/// Wraps the last column of a table under itself.
fn wrap_keeping(head: &str, text: &str, room: usize) -> Vec<String> {
    let indent = width(head);
    if indent + width(text) <= room || room <= indent + 10 {
        return vec![format!("{head}{text}").trim_end().to_owned()];
    }
    let lines = wrap(text, room - indent);
    let line = |(index, line): (usize, &String)| {
        if index == 0 { format!("{head}{line}") } else { format!("{:indent$}{line}", "") }
    };
    lines.iter().enumerate().map(line).collect()
}
