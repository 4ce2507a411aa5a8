//! Finds out what became of a message whose outcome is not known: after an unclear answer, or
//! after the death of the process that was sending it.
//!
//! Creating a message is not idempotent, so it is never sent again. It is looked for in the
//! provider's own list instead, by what the store knows: the keyed hash of its recipient, and
//! the keyed hash of the code in its text.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::listings::{Messages, NotListed};
use super::poll::{Followed, Polled, Poller};
use super::status_details::StatusDetails;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::phone::PhoneNumber;
use crate::domain::secret::DeckKey;
use crate::domain::sender::Sender;
use crate::provider::{Capability, Listing, MessageState};
use crate::store::Unfinished;

/// How much longer ago than the request the message may have been made: what this host's clock
/// may have been set back since.
const CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_mins(5);

/// Digits of a code.
const CODE_LENGTH: usize = 6;

/// How long everyone waits when the provider returns 429.
const PAUSE: Duration = Duration::from_secs(5);

impl Poller {
    /// Looks once for a message whose SID is not known. One whose sender has ended while it was
    /// handed over is unclear from the first look in vain on, whatever the look failed of.
    pub(super) async fn reconcile(&self, followed: &Followed, due: Instant) -> Polled {
        let lost = match self.store.unfinished(followed.delivery).await {
            Ok(Some(lost)) => lost,
            Ok(None) => return Polled::Ended,
            Err(_) => return Polled::Later(None),
        };
        if let Some(sid) = lost.sid {
            return Polled::Found(sid);
        }
        if lost.status == DeliveryStatus::Reserved {
            let details = StatusDetails::in_words("the process ended before sending it");
            return self.record(followed, DeliveryStatus::NotSent, details).await;
        }
        let polled = self.look_for(followed, &lost, due).await;
        if lost.status == DeliveryStatus::Submitting && !matches!(polled, Polled::Found(_)) {
            let details = StatusDetails::in_words(
                "the sending process ended; it may have been sent, so it counts",
            );
            // No news where the look has just found its end.
            self.record(followed, DeliveryStatus::Unknown, details).await;
        }
        polled
    }

    /// Looks for a message in the list of the provider.
    async fn look_for(&self, followed: &Followed, lost: &Unfinished, due: Instant) -> Polled {
        let Some(client) = self.client(followed).await else { return Polled::Later(None) };
        if !client.can(Capability::ListMessages) {
            return Polled::Later(None);
        }
        let age = self.clock.now().duration_since(lost.at);
        let (from, within) = search(lost, age);
        let messages = Messages { account: followed.account.clone(), from };
        let (environment, asker) = (followed.environment, (&client, &self.clock));
        let listed = self.listings.list(asker, environment, &messages, (within, due)).await;
        let listing = match listed.outcome {
            Ok(listing) => listing,
            Err(NotListed::Busy) => return Polled::Pause(PAUSE),
            Err(NotListed::Refused) => return Polled::Refused,
            Err(NotListed::Failed) => return Polled::Later(None),
        };
        for message in &listing.messages {
            if likeness(message, lost, &self.key) == Likeness::Same {
                match self.adopt(followed, message).await {
                    Polled::Ended => {}
                    found => return found,
                }
            }
        }
        self.missed(followed, lost, (&listing, listed.begun)).await
    }

