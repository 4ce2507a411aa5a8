//! A longer text of the form, with a live preview: the message, the recipients.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::frame::{open_box, write, write_field};
use crate::domain::message_overrides::{Audience, AudienceError};
use crate::domain::message_text::{MAX_MESSAGE, MessageTemplate};
use crate::domain::phone::Recipient;
use crate::domain::recipients::Recipients;
use crate::tui::fit::{cut, width, wrap};
use crate::tui::flow::Flow;
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::session::Session;
use crate::tui::text_field::TextField;

/// What stands for the code in the preview of the text.
const EXAMPLE_CODE: &str = "123456";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Message,
    Recipients,
}

/// An editor for one text.
#[derive(Debug)]
pub struct TextModal {
    subject: Subject,
    /// Whom the message is for; empty for everyone else. Only messages have it.
    audience: TextField,
    names_audience: bool,
    text: TextField,
    error: Option<String>,
}

impl TextModal {
    /// Edits the message text, with its line breaks.
    pub fn message(message: &MessageTemplate) -> Self {
        let text = TextField::of_lines(message.as_str(), MAX_MESSAGE);
        Self::new(Subject::Message, text)
    }

    /// Edits whom the environment may text: numbers, or nothing for anyone.
    pub fn recipients(recipients: &Recipients) -> Self {
        let text = match recipients {
            Recipients::Anyone => String::new(),
            Recipients::Only(numbers) => numbers
                .iter()
                .map(crate::domain::phone::PhoneNumber::e164)
                .collect::<Vec<_>>()
                .join(", "),
        };
        Self::new(Subject::Recipients, TextField::new(&text, 4_000))
    }

    fn new(subject: Subject, text: TextField) -> Self {
        let audience = TextField::new("", 10);
        Self { subject, audience, names_audience: false, text, error: None }
    }

    /// Whom the message is for, as typed; `None` for everyone without a text of their own.
    fn audience_typed(&self) -> Result<Option<Audience>, String> {
        match self.audience.text().trim() {
            "" => Ok(None),
            typed => typed.parse().map(Some).map_err(|error: AudienceError| error.to_string()),
        }
    }

    /// Shows the text of the audience that is named now; a new one begins with the text of everyone else.
    fn load(&mut self, session: &Session) {
        let form = &session.tab().form;
        if let Ok(audience) = self.audience_typed() {
            let own = audience.and_then(|audience| form.message_overrides().get(audience));
            let message = own.unwrap_or_else(|| form.message());
            self.text.set(message.as_str());
        }
    }

    /// Takes the message; an emptied text of an audience goes away.
    fn accept_message(&self, session: &mut Session) -> Result<(), String> {
        let form = &mut session.tab_mut().form;
        match self.audience_typed()? {
            None => form.set_message(self.message_typed()?),
            Some(audience) if self.text.text().trim().is_empty() => {
                form.set_own_message(audience, None);
            }
            Some(audience) => form.set_own_message(audience, Some(self.message_typed()?)),
        }
        Ok(())
    }

    fn message_typed(&self) -> Result<MessageTemplate, String> {
        MessageTemplate::parse(self.text.text()).map_err(|error| error.to_string())
    }

    fn recipients_typed(&self, session: &Session) -> Result<Recipients, String> {
        let country = session.tab().form.country();
        let typed =
            self.text.text().split([',', ';']).map(str::trim).filter(|number| !number.is_empty());
        let numbers = typed
            .map(|number| match Recipient::parse(number, country) {
                Ok(recipient) => Ok(recipient.number),
                Err(error) => Err(format!("{}: {error}", cut(number, 20))),
            })
            .collect::<Result<BTreeSet<_>, String>>()?;
        Ok(if numbers.is_empty() { Recipients::Anyone } else { Recipients::Only(numbers) })
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        self.error = None;
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::Accept) => {
                let accepted = match self.subject {
                    Subject::Message => self.accept_message(session),
                    Subject::Recipients => self
                        .recipients_typed(session)
                        .map(|recipients| session.tab_mut().form.set_recipients(recipients)),
                };
                match accepted {
                    Ok(()) => return Flow::CLOSE,
                    Err(error) => self.error = Some(error),
                }
            }
            Input::Action(Action::NextField | Action::PreviousField)
                if self.subject == Subject::Message =>
            {
                self.names_audience = !self.names_audience;
            }
            Input::Action(_) => {}
            Input::Key(key) if self.names_audience => {
                if self.audience.on_key(*key) {
                    self.load(session);
                }
            }
            Input::Key(key) => {
                self.text.on_key(*key);
            }
            Input::Paste(pasted) => {
                if let Err(refused) = self.text.paste(pasted) {
                    self.error = Some(refused.to_string());
                }
            }
        }
        Flow::STAY
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let theme = session.theme;
        let (title, help) = match self.subject {
            Subject::Message => (
                "Message text",
                "Must contain {code}; may contain {minutes} and {app}. \\n is a new line.",
            ),
            Subject::Recipients => {
                ("Recipients", "Empty: anyone. Otherwise only these numbers, separated by commas.")
            }
        };
        let inner = open_box(session, title, (76, 11), buffer);
        let typing = !self.names_audience;
        let mut cursor = write_field(inner, 0, ("", 0), (&self.text, typing), session, buffer);
        if self.subject == Subject::Message {
            let go = session.key(Context::Fields, Action::NextField);
            let label = format!("Country or language; empty: everyone else ({go})  ");
            let label = (label.as_str(), u16::try_from(width(&label)).unwrap_or(u16::MAX));
            let audience = (&self.audience, self.names_audience);
            cursor = cursor.or(write_field(inner, 2, label, audience, session, buffer));
        }
        write(inner, 1, help, theme.dim(), theme, buffer);
        let lines: Vec<(String, Style)> = match (self.error.clone(), self.preview(session)) {
            (Some(error), _) | (None, Err(error)) => wrap(&error, inner.width.into())
                .into_iter()
                .map(|line| (line, theme.failure()))
                .collect(),
            (None, Ok(preview)) => preview
                .iter()
                .flat_map(|line| wrap(line, inner.width.into()))
                .map(|line| (line, Style::new()))
                .collect(),
        };
        for ((line, style), row) in lines.iter().zip(4..) {
            write(inner, row, line, *style, theme, buffer);
        }
        cursor
    }

    fn preview(&self, session: &Session) -> Result<Vec<String>, String> {
        match self.subject {
            Subject::Recipients => self
                .recipients_typed(session)
                .map(|recipients| vec![format!("Sends to {recipients}.")]),
            Subject::Message => {
                let audience = self.audience_typed()?;
                if let Some(audience) = audience.filter(|_| self.text.text().trim().is_empty()) {
                    return Ok(vec![format!("{audience} will get the general text.")]);
                }
                let message = self.message_typed()?;
                let minutes = session
                    .tab()
                    .form
                    .settings()
                    .map_or(5, |settings| settings.code_validity.get());
                let preview = message.preview(minutes, &session.app_name);
                let mut lines = vec![preview.segments().to_string(), preview.text(EXAMPLE_CODE)];
                let own = session.tab().form.message_overrides();
                if !own.is_empty() {
                    lines.push(format!("Own texts: {own}."));
                }
                Ok(lines)
            }
        }
    }
}
