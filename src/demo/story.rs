//! What had happened on the demonstration's deck before it begins.

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

/// One request for a code, and what came of it.
struct Request {
    environment: E,
    user: &'static str,
    number: &'static str,
    /// Seconds before the beginning at which it was asked for.
    ago: i64,
    /// What the provider told.
    fate: Fate,
    /// What the user, or somebody for the user, did afterwards.
    sequel: Sequel,
}

#[derive(Clone, Copy)]
enum Fate {
    Delivered,
    /// Sent, and no receipt ever.
    NoReceipt,
    /// Not delivered, with this error code.
    Undelivered(u32),
    /// Given up by the provider, with this error code.
    Failed(u32),
    /// Not taken by the provider, with this error code; not counted.
    Refused(u32),
    /// Called back by an operator.
    Canceled,
    /// The answer got lost, and no message was found.
    NeverWent,
}

#[derive(Clone, Copy)]
enum Sequel {
    None,
    /// Typed the code in so many seconds later.
    Verified(i64),
    /// Mistyped it so many seconds later.
    Mistyped(i64),
    /// Was unlocked so many seconds later.
    Unlocked(i64),
}

const fn code(
    environment: E,
    user: &'static str,
    number: &'static str,
    ago: i64,
    fate: Fate,
    sequel: Sequel,
) -> Request {
    Request { environment, user, number, ago, fate, sequel }
}

/// Everything that had happened, oldest first.
#[rustfmt::skip]
const STORY: [Request; 25] = [
    code(E::Production, "s.berg", "+4915112345678", 3_000, Fate::Delivered, Sequel::None),
    code(E::Production, "s.berg", "+4915112345678", 2_940, Fate::Delivered, Sequel::None),
    code(E::Production, "s.berg", "+4915112345678", 2_880, Fate::Delivered, Sequel::Unlocked(95)),
    code(E::Production, "a.oneill", "+447911123456", 2_400, Fate::Delivered, Sequel::Verified(24)),
    code(E::Production, "c.rojas", "+573104445566", 1_900, Fate::Delivered, Sequel::Verified(31)),
    code(E::Test, "robot", "+573001234567", 1_500, Fate::Delivered, Sequel::Verified(2)),
    code(E::Production, "t.weber", "+4369912345678", 1_120, Fate::Delivered, Sequel::Verified(19)),
    code(E::Development, "k.wagner", "+4915123456789", 820, Fate::Delivered, Sequel::Verified(17)),
    code(E::Development, "p.novak", "+14165550123", 700, Fate::Refused(21610), Sequel::None),
    code(E::Production, "h.silva", "+5511912345678", 660, Fate::Delivered, Sequel::None),
    code(E::Development, "y.tanaka", "+819012345678", 610, Fate::NeverWent, Sequel::None),
    code(E::Production, "h.silva", "+5511912345678", 590, Fate::NoReceipt, Sequel::None),
    code(E::Development, "m.ruiz", "+573015558820", 540, Fate::Undelivered(30003), Sequel::None),
    code(E::Development, "l.marin", "+573157770042", 480, Fate::NoReceipt, Sequel::None),
    code(E::Production, "h.silva", "+5511912345678", 410, Fate::Delivered, Sequel::Mistyped(40)),
    code(E::Development, "jdoe", "+573001234567", 330, Fate::Delivered, Sequel::None),
    code(E::Development, "e.costa", "+351912345678", 300, Fate::Canceled, Sequel::None),
    code(E::Production, "c.rojas", "+573104445566", 280, Fate::Delivered, Sequel::Verified(22)),
    code(E::Development, "jdoe", "+573001234567", 240, Fate::Delivered, Sequel::None),
    code(E::Production, "n.dubois", "+33612345678", 190, Fate::Delivered, Sequel::Verified(15)),
    code(E::Development, "a.oneill", "+447911123456", 130, Fate::Failed(30007), Sequel::None),
    code(E::Development, "m.ruiz", "+573015558820", 75, Fate::Delivered, Sequel::Mistyped(25)),
    code(E::Production, "t.weber", "+4369912345678", 60, Fate::Delivered, Sequel::Verified(14)),
    code(E::Development, "jdoe", "+573001234567", 33, Fate::Delivered, Sequel::None),
    code(E::Development, "jdoe", "+573001234567", 15, Fate::Delivered, Sequel::None),
];

