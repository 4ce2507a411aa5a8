//! The history of the demonstration's deck: requests for codes before it begins.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::config::Config;
use crate::domain::delivery::DeliveryStatus as S;
use crate::domain::environment::Environment as E;
use crate::domain::phone::Recipient;
use crate::domain::routing::route;
use crate::domain::secret::DeckKey;
use crate::domain::user::{User, UserId};
use crate::store::{
    Attempt, DeliveryId, Lease, Remedy, Reservation, Reserved, StatusReport, Store, StoreError,
    Subject, Unlock,
};

/// One request for a code, and what followed.
struct Request {
    environment: E,
    user: &'static str,
    number: &'static str,
    /// When it was made, in seconds before the beginning.
    ago: i64,
    /// What the provider reported.
    fate: Fate,
    /// What the user, or an operator, did afterwards.
    follow_up: FollowUp,
}

/// The outcome at the provider.
#[derive(Clone, Copy)]
enum Fate {
    Delivered,
    /// Sent, and no receipt came.
    NoReceipt,
    /// Not delivered, with this error code.
    Undelivered(u32),
    /// Given up by the provider, with this error code.
    Failed(u32),
    /// Rejected by the provider, with this error code; not counted.
    Refused(u32),
    /// Canceled by an operator.
    Canceled,
    /// The response got lost, and no message was found.
    NeverWent,
}

/// What happens after the request, with the seconds after it.
#[derive(Clone, Copy)]
enum FollowUp {
    None,
    /// The user enters the code.
    Verified(i64),
    /// The user enters a wrong code.
    Mistyped(i64),
    /// An operator unlocks the user.
    Unlocked(i64),
}

const fn code(
    environment: E,
    user: &'static str,
    number: &'static str,
    ago: i64,
    fate: Fate,
    follow_up: FollowUp,
) -> Request {
    Request { environment, user, number, ago, fate, follow_up }
}

/// Everything that had happened, oldest first.
#[rustfmt::skip]
const STORY: [Request; 25] = [
    code(E::Production, "s.berg", "+4915112345678", 3_000, Fate::Delivered, FollowUp::None),
    code(E::Production, "s.berg", "+4915112345678", 2_940, Fate::Delivered, FollowUp::None),
    code(E::Production, "s.berg", "+4915112345678", 2_880, Fate::Delivered, FollowUp::Unlocked(95)),
    code(E::Production, "a.oneill", "+447911123456", 2_400, Fate::Delivered, FollowUp::Verified(24)),
    code(E::Production, "c.rojas", "+573104445566", 1_900, Fate::Delivered, FollowUp::Verified(31)),
    code(E::Test, "robot", "+573001234567", 1_500, Fate::Delivered, FollowUp::Verified(2)),
    code(E::Production, "t.weber", "+4369912345678", 1_120, Fate::Delivered, FollowUp::Verified(19)),
    code(E::Development, "k.wagner", "+4915123456789", 820, Fate::Delivered, FollowUp::Verified(17)),
    code(E::Development, "p.novak", "+14165550123", 700, Fate::Refused(21610), FollowUp::None),
    code(E::Production, "h.silva", "+5511912345678", 660, Fate::Delivered, FollowUp::None),
    code(E::Development, "y.tanaka", "+819012345678", 610, Fate::NeverWent, FollowUp::None),
    code(E::Production, "h.silva", "+5511912345678", 590, Fate::NoReceipt, FollowUp::None),
    code(E::Development, "m.ruiz", "+573015558820", 540, Fate::Undelivered(30003), FollowUp::None),
    code(E::Development, "l.marin", "+573157770042", 480, Fate::NoReceipt, FollowUp::None),
    code(E::Production, "h.silva", "+5511912345678", 410, Fate::Delivered, FollowUp::Mistyped(40)),
    code(E::Development, "jdoe", "+573001234567", 330, Fate::Delivered, FollowUp::None),
    code(E::Development, "e.costa", "+351912345678", 300, Fate::Canceled, FollowUp::None),
    code(E::Production, "c.rojas", "+573104445566", 280, Fate::Delivered, FollowUp::Verified(22)),
    code(E::Development, "jdoe", "+573001234567", 240, Fate::Delivered, FollowUp::None),
    code(E::Production, "n.dubois", "+33612345678", 190, Fate::Delivered, FollowUp::Verified(15)),
    code(E::Development, "a.oneill", "+447911123456", 130, Fate::Failed(30007), FollowUp::None),
    code(E::Development, "m.ruiz", "+573015558820", 75, Fate::Delivered, FollowUp::Mistyped(25)),
    code(E::Production, "t.weber", "+4369912345678", 60, Fate::Delivered, FollowUp::Verified(14)),
    code(E::Development, "jdoe", "+573001234567", 33, Fate::Delivered, FollowUp::None),
    code(E::Development, "jdoe", "+573001234567", 15, Fate::Delivered, FollowUp::None),
];

