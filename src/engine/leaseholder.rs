//! Who holds the leases of a process.

use std::time::Duration;

use jiff::Timestamp;

use crate::runtime::{Clock, Uptime};
use crate::store::Lease;

/// The identity of a process towards the others on the same store.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaseholder {
    /// Drawn at random.
    pub owner: i64,
    /// How long what it follows stays its own.
    pub lease: Duration,
}

/// Since when a lease is held, by the clock that goes on while a process or the machine sleeps.
#[derive(Debug)]
pub(super) struct Held(Option<Uptime>);

impl Leaseholder {
    /// The lease from now on.
    pub(super) fn lease(self, now: Timestamp) -> Lease {
        let until = now.checked_add(self.lease).unwrap_or(Timestamp::MAX);
        Lease { owner: self.owner, until }
    }

    /// Whether a lease that was given then is certainly still held, and for long enough to hand a
    /// message over: nobody can have taken the delivery over. Where it is not known, it is not.
    pub(super) fn holds(self, held: &Held, clock: &Clock) -> bool {
        let Some((since, now)) = held.0.as_ref().zip(clock.uptime()) else { return false };
        let passed = Duration::try_from(now.elapsed.saturating_sub(since.elapsed));
        since.boot == now.boot && passed.is_ok_and(|passed| passed < self.lease / 3)
    }
}

impl Held {
    /// A lease that is given now.
    pub(super) fn now(clock: &Clock) -> Self {
        Self(clock.uptime())
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_lease_is_held_for_a_third_of_its_time_whatever_the_wall_clock_shows() {
        let leaseholder = Leaseholder { owner: 1, lease: Duration::from_mins(1) };
        let clock = Clock::machine("boot", Timestamp::from_second(1_000).unwrap());
        let held = Held::now(&clock);
        clock.set(Timestamp::from_second(90_000).unwrap());
        assert!(leaseholder.holds(&held, &clock));
        clock.advance(SignedDuration::from_secs(19));
        assert!(leaseholder.holds(&held, &clock));
        clock.advance(SignedDuration::from_secs(1));
        assert!(!leaseholder.holds(&held, &clock));
        assert!(!leaseholder.holds(&Held::now(&clock), &Clock::machine("next", clock.now())));
        let manual = Clock::manual(clock.now());
        assert!(!leaseholder.holds(&Held::now(&manual), &manual), "the uptime is not known");
    }
}
