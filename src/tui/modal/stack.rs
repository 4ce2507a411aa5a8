//! The stack of pop-ups: the topmost has the keys.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::Modal;
use crate::store::Event;
use crate::tui::effect::Effect;
use crate::tui::flow::Flow;
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::question::{Answer, Ticket};
use crate::tui::session::Session;

/// The pop-ups, the topmost last.
#[derive(Debug, Default)]
pub struct ModalStack(Vec<Modal>);

impl ModalStack {
    /// Opens a pop-up above the others.
    pub fn open(&mut self, modal: Modal) {
        self.0.push(modal);
    }

    /// The one that has the keys.
    pub fn top(&self) -> Option<&Modal> {
        self.0.last()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The contexts whose keys hold in the topmost, the innermost first; `None` without a pop-up.
    pub fn contexts(&self) -> Option<Vec<Context>> {
        self.top().map(Modal::contexts)
    }

    /// Whether a countdown runs in the topmost; `None` without a pop-up.
    pub fn counts_down(&self, now: Timestamp) -> Option<bool> {
        self.top().map(|modal| matches!(modal, Modal::User(modal) if modal.counts_down(now)))
    }

    /// Whether one of them shows the health of the environment.
    pub fn show_health(&self) -> bool {
        self.0.iter().any(|modal| matches!(modal, Modal::Health(_)))
    }

    /// Whether an action would do something in the one on top, as it stands.
    pub fn is_possible(&self, session: &Session, action: Action) -> bool {
        match (self.top(), action) {
            (Some(Modal::Help(_)), Action::Help) => false,
            (Some(Modal::Compare(modal)), Action::Accept | Action::RestoreAll) => {
                modal.has_differences(session)
            }
            _ => true,
        }
    }

    /// Whether one of them began with settings and will change them.
    pub fn edit_settings(&self) -> bool {
        self.0.iter().any(Modal::edits_settings)
    }

    /// Whether something is typed into one of them that a key has to accept.
    pub fn hold_text(&self) -> bool {
        self.0.iter().any(|modal| matches!(modal, Modal::Number(_) | Modal::Text(_)))
    }

    /// Hands an input to the topmost, closes it and opens others as it wants. What is left for the
    /// caller are effects and actions.
    pub fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        let Some(modal) = self.0.last_mut() else { return Flow::STAY };
        let flow = modal.on_input(session, input);
        self.follow(self.0.len() - 1, flow)
    }

    /// Accepts what is edited in the topmost, so that it can be saved. What is left for the caller are
    /// effects; `None` where the topmost edits nothing.
    pub fn accept(&mut self, session: &mut Session) -> Option<Flow> {
        let flow = self.0.last_mut()?.accept(session)?;
        Some(self.follow(self.0.len() - 1, flow))
    }

    /// Does with a pop-up what it wants of the stack.
    fn follow(&mut self, at: usize, flow: Flow) -> Flow {
        match flow {
            Flow::Stay(_) => flow,
            Flow::Close(_) | Flow::Perform(_) => {
                self.0.remove(at);
                flow
            }
            Flow::CloseAll => {
                self.0.clear();
                Flow::STAY
            }
            Flow::Open(popup) => {
                self.0.push(popup.into());
                Flow::STAY
            }
            Flow::Replace(popup) => {
                self.0[at] = popup.into();
                Flow::STAY
            }
        }
    }

    /// Whether one of them waits for the answer to a question.
    pub fn wait_for(&self, ticket: Ticket) -> bool {
        self.0.iter().any(|modal| modal.waits_for(ticket))
    }

    /// Hands an answer to the one that has asked for it.
    pub fn on_answer(
        &mut self,
        session: &mut Session,
        ticket: Ticket,
        answer: Result<Answer, String>,
    ) -> Flow {
        let Some(at) = self.0.iter().position(|modal| modal.waits_for(ticket)) else {
            return Flow::STAY;
        };
        let flow = self.0[at].on_answer(session, ticket, answer);
        self.follow(at, flow)
    }

    /// Hands how far work has come to the one that it is done for.
    pub fn on_progress(&mut self, ticket: Ticket, count: usize) {
        for modal in self.0.iter_mut().filter(|modal| modal.waits_for(ticket)) {
            modal.on_progress(ticket, count);
        }
    }

    /// Repeats what was asked before there was an engine to answer.
    pub fn ask_again(&mut self, session: &mut Session) -> Vec<Effect> {
        self.0.iter_mut().flat_map(|modal| modal.ask_again(session)).collect()
    }

    /// Has the topmost one ask again where events are about what it shows.
    pub fn on_events(&mut self, session: &mut Session, events: &[Event]) -> Vec<Effect> {
        self.0.last_mut().map_or_else(Vec::new, |modal| modal.on_events(session, events))
    }

    /// Draws all of them, or only the topmost where it is read out, and returns where the cursor
    /// stands in that one.
    pub fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let below = if session.theme.plain { self.0.len().saturating_sub(1) } else { 0 };
        let drawn = self.0.iter().skip(below).map(|modal| modal.draw(session, buffer));
        drawn.last().flatten()
    }
}
