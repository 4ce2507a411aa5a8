//! The engine in the hands of an operator: whatever acts is asked of it, and by it alone.
//!
//! What only reads is asked of the [`Engine`]; the background follower acts for no one.

use jiff::SignedDuration;

use super::error::EngineError;
use super::open::Engine;
use super::operator::{Operator, ReadOnly};

/// An engine that acts for an operator. Cheap to make, one for each call if need be.
#[derive(Clone, Copy)]
pub struct ActingEngine<'a> {
    pub(super) engine: &'a Engine,
    pub(super) operator: &'a Operator,
}

impl Engine {
    /// Returns the engine acting for an operator.
    pub const fn by<'a>(&'a self, operator: &'a Operator) -> ActingEngine<'a> {
        ActingEngine { engine: self, operator }
    }
}

impl ActingEngine<'_> {
    /// Refuses an operator who may only look.
    pub(super) const fn may_act(self) -> Result<(), ReadOnly> {
        self.operator.may_act()
    }

    /// Takes over the deliveries that no one follows any more, and from then on those whose
    /// process dies. For a face that stays; to be repeated when the store has changed. Does
    /// nothing for an operator who may only look.
    pub async fn take_over(self) {
        if self.may_act().is_ok() {
            self.engine.inner.follower.take_over().await;
        }
    }

    /// Tries what a send needs of the store, without leaving anything there. Does nothing for an
    /// operator who may only look.
    ///
    /// # Errors
    /// When nothing can be sent, because the store cannot be written.
    pub async fn probe_store(self) -> Result<(), EngineError> {
        let store = self.engine.store()?;
        if self.may_act().is_ok() {
            store.probe().await?;
        }
        Ok(())
    }

    /// Forgets sends and events that are older than the settings say. In small steps, so that
    /// no send waits; the audit stays. `on_progress` is called with the number of rows forgotten
    /// so far. Dropping the future stops it, and the next one goes on from there.
    ///
    /// # Errors
    /// When the operator may only look, or the store cannot be written.
    pub async fn prune(self, on_progress: impl Fn(usize)) -> Result<(), EngineError> {
        self.may_act()?;
        let engine = self.engine;
        let days = i64::from(engine.config().deck.retention_days.get());
        let kept = SignedDuration::from_hours(24 * days);
        let owner = engine.inner.leaseholder.owner;
        Ok(engine.store()?.prune(owner, kept, engine.now(), on_progress).await?)
    }
}