/// Writes the whole history into an empty store, in the order in which it happened.
pub(super) async fn write(
    store: &Store,
    key: &DeckKey,
    config: &Config,
    beginning: Timestamp,
) -> Result<(), StoreError> {
    let mut steps = Vec::new();
    let mut writers = Vec::new();
    for request in &STORY {
        let at = beginning.saturating_sub(SignedDuration::from_secs(request.ago));
        let writer =
            Writer { store, key, config, at: at.unwrap_or_default(), request, delivery: None };
        let own = writer.steps().into_iter();
        steps.extend(own.map(|(after, step)| (writer.after(after), writers.len(), step)));
        writers.push(writer);
    }
    // Steps of the same moment stay in the order of the story.
    steps.sort_by_key(|(at, ..)| *at);
    for (_, writer, step) in steps {
        writers[writer].write(step).await?;
    }
    Ok(())
}

/// What happens to a request at one moment.
#[derive(Clone, Copy)]
enum Step {
    /// The code is requested.
    Ask,
    /// The provider reports a status, this many milliseconds after the request.
    Report(i64, S, Option<u32>),
    /// The user, or an operator, does something.
    FollowUp,
}

/// Writes one request.
struct Writer<'a> {
    store: &'a Store,
    key: &'a DeckKey,
    config: &'a Config,
    at: Timestamp,
    request: &'a Request,
    /// The delivery, once the code was requested and went out.
    delivery: Option<DeliveryId>,
}