/// Writes all of it into an empty store, as it would have been written at its time: what happened to
/// several codes at once stands in the order in which it happened.
pub(super) async fn tell(
    store: &Store,
    key: &DeckKey,
    config: &Config,
    beginning: Timestamp,
) -> Result<(), StoreError> {
    let mut steps = Vec::new();
    let mut tellers = Vec::new();
    for request in &STORY {
        let at = beginning.saturating_sub(SignedDuration::from_secs(request.ago));
        let teller =
            Teller { store, key, config, at: at.unwrap_or_default(), request, delivery: None };
        let own = teller.steps().into_iter();
        steps.extend(own.map(|(after, step)| (teller.after(after), tellers.len(), step)));
        tellers.push(teller);
    }
    // What happened at the same moment stays in the order of the story.
    steps.sort_by_key(|(at, ..)| *at);
    for (_, teller, step) in steps {
        tellers[teller].tell(step).await?;
    }
    Ok(())
}

/// What is told of a request at one moment.
#[derive(Clone, Copy)]
enum Step {
    /// It was asked for.
    Ask,
    /// The provider told of it, so many milliseconds after the request.
    Report(i64, S, Option<u32>),
    /// The user, or somebody for the user, did something.
    Sequel,
}

/// Tells of one request.
struct Teller<'a> {
    store: &'a Store,
    key: &'a DeckKey,
    config: &'a Config,
    at: Timestamp,
    request: &'a Request,
    /// Once it was asked for, if a code went out.
    delivery: Option<DeliveryId>,
}

impl Teller<'_> {
    /// Everything that is told of it, with its time in milliseconds after the request.
    fn steps(&self) -> Vec<(i64, Step)> {
        let reports = self.reports().into_iter();
        let reports =
            reports.map(|(after, status, code)| (after, Step::Report(after, status, code)));
        let mut steps: Vec<(i64, Step)> = [(0, Step::Ask)].into_iter().chain(reports).collect();
        match self.request.sequel {
            Sequel::None => {}
            Sequel::Verified(after) | Sequel::Mistyped(after) | Sequel::Unlocked(after) => {
                steps.push((after * 1_000, Step::Sequel));
            }
        }
        steps
    }

    async fn tell(&mut self, step: Step) -> Result<(), StoreError> {
        match (step, self.delivery) {
            (Step::Ask, _) => {
                let Some(reservation) = self.reservation() else { return Ok(()) };
                let reserved = self.store.reserve(reservation, |_| [0; 32]).await?;
                if let Reserved::Slot { delivery, .. } = reserved {
                    self.delivery = Some(delivery);
                }
                Ok(())
            }
            // What was refused has no more to tell.
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
                    detail: None,
                };
                self.store.report(report).await.map(drop)
            }
            (Step::Sequel, Some(_)) => self.tell_sequel().await,
        }
    }

    async fn tell_sequel(&self) -> Result<(), StoreError> {
        let Some(Reservation { user, number, rule, .. }) = self.reservation() else {
            return Ok(());
        };
        let Request { environment, sequel, .. } = *self.request;
        let attempt = |seconds| Attempt {
            environment,
            number: number.key,
            user: Some(user.key),
            recipient: number.label.clone(),
            at: self.after(seconds * 1_000),
        };
        match sequel {
            Sequel::None => {}
            Sequel::Verified(seconds) => {
                self.store.verify(attempt(seconds), |_, _| [0; 32]).await?;
            }
            Sequel::Mistyped(seconds) => {
                self.store.verify(attempt(seconds), |_, _| [1; 32]).await?;
            }
            Sequel::Unlocked(seconds) => {
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

    /// So many milliseconds after the request.
    fn after(&self, milliseconds: i64) -> Timestamp {
        self.at.saturating_add(SignedDuration::from_millis(milliseconds)).unwrap_or_default()
    }

    /// The request as the store takes it; `None` where the settings would not have let it pass.
    fn reservation(&self) -> Option<Reservation> {
        let Request { environment, user, number, .. } = *self.request;
        let settings = &self.config.environments[environment];
        let recipient = Recipient::parse(number, settings.default_country).ok()?;
        let route = route(&settings.from_numbers, &recipient).ok()?;
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
            lease: Lease { owner: 0, until: self.at },
            account: settings.provider.account(),
            block: self.key.block(number),
            limits: settings.limits.clone(),
        })
    }

    /// What the provider told of it: when, what, and with which error code.
    fn reports(&self) -> Vec<(i64, S, Option<u32>)> {
        let queued = [(40, S::Submitting, None), (190, S::Queued, None)];
        let sent = [(1_100, S::Sent, None)];
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
            Fate::Refused(_) => vec![queued[0], end],
            Fate::NeverWent => vec![queued[0], (15_000, S::Unknown, None), end],
            _ if is_sent => queued.into_iter().chain(sent).chain([end]).collect(),
            _ => queued.into_iter().chain([end]).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_story_is_told_in_its_order() {
        assert!(STORY.windows(2).all(|pair| pair[0].ago >= pair[1].ago));
    }
}
