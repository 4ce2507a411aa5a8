//! The runtime: the clock, the source of random numbers, and the address of the provider.
//!
//! A test or a demonstration replaces them, so that it is the same each time.

mod uptime;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

pub use self::uptime::Uptime;
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
    /// The clock of a machine that is only imagined, for tests: its wall clock can be set while
    /// its uptime goes on.
    Machine(Arc<Mutex<Machine>>),
}

/// A machine that is only imagined.
#[derive(Debug, Clone)]
pub struct Machine {
    /// What its wall clock shows.
    pub wall: Timestamp,
    /// How long it has been up.
    pub uptime: Uptime,
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
            Self::Machine(machine) => locked(machine).wall.as_millisecond(),
        };
        Timestamp::from_millisecond(millisecond).unwrap_or(Timestamp::MIN)
    }

    /// Returns how long the machine has been up; `None` where that is not known, as for a manual
    /// clock.
    pub fn uptime(&self) -> Option<Uptime> {
        match self {
            Self::System => Uptime::of_this_machine(),
            Self::Manual(_) => None,
            Self::Machine(machine) => Some(locked(machine).uptime.clone()),
        }
    }

    /// Makes the clock of a machine whose boot has this id, and which has been up for a minute.
    pub fn machine(boot: &str, wall: Timestamp) -> Self {
        let uptime = Uptime { boot: boot.to_owned(), elapsed: SignedDuration::from_mins(1) };
        Self::Machine(Arc::new(Mutex::new(Machine { wall, uptime })))
    }

    /// Sets the wall clock, unless it is the one of this machine. No time passes.
    pub fn set(&self, now: Timestamp) {
        match self {
            Self::System => {}
            Self::Manual(millisecond) => millisecond.store(now.as_millisecond(), Ordering::SeqCst),
            Self::Machine(machine) => locked(machine).wall = now,
        }
    }

    /// Moves a manual clock forward to a moment that was waited for, never back.
    pub fn reach(&self, moment: Timestamp) {
        match self {
            Self::System => {}
            Self::Manual(millisecond) => {
                millisecond.fetch_max(moment.as_millisecond(), Ordering::SeqCst);
            }
            Self::Machine(machine) => {
                let mut machine = locked(machine);
                let waited = moment.duration_since(machine.wall).max(SignedDuration::ZERO);
                machine.wall = machine.wall.max(moment);
                machine.uptime.elapsed = machine.uptime.elapsed.saturating_add(waited);
            }
        }
    }

    /// Lets time pass, unless it passes by itself.
    pub fn advance(&self, by: SignedDuration) {
        self.reach(self.now().saturating_add(by).unwrap_or(Timestamp::MAX));
    }

    /// Whether time passes by itself.
    pub const fn runs_by_itself(&self) -> bool {
        matches!(self, Self::System)
    }
}

fn locked(machine: &Mutex<Machine>) -> std::sync::MutexGuard<'_, Machine> {
    machine.lock().unwrap_or_else(PoisonError::into_inner)
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

    #[test]
    fn setting_the_clock_of_a_machine_does_not_change_its_uptime() {
        let clock = Clock::machine("first", Timestamp::from_second(100).unwrap());
        let up = clock.uptime().unwrap();
        clock.set(Timestamp::from_second(9_999).unwrap());
        assert_eq!(clock.uptime().unwrap(), up);
        clock.advance(SignedDuration::from_secs(5));
        assert_eq!(clock.uptime().unwrap().elapsed, up.elapsed + SignedDuration::from_secs(5));
        assert_eq!(clock.now().as_second(), 10_004);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_is_up_in_one_boot() {
        let (first, second) = (Clock::System.uptime().unwrap(), Clock::System.uptime().unwrap());
        assert_eq!(first.boot, second.boot);
        assert!(first.elapsed <= second.elapsed && first.elapsed.is_positive());
    }
}