impl Writer<'_> {
    /// Returns everything that happens, with its time in milliseconds after the request.
    fn steps(&self) -> Vec<(i64, Step)> {
        let reports = self.reports().into_iter();
        let reports =
            reports.map(|(after, status, code)| (after, Step::Report(after, status, code)));
        let mut steps: Vec<(i64, Step)> = [(0, Step::Ask)].into_iter().chain(reports).collect();
        match self.request.follow_up {
            FollowUp::None => {}
            FollowUp::Verified(after) | FollowUp::Mistyped(after) | FollowUp::Unlocked(after) => {
                steps.push((after * 1_000, Step::FollowUp));
            }
        }
        steps
    }

    async fn write(&mut self, step: Step) -> Result<(), StoreError> {
        match (step, self.delivery) {
            (Step::Ask, _) => {
                let Some(reservation) = self.reservation() else { return Ok(()) };
                let reserved = self.store.reserve(|_| reservation, |_| [0; 32]).await?;
                if let Reserved::Slot { delivery, .. } = reserved {
                    self.delivery = Some(delivery);
                }
                Ok(())
            }
            // Nothing follows a refused request.
            (_, None) => Ok(()),
            (Step::Report(after, status, error_code), Some(delivery)) => {
                let has_sid = status.is_with_provider() || status.is_final();
                let has_sid = has_sid && !status.releases_slot();
                let report = StatusReport {
                    delivery,
                    at: self.after(after),
                    status,
                    sid: has_sid.then(|| format!("SM{:032x}", delivery.0)),
                    error_code,
                    request_id: None,
                    detail: (status == S::Delivered)
                        .then(|| format!("after {}.{} s", after / 1_000, after % 1_000 / 100)),
                    fault: None,
                    took: (status == S::Delivered)
                        .then(|| Duration::from_millis(after.unsigned_abs())),
                };
                self.store.report(report).await.map(drop)
            }
            (Step::FollowUp, Some(_)) => self.write_follow_up().await,
        }
    }

    async fn write_follow_up(&self) -> Result<(), StoreError> {
        let Some(Reservation { user, number, rule, .. }) = self.reservation() else {
            return Ok(());
        };
        let Request { environment, follow_up, .. } = *self.request;
        let attempt = |seconds| Attempt {
            environment,
            number: number.key,
            user: Some(user.key),
            recipient: number.label.clone(),
            at: self.after(seconds * 1_000),
        };
        match follow_up {
            FollowUp::None => {}
            FollowUp::Verified(seconds) => {
                self.store.verify(attempt(seconds), |_, _| [0; 32]).await?;
            }
            FollowUp::Mistyped(seconds) => {
                self.store.verify(attempt(seconds), |_, _| [1; 32]).await?;
            }
            FollowUp::Unlocked(seconds) => {
                let unlock = Unlock {
                    environment,
                    user: user.clone(),
                    number: number.clone(),
                    remedy: Remedy::AllCodes,
                    rule,
                    at: self.after(seconds * 1_000),
                    by: "console by ana on demo".to_owned(),
                    reason: "was abroad, asked by phone".to_owned(),
                };
                self.store.unlock(unlock).await?;
            }
        }
        Ok(())
    }

    /// Returns the moment this many milliseconds after the request.
    fn after(&self, milliseconds: i64) -> Timestamp {
        self.at.saturating_add(SignedDuration::from_millis(milliseconds)).unwrap_or_default()
    }

    /// Returns the request for the store; `None` where the settings would have refused it.
    fn reservation(&self) -> Option<Reservation> {
        let Request { environment, user, number, .. } = *self.request;
        let settings = &self.config.environments[environment];
        let recipient = Recipient::parse(number, settings.default_country).ok()?;
        let route = route(&settings.from_numbers, &recipient, None).ok()?;
        let number = &recipient.number;
        let user = User::Id(UserId::parse(user).ok()?);
        let validity = SignedDuration::from_mins(settings.code_validity.get().into());
        Some(Reservation {
            environment,
            user: Subject { key: self.key.user(&user), label: user.label() },
            number: Subject { key: self.key.number(number), label: number.masked() },
            country: number.country(),
            sender: route.sender.clone(),
            reason: route.reason,
            segments: 1,
            rule: settings.quota_rule(),
            valid_until: self.at.saturating_add(validity).unwrap_or_default(),
            at: self.at,
            asked_by: "sign-in".to_owned(),
            is_audited: true,
            lease: Lease { owner: 0, until: self.at },
            account: settings.provider.account(),
            block: self.key.block(number),
            limits: settings.limits.clone(),
            credentials: None,
        })
    }

    /// Returns the reports of the provider: when, which status, and which error code.
    fn reports(&self) -> Vec<(i64, S, Option<u32>)> {
        let queued = (190, S::Queued, None);
        let sent = (1_100, S::Sent, None);
        let (is_sent, end) = match self.request.fate {
            Fate::Delivered => (true, (2_300, S::Delivered, None)),
            Fate::NoReceipt => (true, (360_000, S::SentNoReceipt, None)),
            Fate::Undelivered(code) => (true, (4_200, S::Undelivered, Some(code))),
            Fate::Failed(code) => (false, (1_400, S::Failed, Some(code))),
            Fate::Refused(code) => (false, (210, S::Refused, Some(code))),
            Fate::Canceled => (false, (9_000, S::Canceled, None)),
            Fate::NeverWent => (false, (75_000, S::NotSent, None)),
        };
        match self.request.fate {
            Fate::Refused(_) => vec![end],
            Fate::NeverWent => vec![(15_000, S::Unknown, None), end],
            _ if is_sent => vec![queued, sent, end],
            _ => vec![queued, end],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requests_are_in_order_of_time() {
        assert!(STORY.windows(2).all(|pair| pair[0].ago >= pair[1].ago));
    }
}
