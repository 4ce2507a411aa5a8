//! The pop-ups. They stack; the topmost has the keys. Each file holds one: its state, its
//! keys, its picture.

pub mod account;
pub mod acknowledge;
pub mod check;
pub mod choice;
pub mod compare;
pub mod confirm;
pub mod conflict;
pub mod delivery;
mod frame;
pub mod handset;
pub mod health;
pub mod help;
pub mod history;
pub mod import;
pub mod limits;
pub mod number;
pub mod number_view;
pub mod numbers_file;
mod page;
pub mod palette;
pub mod send;
mod send_view;
pub mod stack;
pub mod text;
pub mod unlock;
pub mod user;
pub mod verify;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::effect::Effect;
use super::flow::{Flow, Popup};
use super::input::Input;
use super::keymap::{Action, Context};
use super::question::{Answer, Ticket};
use super::session::Session;
use crate::store::Event;

/// A pop-up.
#[derive(Debug)]
pub enum Modal {
    /// New or edit From number.
    Number(Box<number::NumberModal>),
    /// What an account has besides SID and token.
    Account(Box<account::AccountModal>),
    /// One choice from a list.
    Choice(choice::ChoiceModal),
    /// A longer text: the message, the recipients.
    Text(text::TextModal),
    /// A question before something is done.
    Confirm(confirm::ConfirmModal),
    /// Two environments side by side.
    Compare(compare::CompareModal),
    /// Fields that someone else has changed too.
    Conflict(conflict::ConflictModal),
    /// Send a code.
    Send(send::SendModal),
    /// Check a code.
    Verify(verify::VerifyModal),
    /// What a phone has received.
    Handset(handset::HandsetModal),
    /// Give a user all codes back.
    Unlock(unlock::UnlockModal),
    /// Acknowledge a finding.
    Acknowledge(acknowledge::AcknowledgeModal),
    /// All about one user.
    User(Box<user::UserModal>),
    /// The story of a delivery.
    Delivery(delivery::DeliveryModal),
    /// What the account can send from.
    Import(import::ImportModal),
    /// From numbers from a CSV file, or into one.
    NumbersFile(numbers_file::NumbersFileModal),
    /// How many codes may go out at all, and where.
    Limits(Box<limits::LimitsModal>),
    /// The health of the environment.
    Health(health::HealthModal),
    /// What is risky about the settings.
    Check(check::CheckModal),
    /// Former settings and what operators did.
    History(history::HistoryModal),
    /// The keys.
    Help(help::HelpModal),
    /// Actions by name.
    Palette(palette::PaletteModal),
}

