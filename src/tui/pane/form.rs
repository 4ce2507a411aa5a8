//! The settings form: what is typed, what is wrong with it, what has changed, and undoing it.

mod others;
mod token;
mod values;

use crossterm::event::KeyEvent;

use super::changes::{Changes, Reverted};
use super::draft::{Draft, LINES};
use crate::config::TokenStatus;
use crate::domain::message_text::Segments;
use crate::domain::provider::{Provider, ProviderKind, TwilioAccount};
use crate::domain::secret::{Secret, SecretSource};
use crate::domain::settings::{Field, Settings};
use crate::engine::TokenChange;
use crate::tui::text_field::{PasteRefused, TextField};

/// Characters of a token at most.
const MAX_TOKEN: usize = 128;

/// The form of one environment: the saved settings, and what has been made of them.
#[derive(Debug)]
pub struct Form {
    saved: Settings,
    /// The settings from which the edits began. Others than the saved ones where someone else has
    /// changed the same fields meanwhile.
    base: Settings,
    token: TokenStatus,
    /// The token from which a change of it began.
    base_token: TokenStatus,
    draft: Draft,
    new_token: TextField,
    cursor: usize,
    changes: Changes,
}

impl Form {
    /// A form that shows settings as saved.
    pub fn new(saved: Settings) -> Self {
        Self {
            token: TokenStatus::NotSet,
            base_token: TokenStatus::NotSet,
            draft: Draft::new(&saved),
            new_token: TextField::hidden(MAX_TOKEN),
            cursor: 0,
            changes: Changes::default(),
            base: saved.clone(),
            saved,
        }
    }

    /// The settings as saved, which are those in force.
    pub const fn saved(&self) -> &Settings {
        &self.saved
    }

    /// The settings as edited, those fields that are wrong as they were before. Their provider
    /// always has an account: whether it is used, [`Form::is_on_sandbox`] says.
    pub const fn draft(&self) -> &Settings {
        self.draft.settings()
    }

    /// The field that has the cursor.
    pub fn field(&self) -> Field {
        LINES[self.cursor.min(LINES.len() - 1)]
    }

    /// Moves the cursor to a field.
    pub fn go_to(&mut self, field: Field) {
        self.cursor = LINES.iter().position(|&other| other == field).unwrap_or(self.cursor);
    }

    /// Moves the cursor up or down, stopping at the ends.
    pub fn step(&mut self, down: bool) {
        self.cursor = if down {
            (self.cursor + 1).min(LINES.len() - 1)
        } else {
            self.cursor.saturating_sub(1)
        };
    }

    /// Whether typing goes into the focused field.
    pub fn takes_text(&self) -> bool {
        self.text_field(self.field()).is_some()
    }

    /// The text that a field is edited in; `None` for choices and for fields that the
    /// chosen provider does not use.
    pub fn text_field(&self, field: Field) -> Option<&TextField> {
        match field {
            field if self.draft.lacks(field) => None,
            Field::AuthToken => Some(&self.new_token),
            field => self.draft.text(field),
        }
    }

    /// Types into the focused field. Letters typed into one field are one change.
    pub fn on_key(&mut self, key: KeyEvent) {
        match self.field() {
            field if self.draft.lacks(field) => {}
            Field::AuthToken => {
                self.new_token.on_key(key);
            }
            field => self.edit(Some(field), |draft| draft.on_key(field, key)),
        }
    }

    /// Pastes into the focused field.
    ///
    /// # Errors
    /// When it does not fit; nothing is pasted then.
    pub fn paste(&mut self, pasted: &str) -> Result<(), PasteRefused> {
        match self.field() {
            field if self.draft.lacks(field) => Ok(()),
            Field::AuthToken => self.new_token.paste(pasted),
            field => self.edit(None, |draft| draft.paste(field, pasted)),
        }
    }

    /// Changes what is edited, so that it can be undone.
    fn edit<T>(&mut self, typed_into: Option<Field>, change: impl FnOnce(&mut Draft) -> T) -> T {
        let before = (!self.changes.goes_on(typed_into)).then(|| self.draft.clone());
        let outcome = change(&mut self.draft);
        if let Some(before) = before.filter(|before| *before != self.draft) {
            self.changes.push(before, typed_into);
        }
        outcome
    }

    /// Changes the settings, so that it can be undone.
    fn set(&mut self, change: impl FnOnce(&mut Settings)) {
        self.edit(None, |draft| draft.change(change));
    }

