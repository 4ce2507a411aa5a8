//! Finds a user by their id or whole number, and reads what happened to their codes.

use super::error::EngineError;
use super::open::Engine;
use crate::domain::environment::Environment;
use crate::domain::phone::{Accept, Recipient};
use crate::domain::secret::LookupKey;
use crate::domain::user::{User, UserId};
use crate::store::{Event, EventQuery, QuotaQuery, QuotaRow};

impl Engine {
    /// Finds the users that an id or a whole number belongs to, as the quota lists them. Compares
    /// keyed hashes, as the store holds nothing else.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn find_users(
        &self,
        environment: Environment,
        typed: &str,
    ) -> Result<Vec<QuotaRow>, EngineError> {
        let keys = self.lookup_keys(environment, typed);
        let mut rows = self.quota_rows(environment).await?;
        rows.retain(|row| keys.contains(&row.number.key) || keys.contains(&row.user.key));
        if !rows.is_empty() {
            return Ok(rows);
        }
        for key in keys {
            let query = QuotaQuery { key: Some(key), ..self.quota_query(environment) };
            rows.extend(self.store()?.quota_rows(query).await?);
        }
        Ok(rows)
    }

    /// Returns the keys under which an id or a whole number is stored: digits may be either.
    pub fn lookup_keys(&self, environment: Environment, typed: &str) -> Vec<LookupKey> {
        let default_country = self.settings(environment).default_country;
        let number = Recipient::parse_accepting(typed, default_country, Accept::Possible).ok();
        let number = number.map(|recipient| self.inner.key.number(&recipient.number));
        let user = UserId::parse(typed).ok().map(|id| self.inner.key.user(&User::Id(id)));
        number.into_iter().chain(user).collect()
    }

    /// Returns the events of the user with this id or whole number, oldest first; at most the newest
    /// 500 of each.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn events_of(
        &self,
        environment: Environment,
        typed: &str,
    ) -> Result<Vec<Event>, EngineError> {
        let mut found: Vec<Event> = Vec::new();
        for key in self.lookup_keys(environment, typed) {
            let query = EventQuery::OfUser { environment, user: key, number: key };
            let events = self.events(query).await?;
            let known = |event: &Event| found.iter().any(|known| known.id == event.id);
            let new: Vec<Event> = events.into_iter().filter(|event| !known(event)).collect();
            found.extend(new);
        }
        found.sort_by_key(|event| event.at);
        Ok(found)
    }

    /// Returns under what the store finds an id or a whole number, if it has them.
    pub fn keys_of(&self, environment: Environment, typed: &str) -> Vec<LookupKey> {
        let default_country = self.settings(environment).default_country;
        let number = Recipient::parse_accepting(typed, default_country, Accept::Possible).ok();
        let number = number.map(|recipient| self.inner.key.number(&recipient.number));
        let user = UserId::parse(typed).ok().map(|id| self.inner.key.user(&User::Id(id)));
        number.into_iter().chain(user).collect()
    }

    /// Returns the text that stands for a user in store and log, by the deck's settings.
    pub(super) fn label(&self, user: &User) -> String {
        match user {
            User::Id(_) if !self.config().deck.show_user_ids => {
                self.inner.key.user(user).short_name()
            }
            user => user.label(),
        }
    }

    /// Returns the newest 500 events about the codes of a user and their number, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn user_story(
        &self,
        environment: Environment,
        row: &QuotaRow,
    ) -> Result<Vec<Event>, EngineError> {
        let (user, number) = (row.user.key, row.number.key);
        self.events(EventQuery::OfUser { environment, user, number }).await
    }
}
