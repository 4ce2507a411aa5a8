//! Acknowledges a finding, with a reason and an end: somebody knows, so nobody else is to be woken.

use jiff::SignedDuration;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::frame::{open_box, write, write_fields};
use crate::domain::span::parse_span;
use crate::engine::{AcknowledgeRequest, Finding, Severity};
use crate::tui::effect::EngineEffect;
use crate::tui::fit::wrap;
use crate::tui::flow::Flow;
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::session::Session;
use crate::tui::text_field::TextField;

/// Columns of the labels.
const LABEL: u16 = 9;

/// The findings of the environment on screen that can be acknowledged, by their names, the worst
/// first.
pub(super) fn offered(session: &Session) -> Vec<String> {
    let findings = session.tab().status.iter().flat_map(|status| &status.findings);
    let mut names: Vec<String> = Vec::new();
    for finding in findings.filter(|it| it.severity > Severity::Fine) {
        if !names.contains(&finding.key) {
            names.push(finding.key.clone());
        }
    }
    names
}

/// One of the findings, and what is typed about it.
#[derive(Debug)]
pub struct AcknowledgeModal {
    findings: Vec<String>,
    /// Which of them.
    chosen: usize,
    /// Reason and span.
    fields: [(&'static str, TextField); 2],
    focused: usize,
}

impl AcknowledgeModal {
    /// Begins with the worst of the findings.
    pub fn new(findings: Vec<String>) -> Self {
        let fields = [("Reason", TextField::new("", 200)), ("For", TextField::new("8h", 10))];
        Self { findings, chosen: 0, fields, focused: 0 }
    }

    fn name(&self) -> &str {
        self.findings.get(self.chosen).map_or("", String::as_str)
    }

    fn is_acknowledged(&self, session: &Session) -> bool {
        self.finding(session).is_some_and(|finding| finding.acknowledged.is_some())
    }

    fn finding<'a>(&self, session: &'a Session) -> Option<&'a Finding> {
        let mut findings = session.tab().status.iter().flat_map(|status| &status.findings);
        findings.find(|finding| finding.key == self.name())
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::NextField | Action::PreviousField) => {
                self.focused = 1 - self.focused;
            }
            Input::Action(Action::Down) => {
                self.chosen = (self.chosen + 1) % self.findings.len().max(1);
            }
            Input::Action(Action::Up) => {
                let count = self.findings.len().max(1);
                self.chosen = (self.chosen + count - 1) % count;
            }
            Input::Action(Action::Accept) => return self.accept(session),
            Input::Action(_) => {}
            Input::Key(key) => {
                self.fields[self.focused].1.on_key(*key);
            }
            Input::Paste(text) => {
                if let Err(refused) = self.fields[self.focused].1.paste(text) {
                    session.complain(format!("{refused}."));
                }
            }
        }
        Flow::STAY
    }

    fn accept(&mut self, session: &mut Session) -> Flow {
        let reason = self.fields[0].1.text().trim().to_owned();
        let lasting = match parse_span(self.fields[1].1.text().trim()) {
            Ok(lasting) => lasting,
            Err(expected) => {
                self.focused = 1;
                session.complain(format!("For how long? Type {expected}."));
                return Flow::STAY;
            }
        };
        if lasting.is_zero() && !self.is_acknowledged(session) {
            self.focused = 1;
            session.complain("For how long? This finding is not acknowledged yet.");
            return Flow::STAY;
        }
        if reason.is_empty() && lasting > SignedDuration::ZERO {
            self.focused = 0;
            session.complain("Type a reason; it goes into the audit.");
            return Flow::STAY;
        }
        let request = AcknowledgeRequest {
            environment: session.environment,
            finding: self.name().to_owned(),
            reason,
            lasting,
        };
        Flow::Close(vec![EngineEffect::Acknowledge(Box::new(request)).into()])
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let theme = session.theme;
        let inner = open_box(session, "Acknowledge", (72, 11), buffer);
        let room = usize::from(inner.width).max(1);
        let text = self.finding(session).map_or("Resolved.", |finding| finding.text.as_str());
        let (place, count) = (self.chosen + 1, self.findings.len());
        let down = session.key(Context::Fields, Action::Down);
        let others = if count > 1 {
            format!(" ({place} of {count}, {down} shows the next)")
        } else {
            String::new()
        };
        let title = format!("{}{others}", self.name());
        let meaning = if self.is_acknowledged(session) {
            "Already acknowledged. A new duration replaces the old one; 0s ends it."
        } else {
            "It stays visible, but raises no alarm until then."
        };
        let lines = [(title, theme.strong()), (text.to_owned(), Style::new())];
        let lines = lines.into_iter().chain([(meaning.to_owned(), theme.dim())]);
        let mut row = 0;
        // On the smallest screens the fields matter more than what is above them.
        let most = inner.height.saturating_sub(3);
        for (line, style) in lines.flat_map(|(text, style)| {
            wrap(&text, room).into_iter().map(move |line| (line, style)).collect::<Vec<_>>()
        }) {
            if row < most {
                write(inner, row, &line, style, theme, buffer);
                row += 1;
            }
        }
        row += 1;
        write_fields(inner, row, LABEL, (&self.fields, self.focused), session, buffer)
    }
}
