//! From numbers from a CSV file, or into a new one.

use std::path::PathBuf;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::frame::{open_box, write, write_field};
use crate::domain::difference::differences;
use crate::domain::from_numbers::FromNumbers;
use crate::domain::settings::Settings;
use crate::tui::effect::FileEffect;
use crate::tui::fit::wrap;
use crate::tui::flow::{Flow, Popup};
use crate::tui::input::Input;
use crate::tui::keymap::Action;
use crate::tui::question::{Answer, Ticket};
use crate::tui::session::Session;
use crate::tui::text_field::TextField;

/// Characters of a path at most.
const MAX_PATH: usize = 500;

/// Which way the numbers go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From a file into the form.
    Import,
    /// From the form into a file.
    Export,
}

/// The path of a file that is read or written.
#[derive(Debug)]
pub struct NumbersFileModal {
    direction: Direction,
    path: TextField,
    ticket: Ticket,
    problem: Option<String>,
}

impl NumbersFileModal {
    /// Asks for a path.
    pub fn new(direction: Direction) -> Self {
        let path = TextField::suggested("from-numbers.csv", MAX_PATH);
        Self { direction, path, ticket: Ticket::default(), problem: None }
    }

    /// Whether it waits for the answer to a question.
    pub fn waits_for(&self, ticket: Ticket) -> bool {
        self.ticket == ticket
    }

    /// Takes what was read, or that the file is written.
    pub fn on_answer(&mut self, session: &mut Session, answer: Result<Answer, String>) -> Flow {
        match answer {
            Err(problem) => self.problem = Some(problem),
            Ok(Answer::Written) => {
                session.say(format!("Wrote {}.", self.path.text()));
                return Flow::CLOSE;
            }
            Ok(Answer::Numbers(grid)) => return self.show(session, grid),
            Ok(_) => {}
        }
        Flow::STAY
    }

    /// Shows what the numbers of the file change, and asks.
    fn show(&self, session: &mut Session, grid: Box<FromNumbers>) -> Flow {
        let form = &session.tab().form;
        let (mut old, mut new) = (form.saved().clone(), form.saved().clone());
        old.from_numbers = form.from_numbers().clone();
        new.from_numbers = (*grid).clone();
        let changes = lines(&old, &new);
        if changes.is_empty() {
            session.say("No differences: these are the From numbers already.");
            return Flow::CLOSE;
        }
        let question = format!("Replace the From numbers with those of {}?", self.path.text());
        let lines = changes.into_iter().chain([question]).collect();
        Flow::Replace(Popup::ReplaceNumbers { lines, grid })
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::Accept) => {
                let (ticket, file) = (session.next_ticket(), PathBuf::from(self.path.text()));
                (self.ticket, self.problem) = (ticket, None);
                let effect = match self.direction {
                    Direction::Import => FileEffect::ReadNumbers { ticket, file },
                    Direction::Export => {
                        let grid = Box::new(session.tab().form.from_numbers().clone());
                        FileEffect::WriteNumbers { ticket, file, grid }
                    }
                };
                return Flow::Stay(vec![effect.into()]);
            }
            Input::Action(_) => {}
            Input::Key(key) => {
                self.path.on_key(*key);
            }
            Input::Paste(text) => {
                if let Err(refused) = self.path.paste(text) {
                    session.complain(format!("{refused}."));
                }
            }
        }
        Flow::STAY
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let theme = session.theme;
        let (title, help) = match self.direction {
            Direction::Import => (
                "Import From numbers",
                "CSV columns: sender, countries, default. Shows the changes first.",
            ),
            Direction::Export => ("Export From numbers", "Written as CSV into a new file."),
        };
        let inner = open_box(session, title, (72, 9), buffer);
        let cursor = write_field(inner, 0, ("File", 6), (&self.path, true), session, buffer);
        let room = usize::from(inner.width).max(1);
        let help = wrap(help, room).into_iter().map(|line| (line, theme.dim()));
        let problem = self.problem.iter().flat_map(|problem| wrap(problem, room));
        let problem = problem.map(|line| (line, theme.failure()));
        let lines = help.chain([(String::new(), Style::new())]).chain(problem);
        for ((line, style), row) in lines.zip(1..) {
            write(inner, row, &line, style, theme, buffer);
        }
        cursor
    }
}

/// What changes from one grid to another, a line each.
fn lines(old: &Settings, new: &Settings) -> Vec<String> {
    differences(old, new)
        .iter()
        .map(|change| format!("- {} → {}", change.old, change.new))
        .collect()
}
