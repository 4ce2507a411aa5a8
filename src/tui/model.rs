//! The whole state of the console. Only `update` changes it; the view reads it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::keymap::{Context, takes_text};
use super::lifecycle::EngineState;
use super::message::{LoadedDeck, Message};
use super::modal::stack::ModalStack;
use super::session::Session;
use super::theme::Theme;

/// The state of the console.
#[derive(Debug)]
pub struct Model {
    /// Everything but the pop-ups.
    pub session: Session,
    /// The pop-ups.
    pub modals: ModalStack,
    /// Whether the console is to quit once everything is saved; any key but those of a question ends
    /// that.
    pub is_closing: bool,
    /// Keys and pastes that came before there was anything to type into.
    pub typed_ahead: Vec<Message>,
    /// Settings that were read while a pop-up is open in which they are edited.
    pub waiting_deck: Option<Box<LoadedDeck>>,
}

impl Model {
    /// The console as it is before anything has been read.
    pub fn new(size: (u16, u16), theme: Theme, time_zone: TimeZone, now: Timestamp) -> Self {
        Self {
            session: Session::new(size, theme, time_zone, now),
            modals: ModalStack::default(),
            is_closing: false,
            typed_ahead: Vec::new(),
            waiting_deck: None,
        }
    }

    /// The contexts whose keys hold now, the innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        self.modals.contexts().unwrap_or_else(|| self.session.contexts())
    }

    /// Whether letters are text here.
    pub fn takes_text(&self) -> bool {
        takes_text(&self.contexts())
    }

    /// The next moment at which something on screen changes by itself; `None` where nothing
    /// does, so that an idle console is never woken.
    pub fn next_change(&self) -> Option<Timestamp> {
        let session = &self.session;
        let now = session.now;
        let notice = session.notice.as_ref().filter(|notice| !notice.bad);
        // A countdown would be read out every second.
        let is_counting = !session.theme.plain
            && self.modals.counts_down(now).unwrap_or_else(|| session.counts_down());
        let second =
            is_counting.then(|| Timestamp::from_second(now.as_second() + 1).ok()).flatten();
        let unlock = session.tab().quota.next_unlock(now);
        let status = session
            .status_clock
            .next(self.watches_status())
            .filter(|_| session.engine == EngineState::Ready);
        [notice.map(|notice| notice.until), second, unlock, status].into_iter().flatten().min()
    }

    /// Whether the status of the environments is on the screen, or something is wrong.
    pub fn watches_status(&self) -> bool {
        self.modals.show_health() || self.session.has_trouble()
    }
}
