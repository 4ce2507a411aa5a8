//! The story of one delivery: every status with its time, and what an error means.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::{Flow, draw_reading, reading_room};
use crate::domain::sender::Sender;
use crate::provider::twilio::explanation;
use crate::store::{Event, EventKind};
use crate::tui::effect::Effect;
use crate::tui::fit::wrap;
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::update::Input;

/// The events of a delivery, oldest first.
#[derive(Debug)]
pub struct DeliveryModal {
    story: Vec<Event>,
    scroll: usize,
}

impl DeliveryModal {
    /// Shows a story.
    pub const fn new(story: Vec<Event>) -> Self {
        Self { story, scroll: 0 }
    }

    fn sid(&self) -> Option<&str> {
        self.story.iter().rev().find_map(|event| event.sid.as_deref())
    }

    pub(super) fn on_input(&mut self, model: &mut Model, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::Up) => self.scroll = self.scroll.saturating_sub(1),
            Input::Action(Action::Down) => self.scroll += 1,
            Input::Action(Action::PageUp) => self.scroll = self.scroll.saturating_sub(10),
            Input::Action(Action::PageDown) => self.scroll += 10,
            Input::Action(Action::Copy) => match self.sid() {
                Some(sid) => {
                    model.say("The SID is in the clipboard, if your terminal allows it (OSC 52).");
                    return Flow::Stay(vec![Effect::Copy(sid.to_owned())]);
                }
                None => model.complain("The provider has given this message no SID yet."),
            },
            Input::Action(Action::CallBack) if model.read_only => {
                model.complain("This console only looks (--read-only).");
            }
            Input::Action(Action::CallBack) => {
                let delivery = self.story.iter().find_map(|event| event.delivery);
                return Flow::Close(delivery.map(Effect::CallBack).into_iter().collect());
            }
            _ => {}
        }
        Flow::STAY
    }

    pub(super) fn draw(&self, model: &Model, buffer: &mut Buffer) -> Option<Position> {
        let lines = self.lines(model, reading_room(model));
        draw_reading(model, "Delivery", &lines, self.scroll, buffer);
        None
    }

    fn lines(&self, model: &Model, room: usize) -> Vec<(String, Style)> {
        let theme = model.theme;
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
            let words = wrap(status.meaning(), room).into_iter();
            lines.extend(words.map(|line| (line, theme.event(EventKind::Delivery(status)))));
        }
        lines.push(plain(String::new()));
        for event in &self.story {
            let style = theme.event(event.kind);
            let event = event_lines(model, event, room);
            lines.extend(event.into_iter().map(|line| (line, style)));
        }
        if let Some(code) = self.story.iter().rev().find_map(|event| event.error_code) {
            lines.push(plain(String::new()));
            lines.extend(wrap(&explanation(code), room).into_iter().map(plain));
        }
        lines
    }
}

/// One event: its time, its status, and what is known of it.
pub(super) fn event_lines(model: &Model, event: &Event, room: usize) -> Vec<String> {
    let code = event.error_code.map(|code| format!("error {code}  ")).unwrap_or_default();
    let detail = event.detail.as_deref().unwrap_or_default();
    let text = format!("{} {:<11} {code}{detail}", model.clock(event.at), event.kind.to_string());
    wrap_keeping(text.trim_end(), room)
}

/// Wraps a line of the table under its third column.
fn wrap_keeping(text: &str, room: usize) -> Vec<String> {
    const INDENT: usize = 21;
    if text.chars().count() <= room || room <= INDENT + 10 {
        return vec![text.to_owned()];
    }
    let head: String = text.chars().take(INDENT).collect();
    let rest: String = text.chars().skip(INDENT).collect();
    let lines = wrap(&rest, room - INDENT);
    lines
        .iter()
        .enumerate()
        .map(
            |(index, line)| {
                if index == 0 { format!("{head}{line}") } else { format!("{:INDENT$}{line}", "") }
            },
        )
        .collect()
}
