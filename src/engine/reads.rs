//! What anyone may read of a deck: its quota and its events.

use super::error::EngineError;
use super::open::Engine;
use crate::domain::environment::Environment;
use crate::store::{
    Cursor, Event, EventFilter, EventPage, EventQuery, Position, QuotaQuery, QuotaRow,
};

impl Engine {
    /// Users with codes that still matter, locked ones first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn quota_rows(&self, environment: Environment) -> Result<Vec<QuotaRow>, EngineError> {
        Ok(self.store()?.quota_rows(self.quota_query(environment)).await?)
    }

    /// Asks for everyone, judged by the settings in force at this moment.
    pub(super) fn quota_query(&self, environment: Environment) -> QuotaQuery {
        let rule = self.settings(environment).quota_rule();
        QuotaQuery { environment, key: None, rule, now: self.now() }
    }

    /// The events that are asked for, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn events(&self, query: EventQuery) -> Result<Vec<Event>, EngineError> {
        Ok(self.store()?.events(query).await?)
    }

    /// Up to `limit` events from a place in the log on, of all environments and processes, in the
    /// order in which they happened.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn events_after(
        &self,
        cursor: Cursor,
        limit: usize,
    ) -> Result<EventPage, EngineError> {
        Ok(self.store()?.events_after(cursor, limit).await?)
    }

    /// The newest so many events between two places in the log that a filter lets through, oldest
    /// first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn matching_events(
        &self,
        filter: EventFilter,
        between: (Cursor, Cursor),
        limit: usize,
    ) -> Result<Vec<Event>, EngineError> {
        Ok(self.store()?.matching_events(filter, between, limit).await?)
    }

    /// A place in the log, to read on from.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn cursor(&self, position: Position) -> Result<Cursor, EngineError> {
        Ok(self.store()?.cursor(position).await?)
    }
}
