//! When the status of the environments is read again: soon after something happened, but not at
//! every event; and now and then while something is wrong, as what was may be over.

use jiff::{SignedDuration, Timestamp};

use super::effect::{Effect, EngineEffect};

/// The least time between two readings.
const PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// The time between two readings while something is wrong or watched.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// What is known of the readings so far.
#[derive(Debug, Default)]
pub struct StatusClock {
    /// Whether what there was at the start has been read: before that nothing is news.
    has_started: bool,
    asked: Option<Timestamp>,
    is_awaited: bool,
    /// Something has happened since the last reading.
    is_old: bool,
}

impl StatusClock {
    /// What there was at the start has been read.
    pub const fn start(&mut self) {
        self.has_started = true;
    }

    /// Something has happened.
    pub fn on_event(&mut self, now: Timestamp) -> Vec<Effect> {
        if !self.has_started {
            return Vec::new();
        }
        self.is_old = true;
        self.read_if_due(now, false)
    }

    /// A reading has come, or failed.
    pub const fn on_answer(&mut self) {
        self.is_awaited = false;
    }

    /// Reads again, if it is time to. `is_watched`: something is wrong, or on the screen.
    pub fn read_if_due(&mut self, now: Timestamp, is_watched: bool) -> Vec<Effect> {
        if self.next(is_watched).is_none_or(|at| at > now) {
            return Vec::new();
        }
        *self = Self { asked: Some(now), is_awaited: true, is_old: false, ..*self };
        vec![EngineEffect::LoadStatus.into()]
    }

    /// When to read again; `None` while nothing calls for it.
    pub fn next(&self, is_watched: bool) -> Option<Timestamp> {
        if self.is_awaited {
            return None;
        }
        let pause = match (self.is_old, is_watched) {
            (true, _) => PAUSE,
            (false, true) => LOOK_AGAIN,
            (false, false) => return None,
        };
        // At once, if it was never read.
        Some(self.asked.map_or(Timestamp::MIN, |asked| asked + pause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn many_events_are_read_at_once_and_again_after_a_pause() {
        let mut clock = StatusClock::default();
        assert!(clock.on_event(at(0)).is_empty());
        clock.start();
        assert_eq!(clock.next(false), None);
        assert_eq!(clock.on_event(at(0)).len(), 1);
        assert!(clock.on_event(at(1)).is_empty());
        clock.on_answer();
        assert!(clock.on_event(at(4)).is_empty());
        assert_eq!(clock.next(false), Some(at(5)));
        assert_eq!(clock.read_if_due(at(5), false).len(), 1);
        clock.on_answer();
        assert_eq!((clock.next(false), clock.next(true)), (None, Some(at(65))));
    }
}
