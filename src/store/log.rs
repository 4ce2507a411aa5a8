//! How the log is read: from a place in it on, or the newest, or what concerns one delivery or one
//! user.

use jiff::Timestamp;

use super::event::{Event, EventKind};
use super::ids::DeliveryId;
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::secret::LookupKey;

/// A place in the log, between two events. Anyone who reads on from one misses nothing and reads
/// nothing twice, whichever processes write meanwhile. Only the store can tell which of two places
/// comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(pub(super) i64);

/// Where reading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Before the first event.
    Start,
    /// Before the first event that is not older than a moment; at the end while there is none.
    Since(Timestamp),
    /// After the newest event.
    End,
}

/// Which events are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventQuery {
    /// The newest of an environment.
    Latest {
        /// The environment.
        environment: Environment,
        /// Leaves out what lies after this place; `None`: nothing.
        upto: Option<Cursor>,
        /// The most that are read.
        limit: usize,
    },
    /// All of a delivery.
    OfDelivery(DeliveryId),
    /// What happened to the codes of a user and to a number, the newest [`MAX_OF_USER`].
    OfUser {
        /// The environment.
        environment: Environment,
        /// The user.
        user: LookupKey,
        /// The number.
        number: LookupKey,
    },
}

impl EventQuery {
    /// Asks for the newest events of an environment, up to the end of the log.
    pub const fn latest(environment: Environment, limit: usize) -> Self {
        Self::Latest { environment, upto: None, limit }
    }
}

/// Which events of the log are wanted; `None` is any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Only of this environment.
    pub environment: Option<Environment>,
    /// Only of this kind.
    pub kind: Option<EventKind>,
    /// Only about one of these users or numbers.
    pub subjects: Option<Vec<(Environment, LookupKey)>>,
    /// Only from this moment on.
    pub since: Option<Timestamp>,
    /// Only before this moment.
    pub until: Option<Timestamp>,
    /// Only about codes to this country.
    pub country: Option<Country>,
    /// Only with this error code of the provider.
    pub error_code: Option<u32>,
    /// Only about codes from this sender, as
    /// [`Sender::as_str`](crate::domain::sender::Sender::as_str).
    pub sender: Option<String>,
}

/// Events of a user that are read at most.
pub const MAX_OF_USER: usize = 500;

/// What was read from a place on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// The events, oldest first.
    pub events: Vec<Event>,
    /// Where to read on: right after the newest of them.
    pub end: Cursor,
}
