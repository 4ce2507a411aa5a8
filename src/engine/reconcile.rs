//! Finds out what became of a message whose outcome is not known: after an unclear answer, or
//! after the death of the process that was sending it.
//!
//! Creating a message is not idempotent, so it is never sent again. It is looked for in the
//! provider's own list instead, by what the store knows: the keyed hash of its recipient, and
//! the keyed hash of the code in its text.

use std::time::Duration;

use jiff::SignedDuration;

use super::poll::{Followed, Polled, Poller};
use super::status_details::StatusDetails;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::phone::PhoneNumber;
use crate::domain::secret::DeckKey;
use crate::domain::sender::Sender;
use crate::provider::{Capability, Listing, MessageState, ProviderError, Search};
use crate::store::Unfinished;

/// How much longer ago than the request the message may have been made: what this host's clock
/// may have been set back since.
const CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_mins(5);

/// Messages of the provider's list that are looked through at most.
const MAX_LISTED: usize = 2_000;

/// Digits of a code.
const CODE_LENGTH: usize = 6;

/// How long everyone waits when the provider returns 429.
const PAUSE: Duration = Duration::from_secs(5);

impl Poller {
    /// Looks once for a message whose SID is not known.
    pub(super) async fn reconcile(&self, followed: &Followed) -> Polled {
        let lost = match self.store.unfinished(followed.delivery).await {
            Ok(Some(lost)) => lost,
            Ok(None) => return Polled::Ended,
            Err(_) => return Polled::Later(None),
        };
        if let Some(sid) = lost.sid {
            return Polled::Found(sid);
        }
        if lost.status == DeliveryStatus::Reserved {
            let details = StatusDetails::in_words("the process ended before it was handed over");
            return self.record(followed, DeliveryStatus::NotSent, details).await;
        }
        let Some(client) = self.client(followed).await else { return Polled::Later(None) };
        if !client.can(Capability::ListMessages) {
            return Polled::Later(None);
        }
        let age = self.clock.now().duration_since(lost.at);
        let listing = match client.list(&search(&lost, age)).await {
            Ok(listing) => listing,
            Err(ProviderError::Busy { .. }) => return Polled::Pause(PAUSE),
            Err(_) => return Polled::Later(None),
        };
        for message in listing.messages.iter().filter(|message| is_of(message, &lost, &self.key)) {
            match self.adopt(followed, message).await {
                Polled::Ended => {}
                found => return found,
            }
        }
        self.missed(followed, &lost, &listing).await
    }

    /// Takes a message that was found for the one that was lost; `Ended` if another delivery
    /// has it already.
    async fn adopt(&self, followed: &Followed, message: &MessageState) -> Polled {
        let details = StatusDetails {
            sid: Some(message.sid.clone()),
            error_code: message.error_code,
            request_id: message.request_id.clone(),
            ..StatusDetails::in_words("found in the provider's list: it went out")
        };
        let status = message.status.unwrap_or(DeliveryStatus::Accepted);
        let found = details.report(followed.delivery, self.clock.now(), status);
        match self.store.adopt(found).await {
            Ok(true) => {
                self.changed();
                Polled::Found(message.sid.clone())
            }
            Ok(false) => Polled::Ended,
            Err(_) => Polled::Later(None),
        }
    }

    /// Counts a look in vain. Only the second one, long enough after the first, over the whole
    /// list, and after the time within which the provider may send, means that the message never
    /// went out: one that waits in its queue need not be in the list.
    async fn missed(&self, followed: &Followed, lost: &Unfinished, listing: &Listing) -> Polled {
        let may_be_sent = lost.valid_until.is_some_and(|until| self.clock.now() < until);
        if !listing.is_complete || may_be_sent {
            return Polled::Later(None);
        }
        // A message whose text the provider has redacted may be the one.
        for message in listing.messages.iter().filter(|message| is_redacted(message)) {
            if !matches!(self.store.has_sid(message.sid.clone()).await, Ok(true)) {
                return Polled::Later(None);
            }
        }
        let now = self.clock.now();
        let Ok(first) = self.store.record_missing(followed.delivery, now).await else {
            return Polled::Later(None);
        };
        let waited = Duration::try_from(now.duration_since(first)).unwrap_or_default();
        if waited < self.look_again || first == now {
            return Polled::After(self.look_again.saturating_sub(waited));
        }
        match self.store.renew(followed.delivery, self.leaseholder.lease(now)).await {
            Ok(true) => {
                let details =
                    StatusDetails::in_words("the provider does not list it: it never went out");
                self.record(followed, DeliveryStatus::NotSent, details).await
            }
            Ok(false) => Polled::Ended,
            Err(_) => Polled::Later(None),
        }
    }
}

/// What to look through: the messages from the sender since the code was asked for. Never those
/// to the recipient: their numbers may be hidden. A Messaging Service's messages have no sender
/// at first, and a name may be replaced where it is not allowed, so for these all are looked
/// through. So they are where the clock says that the code is asked for in the future.
fn search(lost: &Unfinished, age: SignedDuration) -> Search<'_> {
    let is_fixed =
        matches!(Sender::parse(&lost.sender), Ok(Sender::Number(_) | Sender::ShortCode(_)));
    let from = is_fixed.then_some(lost.sender.as_str());
    let within = (!age.is_negative()).then(|| age.saturating_add(CLOCK_DIFFERENCE));
    Search { from, within, limit: MAX_LISTED }
}

/// Whether no one can tell any more which code a message carried.
fn is_redacted(message: &MessageState) -> bool {
    message.body.as_deref().unwrap_or_default().is_empty()
}

/// Whether a listed message is the one that was lost: with the same code somewhere in it (a
/// trial account puts words of its own before the text), to the same number. Where the provider
/// hides the number, the code alone decides: a mistake keeps a slot that could be given back.
fn is_of(message: &MessageState, lost: &Unfinished, key: &DeckKey) -> bool {
    let Some((challenge, digest)) = lost.code else { return false };
    let recipient = message.to.as_deref().and_then(|to| PhoneNumber::parse_possible(to).ok());
    if recipient.is_some_and(|number| key.number(&number) != lost.number) {
        return false;
    }
    let body = message.body.as_deref().unwrap_or_default().as_bytes();
    body.windows(CODE_LENGTH)
        .filter(|window| window.iter().all(u8::is_ascii_digit))
        .any(|code| key.code(lost.environment, lost.user, challenge.0, code) == digest)
}
