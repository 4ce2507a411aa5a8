//! What comes from outside and is different each time: the moment, chance, and whom the network
//! leads to. A demonstration has its own, so that it is the same each time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};

use crate::domain::provider::BaseUrl;

/// The time and the chance that a part works with.
#[derive(Debug, Clone)]
pub struct Runtime {
    /// Where the time is read.
    pub clock: Clock,
    /// Where random numbers come from.
    pub rng: Rng,
    /// Where Twilio is, for accounts without an address of their own, if it is not on the internet.
    pub twilio: Option<BaseUrl>,
}

/// A clock in whole milliseconds since 1970.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The clock of this machine.
    System,
    /// A clock that stands still until it is moved, for tests and demonstrations.
    Manual(Arc<AtomicI64>),
}

/// A source of random numbers.
#[derive(Debug, Clone)]
pub enum Rng {
    /// The operating system's, fit for codes.
    System,
    /// The same numbers each time. Anybody can tell the codes that are drawn from it: it is for a
    /// demonstration, which texts nobody, and for nothing else.
    Repeated(Arc<AtomicU64>),
}

impl Runtime {
    /// Those of this machine.
    pub const fn of_this_machine() -> Self {
        Self { clock: Clock::System, rng: Rng::System, twilio: None }
    }
}

impl From<Clock> for Runtime {
    fn from(clock: Clock) -> Self {
        Self { clock, rng: Rng::System, twilio: None }
    }
}

impl Clock {
    /// A clock that stands at `start`.
    pub fn manual(start: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(start.as_millisecond())))
    }

    /// The present moment, in whole milliseconds: what the store keeps and what is compared
    /// later must be the same.
    pub fn now(&self) -> Timestamp {
        let millisecond = match self {
            Self::System => Timestamp::now().as_millisecond(),
            Self::Manual(millisecond) => millisecond.load(Ordering::SeqCst),
        };
        Timestamp::from_millisecond(millisecond).unwrap_or(Timestamp::MIN)
    }

    /// Moves a manual clock; the system's clock is not ours to move.
    pub fn set(&self, now: Timestamp) {
        if let Self::Manual(millisecond) = self {
            millisecond.store(now.as_millisecond(), Ordering::SeqCst);
        }
    }

    /// Moves a manual clock on to a moment that was waited for, never back.
    pub fn reach(&self, moment: Timestamp) {
        if let Self::Manual(millisecond) = self {
            millisecond.fetch_max(moment.as_millisecond(), Ordering::SeqCst);
        }
    }

    /// Moves a manual clock on.
    pub fn advance(&self, by: SignedDuration) {
        self.reach(self.now().saturating_add(by).unwrap_or(Timestamp::MAX));
    }

    /// Whether the time goes by without anybody's doing.
    pub const fn runs_by_itself(&self) -> bool {
        matches!(self, Self::System)
    }
}

impl Rng {
    /// The numbers that follow from a seed.
    pub fn repeated(seed: u64) -> Self {
        Self::Repeated(Arc::new(AtomicU64::new(seed)))
    }

    /// A random number.
    ///
    /// # Errors
    /// When the operating system gives none.
    pub fn u64(&self) -> Result<u64, getrandom::Error> {
        match self {
            Self::System => getrandom::u64(),
            Self::Repeated(state) => {
                // SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators).
                const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
                let mut mixed = state.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
                mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                Ok(mixed ^ (mixed >> 31))
            }
        }
    }

    /// A random number of half the size.
    ///
    /// # Errors
    /// As of [`Rng::u64`].
    pub fn u32(&self) -> Result<u32, getrandom::Error> {
        match self {
            Self::System => getrandom::u32(),
            Self::Repeated(_) => self.u64().map(|number| (number >> 32) as u32),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_each_time_and_the_system_does_not() {
        let draw = |rng: Rng| [(); 4].map(|()| rng.u64().unwrap());
        assert_eq!(draw(Rng::repeated(7)), draw(Rng::repeated(7)));
        assert_ne!(draw(Rng::repeated(7)), draw(Rng::repeated(8)));
        assert_ne!(draw(Rng::System), draw(Rng::System));
    }

    #[test]
    fn a_manual_clock_never_goes_back_to_a_moment_that_was_waited_for() {
        let clock = Clock::manual(Timestamp::from_second(100).unwrap());
        clock.reach(Timestamp::from_second(90).unwrap());
        assert_eq!(clock.now().as_second(), 100);
        clock.advance(SignedDuration::from_secs(5));
        assert_eq!(clock.now().as_second(), 105);
    }
}
