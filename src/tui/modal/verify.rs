//! Check a code that a user received.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::frame::{open_box, write, write_field};
use crate::domain::passcode::{Passcode, Verdict};
use crate::domain::user::UserId;
use crate::engine::{CodeAttempt, Verified};
use crate::tui::fit::wrap_within;
use crate::tui::flow::Flow;
use crate::tui::input::Input;
use crate::tui::keymap::Action;
use crate::tui::lifecycle::EngineState;
use crate::tui::question::{Answer, Question, Ticket};
use crate::tui::session::Session;
use crate::tui::text_field::TextField;

/// The sentence for a code that was right: for whom, so that nobody approves somebody else's sign-in.
pub fn approval(verified: &Verified) -> String {
    format!("{verified} All codes are available again.")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum VerifyField {
    Number,
    Code,
    User,
}

const PARTS: [VerifyField; 3] = [VerifyField::Number, VerifyField::Code, VerifyField::User];

/// A code that is about to be checked.
#[derive(Debug)]
pub struct VerifyModal {
    number: TextField,
    code: TextField,
    user: TextField,
    part: VerifyField,
    ticket: Ticket,
    verdict: Option<Result<Verified, String>>,
}

impl VerifyModal {
    /// Begins with the number that was sent to last.
    pub fn new(number: &str) -> Self {
        Self {
            number: TextField::suggested(number, 40),
            code: TextField::hidden(12),
            user: TextField::new("", 128),
            part: if number.is_empty() { VerifyField::Number } else { VerifyField::Code },
            ticket: Ticket::default(),
            verdict: None,
        }
    }

    /// Whether it waits for the verdict on a try.
    pub fn waits_for(&self, ticket: Ticket) -> bool {
        self.ticket == ticket
    }

    /// Takes the verdict; a code that was right leaves nothing to do here.
    pub fn on_answer(&mut self, session: &mut Session, answer: Result<Answer, String>) -> Flow {
        self.verdict = match answer {
            Ok(Answer::Verdict(verified)) if verified.verdict == Verdict::Approved => {
                session.say(approval(&verified));
                return Flow::CLOSE;
            }
            Ok(Answer::Verdict(verdict)) => Some(Ok(verdict)),
            Ok(_) => return Flow::STAY,
            Err(error) => Some(Err(error)),
        };
        self.code.set("");
        Flow::STAY
    }

    fn field(&mut self) -> &mut TextField {
        match self.part {
            VerifyField::Number => &mut self.number,
            VerifyField::Code => &mut self.code,
            VerifyField::User => &mut self.user,
        }
    }

    fn step(&mut self, by: usize) {
        let at = PARTS.iter().position(|&part| part == self.part).unwrap_or(0);
        self.part = PARTS[(at + by) % PARTS.len()];
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::NextField | Action::Down) => self.step(1),
            Input::Action(Action::PreviousField | Action::Up) => self.step(PARTS.len() - 1),
            Input::Action(Action::Accept) => match self.attempt(session) {
                Ok(Some(attempt)) => {
                    let (ticket, effect) = session.ask(Question::Verify(Box::new(attempt)));
                    self.ticket = ticket;
                    return Flow::Stay(vec![effect]);
                }
                Ok(None) => {}
                Err(error) => self.verdict = Some(Err(error)),
            },
            Input::Action(_) => {}
            Input::Key(key) => {
                self.field().on_key(*key);
            }
            Input::Paste(text) => {
                if let Err(refused) = self.field().paste(text) {
                    self.verdict = Some(Err(refused.to_string()));
                }
            }
        }
        Flow::STAY
    }

    /// The attempt as typed; `None` where a field is still empty, which has the cursor then.
    fn attempt(&mut self, session: &mut Session) -> Result<Option<CodeAttempt>, String> {
        for part in [VerifyField::Number, VerifyField::Code] {
            let empty = if part == VerifyField::Number {
                self.number.is_empty()
            } else {
                self.code.is_empty()
            };
            if empty {
                self.part = part;
                return Ok(None);
            }
        }
        if session.engine != EngineState::Ready {
            return Err("The store is not open".to_owned());
        }
        let code = Passcode::parse(self.code.text()).map_err(|error| error.to_string())?;
        let user = match self.user.text().trim() {
            "" => None,
            typed => Some(UserId::parse(typed).map_err(|error| error.to_string())?),
        };
        let number = self.number.text().to_owned();
        session.remember_number(&number);
        Ok(Some(CodeAttempt { environment: session.environment, number, user, code }))
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let theme = session.theme;
        let title = format!("Verify a code · {}", session.environment);
        let inner = open_box(session, &title, (64, 9), buffer);
        let number = write_field(
            inner,
            0,
            ("Number", 9),
            (&self.number, self.part == VerifyField::Number),
            session,
            buffer,
        );
        let code = write_field(
            inner,
            1,
            ("Code", 9),
            (&self.code, self.part == VerifyField::Code),
            session,
            buffer,
        );
        let user = write_field(
            inner,
            2,
            ("User", 9),
            (&self.user, self.part == VerifyField::User),
            session,
            buffer,
        );
        let (text, style) = match &self.verdict {
            None => ("User: only if the code was requested with one.".to_owned(), theme.dim()),
            Some(Ok(verified)) => (verified.to_string(), theme.failure()),
            Some(Err(error)) => (format!("{error}."), theme.failure()),
        };
        let style: Style = style;
        let lines = inner.height.saturating_sub(4);
        for (line, row) in wrap_within(&text, inner.width.into(), lines.into()).iter().zip(4..) {
            write(inner, row, line, style, theme, buffer);
        }
        number.or(code).or(user)
    }
}
