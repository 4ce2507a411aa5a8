//! Asks the accounts about credentials before they are saved.

use super::asked::{Checking, SettingsChange};
use super::outcome::ChangeError;
use crate::config::{Config, SecretsError};
use crate::domain::environment::Environment;
use crate::domain::provider::Provider;
use crate::engine::account::{AccountProblem, AccountQuery};
use crate::engine::deck::Deck;
use crate::engine::error::NotReady;

impl Deck {
    /// Asks the account of every environment whose credentials a change touches: account, key, token
    /// or address. What is incomplete yet cannot be asked about. Returns what was not checked, and why.
    ///
    /// # Errors
    /// When an account refuses them, or cannot be asked and that was not waived.
    pub(super) async fn check_credentials(
        &self,
        change: &SettingsChange,
        (old, new): (&Config, &Config),
        checking: Checking,
    ) -> Result<Vec<(Environment, String)>, ChangeError> {
        let mut unverified = Vec::new();
        for (environment, settings) in new.environments.iter() {
            let token = change.new_token().filter(|(of, _)| *of == environment);
            let token = token.map(|(_, token)| token.clone());
            let provider = settings.provider.clone();
            let before = &old.environments[environment].provider;
            if !is_set_up(&provider) || token.is_none() && before.has_same_credentials(&provider) {
                continue;
            }
            let query = AccountQuery { environment, provider, token };
            match self.check_account(new, query).await {
                Err(problem) if problem.is_refusal() => {
                    return Err(ChangeError::RefusedCredentials { environment, problem });
                }
                // Nothing can be sent until there is one, and then it is asked about.
                Ok(_)
                | Err(AccountProblem::NotReady(NotReady::Secret(SecretsError::Missing {
                    ..
                }))) => {}
                Err(problem) if checking == Checking::Waived => {
                    unverified.push((environment, problem.to_string()));
                }
                Err(problem) => return Err(ChangeError::Unchecked { environment, problem }),
            }
        }
        Ok(unverified)
    }
}

/// Whether there are credentials to ask about.
fn is_set_up(provider: &Provider) -> bool {
    provider.twilio().is_some_and(|account| account.account_sid.is_some())
        && provider.token_source().is_some()
}
