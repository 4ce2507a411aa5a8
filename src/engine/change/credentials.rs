//! Asks the account about a token before it becomes the stored one.

use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::asked::SettingsChange;
use super::outcome::ChangeError;
use crate::engine::account::{AccountQuery, check_account};
use crate::engine::deck::Deck;

impl Deck {
    /// Refuses a new token that the account certainly refuses. What cannot be asked now is no
    /// reason to keep it out, and to lose what was typed.
    pub(super) async fn check_token(
        &self,
        change: &Arc<SettingsChange>,
    ) -> Result<(), ChangeError> {
        let Some((environment, token)) = change.new_token() else { return Ok(()) };
        let (paths, work) = (self.paths().clone(), Arc::clone(change));
        let (_, new) = spawn_blocking(move || work.preview(&paths)).await??;
        let provider = new.environments[environment].provider.clone();
        let query = AccountQuery { environment, provider, token: Some(token.clone()) };
        match check_account(self.paths(), &new, self.runtime(), query).await {
            Err(problem) if problem.is_refusal() => Err(ChangeError::RefusedToken(problem)),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}
