//! The pause in sending while an account refuses its credentials: asking again for every user would
//! fail each time, and could get the account blocked.
//!
//! There is no flag that could get stuck: the pause follows from the newest response in the log,
//! and so is the same in every process.

use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};

use super::error::RequestError;
use super::open::Engine;
use crate::domain::environment::Environment;
use crate::provider::ErrorCode;
use crate::store::StoreError;

/// How long nothing is sent after a refusal; then a request shows whether it still applies.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

impl Engine {
    /// Refuses a request while sending is paused: the account has refused its credentials a short
    /// time ago, and neither settings nor tokens have changed since.
    pub(super) async fn check_pause(
        &self,
        environment: Environment,
        now: Timestamp,
    ) -> Result<(), RequestError> {
        let Some((at, Some(code))) = self.newest_answer(environment).await? else {
            return Ok(());
        };
        let until = at + PAUSE;
        // A clock that was set back must not make the pause longer.
        let is_over = now >= until || now < at;
        let provider = self.settings(environment).provider.kind();
        let refuses = ErrorCode::new(provider, code).class().refuses_credentials();
        if !refuses || is_over || self.was_changed_since(at) {
            return Ok(());
        }
        Err(RequestError::Paused { environment, code, until, now })
    }

    async fn newest_answer(
        &self,
        environment: Environment,
    ) -> Result<Option<(Timestamp, Option<u32>)>, StoreError> {
        self.store()?.newest_answer(environment).await
    }

    /// Whether a file of the deck was written after a moment; one that cannot be read counts as not
    /// written.
    pub(super) fn was_changed_since(&self, at: Timestamp) -> bool {
        let paths = &self.inner.paths;
        [&paths.config, &paths.secrets].into_iter().any(|path| {
            let written = std::fs::metadata(path).and_then(|file| file.modified());
            written.is_ok_and(|written| written > SystemTime::from(at))
        })
    }
}
