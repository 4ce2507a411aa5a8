//! The quota: how many codes a user may have.
//!
//! It is a pure function of the send log, the settings and the clock; there is no lock flag that
//! could get stuck.

use jiff::{SignedDuration, Timestamp};

use super::bounded::{CodesAllowed, TimeOut};

/// The rule of one environment: when `allowed` codes have been sent to a user within
/// `time_out`, no further code is sent until `time_out` after the last of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaRule {
    /// Codes allowed, 1 to 20.
    pub allowed: CodesAllowed,
    /// The time-out between code requests, 1 to 1440 minutes.
    pub time_out: TimeOut,
}

/// The state of a user's quota at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    /// A code may be sent.
    Open {
        /// Codes sent within the last time-out.
        used: u16,
        /// Codes that may still be sent, at least 1.
        left: u16,
    },
    /// No code may be sent before `unlock_at`; at exactly `unlock_at` one may.
    Locked {
        /// Codes sent in the round that is used up; at least as many as are allowed.
        used: u16,
        /// The first moment at which a code is allowed again.
        unlock_at: Timestamp,
    },
}

impl QuotaRule {
    /// Returns the time-out as a duration.
    pub fn time_out(self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.time_out.get()))
    }

    /// Returns how far back sends can matter: a lock lasts one time-out from its last send, and its
    /// first send is less than one time-out before that.
    pub fn memory(self) -> SignedDuration {
        self.time_out() * 2
    }

    /// Judges a user by their counted sends: those of one user in one environment, without the
    /// released ones and those before the latest reset, in any order.
    ///
    /// If the clock went backwards, so that the newest send lies in the future, no time has
    /// passed since then: a lock is never shortened.
    pub fn judge(self, sends: &[Timestamp], now: Timestamp) -> Quota {
        let mut sends = sends.to_vec();
        sends.sort_unstable();
        let time_out = self.time_out();
        let allowed = usize::from(self.allowed.get());
        let within = sends.iter().filter(|&&sent| now.duration_since(sent) < time_out).count();
        let used = u16::try_from(within).unwrap_or(u16::MAX);
        if let (Some(&last), Some(&first)) =
            (sends.last(), sends.len().checked_sub(allowed).and_then(|index| sends.get(index)))
            && last.duration_since(first) < time_out
            && now.duration_since(last) < time_out
        {
            let unlock_at = last.checked_add(time_out).unwrap_or(Timestamp::MAX);
            // The first of them may be outside the window by now; the round is used up anyway.
            return Quota::Locked { used: used.max(self.allowed.get()), unlock_at };
        }
        if let Some(&first) = sends.iter().rev().take(within).nth(allowed - 1) {
            // Moments of clocks that were ahead may be further apart than a time-out, and count all
            // the same.
            let unlock_at = first.checked_add(time_out).unwrap_or(Timestamp::MAX);
            return Quota::Locked { used, unlock_at };
        }
        Quota::Open { used, left: self.allowed.get().saturating_sub(used) }
    }
}

impl Quota {
    /// Whether a code may be sent.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// Returns the number of codes used, of those allowed.
    pub const fn used(self) -> u16 {
        match self {
            Self::Open { used, .. } | Self::Locked { used, .. } => used,
        }
    }

    /// Returns the number of codes that may still be sent now.
    pub const fn left(self) -> u16 {
        match self {
            Self::Open { left, .. } => left,
            Self::Locked { .. } => 0,
        }
    }

    /// Returns when the lock ends.
    pub const fn unlock_at(self) -> Option<Timestamp> {
        match self {
            Self::Open { .. } => None,
            Self::Locked { unlock_at, .. } => Some(unlock_at),
        }
    }

    /// Returns the stricter of two quotas: both the user and the number must be open.
    pub fn stricter(self, other: Self) -> Self {
        match (self.unlock_at(), other.unlock_at()) {
            (Some(mine), Some(theirs)) if theirs > mine => other,
            (None, Some(_)) => other,
            (None, None) if other.left() < self.left() => other,
            _ => self,
        }
    }
}

/// The moment from which a send counts: when it was asked for, or the newest counted send of its
/// user and number if the clock has been set back since. So the moments of one user never decrease.
pub fn counts_from(asked_at: Timestamp, newest: Option<Timestamp>) -> Timestamp {
    newest.map_or(asked_at, |newest| newest.max(asked_at))
}