    /// Takes a message that was found for the one that was lost; `Ended` if another delivery
    /// has it already.
    async fn adopt(&self, followed: &Followed, message: &MessageState) -> Polled {
        let details = StatusDetails {
            sid: Some(message.sid.clone()),
            error_code: message.error_code,
            request_id: message.request_id.clone(),
            ..StatusDetails::in_words("found in the provider's list: it was sent")
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
    async fn missed(
        &self,
        followed: &Followed,
        lost: &Unfinished,
        (listing, begun): (&Listing, Timestamp),
    ) -> Polled {
        let may_be_sent = lost.valid_until.is_some_and(|until| begun < until);
        if !listing.is_complete || may_be_sent {
            return Polled::Later(None);
        }
        // A message whose text the provider has redacted may be the one, or one that has the code but
        // another number.
        let may_be = |message: &&MessageState| {
            is_redacted(message) || likeness(message, lost, &self.key) != Likeness::Other
        };
        for message in listing.messages.iter().filter(may_be) {
            if !matches!(self.store.has_sid(message.sid.clone()).await, Ok(true)) {
                return Polled::Later(None);
            }
        }
        let Ok(first) = self.store.record_missing(followed.delivery, begun).await else {
            return Polled::Later(None);
        };
        // Two lists, not one that was looked through twice.
        let waited = Duration::try_from(begun.duration_since(first)).unwrap_or_default();
        if waited < self.look_again || first == begun {
            let passed = self.clock.now().duration_since(first);
            let passed = Duration::try_from(passed).unwrap_or_default();
            return Polled::After(self.look_again.saturating_sub(passed));
        }
        let lease = self.leaseholder.lease(self.clock.now());
        match self.store.renew(followed.delivery, lease).await {
            Ok(true) => {
                let details =
                    StatusDetails::in_words("the provider does not list it: it was never sent");
                self.record(followed, DeliveryStatus::NotSent, details).await
            }
            Ok(false) => Polled::Ended,
            Err(_) => Polled::Later(None),
        }
    }
}

/// What to look through, and how far back: the messages from the sender since the code was asked for. Never those
/// to the recipient: their numbers may be hidden. A Messaging Service's messages have no sender
/// at first, and a name may be replaced where it is not allowed, so for these all are looked
/// through. So they are where the clock says that the code is asked for in the future.
fn search(lost: &Unfinished, age: SignedDuration) -> (Option<String>, Option<SignedDuration>) {
    let is_fixed =
        matches!(Sender::parse(&lost.sender), Ok(Sender::Number(_) | Sender::ShortCode(_)));
    let from = is_fixed.then(|| lost.sender.clone());
    let within = (!age.is_negative()).then(|| age.saturating_add(CLOCK_DIFFERENCE));
    (from, within)
}

/// Whether no one can tell any more which code a message carried.
fn is_redacted(message: &MessageState) -> bool {
    message.body.as_deref().unwrap_or_default().is_empty()
}

/// How much a listed message is like the one that was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Likeness {
    /// It is the one: it has the code somewhere in its text (a trial account puts words of its own
    /// before it), and went to the same number. Where the provider hides the number, the code alone
    /// decides: a mistake keeps a slot that could be given back.
    Same,
    /// It has the code, but went to a number that is another one, or is spelled in an unknown way.
    /// It is not taken for the one, but while it is no one else's, the one is not missing.
    SameCode,
    /// It is another one.
    Other,
}

fn likeness(message: &MessageState, lost: &Unfinished, key: &DeckKey) -> Likeness {
    let Some((challenge, digest)) = lost.code else { return Likeness::Other };
    let body = message.body.as_deref().unwrap_or_default().as_bytes();
    let has_code = body
        .windows(CODE_LENGTH)
        .filter(|window| window.iter().all(u8::is_ascii_digit))
        .any(|code| key.code(lost.environment, lost.user, challenge.0, code) == digest);
    if !has_code {
        return Likeness::Other;
    }
    let recipient = message.to.as_deref().and_then(|to| PhoneNumber::parse_possible(to).ok());
    match recipient {
        Some(number) if !is_number(&number, lost, key) => Likeness::SameCode,
        _ => Likeness::Same,
    }
}

/// Whether a listed number is the one that was texted, in any of its spellings.
fn is_number(listed: &PhoneNumber, lost: &Unfinished, key: &DeckKey) -> bool {
    let is_same = |number: &PhoneNumber| key.number(number) == lost.number;
    is_same(listed) || listed.other_spellings().iter().any(is_same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::environment::Environment;
    use crate::domain::user::User;
    use crate::store::{ChallengeId, DeliveryId};

    fn number(text: &str) -> PhoneNumber {
        PhoneNumber::parse_possible(text).unwrap()
    }

    fn lost(key: &DeckKey, texted: &str) -> Unfinished {
        let (environment, texted) = (Environment::Test, number(texted));
        let user = key.user(&User::Number(texted.clone()));
        let challenge = ChallengeId(7);
        Unfinished {
            delivery: DeliveryId(1),
            environment,
            status: DeliveryStatus::Unknown,
            sid: None,
            at: jiff::Timestamp::UNIX_EPOCH,
            sender: "72404".to_owned(),
            account: None,
            number: key.number(&texted),
            user,
            code: Some((challenge, key.code(environment, user, challenge.0, b"012345"))),
            valid_until: None,
        }
    }

    fn listed(to: &str, body: &str) -> MessageState {
        MessageState {
            sid: format!("SM{}", "0a".repeat(16)),
            status: Some(DeliveryStatus::Sent),
            status_text: "sent".to_owned(),
            error_code: None,
            error_message: None,
            request_id: None,
            to: Some(to.to_owned()),
            body: Some(body.to_owned()),
            sent: None,
            took: None,
        }
    }

    #[test]
    fn a_listed_text_with_the_code_is_never_another_one() {
        let key = DeckKey::new([3; 32]);
        let text = "012345 is your sign-in code.";
        for (texted, spelled, likeness_of_it) in [
            ("+5491123456789", "+5491123456789", Likeness::Same),
            ("+5491123456789", "+541123456789", Likeness::Same),
            ("+541123456789", "+5491123456789", Likeness::Same),
            ("+525512345678", "+5215512345678", Likeness::Same),
            ("+5511987654321", "+551187654321", Likeness::Same),
            ("+2250102030405", "+22502030405", Likeness::Same),
            ("+2290195123456", "+22995123456", Likeness::Same),
            ("+573001234567", "3001234567", Likeness::Same),
            ("+573001234567", "+57300XXXX567", Likeness::Same),
            ("+573001234567", "", Likeness::Same),
            ("+573001234567", "+573007654321", Likeness::SameCode),
        ] {
            let found = likeness(&listed(spelled, text), &lost(&key, texted), &key);
            assert_eq!(found, likeness_of_it, "{texted} listed as {spelled}");
            let trial = format!("Sent from your trial account - {text}");
            assert_ne!(
                likeness(&listed(spelled, &trial), &lost(&key, texted), &key),
                Likeness::Other
            );
            let other = listed(spelled, "543210 is your sign-in code.");
            assert_eq!(likeness(&other, &lost(&key, texted), &key), Likeness::Other);
        }
    }
}
