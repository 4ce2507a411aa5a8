//! A question before something is done. It holds what it would release.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};

use super::frame::{open_box, write, write_field};
use super::page::Scroll;
use crate::domain::from_numbers::FromNumbers;
use crate::domain::sender::Sender;
use crate::domain::warnings::Warning;
use crate::engine::{Checking, EnvironmentSave};
use crate::tui::effect::{Effect, TerminalEffect, Work};
use crate::tui::fit::wrap;
use crate::tui::flow::Flow;
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::mark::Mark;
use crate::tui::question::{Answer, Ticket};
use crate::tui::session::Session;
use crate::tui::text_field::TextField;
use crate::tui::theme::Theme;

/// What a yes sets free.
#[derive(Debug, Clone)]
pub enum Confirmed {
    /// Something outside of the model.
    Effect(Box<Effect>),
    /// Quit with changes that are not saved.
    Quit,
    /// Save an environment.
    Save(Box<EnvironmentSave>, Checking),
    /// Put other From numbers in the place of all.
    ReplaceNumbers(Box<FromNumbers>),
    /// Take a number out of the grid.
    DeleteNumber(Sender),
    /// Mark the stored token for removal.
    RemoveToken,
}

/// What a question says about something risky.
pub fn warning_line(theme: Theme, warning: &Warning) -> String {
    format!("{} {}: {}", theme.mark(Mark::Warning), warning.field.label(), warning.text)
}

/// A question to the engine.
#[derive(Debug)]
struct Awaited {
    ticket: Ticket,
    /// How each line of its answer begins.
    beginning: String,
    /// Codes that are read for it so far.
    read: usize,
}

/// A question.
#[derive(Debug)]
pub struct ConfirmModal {
    title: &'static str,
    lines: Vec<String>,
    confirmed: Confirmed,
    word: Option<(&'static str, TextField)>,
    /// The questions to the engine that are awaited, whose answers belong to the lines.
    awaited: Vec<Awaited>,
    /// The notice after a no.
    otherwise: Option<String>,
    scroll: Scroll,
}

impl ConfirmModal {
    /// A question that a yes confirms.
    pub fn new(title: &'static str, lines: Vec<String>, confirmed: Confirmed) -> Self {
        Self {
            title,
            lines,
            confirmed,
            word: None,
            awaited: Vec::new(),
            otherwise: None,
            scroll: Scroll::default(),
        }
    }

    /// A question that only a typed word confirms.
    pub fn with_word(mut self, word: &'static str) -> Self {
        self.word = Some((word, TextField::new("", 20)));
        self
    }

    /// Says something after a no.
    pub fn or_say(mut self, otherwise: String) -> Self {
        self.otherwise = Some(otherwise);
        self
    }

    /// Waits for more lines, each of which begins so.
    pub fn expect_news(&mut self, ticket: Ticket, beginning: String) {
        self.awaited.push(Awaited { ticket, beginning, read: 0 });
    }

    /// Whether it waits for the answer to a question.
    pub fn waits_for(&self, ticket: Ticket) -> bool {
        self.awaited.iter().any(|awaited| awaited.ticket == ticket)
    }

    /// Takes how many codes are read so far.
    pub fn on_progress(&mut self, ticket: Ticket, count: usize) {
        for awaited in self.awaited.iter_mut().filter(|it| it.ticket == ticket) {
            awaited.read = count;
        }
    }

    /// Leaves what is awaited unanswered.
    fn stop(&self) -> Vec<Effect> {
        let stop = |awaited: &Awaited| Effect::Stop(Work::Asked(awaited.ticket));
        self.awaited.iter().map(stop).collect()
    }

    /// Takes the lines that it waits for.
    pub fn on_answer(&mut self, ticket: Ticket, answer: Result<Answer, String>) {
        let news = match answer {
            Ok(Answer::WhatIf(sentences)) => sentences,
            Ok(_) => return,
            Err(problem) => vec![format!("{problem}.")],
        };
        for awaited in self.awaited.extract_if(.., |it| it.ticket == ticket) {
            let lines = news.iter().map(|line| format!("{}{line}", awaited.beginning));
            self.lines.extend(lines);
        }
    }

    /// Whether it asks about quitting with changes that are not saved.
    pub const fn asks_to_quit(&self) -> bool {
        matches!(self.confirmed, Confirmed::Quit)
    }