/// Returns the whole seconds from `now` until `then`, rounded up, so that no retry is too early.
pub fn seconds_until(then: Timestamp, now: Timestamp) -> i64 {
    let wait = then.duration_since(now);
    let whole = wait.as_secs();
    if wait.is_positive() && wait.subsec_nanos() > 0 { whole + 1 } else { whole.max(0) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: i64 = 60_000;

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + millisecond).unwrap()
    }

    fn rule(allowed: u16, time_out: u16) -> QuotaRule {
        QuotaRule { allowed: allowed.try_into().unwrap(), time_out: time_out.try_into().unwrap() }
    }

    fn judge(sends: &[i64], now: i64) -> Quota {
        let sends: Vec<Timestamp> = sends.iter().copied().map(at).collect();
        rule(3, 15).judge(&sends, at(now))
    }

    #[test]
    fn three_codes_within_the_time_out_lock_until_the_time_out_after_the_third() {
        let sends = [0, 2 * MINUTE, 4 * MINUTE];
        let locked = Quota::Locked { used: 3, unlock_at: at(19 * MINUTE) };
        assert_eq!(judge(&sends, 4 * MINUTE), locked);
        assert_eq!(judge(&sends, 19 * MINUTE - 1).unlock_at(), Some(at(19 * MINUTE)));
        assert_eq!(judge(&sends, 19 * MINUTE), Quota::Open { used: 0, left: 3 });
    }

    #[test]
    fn codes_far_enough_apart_never_lock() {
        let sends: Vec<i64> = (0..4).map(|n| n * 14 * MINUTE).collect();
        for count in 1..=4 {
            assert!(judge(&sends[..count], sends[count - 1]).is_open(), "{count}");
        }
    }

    #[test]
    fn the_request_one_millisecond_before_the_unlock_is_refused() {
        let sends = [0, MINUTE, 2 * MINUTE];
        assert!(!judge(&sends, 17 * MINUTE - 1).is_open());
        assert!(judge(&sends, 17 * MINUTE).is_open());
    }

    #[test]
    fn after_the_unlock_the_user_has_all_codes_again() {
        let sends = [0, MINUTE, 2 * MINUTE, 17 * MINUTE];
        assert_eq!(judge(&sends, 17 * MINUTE), Quota::Open { used: 1, left: 2 });
    }

    #[test]
    fn a_clock_set_back_never_unlocks_early() {
        let sends = [0, MINUTE, 2 * MINUTE];
        let locked = judge(&sends, -60 * MINUTE);
        assert_eq!(locked.unlock_at(), Some(at(17 * MINUTE)));
    }

    #[test]
    fn one_code_allowed_locks_at_once() {
        let quota = rule(1, 15).judge(&[at(0)], at(0));
        assert_eq!(quota, Quota::Locked { used: 1, unlock_at: at(15 * MINUTE) });
    }

    #[test]
    fn seconds_are_rounded_up() {
        assert_eq!(seconds_until(at(1_001), at(0)), 2);
        assert_eq!(seconds_until(at(1_000), at(0)), 1);
        assert_eq!(seconds_until(at(0), at(5_000)), 0);
    }

    proptest! {
        /// The rule, written the other way round: walk through the requests, count the sent
        /// ones in the running window, and remember when the lock ends.
        #[test]
        fn it_agrees_with_a_walk_through_time(
            gaps in prop::collection::vec(0i64..(8 * MINUTE), 1..60),
            allowed in 1u16..6, time_out in 1u16..20,
        ) {
            let rule = rule(allowed, time_out);
            let length = i64::from(time_out) * MINUTE;
            let (mut now, mut sent, mut locked_until) = (0, Vec::<i64>::new(), i64::MIN);
            for gap in gaps {
                now += gap;
                let moments: Vec<Timestamp> = sent.iter().copied().map(at).collect();
                let open = rule.judge(&moments, at(now)).is_open();
                prop_assert_eq!(open, now >= locked_until);
                if open {
                    sent.push(now);
                    let in_window = sent.iter().filter(|&&s| now - s < length).count();
                    if in_window >= usize::from(allowed) {
                        locked_until = now + length;
                    }
                }
            }
        }

        #[test]
        fn whoever_is_open_has_a_code_left(
            sends in prop::collection::vec((-60 * MINUTE)..(60 * MINUTE), 0..12),
            allowed in 1u16..6, now in (-60 * MINUTE)..(60 * MINUTE),
        ) {
            let sends: Vec<Timestamp> = sends.into_iter().map(at).collect();
            match rule(allowed, 15).judge(&sends, at(now)) {
                Quota::Open { used, left } => prop_assert!(used < allowed && left == allowed - used),
                Quota::Locked { used, unlock_at } => {
                    prop_assert!(used >= allowed && unlock_at > at(now));
                }
            }
        }

        #[test]
        fn no_window_ever_holds_more_than_the_allowed_codes(
            gaps in prop::collection::vec(0i64..(3 * MINUTE), 1..80), allowed in 1u16..6,
        ) {
            let rule = rule(allowed, 10);
            let (mut now, mut sent) = (0, Vec::<Timestamp>::new());
            for gap in gaps {
                now += gap;
                if rule.judge(&sent, at(now)).is_open() {
                    sent.push(at(now));
                }
                let within = sent.iter().filter(|&&s| at(now).duration_since(s) < rule.time_out()).count();
                prop_assert!(within <= usize::from(allowed));
            }
        }

        #[test]
        fn the_order_and_what_lies_beyond_memory_do_not_matter(
            mut sends in prop::collection::vec(-60 * MINUTE..0, 0..12),
        ) {
            let rule = rule(3, 15);
            let moments: Vec<Timestamp> = sends.iter().copied().map(at).collect();
            let whole = rule.judge(&moments, at(0));
            sends.reverse();
            let recent: Vec<Timestamp> = sends.iter().copied().map(at)
                .filter(|s| at(0).duration_since(*s) < rule.memory()).collect();
            prop_assert_eq!(rule.judge(&recent, at(0)), whole);
        }
    }
}
