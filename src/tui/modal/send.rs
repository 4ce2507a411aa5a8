//! Send a code: what would happen is shown while the number is typed.

use crossterm::event::KeyCode;

use crate::domain::environment::Environment;
use crate::domain::phone::Accept;
use crate::domain::quota::Quota;
use crate::domain::sender::Sender;
use crate::domain::text::capitalized;
use crate::domain::user::UserId;
use crate::engine::{CodeRequest, Preview};
use crate::store::Standing;
use crate::tui::effect::{Effect, EngineEffect};
use crate::tui::flow::Flow;
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::lifecycle::EngineState;
use crate::tui::question::{Answer, Question, Ticket};
use crate::tui::session::Session;
use crate::tui::text_field::TextField;

/// The parts of the pop-up, in the order of Tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SendPart {
    /// The number's text.
    Number,
    /// The text of the user id.
    User,
    /// The From number.
    From,
}

const PARTS: [SendPart; 3] = [SendPart::Number, SendPart::User, SendPart::From];

/// A code that is about to be requested.
#[derive(Debug)]
pub struct SendModal {
    /// The number to send to, as typed.
    pub(super) number: TextField,
    /// The user id as typed; without one, the number is the user.
    pub(super) user: TextField,
    /// The From number that was chosen; `None`: by the recipient's country.
    pub(super) from: Option<Sender>,
    pub(super) part: SendPart,
    ticket: Ticket,
    /// Whether the preview is about what was typed before.
    pub(super) is_stale: bool,
    /// Whether it is to be sent as soon as the preview shows that it can be.
    is_wanted: bool,
    /// What the send would do, or why there is no such thing; `None` while no number is typed.
    pub(super) preview: Option<Result<Box<Preview>, String>>,
    /// Whether the operator wants to text a number that is in no range known to be in use.
    unknown_is_wanted: bool,
}

impl SendModal {
    /// Begins with the number that was sent to last.
    pub fn new(number: &str) -> Self {
        Self {
            number: TextField::suggested(number, 40),
            user: TextField::new("", 128),
            from: None,
            part: SendPart::Number,
            ticket: Ticket::default(),
            is_stale: false,
            is_wanted: false,
            preview: None,
            unknown_is_wanted: false,
        }
    }

    /// The request as typed; `None` while there is no number or the user id is wrong.
    fn request(&self, environment: Environment) -> Option<Result<CodeRequest, String>> {
        let number = self.number.text().trim();
        if number.is_empty() {
            return None;
        }
        let user = match self.user.text().trim() {
            "" => Ok(None),
            typed => UserId::parse(typed).map(Some).map_err(|error| error.to_string()),
        };
        // What is previewed is not sent yet: that takes a confirmation.
        let accept = Accept::Possible;
        let (number, sender) = (number.to_owned(), self.from.clone());
        Some(user.map(|user| CodeRequest { environment, number, user, accept, sender }))
    }

    /// Whether the number is known to be in no range in use.
    fn is_unknown(&self) -> bool {
        let preview = self.preview.as_ref().filter(|_| !self.is_stale);
        let known = |preview: &Preview| preview.plan.recipient.number.is_known();
        matches!(preview, Some(Ok(preview)) if !known(preview))
    }

    /// Asks for a preview of what is typed now.
    pub fn ask(&mut self, session: &mut Session) -> Vec<Effect> {
        // What was asked before is about something else.
        self.ticket = Ticket::default();
        (self.is_stale, self.is_wanted) = (false, false);
        self.unknown_is_wanted = false;
        match self.request(session.environment) {
            None => self.preview = None,
            Some(Err(error)) => self.preview = Some(Err(error)),
            Some(Ok(request)) => {
                self.is_stale = true;
                let (ticket, effect) = session.ask(Question::Preview(request));
                self.ticket = ticket;
                return vec![effect];
            }
        }
        Vec::new()
    }

    /// Whether it waits for the answer to a question.
    pub fn waits_for(&self, ticket: Ticket) -> bool {
        self.ticket == ticket
    }

