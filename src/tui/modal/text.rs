//! A longer text of the form, with a live preview: the message, the recipients.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::{Flow, open_box, wrap, write, write_field};
use crate::domain::message_text::{LONGEST_MESSAGE, MessageTemplate, Segments};
use crate::domain::phone::Recipient;
use crate::domain::settings::Recipients;
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::text_field::TextField;
use crate::tui::update::Input;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Message,
    Recipients,
}

/// An editor for one text.
#[derive(Debug)]
pub struct TextModal {
    subject: Subject,
    text: TextField,
    error: Option<String>,
}

impl TextModal {
    /// Edits the message text. Line breaks are written as `\n`.
    pub fn message(message: &MessageTemplate) -> Self {
        let text = TextField::new(&message.as_str().replace('\n', "\\n"), LONGEST_MESSAGE);
        Self { subject: Subject::Message, text, error: None }
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
        Self { subject: Subject::Recipients, text: TextField::new(&text, 4_000), error: None }
    }

    fn message_typed(&self) -> Result<MessageTemplate, String> {
        MessageTemplate::parse(&self.text.text().replace("\\n", "\n"))
            .map_err(|error| error.to_string())
    }

    fn recipients_typed(&self, model: &Model) -> Result<Recipients, String> {
        let country = model.desk().form.country();
        let typed =
            self.text.text().split([',', ';']).map(str::trim).filter(|number| !number.is_empty());
        let numbers = typed
            .map(|number| match Recipient::parse(number, country) {
                Ok(recipient) => Ok(recipient.number),
                Err(error) => Err(format!("{}: {error}", crate::tui::pane::quota::cut(number, 20))),
            })
            .collect::<Result<BTreeSet<_>, String>>()?;
        Ok(if numbers.is_empty() { Recipients::Anyone } else { Recipients::Only(numbers) })
    }

    pub(super) fn on_input(&mut self, model: &mut Model, input: &Input) -> Flow {
        self.error = None;
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::Accept) => {
                let accepted = match self.subject {
                    Subject::Message => self
                        .message_typed()
                        .map(|message| model.desk_mut().form.set_message(message)),
                    Subject::Recipients => self
                        .recipients_typed(model)
                        .map(|recipients| model.desk_mut().form.set_recipients(recipients)),
                };
                match accepted {
                    Ok(()) => return Flow::CLOSE,
                    Err(error) => self.error = Some(error),
                }
            }
            Input::Action(_) => {}
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

    pub(super) fn draw(&self, model: &Model, buffer: &mut Buffer) -> Option<Position> {
        let theme = model.theme;
        let (title, help) = match self.subject {
            Subject::Message => (
                "Message text",
                "{code} must be in it, {minutes} and {app} may be; \\n is a new line.",
            ),
            Subject::Recipients => (
                "Recipients",
                "Empty: anyone. Otherwise only these numbers, with commas between them.",
            ),
        };
        let inner = open_box(model, title, (76, 11), buffer);
        let cursor = write_field(inner, 0, ("", 0), (&self.text, true), model, buffer);
        write(inner, 1, help, theme.dim(), theme, buffer);
        let lines: Vec<(String, Style)> = match (self.error.clone(), self.preview(model)) {
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
        for ((line, style), row) in lines.iter().zip(3..) {
            write(inner, row, line, *style, theme, buffer);
        }
        cursor
    }

    fn preview(&self, model: &Model) -> Result<Vec<String>, String> {
        match self.subject {
            Subject::Recipients => self
                .recipients_typed(model)
                .map(|recipients| vec![format!("May text {recipients}.")]),
            Subject::Message => {
                let message = self.message_typed()?;
                let minutes =
                    model.desk().form.settings().map_or(5, |settings| settings.code_validity.get());
                let text = message.render("123456", minutes, &model.app_name);
                Ok(vec![Segments::of(&text).to_string(), text])
            }
        }
    }
}
