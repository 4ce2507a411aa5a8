//! The health of an environment, in figures.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::country::Country;
use crate::domain::fault::Fault;

/// Hours that are counted one by one.
pub const HOURS: usize = 24;

/// What happened in an environment lately, and what is still open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// The last hour.
    pub hour: Outcomes,
    /// The last day.
    pub day: Outcomes,
    /// Codes in each of the last 24 hours, the oldest first; the last is the present one.
    pub codes_by_hour: [u32; HOURS],
    /// Codes an hour, on average over the week before the last hour, rounded up.
    pub usual_per_hour: u32,
    /// The share of the codes of the week before the last hour that failed, in percent, rounded up;
    /// zero where there were too few to tell.
    pub usual_failed_percent: u32,
    /// The outcomes of the newest codes: those of the last hour, at most [`Newest::MOST`] of them.
    pub newest: Newest,
    /// Why most of the newest codes that failed did; `None` where none of them has.
    pub newest_cause: Option<CauseCount>,
    /// The outcomes of the codes of the last [`Newest::MINUTES`].
    pub five_minutes: Newest,
    /// Where the newest codes to one country from one sender failed, those with most failures first.
    pub route_failures: Vec<RouteFailures>,
    /// Since when no code goes out; `None` where the newest one did, and where there is none.
    pub outage: Option<Outage>,
    /// Codes of the last hour that failed, or of which no one knows, by error code and fault, the
    /// most frequent first.
    pub failures: Vec<FailureCount>,
    /// The outcomes of each country with each sender within the last day, those with most codes first.
    pub routes: Vec<RouteHealth>,
    /// When the oldest code without an end was asked for; none older than a day.
    pub oldest_open: Option<Timestamp>,
    /// Time of the last delivery.
    pub last_delivered: Option<Timestamp>,
}

/// The outcomes of the codes of a span of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Codes that were asked for and that quota and limits allowed.
    pub codes: u32,
    /// Codes that have arrived.
    pub delivered: u32,
    /// Codes that have not, or of which no one knows.
    pub failed: u32,
    /// The time to arrive that half of them stayed under.
    pub median: Option<Duration>,
    /// The time to arrive that 95 of 100 stayed under.
    pub p95: Option<Duration>,
    /// How many arrived how fast.
    pub times: Times,
}

/// How many codes arrived how fast, as far as the provider tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    /// Codes that took no longer than each of [`Self::SECONDS`].
    pub within: [u32; Self::SECONDS.len()],
    /// All codes whose time is known.
    pub codes: u32,
    /// The sum of their times.
    pub total: Duration,
}

impl Times {
    /// The times that are counted: providers tell whole seconds, and no code is valid for longer than
    /// ten minutes.
    pub const SECONDS: [u16; 9] = [1, 2, 5, 10, 20, 30, 60, 300, 600];

    /// Counts a code.
    pub(super) fn add(&mut self, took: Duration) {
        self.codes += 1;
        self.total += took;
        for (count, seconds) in self.within.iter_mut().zip(Self::SECONDS) {
            *count += u32::from(took <= Duration::from_secs(seconds.into()));
        }
    }
}

impl Outcomes {
    /// The share of what has arrived among what is known, in percent, rounded down.
    pub fn delivery_rate(&self) -> Option<u32> {
        (self.delivered * 100).checked_div(self.delivered + self.failed)
    }
}

/// How often one error happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureCount {
    /// The provider's error code, if it gave one.
    pub error_code: Option<u32>,
    /// What kept the codes from the provider, where it gave none.
    pub fault: Option<Fault>,
    /// How often.
    pub count: u32,
    /// When the first of those codes was asked for.
    pub first: Timestamp,
    /// When the last of those codes was asked for.
    pub last: Timestamp,
    /// How many went to each country from each sender, the most first.
    pub routes: Vec<(Option<Country>, String, u32)>,
}

/// The outcomes of the newest codes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Newest {
    /// Codes that were handed over, or could not be.
    pub codes: u32,
    /// Those of them that failed.
    pub failed: u32,
}

impl Newest {
    /// How many codes are looked at.
    pub const MOST: u32 = 25;

    /// Minutes over which a busy deck is looked at besides.
    pub const MINUTES: i64 = 5;
}

/// Codes that fail one after the other, up to now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// When the first of them was asked for.
    pub since: Timestamp,
    /// How many there are.
    pub count: u32,
    /// How many of them have the most frequent cause.
    pub of_cause: u32,
    /// The error code that most of them have.
    pub error_code: Option<u32>,
    /// What kept most of them from the provider, where it gave no error code.
    pub fault: Option<Fault>,
}

/// Failures among the newest codes to one country from one sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteFailures {
    /// The country; `None`: numbers of no country.
    pub country: Option<Country>,
    /// Who the messages come from, as
    /// [`Sender::as_str`](crate::domain::sender::Sender::as_str).
    pub sender: String,
    /// Codes that are looked at: those of the last hour, at most [`Newest::MOST`].
    pub codes: u32,
    /// Why some of them failed, the most frequent cause first.
    pub causes: Vec<CauseCount>,
}

/// How often codes failed for one cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CauseCount {
    /// The provider's error code, if it gave one.
    pub error_code: Option<u32>,
    /// What kept the codes from the provider, where it gave none.
    pub fault: Option<Fault>,
    /// How many codes.
    pub count: u32,
    /// When the first of them was asked for.
    pub first: Timestamp,
}

/// The outcomes of one country with one sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteHealth {
    /// The country; `None`: numbers of no country.
    pub country: Option<Country>,
    /// Who the messages come from, as
    /// [`Sender::as_str`](crate::domain::sender::Sender::as_str).
    pub sender: String,
    /// Codes of the last day.
    pub codes: u32,
    /// When a code that arrived was last asked for.
    pub last_delivered: Option<Timestamp>,
    /// When a code that did not arrive was last asked for.
    pub last_failed: Option<Timestamp>,
    /// Why that one did not arrive.
    pub last_error: Option<u32>,
}

impl RouteHealth {
    /// A route that had no code yet.
    pub(super) const fn of(country: Option<Country>, sender: String) -> Self {
        Self {
            country,
            sender,
            codes: 0,
            last_delivered: None,
            last_failed: None,
            last_error: None,
        }
    }
}