    /// Whether there is a change to undo.
    pub fn can_undo(&self) -> bool {
        self.changes.can_undo(&self.draft)
    }

    /// Undoes the last change; `None` where there is none.
    pub fn undo(&mut self) -> Option<Reverted> {
        self.changes.undo(&mut self.draft)
    }

    /// Redoes the change that was undone last; `None` where there is none.
    pub fn redo(&mut self) -> Option<Reverted> {
        self.changes.redo(&mut self.draft)
    }

    /// The provider, as chosen here.
    pub(super) const fn chosen_provider(&self) -> ProviderKind {
        self.draft.provider
    }

    /// Whether the chosen provider has no such field.
    pub(super) fn lacks(&self, field: Field) -> bool {
        self.draft.lacks(field)
    }

    /// Whether the provider is the Sandbox, as chosen here.
    pub fn is_on_sandbox(&self) -> bool {
        self.draft.provider == ProviderKind::Sandbox
    }

    /// Takes the value of a field from settings of another environment.
    pub fn take_over(&mut self, field: Field, theirs: &Settings) {
        self.edit(None, |draft| {
            // Taking over that there is no account is no change of provider.
            if field.is_of_account() && theirs.provider.kind() != ProviderKind::Sandbox {
                draft.provider = theirs.provider.kind();
            }
            draft.fill(field, theirs);
        });
    }

    /// Takes all values from settings, but for the typed token, as one change.
    pub fn take_over_all(&mut self, theirs: &Settings) {
        self.edit(None, |draft| {
            for &field in Field::ALL {
                draft.fill(field, theirs);
            }
        });
    }

    /// Takes back what was changed in the line of a field: that of the message has two.
    pub fn revert_line(&mut self, field: Field) {
        if field == Field::AuthToken {
            self.new_token.set("");
        }
        let saved = self.saved.clone();
        self.edit(None, |draft| {
            draft.fill(field, &saved);
            if field == Field::Message {
                draft.fill(Field::MessageOverrides, &saved);
            }
        });
    }

    /// Whether the line of a field differs from what is saved.
    pub fn is_line_changed(&self, field: Field) -> bool {
        self.is_field_changed(field)
            || (field == Field::Message && self.is_field_changed(Field::MessageOverrides))
    }

    /// Whether a field differs from what is saved.
    pub fn is_field_changed(&self, field: Field) -> bool {
        match field {
            field if self.draft.lacks(field) => false,
            Field::AuthToken => !self.new_token.is_empty() || self.draft.removes_token,
            Field::Provider => self.draft.provider != self.saved.provider.kind(),
            field => {
                self.draft.error(field).is_some()
                    || !field.row().value.is_same(self.draft(), &self.saved)
            }
        }
    }

    /// Whether anything differs from what is saved.
    pub fn is_changed(&self) -> bool {
        Field::ALL.iter().any(|&field| self.is_field_changed(field))
    }

    /// What is wrong with a field, if anything.
    pub fn error(&self, field: Field) -> Option<String> {
        match field {
            field if self.draft.lacks(field) => None,
            Field::AuthToken if self.new_token.is_empty() => None,
            Field::AuthToken => Some(Secret::parse(self.new_token.text()).err()?.to_string()),
            field => self.draft.error(field).map(str::to_owned),
        }
    }

    /// The settings as edited.
    ///
    /// # Errors
    /// With the first field that is wrong.
    pub fn settings(&self) -> Result<Settings, Field> {
        match LINES.iter().copied().find(|&field| self.error(field).is_some()) {
            Some(wrong) => Err(wrong),
            None => Ok(Settings { provider: self.provider(), ..self.draft().clone() }),
        }
    }

    /// The provider as edited.
    pub fn provider(&self) -> Provider {
        if self.is_on_sandbox() {
            return Provider::Sandbox;
        }
        let auth_token = match self.token_change() {
            TokenChange::Replace(_) => Some(SecretSource::Stored),
            TokenChange::Remove => None,
            TokenChange::Keep => self.saved.provider.token_source().cloned(),
        };
        let account = self.draft.account();
        let is_wrong = self.draft.error(Field::AccountSid).is_some();
        let account_sid = account.account_sid.clone().filter(|_| !is_wrong);
        Provider::Twilio(Box::new(TwilioAccount { account_sid, auth_token, ..account }))
    }

    /// What the message costs, as edited.
    pub fn segments(&self, app_name: &str) -> Segments {
        let draft = self.draft();
        draft.message.preview(draft.code_validity.get(), app_name).segments()
    }
}