    /// Whether a word must be typed.
    pub const fn wants_word(&self) -> bool {
        self.word.is_some()
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => {
                if let Some(otherwise) = self.otherwise.take() {
                    session.complain(otherwise);
                }
                return Flow::Close(self.stop());
            }
            Input::Action(Action::SaveAndQuit) => return Flow::Perform(Action::SaveAndQuit),
            Input::Action(Action::Accept) => {
                let wanted = self.word.as_ref().map(|(word, field)| (*word, field.text().trim()));
                if let Some((word, typed)) = wanted
                    && !typed.eq_ignore_ascii_case(word)
                {
                    let leave = session.key(Context::Fields, Action::Cancel);
                    session.complain(format!("Type {word} in full, or {leave}."));
                    return Flow::STAY;
                }
                let mut effects = self.stop();
                effects.extend(self.release(session));
                return Flow::Close(effects);
            }
            Input::Key(key) => {
                if let Some((_, field)) = &mut self.word {
                    field.on_key(*key);
                }
            }
            Input::Paste(text) => {
                let refused = self.word.as_mut().and_then(|(_, field)| field.paste(text).err());
                if let Some(refused) = refused {
                    session.complain(format!("{refused}."));
                }
            }
            other @ Input::Action(_) => self.scroll.on_input(other, self.wrapped(session).len()),
        }
        Flow::STAY
    }

    fn wrapped(&self, session: &Session) -> Vec<String> {
        let room = usize::from(session.size.0.saturating_sub(6)).clamp(1, 68);
        let reading = (!self.awaited.is_empty()).then(|| {
            let count: usize = self.awaited.iter().map(|awaited| awaited.read).sum();
            let so_far = format!(": {count} rows so far");
            // A figure that grows would be read out again and again.
            let so_far = if session.theme.plain { String::new() } else { so_far };
            format!("Replaying the last 24 h{so_far}…")
        });
        self.lines.iter().chain(&reading).flat_map(|line| wrap(line, room)).collect()
    }

    fn release(&self, session: &mut Session) -> Vec<Effect> {
        match &self.confirmed {
            Confirmed::Effect(effect) => return vec![(**effect).clone()],
            Confirmed::Quit => return vec![TerminalEffect::Quit.into()],
            Confirmed::Save(save, checking) => {
                return vec![session.start_save((**save).clone(), *checking)];
            }
            Confirmed::RemoveToken => {
                session.tab_mut().form.remove_token();
                session.say_change("The token is removed at the next save.");
            }
            Confirmed::ReplaceNumbers(grid) => {
                session.tab_mut().form.set_from_numbers((**grid).clone());
                session.say_change("Replaced the From numbers.");
            }
            Confirmed::DeleteNumber(sender) => {
                match session.tab().form.from_numbers().without(sender) {
                    Ok(grid) => {
                        session.tab_mut().form.set_from_numbers(grid);
                        session.say_change(&format!("Deleted {sender}."));
                    }
                    Err(error) => session.complain(format!("{error}.")),
                }
            }
        }
        Vec::new()
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let lines = self.wrapped(session);
        let count = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let rows = count.saturating_add(if self.wants_word() { 4 } else { 2 });
        let inner = open_box(session, self.title, (72, rows), buffer);
        // The question for the word stays in sight however long the text is.
        let shown = if self.wants_word() { inner.height.saturating_sub(2) } else { inner.height };
        let below = lines.len().saturating_sub(shown.into());
        let first = self.scroll.0.min(below);
        for (line, row) in lines.iter().skip(first).zip(0..shown) {
            write(inner, row, line, Style::new(), session.theme, buffer);
        }
        if first < below && shown > 0 {
            // No one is to say yes to what they have not seen.
            let context = if self.wants_word() { Context::Fields } else { Context::Question };
            let down = session.key(context, Action::Down);
            let more = format!("{} more lines: {down}", below - first + 1);
            let place = Rect { y: inner.y + shown - 1, height: 1, ..inner };
            Clear.render(place, buffer);
            write(place, 0, &more, session.theme.warning(), session.theme, buffer);
        }
        let (word, field) = self.word.as_ref()?;
        let prompt = format!("Type {word} to save: ");
        let width = u16::try_from(prompt.len()).unwrap_or(u16::MAX);
        write_field(
            inner,
            inner.height.saturating_sub(1),
            (&prompt, width),
            (field, true),
            session,
            buffer,
        )
    }
}
