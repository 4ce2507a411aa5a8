//! Asks the provider about many deliveries at once, by listing its newest messages: a request for
//! each could not keep up with a busy deck.

use std::collections::HashMap;

use super::poll::{Followed, Polled, Poller};
use super::status_details::StatusDetails;
use crate::domain::delivery::DeliveryStatus;
use crate::provider::{Capability, MessageState, ProviderError, Search};
use crate::store::{DeliveryId, StatusReport};

/// The fewest deliveries of an account, due at the same time, for which a list is cheaper.
pub(super) const MIN_BATCH: usize = 8;

/// The most deliveries that are looked up in one list.
pub(super) const MAX_BATCH: usize = 1_000;

/// Messages that a list has at least, and for each delivery: newer ones stand before those that are
/// looked up.
const MIN_LISTED: usize = 1_000;
const LISTED_FOR_EACH: usize = 3;

impl Poller {
    /// Asks once about deliveries of one account whose SIDs are known. Those that the list does not
    /// have (they are older than what it reaches back to) come back as
    /// [`Polled::NotListed`](Polled::NotListed).
    pub(super) async fn poll_many(&self, batch: &[&Followed]) -> Vec<Polled> {
        let Some(first) = batch.first() else { return Vec::new() };
        let client = self.client(first).await.filter(|it| it.can(Capability::ListMessages));
        let Some(client) = client else { return batch.iter().map(|_| Polled::NotListed).collect() };
        let limit = MIN_LISTED.max(batch.len() * LISTED_FOR_EACH);
        let listed = client.list(&Search { from: None, within: None, limit }).await;
        self.note_outcome(first.environment, listed.as_ref().err());
        let listing = match listed {
            Ok(listing) => listing,
            Err(error) => return batch.iter().map(|_| failed(&error)).collect(),
        };
        let mut states: HashMap<String, MessageState> =
            listing.messages.into_iter().map(|it| (it.sid.clone(), it)).collect();
        let states: Vec<Option<MessageState>> = batch
            .iter()
            .map(|followed| states.remove(followed.sid.as_deref().unwrap_or_default()))
            .collect();
        self.take(batch, states).await
    }

    /// Records what is news, all of it in one write.
    async fn take(&self, batch: &[&Followed], states: Vec<Option<MessageState>>) -> Vec<Polled> {
        let (mut reports, mut polled) = (Vec::new(), Vec::with_capacity(batch.len()));
        for (followed, state) in batch.iter().zip(states) {
            polled.push(match state {
                None => Polled::NotListed,
                Some(state) => match state.status {
                    Some(status) if Some(status) != followed.status => {
                        reports.push(self.report_of(followed, status, state));
                        if status.is_final() { Polled::Ended } else { Polled::Later(Some(status)) }
                    }
                    status => Polled::Later(status),
                },
            });
        }
        let news: Vec<DeliveryId> = reports.iter().map(|report| report.delivery).collect();
        if !reports.is_empty() {
            match self.store.report_all(reports).await {
                Ok(_) => self.changed(),
                // A store that is busy now may take the reports the next time.
                Err(_) => {
                    for (followed, polled) in batch.iter().zip(&mut polled) {
                        if news.contains(&followed.delivery) {
                            *polled = Polled::Later(None);
                        }
                    }
                }
            }
        }
        let mut concluded = Vec::with_capacity(polled.len());
        for (followed, polled) in batch.iter().zip(polled) {
            concluded.push(self.conclude(followed, polled).await);
        }
        concluded
    }

    fn report_of(
        &self,
        followed: &Followed,
        status: DeliveryStatus,
        state: MessageState,
    ) -> StatusReport {
        let sid = Some(state.sid.clone());
        let details = StatusDetails { sid, ..StatusDetails::of(state) };
        details.report(followed.delivery, self.clock.now(), status)
    }
}

/// What a failed list means for each delivery that was to be looked up in it.
fn failed(error: &ProviderError) -> Polled {
    match error {
        ProviderError::Busy { retry_after } => Polled::paused(*retry_after),
        ProviderError::Refused(refusal) if refusal.class.refuses_credentials() => Polled::Refused,
        // A provider that refuses lists may answer about each.
        ProviderError::Refused(_) | ProviderError::NotFound => Polled::NotListed,
        _ => Polled::Later(None),
    }
}
