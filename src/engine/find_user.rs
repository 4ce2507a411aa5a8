//! Finds a user among those whose codes still matter, by their id or their whole number, and
//! tells what happened to their codes.

use super::{Engine, EngineError};
use crate::domain::environment::Environment;
use crate::domain::phone::Recipient;
use crate::domain::secret::LookupKey;
use crate::domain::user::{User, UserId};
use crate::store::{Event, QuotaRow};

impl Engine {
    /// The users that are meant by an id or a whole number, as the quota shows them. Both are
    /// compared by their keyed hashes, as the store has nothing else of them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn find_users(
        &self,
        environment: Environment,
        typed: &str,
    ) -> Result<Vec<QuotaRow>, EngineError> {
        let number = self.number_key(environment, typed);
        let user = UserId::parse(typed).ok().map(|id| self.inner.key.user(&User::Id(id)));
        let mut rows = self.quota_rows(environment).await?;
        rows.retain(|row| Some(row.number.key) == number || Some(row.user.key) == user);
        Ok(rows)
    }

    /// Under what a whole number is found; `None` for what is no number.
    pub fn number_key(&self, environment: Environment, typed: &str) -> Option<LookupKey> {
        let default_country = self.settings(environment).default_country;
        let number = Recipient::parse(typed, default_country).ok()?.number;
        Some(self.inner.key.number(&number))
    }

    /// What happened to the codes of a user and their number, the newest 500 events, oldest
    /// first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn user_story(
        &self,
        environment: Environment,
        row: &QuotaRow,
    ) -> Result<Vec<Event>, EngineError> {
        let (user, number) = (row.user.clone(), row.number.clone());
        Ok(self.inner.store.user_story(environment, user, number).await?)
    }
}
