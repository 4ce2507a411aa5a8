//! What an account has besides its SID and its token: an API key, another server, and what Twilio
//! does with messages besides delivering them.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::frame::{open_box, write, write_choice, write_field};
use crate::domain::message_options::{AddressRetention, ContentRetention, RiskCheck};
use crate::domain::provider::{ApiKeySid, BaseUrl, TwilioAccount};
use crate::tui::fit::wrap_within;
use crate::tui::flow::Flow;
use crate::tui::input::Input;
use crate::tui::keymap::Action;
use crate::tui::session::Session;
use crate::tui::text_field::TextField;

/// The lines of the pop-up, in the order of Tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    ApiKey,
    BaseUrl,
    RiskCheck,
    ContentRetention,
    AddressRetention,
}

const LINES: [Line; 5] =
    [Line::ApiKey, Line::BaseUrl, Line::RiskCheck, Line::ContentRetention, Line::AddressRetention];

/// Columns of the labels.
const LABEL: u16 = 19;

/// The account of an environment while it is edited.
#[derive(Debug)]
pub struct AccountModal {
    account: TwilioAccount,
    api_key: TextField,
    base_url: TextField,
    line: usize,
    error: Option<String>,
}

impl AccountModal {
    /// Edits an account.
    pub fn new(account: &TwilioAccount) -> Self {
        let api_key = account.api_key.as_ref().map_or("", ApiKeySid::as_str);
        let base_url = account.base_url.as_ref().map_or("", BaseUrl::as_str);
        Self {
            api_key: TextField::new(api_key, 64),
            base_url: TextField::new(base_url, 200),
            account: account.clone(),
            line: 0,
            error: None,
        }
    }

    fn text(&mut self) -> Option<&mut TextField> {
        match LINES[self.line] {
            Line::ApiKey => Some(&mut self.api_key),
            Line::BaseUrl => Some(&mut self.base_url),
            _ => None,
        }
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        self.error = None;
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::NextField | Action::Down) => {
                self.line = (self.line + 1) % LINES.len();
            }
            Input::Action(Action::PreviousField | Action::Up) => {
                self.line = (self.line + LINES.len() - 1) % LINES.len();
            }
            Input::Action(Action::Accept) => match self.typed() {
                Ok(account) => {
                    session.tab_mut().form.set_account(account);
                    return Flow::CLOSE;
                }
                Err(error) => self.error = Some(error),
            },
            Input::Action(_) => {}
            Input::Key(key) => match self.text() {
                Some(field) => {
                    field.on_key(*key);
                }
                None if matches!(key.code, KeyCode::Char(' ') | KeyCode::Left | KeyCode::Right) => {
                    self.choose_next();
                }
                None => {}
            },
            Input::Paste(pasted) => match self.text().map(|field| field.paste(pasted)) {
                Some(Ok(())) => {}
                Some(Err(refused)) => self.error = Some(refused.to_string()),
                None => session.cannot_paste(),
            },
        }
        Flow::STAY
    }

    /// From account default choice to the one value, the other, and back.
    fn choose_next(&mut self) {
        let options = &mut self.account.options;
        match LINES[self.line] {
            Line::RiskCheck => {
                options.risk_check = match options.risk_check {
                    None => Some(RiskCheck::Enable),
                    Some(RiskCheck::Enable) => Some(RiskCheck::Disable),
                    Some(RiskCheck::Disable) => None,
                };
            }
            Line::ContentRetention => {
                options.content_retention = match options.content_retention {
                    None => Some(ContentRetention::Retain),
                    Some(ContentRetention::Retain) => Some(ContentRetention::Discard),
                    Some(ContentRetention::Discard) => None,
                };
            }
            Line::AddressRetention => {
                options.address_retention = match options.address_retention {
                    None => Some(AddressRetention::Retain),
                    Some(AddressRetention::Retain) => Some(AddressRetention::Obfuscate),
                    Some(AddressRetention::Obfuscate) => None,
                };
            }
            Line::ApiKey | Line::BaseUrl => {}
        }
    }

    fn typed(&self) -> Result<TwilioAccount, String> {
        let filled = |field: &TextField| {
            Some(field.text().trim().to_owned()).filter(|text| !text.is_empty())
        };
        let api_key = filled(&self.api_key).map(|text| ApiKeySid::parse(&text)).transpose();
        let base_url = filled(&self.base_url).map(|text| BaseUrl::parse(&text)).transpose();
        Ok(TwilioAccount {
            api_key: api_key.map_err(|error| error.to_string())?,
            base_url: base_url.map_err(|error| error.to_string())?,
            ..self.account.clone()
        })
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let theme = session.theme;
        let title = format!("Account · {}", session.environment);
        let inner = open_box(session, &title, (76, 11), buffer);
        let mut cursor = None;
        for (row, line) in (0..).zip(LINES) {
            let focused = usize::from(row) == self.line;
            let (label, text) = match line {
                Line::ApiKey => ("API key", Err(&self.api_key)),
                Line::BaseUrl => ("Base URL", Err(&self.base_url)),
                Line::RiskCheck => ("Risk check", Ok(self.risk_check())),
                Line::ContentRetention => ("Content retention", Ok(self.content_retention())),
                Line::AddressRetention => ("Address retention", Ok(self.address_retention())),
            };
            match text {
                Err(field) => {
                    let at =
                        write_field(inner, row, (label, LABEL), (field, focused), session, buffer);
                    cursor = cursor.or(at);
                }
                Ok(choice) => {
                    let (label, choice) = ((label, LABEL), (choice, focused));
                    write_choice(inner, row, label, choice, theme, buffer);
                }
            }
        }
        let room = usize::from(inner.width).max(1);
        let (text, style) = match &self.error {
            Some(error) => (format!("{error}."), theme.failure()),
            None => (self.explanation().to_owned(), theme.dim()),
        };
        let lines = wrap_within(&text, room, inner.height.saturating_sub(6).into());
        for (line, row) in lines.iter().zip(6..) {
            write(inner, row, line, style, theme, buffer);
        }
        cursor
    }

    const fn explanation(&self) -> &'static str {
        match LINES[self.line] {
            Line::ApiKey => {
                "SK…: used instead of the account's auth token. Its secret goes into the form as the auth token. Empty: none."
            }
            Line::BaseUrl => {
                "A server other than Twilio's: https, or http on this machine. Empty: Twilio."
            }
            Line::RiskCheck => "Space changes it. Twilio's SMS pumping protection.",
            Line::ContentRetention => {
                "Space changes it. Whether Twilio keeps the text; needs an account feature (error 30029)."
            }
            Line::AddressRetention => {
                "Space changes it. Whether Twilio keeps the recipient's number; needs an account feature (error 30030)."
            }
        }
    }

    const fn risk_check(&self) -> &'static str {
        match self.account.options.risk_check {
            None => OWN,
            Some(RiskCheck::Enable) => "on",
            Some(RiskCheck::Disable) => "off",
        }
    }

    const fn content_retention(&self) -> &'static str {
        match self.account.options.content_retention {
            None => OWN,
            Some(ContentRetention::Retain) => "kept",
            Some(ContentRetention::Discard) => "discarded after delivery",
        }
    }

    const fn address_retention(&self) -> &'static str {
        match self.account.options.address_retention {
            None => OWN,
            Some(AddressRetention::Retain) => "kept",
            Some(AddressRetention::Obfuscate) => "obfuscated",
        }
    }
}

/// The words where nothing is asked of the provider.
const OWN: &str = "account default";
