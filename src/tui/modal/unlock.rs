//! Helps a user who gets no code: gives codes back, or forgives wrong tries, with a reason that
//! stays in the log.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::frame::{open_box, write, write_fields};
use crate::domain::passcode::MAX_WRONG_TRIES;
use crate::engine::UnlockRequest;
use crate::store::{QuotaRow, Remedy};
use crate::tui::effect::EngineEffect;
use crate::tui::fit::wrap;
use crate::tui::flow::Flow;
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::session::{READ_ONLY, Session};
use crate::tui::text_field::TextField;

/// What must be typed before wrong tries are forgiven.
const WORD: &str = "forgive";

/// Columns of the labels.
const LABEL: u16 = 17;

/// What a key gives a user. To someone whom wrong tries lock, codes back would not help: for them
/// the tries are forgiven, with a warning.
///
/// # Errors
/// With the sentence that says why it gives nothing.
pub fn remedy(
    session: &Session,
    context: Context,
    action: Action,
    row: &QuotaRow,
) -> Result<Remedy, String> {
    let tries_used_up = row.wrong_in_a_row >= MAX_WRONG_TRIES;
    match action {
        _ if session.read_only => Err(READ_ONLY.to_owned()),
        Action::GiveBack if tries_used_up => {
            let unlock = session.key(context, Action::Unlock);
            Err(format!(
                "Wrong tries lock this user: a code back would not help. {unlock} forgives them, \
                 with a warning."
            ))
        }
        Action::GiveBack => Ok(Remedy::OneCode),
        _ if tries_used_up => Ok(Remedy::WrongTries),
        _ => Ok(Remedy::AllCodes),
    }
}

/// A remedy that waits for its reason.
#[derive(Debug)]
pub struct UnlockModal {
    row: QuotaRow,
    remedy: Remedy,
    /// Reason, ticket and, where it takes one, the word.
    fields: Vec<(&'static str, TextField)>,
    focused: usize,
}

impl UnlockModal {
    /// Begins to help a user.
    pub fn new(row: &QuotaRow, remedy: Remedy) -> Self {
        let mut fields =
            vec![("Reason", TextField::new("", 200)), ("Ticket, if any", TextField::new("", 40))];
        if remedy == Remedy::WrongTries {
            fields.push(("Type \"forgive\"", TextField::new("", 20)));
        }
        Self { row: row.clone(), remedy, fields, focused: 0 }
    }

    fn typed(&self, field: usize) -> &str {
        self.fields.get(field).map_or("", |(_, field)| field.text().trim())
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        let count = self.fields.len();
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::NextField | Action::Down) => {
                self.focused = (self.focused + 1) % count;
            }
            Input::Action(Action::PreviousField | Action::Up) => {
                self.focused = (self.focused + count - 1) % count;
            }
            Input::Action(Action::Accept) if self.typed(0).is_empty() => {
                self.focused = 0;
                session.complain("Type a reason; it goes into the audit.");
            }
            Input::Action(Action::Accept)
                if self.remedy == Remedy::WrongTries && self.typed(2) != WORD =>
            {
                self.focused = 2;
                session.complain(format!("Type {WORD} in the last field to confirm."));
            }
            Input::Action(Action::Accept) => {
                let request = UnlockRequest {
                    environment: session.environment,
                    user: self.row.user.clone(),
                    number: self.row.number.clone(),
                    remedy: self.remedy,
                    reason: self.typed(0).to_owned(),
                    ticket: Some(self.typed(1).to_owned()).filter(|ticket| !ticket.is_empty()),
                };
                return Flow::Close(vec![EngineEffect::Unlock(Box::new(request)).into()]);
            }
            Input::Action(_) => {}
            Input::Key(key) => {
                if let Some((_, field)) = self.fields.get_mut(self.focused) {
                    field.on_key(*key);
                }
            }
            Input::Paste(text) => {
                let pasted = self.fields.get_mut(self.focused).map(|(_, field)| field.paste(text));
                if let Some(Err(refused)) = pasted {
                    session.complain(format!("{refused}."));
                }
            }
        }
        Flow::STAY
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let theme = session.theme;
        let title = match self.remedy {
            Remedy::AllCodes => "Unlock",
            Remedy::OneCode => "Give one code back",
            Remedy::WrongTries => "Clear wrong tries",
        };
        let inner = open_box(session, title, (68, 10), buffer);
        let room = usize::from(inner.width).max(1);
        let style = match self.remedy {
            Remedy::WrongTries => theme.warning(),
            _ => Style::new(),
        };
        let lines = wrap(&self.what(session), room);
        let mut row = 0;
        for line in &lines {
            write(inner, row, line, style, theme, buffer);
            row += 1;
        }
        // On the smallest screens the fields matter more than the space above them.
        row = (row + 1).min(inner.height.saturating_sub(3));
        write_fields(inner, row, LABEL, (&self.fields, self.focused), session, buffer)
    }

    /// What is given, in words.
    fn what(&self, session: &Session) -> String {
        let allowed = session.saved_settings().codes_allowed.get();
        let (who, used) = (&self.row.user.label, self.row.quota.used());
        match self.remedy {
            Remedy::AllCodes => format!(
                "{who} gets all {allowed} codes back ({used} of {allowed} used) and may request one at once."
            ),
            Remedy::OneCode => format!(
                "{who} gets one code back ({used} of {allowed} used); the others still count."
            ),
            Remedy::WrongTries => format!(
                "{} wrong tries in a row: someone may be guessing {who}'s codes. Before you go on, verify who is asking through a channel that you trust. This gives no code back.",
                self.row.wrong_in_a_row
            ),
        }
    }
}
