//! The token in the form: it is typed, kept or taken away, and never shown.

use super::Form;
use crate::config::TokenStatus;
use crate::domain::provider::TwilioAccount;
use crate::domain::secret::{Secret, SecretSource};
use crate::engine::TokenChange;

impl Form {
    /// Has the stored token taken away at the next save.
    pub fn remove_token(&mut self) {
        self.new_token.set("");
        self.edit(None, |draft| draft.removes_token = true);
    }

    /// Whether there is a stored token that could be taken away.
    pub const fn has_stored_token(&self) -> bool {
        matches!(self.token, TokenStatus::Stored { .. }) && !self.draft.removes_token
    }

    /// What is shown of the token.
    pub const fn token(&self) -> &TokenStatus {
        &self.token
    }

    /// Whether the stored token is to be taken away.
    pub const fn is_removing_token(&self) -> bool {
        self.draft.removes_token
    }

    /// What a save does to the stored token.
    pub fn token_change(&self) -> TokenChange {
        match Secret::parse(self.new_token.text()) {
            Ok(token) if !self.is_on_sandbox() => TokenChange::Replace(token),
            _ if self.draft.removes_token => TokenChange::Remove,
            // Nothing would use it any more, and nothing would show that it is still there.
            _ if self.drops_account() => match self.saved.provider.token_source() {
                Some(SecretSource::Stored) => TokenChange::Remove,
                _ => TokenChange::Keep,
            },
            _ => TokenChange::Keep,
        }
    }

    /// Whether a save would let go of a Twilio account, as the Sandbox has none.
    pub fn drops_account(&self) -> bool {
        let saved = self.saved.provider.twilio();
        self.is_on_sandbox() && saved.is_some_and(|account| *account != TwilioAccount::default())
    }
}
