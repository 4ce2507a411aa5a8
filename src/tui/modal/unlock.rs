//! Gives a user all codes back, with a reason that stays in the log.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::{Flow, open_box, write, write_field};
use crate::domain::passcode::MOST_WRONG_TRIES;
use crate::engine::UnlockRequest;
use crate::store::QuotaRow;
use crate::tui::effect::Effect;
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::text_field::TextField;
use crate::tui::update::Input;

/// An unlock that waits for its reason.
#[derive(Debug)]
pub struct UnlockModal {
    row: QuotaRow,
    reason: TextField,
}

impl UnlockModal {
    /// Begins an unlock.
    pub fn new(row: &QuotaRow) -> Self {
        Self { row: row.clone(), reason: TextField::new("", 200) }
    }

    pub(super) fn on_input(&mut self, model: &mut Model, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::Accept) if self.reason.text().trim().is_empty() => {
                model.complain("An unlock needs a reason: whoever reads the log will ask.");
            }
            Input::Action(Action::Accept) => {
                let request = UnlockRequest {
                    environment: model.environment,
                    user: self.row.user.clone(),
                    number: self.row.number.clone(),
                    reason: self.reason.text().trim().to_owned(),
                };
                return Flow::Close(vec![Effect::Unlock(Box::new(request))]);
            }
            Input::Action(_) => {}
            Input::Key(key) => {
                self.reason.on_key(*key);
            }
            Input::Paste(text) => {
                if self.reason.paste(text).is_err() {
                    model.complain("The reason may have 200 characters: nothing was pasted.");
                }
            }
        }
        Flow::STAY
    }

    pub(super) fn draw(&self, model: &Model, buffer: &mut Buffer) -> Option<Position> {
        let theme = model.theme;
        let inner = open_box(model, "Unlock", (68, 6), buffer);
        let allowed = model.saved_settings().codes_allowed.get();
        let who = &self.row.user.label;
        write(
            inner,
            0,
            &format!(
                "{who} gets {allowed} codes back (used {} of {allowed}).",
                self.row.quota.used()
            ),
            Style::new(),
            theme,
            buffer,
        );
        if self.row.wrong_in_a_row >= MOST_WRONG_TRIES {
            let warning = format!(
                "{} wrong tries in a row: is it really this user who is typing?",
                self.row.wrong_in_a_row
            );
            write(inner, 1, &warning, theme.warning(), theme, buffer);
        }
        write_field(inner, 3, ("Reason  ", 8), (&self.reason, true), model, buffer)
    }
}
