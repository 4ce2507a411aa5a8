//! Send a code: what would happen is shown while the number is typed.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::frame::{open_box, write, write_choice, write_field};
use crate::domain::environment::Environment;
use crate::domain::phone::Accept;
use crate::domain::provider::Provider;
use crate::domain::quota::Quota;
use crate::domain::sender::Sender;
use crate::domain::text::capitalized;
use crate::domain::user::UserId;
use crate::engine::{CodeRequest, Preview};
use crate::store::Standing;
use crate::tui::effect::{Effect, EngineEffect};
use crate::tui::fit::wrap;
use crate::tui::flow::Flow;
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::lifecycle::EngineState;
use crate::tui::question::{Answer, Question, Ticket};
use crate::tui::session::Session;
use crate::tui::text_field::TextField;

/// What stands for the code in the preview of the text.
const HIDDEN_CODE: &str = "••••••";

/// The parts of the pop-up, in the order of Tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Number,
    User,
    From,
}

const PARTS: [Part; 3] = [Part::Number, Part::User, Part::From];

/// A code that is about to be requested.
#[derive(Debug)]
pub struct SendModal {
    number: TextField,
    user: TextField,
    /// The From number that was chosen; `None`: by the recipient's country.
    from: Option<Sender>,
    part: Part,
    ticket: Ticket,
    is_stale: bool,
    /// Whether it is to be sent as soon as the preview shows that it can be.
    is_wanted: bool,
    preview: Option<Result<Box<Preview>, String>>,
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
            part: Part::Number,
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
            Input::Key(key) if self.part == Part::From => self.choose(session, key.code),
            Input::Key(key) => self.field().on_key(*key),
            Input::Paste(_) if self.part == Part::From => {
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
            Part::User => &mut self.user,
            Part::Number | Part::From => &mut self.number,
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

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let theme = session.theme;
        let title = format!("Send a code · {}", session.environment);
        let inner = open_box(session, &title, (72, 15), buffer);
        let number = (&self.number, self.part == Part::Number);
        let number = write_field(inner, 0, ("Number", 9), number, session, buffer);
        let user = (&self.user, self.part == Part::User);
        let user = write_field(inner, 1, ("User", 9), user, session, buffer);
        let from = self.from.as_ref().map_or("by country", Sender::as_str);
        let from = if self.part == Part::From {
            format!("{from}  (Space changes it)")
        } else {
            from.to_owned()
        };
        write_choice(inner, 2, ("From", 9), (&from, self.part == Part::From), theme, buffer);
        if self.user.is_empty() && self.part != Part::User && inner.height > 1 && inner.width > 9 {
            let place = Rect { x: inner.x + 9, y: inner.y + 1, width: inner.width - 9, height: 1 };
            write(place, 0, "optional ID; default: the number", theme.dim(), theme, buffer);
        }
        let room = usize::from(inner.width.saturating_sub(9));
        let mut lines = self.lines(session);
        let needed: usize = lines.iter().map(|(_, text, _)| wrap(text, room).len()).sum();
        let mut row = 4;
        if needed + usize::from(row) > usize::from(inner.height) {
            // Whether it would go out at all must not stand below the edge.
            lines.sort_by_key(|(label, ..)| *label != Label::Quota);
            row = 3;
        }
        for (label, text, style) in lines {
            // What was typed before says nothing about what is typed now.
            let style = if self.is_stale { theme.dim() } else { style };
            for (index, line) in wrap(&text, room).into_iter().enumerate() {
                let label = if index == 0 { label.words() } else { "" };
                write(inner, row, label, theme.dim(), theme, buffer);
                let at = 9.min(inner.width);
                let place = Rect { x: inner.x + at, width: inner.width - at, ..inner };
                write(place, row, &line, style, theme, buffer);
                row += 1;
            }
        }
        number.or(user)
    }

    /// What is known about the send, line by line.
    fn lines(&self, session: &Session) -> Vec<Line> {
        let theme = session.theme;
        let mut lines = match &self.preview {
            None if session.saved_settings().provider == Provider::Sandbox => {
                let text = "Any number, such as +573001234567; the Sandbox sends to no one.";
                vec![(Label::None, text.to_owned(), theme.dim())]
            }
            None => {
                vec![(Label::None, "With + and country code, or national.".to_owned(), theme.dim())]
            }
            Some(Err(error)) => vec![(Label::None, format!("{error}."), theme.failure())],
            Some(Ok(preview)) => preview_lines(preview, session),
        };
        if session.tab().form.is_changed() {
            let save = session.key(Context::Always, Action::Save);
            lines.push((
                Label::Note,
                format!("Unsaved changes are not applied yet; {save} saves them."),
                theme.warning(),
            ));
        }
        lines
    }
}

/// A line of what is known: its label, its text, its style.
type Line = (Label, String, Style);

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    None,
    To,
    From,
    Text,
    Quota,
    Limit,
    Note,
}

impl Label {
    const fn words(self) -> &'static str {
        match self {
            Self::None => "",
            Self::To => "To",
            Self::From => "From",
            Self::Text => "Text",
            Self::Quota => "Quota",
            Self::Limit => "Limit",
            Self::Note => "Note",
        }
    }
}

/// What a send would do.
fn preview_lines(preview: &Preview, session: &Session) -> Vec<Line> {
    let (theme, plain) = (session.theme, Style::new());
    let plan = &preview.plan;
    let number = &plan.recipient.number;
    let country = number.country().map_or_else(|| "no country".to_owned(), |it| it.to_string());
    let applied = plan.recipient.default_applied;
    let applied = applied.map(|country| format!(", +{} applied", country.calling_code()));
    let applied = applied.unwrap_or_default();
    let mut lines = vec![(Label::To, format!("{} · {country}{applied}", number.grouped()), plain)];
    lines.push(match &plan.route {
        Ok(route) => (Label::From, format!("{} · {}", route.sender, route.reason), plain),
        Err(refusal) => (Label::From, format!("{refusal}."), theme.failure()),
    });
    if !plan.may_text {
        let text = format!("Not an allowed recipient in {}.", session.environment);
        lines.push((Label::None, text, theme.failure()));
    }
    let text = format!("{} ({})", plan.message.text(HIDDEN_CODE), plan.message.segments());
    lines.push((Label::Text, text, plain));
    lines.push(quota_line(preview.standing, session));
    if let Some(over) = preview.over_limit {
        lines.push(if preview.limits_record_only {
            (Label::Limit, format!("{over} (log only)"), theme.warning())
        } else {
            (Label::Limit, over.to_string(), theme.failure())
        });
    }
    lines
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
            Some(format!("Not sent: {}.", quota_line(standing, session).1))
        }
        _ => over.map(|over| format!("{}.", capitalized(&over.to_string()))),
    }
}

fn quota_line(standing: Standing, session: &Session) -> Line {
    let theme = session.theme;
    let allowed = session.saved_settings().codes_allowed.get();
    match standing.quota {
        _ if standing.tries_used_up => {
            let text = "LOCKED by wrong tries until an operator unlocks".to_owned();
            (Label::Quota, text, theme.failure())
        }
        Quota::Open { left, .. } => {
            (Label::Quota, format!("open, {left} of {allowed} left"), theme.good())
        }
        Quota::Locked { unlock_at, .. } => {
            (Label::Quota, format!("LOCKED, {}", session.until(unlock_at)), theme.failure())
        }
    }
}
