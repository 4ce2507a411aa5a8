//! The runtime: the clock, the source of random numbers, and the address of the provider.
//!
//! A test or a demonstration replaces them, so that it is the same each time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};

use crate::domain::provider::BaseUrl;

/// The clock, the random numbers and the address of Twilio that a deck works with.
#[derive(Debug, Clone)]
pub struct Runtime {
    /// The clock.
    pub clock: Clock,
    /// The source of random numbers.
    pub rng: Rng,
    /// The address of Twilio for accounts that name none; `None` is Twilio's own.
    pub twilio: Option<BaseUrl>,
}

/// A clock that counts whole milliseconds since 1970.
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
    /// A generator that repeats the same numbers. Its codes can be predicted: it is only for a
    /// demonstration, which texts no one.
    Repeated(Arc<AtomicU64>),
}

impl Runtime {
    /// Returns the runtime of this machine.
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
    /// Makes a clock that stands still at `start`.
    pub fn manual(start: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(start.as_millisecond())))
    }

    /// Returns the present moment in whole milliseconds, so that it is equal to the one that the
    /// store keeps.
    pub fn now(&self) -> Timestamp {
        let millisecond = match self {
            Self::System => Timestamp::now().as_millisecond(),
            Self::Manual(millisecond) => millisecond.load(Ordering::SeqCst),
        };
        Timestamp::from_millisecond(millisecond).unwrap_or(Timestamp::MIN)
    }

    /// Sets a manual clock; the system's clock is left alone.
    pub fn set(&self, now: Timestamp) {
        if let Self::Manual(millisecond) = self {
            millisecond.store(now.as_millisecond(), Ordering::SeqCst);
        }
    }

    /// Moves a manual clock forward to a moment that was waited for, never back.
    pub fn reach(&self, moment: Timestamp) {
        if let Self::Manual(millisecond) = self {
            millisecond.fetch_max(moment.as_millisecond(), Ordering::SeqCst);
        }
    }

    /// Moves a manual clock forward.
    pub fn advance(&self, by: SignedDuration) {
        self.reach(self.now().saturating_add(by).unwrap_or(Timestamp::MAX));
    }

    /// Whether time passes by itself.
    pub const fn runs_by_itself(&self) -> bool {
        matches!(self, Self::System)
    }
}

impl Rng {
    /// Makes a generator that repeats the numbers of a seed.
    pub fn repeated(seed: u64) -> Self {
        Self::Repeated(Arc::new(AtomicU64::new(seed)))
    }

    /// Returns a random 64-bit number.
    ///
    /// # Errors
    /// When the operating system has no random numbers.
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

    /// Returns a random 32-bit number.
    ///
    /// # Errors
    /// When the operating system has no random numbers.
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
    fn a_seed_repeats_its_numbers_and_the_system_does_not() {
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
