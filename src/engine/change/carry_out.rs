//! Carries out a change of the settings, from the permission to the audit.

use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::asked::{Checking, SettingsChange};
use super::outcome::{ChangeError, Changed, NotChanged};
use super::write::{Written, write};
use crate::config;
use crate::engine::deck::Deck;
use crate::engine::operator::Operator;

impl Deck {
    /// Changes the settings for an operator: asks the accounts about new credentials, writes the files,
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
        checking: Checking,
    ) -> Result<Changed, NotChanged> {
        let change = Arc::new(change);
        match self.save(operator, &change, checking).await {
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
        checking: Checking,
    ) -> Result<Written, ChangeError> {
        self.may_change_settings(operator)?;
        // What it is compared with is what the file says, no matter who wrote it. Where the audit
        // fails, the outcome says so.
        let _ = self.record_outside_change(operator).await;
        let (paths, work) = (self.paths().clone(), Arc::clone(change));
        let (old, new) = spawn_blocking(move || work.preview(&paths)).await??;
        let _ = self.record_intent(operator, (&old, &new), change.token_of()).await;
        // A slow account must not hold up what others change meanwhile, so no lock is held yet.
        let unverified = self.check_credentials(change, (&old, &new), checking).await?;
        let _in_order = self.settings.lock().await;
        let (paths, work) = (self.paths().clone(), Arc::clone(change));
        let now = self.runtime().clock.now();
        let written = spawn_blocking(move || write(&paths, &work, &new, now)).await??;
        if let Some(engine) = self.engine() {
            engine.reconfigure(written.replaced.new.clone()).await;
        }
        Ok(Written { unverified, ..written })
    }

    /// Everything after the files.
    async fn finish(&self, operator: &Operator, written: Written) -> Changed {
        let recorded = self.record_change(operator, &written).await;
        let Written { replaced, token_of, token, forgotten, unverified } = written;
        Changed {
            old: replaced.old,
            new: replaced.new,
            repaired: replaced.was_broken,
            token: token_of.filter(|_| token.is_ok()),
            token_problem: token.err(),
            leftover_token: forgotten.err(),
            unverified,
            not_audited: recorded.err(),
        }
    }
}
