//! Check a code that a user received.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::{Flow, open_box, write, write_field};
use crate::domain::passcode::{Passcode, Verdict};
use crate::domain::user::UserId;
use crate::engine::CodeAttempt;
use crate::tui::effect::Effect;
use crate::tui::fit::wrap;
use crate::tui::keymap::Action;
use crate::tui::model::{EngineState, Model};
use crate::tui::text_field::TextField;
use crate::tui::update::Input;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Number,
    Code,
    User,
}

const PARTS: [Part; 3] = [Part::Number, Part::Code, Part::User];

/// A code that is about to be checked.
#[derive(Debug)]
pub struct VerifyModal {
    number: TextField,
    code: TextField,
    user: TextField,
    part: Part,
    ticket: u64,
    answer: Option<Result<Verdict, String>>,
}

impl VerifyModal {
    /// Begins with the number that was sent to last.
    pub fn new(number: &str) -> Self {
        Self {
            number: TextField::new(number, 40),
            code: TextField::hidden(12),
            user: TextField::new("", 128),
            part: if number.is_empty() { Part::Number } else { Part::Code },
            ticket: 0,
            answer: None,
        }
    }

    /// Whether it waits for the verdict on this try.
    pub const fn waits_for(&self, ticket: u64) -> bool {
        self.ticket == ticket
    }

    /// Takes the verdict.
    pub fn on_verdict(&mut self, answer: Result<Verdict, String>) {
        self.code.set("");
        self.answer = Some(answer);
    }

    fn field(&mut self) -> &mut TextField {
        match self.part {
            Part::Number => &mut self.number,
            Part::Code => &mut self.code,
            Part::User => &mut self.user,
        }
    }

    fn step(&mut self, by: usize) {
        let at = PARTS.iter().position(|&part| part == self.part).unwrap_or(0);
        self.part = PARTS[(at + by) % PARTS.len()];
    }

    pub(super) fn on_input(&mut self, model: &mut Model, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::NextField | Action::Down) => self.step(1),
            Input::Action(Action::PreviousField | Action::Up) => self.step(PARTS.len() - 1),
            Input::Action(Action::Accept) => match self.attempt(model) {
                Ok(Some(attempt)) => {
                    let attempt = Box::new(attempt);
                    self.ticket = model.next_generation();
                    let ticket = self.ticket;
                    return Flow::Stay(vec![Effect::Verify { ticket, attempt }]);
                }
                Ok(None) => {}
                Err(error) => self.answer = Some(Err(error)),
            },
            Input::Action(_) => {}
            Input::Key(key) => {
                self.field().on_key(*key);
            }
            Input::Paste(text) => {
                if let Err(refused) = self.field().paste(text) {
                    self.answer = Some(Err(refused.to_string()));
                }
            }
        }
        Flow::STAY
    }

    /// The attempt as typed; `None` where a field is still empty, which has the cursor then.
    fn attempt(&mut self, model: &mut Model) -> Result<Option<CodeAttempt>, String> {
        for part in [Part::Number, Part::Code] {
            let empty =
                if part == Part::Number { self.number.is_empty() } else { self.code.is_empty() };
            if empty {
                self.part = part;
                return Ok(None);
            }
        }
        if model.engine != EngineState::Ready {
            return Err("The store is not open: nothing can be checked".to_owned());
        }
        let code = Passcode::parse(self.code.text()).map_err(|error| error.to_string())?;
        let user = match self.user.text().trim() {
            "" => None,
            typed => Some(UserId::parse(typed).map_err(|error| error.to_string())?),
        };
        let number = self.number.text().to_owned();
        model.remember_number(&number);
        Ok(Some(CodeAttempt { environment: model.environment, number, user, code }))
    }

    pub(super) fn draw(&self, model: &Model, buffer: &mut Buffer) -> Option<Position> {
        let theme = model.theme;
        let title = format!("Verify a code · {}", model.environment);
        let inner = open_box(model, &title, (64, 9), buffer);
        let number = write_field(
            inner,
            0,
            ("Number", 9),
            (&self.number, self.part == Part::Number),
            model,
            buffer,
        );
        let code = write_field(
            inner,
            1,
            ("Code", 9),
            (&self.code, self.part == Part::Code),
            model,
            buffer,
        );
        let user = write_field(
            inner,
            2,
            ("User", 9),
            (&self.user, self.part == Part::User),
            model,
            buffer,
        );
        let (text, style) = match &self.answer {
            None => ("User: only if the code was requested with one.".to_owned(), theme.dim()),
            Some(Ok(Verdict::Approved)) => (Verdict::Approved.to_string(), theme.good()),
            Some(Ok(verdict)) => (verdict.to_string(), theme.failure()),
            Some(Err(error)) => (format!("{error}."), theme.failure()),
        };
        let style: Style = style;
        for (line, row) in wrap(&text, inner.width.into()).iter().zip(4..) {
            write(inner, row, line, style, theme, buffer);
        }
        number.or(code).or(user)
    }
}
