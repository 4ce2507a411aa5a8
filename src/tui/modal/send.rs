//! Send a code: what would happen is shown while the number is typed.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::frame::{open_box, write, write_field};
use crate::domain::environment::Environment;
use crate::domain::phone::Accept;
use crate::domain::provider::Provider;
use crate::domain::quota::Quota;
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

/// A code that is about to be requested.
#[derive(Debug)]
pub struct SendModal {
    number: TextField,
    user: TextField,
    on_user: bool,
    ticket: Ticket,
    is_stale: bool,
    preview: Option<Result<Box<Preview>, String>>,
    /// Whether the operator wants to text a number that is in no range known to be in use.
    unknown_is_wanted: bool,
}

impl SendModal {
    /// Begins with the number that was sent to last.
    pub fn new(number: &str) -> Self {
        Self {
            number: TextField::new(number, 40),
            user: TextField::new("", 128),
            on_user: false,
            ticket: Ticket::default(),
            is_stale: false,
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
        Some(user.map(|user| CodeRequest { environment, number: number.to_owned(), user, accept }))
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
        self.is_stale = false;
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

    /// Takes the preview.
    pub fn on_answer(&mut self, answer: Result<Answer, String>) {
        self.preview = match answer {
            Ok(Answer::Preview(preview)) => Some(Ok(preview)),
            Ok(_) => return,
            Err(error) => Some(Err(error)),
        };
        self.is_stale = false;
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        let field = if self.on_user { &mut self.user } else { &mut self.number };
        let changed = match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::Accept) => return self.send(session),
            Input::Action(
                Action::NextField | Action::PreviousField | Action::Down | Action::Up,
            ) => {
                self.on_user = !self.on_user;
                false
            }
            Input::Action(_) => false,
            Input::Key(key) => field.on_key(*key),
            Input::Paste(text) => match field.paste(text) {
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
                    "No range in use is known to have this number. {enter} again texts it all the same."
                ));
            }
            Some(Ok(request)) => {
                let accept = if self.unknown_is_wanted { Accept::Possible } else { Accept::Known };
                let request = CodeRequest { accept, ..request };
                // What would be refused anyway stays here, to be corrected.
                if let Some(Err(error)) = &self.preview
                    && !self.is_stale
                {
                    session.complain(format!("{error}."));
                    return Flow::STAY;
                }
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
        let inner = open_box(session, &title, (72, 14), buffer);
        let number =
            write_field(inner, 0, ("Number", 9), (&self.number, !self.on_user), session, buffer);
        let user = write_field(inner, 1, ("User", 9), (&self.user, self.on_user), session, buffer);
        if self.user.is_empty() && !self.on_user && inner.height > 1 && inner.width > 9 {
            let place = Rect { x: inner.x + 9, y: inner.y + 1, width: inner.width - 9, height: 1 };
            write(
                place,
                0,
                "optional id; otherwise the number is the user",
                theme.dim(),
                theme,
                buffer,
            );
        }
        let room = usize::from(inner.width.saturating_sub(9));
        let mut lines = self.lines(session);
        let needed: usize = lines.iter().map(|(_, text, _)| wrap(text, room).len()).sum();
        let mut row = 3;
        if needed + usize::from(row) > usize::from(inner.height) {
            // Whether it would go out at all must not stand below the edge.
            lines.sort_by_key(|(label, ..)| *label != Label::Quota);
            row = 2;
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
                let text = "Any number, such as +573001234567: the Sandbox texts no real phone.";
                vec![(Label::None, text.to_owned(), theme.dim())]
            }
            None => vec![(
                Label::None,
                "A number with + and its country code, or a national one.".to_owned(),
                theme.dim(),
            )],
            Some(Err(error)) => vec![(Label::None, format!("{error}."), theme.failure())],
            Some(Ok(preview)) => preview_lines(preview, session),
        };
        if session.tab().form.is_changed() {
            let save = session.key(Context::Always, Action::Save);
            lines.push((
                Label::Note,
                format!("Unsaved changes are not in force yet: save them first with {save}."),
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
        let text = format!("Not among the recipients that {} may text.", session.environment);
        lines.push((Label::None, text, theme.failure()));
    }
    let text = format!("{} ({})", plan.message.text(HIDDEN_CODE), plan.message.segments());
    lines.push((Label::Text, text, plain));
    lines.push(quota_line(preview.standing, session));
    if let Some(over) = preview.over_limit {
        lines.push(if preview.limits_record_only {
            (Label::Limit, format!("{over} (only recorded)"), theme.warning())
        } else {
            (Label::Limit, over.to_string(), theme.failure())
        });
    }
    lines
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