impl Modal {
    /// The contexts whose keys hold in it, the innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        match self {
            Self::Number(modal) => modal.contexts(),
            Self::Choice(_) | Self::Import(_) | Self::Palette(_) => vec![Context::Choice],
            Self::Confirm(modal) if modal.asks_to_quit() => vec![Context::Quit],
            Self::Confirm(modal) if !modal.wants_word() => vec![Context::Question],
            Self::Conflict(_) => vec![Context::Conflict],
            Self::Compare(modal) => vec![modal.context()],
            Self::History(_) => vec![Context::History],
            Self::Handset(modal) if !modal.is_typing() => vec![Context::Handset, Context::Reading],
            Self::User(_) => vec![Context::User, Context::Reading],
            Self::Delivery(_) => vec![Context::Delivery, Context::Reading],
            Self::Health(_) => vec![Context::Health, Context::Reading],
            Self::Help(_) | Self::Check(_) => vec![Context::Reading],
            _ => vec![Context::Fields],
        }
    }

    /// Whether it began with settings and will change them.
    const fn edits_settings(&self) -> bool {
        matches!(
            self,
            Self::Number(_)
                | Self::Account(_)
                | Self::Limits(_)
                | Self::Text(_)
                | Self::Choice(_)
                | Self::Confirm(_)
        )
    }

    /// Accepts what is edited in it, wherever the cursor is; `None` where nothing is.
    fn accept(&mut self, session: &mut Session) -> Option<Flow> {
        let accept = Input::Action(Action::Accept);
        if let Self::Number(modal) = self {
            modal.part = number::NumberPart::Ok;
        }
        match self {
            Self::Number(_) | Self::Account(_) | Self::Limits(_) | Self::Text(_) => {
                Some(self.on_input(session, &accept))
            }
            _ => None,
        }
    }

    fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        match self {
            Self::Number(modal) => modal.on_input(session, input),
            Self::Account(modal) => modal.on_input(session, input),
            Self::Choice(modal) => modal.on_input(session, input),
            Self::Text(modal) => modal.on_input(session, input),
            Self::Confirm(modal) => modal.on_input(session, input),
            Self::Conflict(modal) => modal.on_input(session, input),
            Self::Compare(modal) => modal.on_input(session, input),
            Self::Send(modal) => modal.on_input(session, input),
            Self::Verify(modal) => modal.on_input(session, input),
            Self::Handset(modal) => modal.on_input(session, input),
            Self::Unlock(modal) => modal.on_input(session, input),
            Self::Acknowledge(modal) => modal.on_input(session, input),
            Self::User(modal) => modal.on_input(session, input),
            Self::Delivery(modal) => modal.on_input(session, input),
            Self::Import(modal) => modal.on_input(session, input),
            Self::NumbersFile(modal) => modal.on_input(session, input),
            Self::Limits(modal) => modal.on_input(session, input),
            Self::Health(modal) => modal.on_input(session, input),
            Self::Check(modal) => modal.on_input(session, input),
            Self::History(modal) => modal.on_input(session, input),
            Self::Help(modal) => modal.on_input(session, input),
            Self::Palette(modal) => modal.on_input(session, input),
        }
    }

    /// Whether it waits for the answer to a question.
    fn waits_for(&self, ticket: Ticket) -> bool {
        match self {
            Self::Confirm(modal) => modal.waits_for(ticket),
            Self::Delivery(modal) => modal.waits_for(ticket),
            Self::Handset(modal) => modal.waits_for(ticket),
            Self::History(modal) => modal.waits_for(ticket),
            Self::Import(modal) => modal.waits_for(ticket),
            Self::NumbersFile(modal) => modal.waits_for(ticket),
            Self::Send(modal) => modal.waits_for(ticket),
            Self::User(modal) => modal.waits_for(ticket),
            Self::Verify(modal) => modal.waits_for(ticket),
            _ => false,
        }
    }

    /// Takes the answer to its question.
    fn on_answer(
        &mut self,
        session: &mut Session,
        ticket: Ticket,
        answer: Result<Answer, String>,
    ) -> Flow {
        match self {
            Self::Confirm(modal) => modal.on_answer(ticket, answer),
            Self::Delivery(modal) => modal.on_answer(answer),
            Self::Handset(modal) => modal.on_answer(answer),
            Self::History(modal) => modal.on_answer(answer),
            Self::Import(modal) => modal.on_answer(answer),
            Self::NumbersFile(modal) => return modal.on_answer(session, answer),
            Self::Send(modal) => return modal.on_answer(session, answer),
            Self::User(modal) => modal.on_answer(answer),
            Self::Verify(modal) => return modal.on_answer(session, answer),
            _ => {}
        }
        Flow::STAY
    }

    /// Takes how far the work for its question has come.
    fn on_progress(&mut self, ticket: Ticket, count: usize) {
        match self {
            Self::Confirm(modal) => modal.on_progress(ticket, count),
            Self::Import(modal) => modal.on_progress(count),
            _ => {}
        }
    }

    /// Repeats what it asked before there was an engine to answer.
    fn ask_again(&mut self, session: &mut Session) -> Vec<Effect> {
        match self {
            Self::Send(modal) => modal.ask(session),
            Self::Handset(modal) => modal.ask(session),
            _ => Vec::new(),
        }
    }

    /// Asks again where events are about what it shows.
    fn on_events(&mut self, session: &mut Session, events: &[Event]) -> Vec<Effect> {
        match self {
            Self::Handset(modal) if handset::may_have_news(events) => modal.ask(session),
            Self::Delivery(modal) if modal.is_about(events) => modal.ask(session),
            _ => Vec::new(),
        }
    }

    /// Draws it, and returns where the cursor stands.
    fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        match self {
            Self::Number(modal) => number_view::draw(modal, session, buffer),
            Self::Account(modal) => modal.draw(session, buffer),
            Self::Choice(modal) => modal.draw(session, buffer),
            Self::Text(modal) => modal.draw(session, buffer),
            Self::Confirm(modal) => modal.draw(session, buffer),
            Self::Conflict(modal) => modal.draw(session, buffer),
            Self::Compare(modal) => modal.draw(session, buffer),
            Self::Send(modal) => send_view::draw(modal, session, buffer),
            Self::Verify(modal) => modal.draw(session, buffer),
            Self::Handset(modal) => modal.draw(session, buffer),
            Self::Unlock(modal) => modal.draw(session, buffer),
            Self::Acknowledge(modal) => modal.draw(session, buffer),
            Self::User(modal) => modal.draw(session, buffer),
            Self::Delivery(modal) => modal.draw(session, buffer),
            Self::Import(modal) => modal.draw(session, buffer),
            Self::NumbersFile(modal) => modal.draw(session, buffer),
            Self::Limits(modal) => modal.draw(session, buffer),
            Self::Health(modal) => modal.draw(session, buffer),
            Self::Check(modal) => modal.draw(session, buffer),
            Self::History(modal) => modal.draw(session, buffer),
            Self::Help(modal) => modal.draw(session, buffer),
            Self::Palette(modal) => modal.draw(session, buffer),
        }
    }
}

impl From<Popup> for Modal {
    fn from(popup: Popup) -> Self {
        match popup {
            Popup::Verify { number } => Self::Verify(verify::VerifyModal::new(&number)),
            Popup::Unlock { row, remedy } => Self::Unlock(unlock::UnlockModal::new(&row, remedy)),
            Popup::Acknowledge { findings } => {
                Self::Acknowledge(acknowledge::AcknowledgeModal::new(findings))
            }
            Popup::Version { replaced, settings } => {
                Self::Compare(compare::CompareModal::with_version(replaced, settings))
            }
            Popup::ReplaceNumbers { lines, grid } => {
                let confirmed = confirm::Confirmed::ReplaceNumbers(grid);
                Self::Confirm(confirm::ConfirmModal::new("Import From numbers", lines, confirmed))
            }
            Popup::Number { sender, country, is_default } => {
                let modal = number::NumberModal::offered(&sender, country, is_default);
                Self::Number(Box::new(modal))
            }
        }
    }
}
