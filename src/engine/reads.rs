//! What anybody may read of a deck: its quota and its events.

use jiff::Timestamp;

use super::error::EngineError;
use super::open::Engine;
use crate::domain::environment::Environment;
use crate::store::{DeliveryId, Event, EventId, QuotaRow};

impl Engine {
    /// Users with codes that still matter, locked ones first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn quota_rows(&self, environment: Environment) -> Result<Vec<QuotaRow>, EngineError> {
        let rule = self.settings(environment).quota_rule();
        Ok(self.inner.store.quota_rows(environment, rule, self.now()).await?)
    }

    /// The id of the newest event, of whatever environment; 0 before the first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn newest_event(&self) -> Result<EventId, EngineError> {
        Ok(self.inner.store.newest_event().await?)
    }

    /// The id before the first event that is not older than a moment.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn event_before(&self, since: Timestamp) -> Result<EventId, EngineError> {
        Ok(self.inner.store.event_before(since).await?)
    }

    /// The newest events of an environment, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn latest_events(
        &self,
        environment: Environment,
        limit: usize,
    ) -> Result<Vec<Event>, EngineError> {
        Ok(self.inner.store.latest_events(environment, limit).await?)
    }

    /// Events of all environments after one already seen, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn events_after(
        &self,
        after: EventId,
        limit: usize,
    ) -> Result<Vec<Event>, EngineError> {
        Ok(self.inner.store.events_after(after, limit).await?)
    }

    /// The events of one delivery, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn story(&self, delivery: DeliveryId) -> Result<Vec<Event>, EngineError> {
        Ok(self.inner.store.events_of(delivery).await?)
    }
}
