//! Carries out a change of the settings, from the permission to the audit.

use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::asked::SettingsChange;
use super::outcome::{ChangeError, Changed, NotChanged};
use super::write::{Written, write};
use crate::config;
use crate::engine::deck::Deck;
use crate::engine::operator::Operator;

impl Deck {
    /// Changes the settings for an operator: asks the account about a new token, writes the files,
    /// puts the settings into force, and writes into the audit what has changed, or that it failed.
    ///
    /// Needs no open engine, so that an invalid config can be repaired and a failing store is no
    /// hindrance; then the outcome says why the change is not in the audit.
    ///
    /// # Errors
    /// When nothing was changed.
    pub async fn change_settings(
        &self,
        operator: &Operator,
        change: SettingsChange,
    ) -> Result<Changed, NotChanged> {
        let change = Arc::new(change);
        match self.save(operator, &change).await {
            Ok(written) => Ok(self.finish(operator, written).await),
            Err(error) => {
                let environment = change.environment();
                let recorded = self.record_failure(operator, environment, &error).await;
                Err(NotChanged { error, not_audited: recorded.err() })
            }
        }
    }

    /// Refuses an operator who may not change the settings, or a file that this process may not
    /// write. To know before asking a person anything.
    ///
    /// # Errors
    /// With the reason.
    pub fn may_change_settings(&self, operator: &Operator) -> Result<(), ChangeError> {
        operator.may_act()?;
        config::unwritable(&self.paths().config)
            .map_or(Ok(()), |reason| Err(ChangeError::Unwritable(reason)))
    }

    /// Everything up to the files.
    async fn save(
        &self,
        operator: &Operator,
        change: &Arc<SettingsChange>,
    ) -> Result<Written, ChangeError> {
        self.may_change_settings(operator)?;
        // A slow account must not hold up what others change meanwhile, so no lock is held yet.
        self.check_token(change).await?;
        let _in_order = self.settings.lock().await;
        let (paths, work) = (self.paths().clone(), Arc::clone(change));
        let now = self.runtime().clock.now();
        let written = spawn_blocking(move || write(&paths, &work, now)).await??;
        if let Some(engine) = self.engine() {
            engine.reconfigure(written.replaced.new.clone()).await;
        }
        Ok(written)
    }

    /// Everything after the files.
    async fn finish(&self, operator: &Operator, written: Written) -> Changed {
        let recorded = self.record_change(operator, &written).await;
        let Written { replaced, token_of, token, forgotten } = written;
        Changed {
            old: replaced.old,
            new: replaced.new,
            repaired: replaced.was_broken,
            token: token_of.filter(|_| token.is_ok()),
            token_problem: token.err(),
            leftover_token: forgotten.err(),
            not_audited: recorded.err(),
        }
    }
}