    /// Takes the preview, and sends what waits for it.
    pub fn on_answer(&mut self, session: &mut Session, answer: Result<Answer, String>) -> Flow {
        self.preview = match answer {
            Ok(Answer::Preview(preview)) => Some(Ok(preview)),
            Ok(_) => return Flow::STAY,
            Err(error) => Some(Err(error)),
        };
        self.is_stale = false;
        if std::mem::take(&mut self.is_wanted) { self.send(session) } else { Flow::STAY }
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        let changed = match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::Accept) => return self.send(session),
            Input::Action(Action::NextField | Action::Down) => self.step(1),
            Input::Action(Action::PreviousField | Action::Up) => self.step(PARTS.len() - 1),
            Input::Action(_) => false,
            Input::Key(key) if self.part == SendPart::From => self.choose(session, key.code),
            Input::Key(key) => self.field().on_key(*key),
            Input::Paste(_) if self.part == SendPart::From => {
                session.cannot_paste();
                false
            }
            Input::Paste(text) => match self.field().paste(text) {
                Ok(()) => true,
                Err(refused) => {
                    session.complain(format!("{refused}."));
                    false
                }
            },
        };
        if !changed {
            return Flow::STAY;
        }
        Flow::Stay(self.ask(session))
    }

    /// The text that is typed into.
    const fn field(&mut self) -> &mut TextField {
        match self.part {
            SendPart::User => &mut self.user,
            SendPart::Number | SendPart::From => &mut self.number,
        }
    }

    fn step(&mut self, by: usize) -> bool {
        let at = PARTS.iter().position(|&part| part == self.part).unwrap_or(0);
        self.part = PARTS[(at + by) % PARTS.len()];
        false
    }

    /// Goes to another From number, or back to the choice by country. Returns whether it did.
    fn choose(&mut self, session: &Session, key: KeyCode) -> bool {
        let grid = &session.saved_settings().from_numbers;
        let senders: Vec<&Sender> = grid.rows().iter().map(|row| &row.sender).collect();
        let at = self.from.as_ref().and_then(|from| senders.iter().position(|it| *it == from));
        let count = senders.len() + 1;
        let at = at.map_or(0, |at| at + 1);
        let to = match key {
            KeyCode::Right | KeyCode::Char(' ') => (at + 1) % count,
            KeyCode::Left => (at + count - 1) % count,
            _ => return false,
        };
        self.from = to.checked_sub(1).map(|to| senders[to].clone());
        to != at
    }

    /// Why it would be refused, as far as the preview shows.
    fn refusal(&self, session: &Session) -> Option<String> {
        match self.preview.as_ref()? {
            Err(error) => Some(format!("{error}.")),
            Ok(preview) => refusal(preview, session),
        }
    }

    fn send(&mut self, session: &mut Session) -> Flow {
        match self.request(session.environment) {
            None => session.complain("Type the number to send to."),
            Some(Err(error)) => session.complain(format!("{error}.")),
            Some(Ok(_)) if session.engine != EngineState::Ready => {
                session.complain("The store is not open: nothing can be sent.");
            }
            Some(Ok(_)) if self.is_unknown() && !self.unknown_is_wanted => {
                self.unknown_is_wanted = true;
                let enter = session.key(Context::Fields, Action::Accept);
                session.complain(format!(
                    "This number is in no known range. Press {enter} again to send anyway."
                ));
            }
            Some(Ok(request)) => {
                if self.is_stale {
                    // What would be refused anyway stays here, to be corrected.
                    self.is_wanted = true;
                    return Flow::STAY;
                }
                if let Some(refusal) = self.refusal(session) {
                    session.complain(refusal);
                    return Flow::STAY;
                }
                let accept = if self.unknown_is_wanted { Accept::Possible } else { Accept::Known };
                let request = CodeRequest { accept, ..request };
                session.remember_number(&request.number);
                session.in_flight += 1;
                return Flow::Close(vec![EngineEffect::Send(request).into()]);
            }
        }
        Flow::STAY
    }
}

/// Why a send would be refused, if it would be.
fn refusal(preview: &Preview, session: &Session) -> Option<String> {
    let plan = &preview.plan;
    let over = preview.over_limit.filter(|_| !preview.limits_record_only);
    match (&plan.route, preview.standing) {
        (Err(refusal), _) => Some(format!("{}.", capitalized(&refusal.to_string()))),
        _ if !plan.may_text => {
            Some(format!("Not an allowed recipient in {}.", session.environment))
        }
        (_, standing) if standing.tries_used_up || !standing.quota.is_open() => {
            Some(format!("Not sent: {}.", quota_words(standing, session)))
        }
        _ => over.map(|over| format!("{}.", capitalized(&over.to_string()))),
    }
}

/// Returns the state of the quota, as the preview and a refusal describe it.
pub(super) fn quota_words(standing: Standing, session: &Session) -> String {
    let allowed = session.saved_settings().codes_allowed.get();
    match standing.quota {
        _ if standing.tries_used_up => "LOCKED by wrong tries until an operator unlocks".to_owned(),
        Quota::Open { left, .. } => format!("open, {left} of {allowed} left"),
        Quota::Locked { unlock_at, .. } => format!("LOCKED, {}", session.until(unlock_at)),
    }
}
