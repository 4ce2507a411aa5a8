//! Which lines the delivery log shows: those that a typed text means.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::typed_filter::TypedFilter;
use crate::domain::country::Country;
use crate::domain::sender::Sender;
use crate::store::{Event, EventId};

/// A text, and what it means.
#[derive(Debug)]
pub struct LogFilter {
    /// The text.
    pub typed: TypedFilter,
    /// What the store has about the text, as a whole number or an id, oldest first.
    found: Vec<Event>,
    ids: HashSet<EventId>,
    /// In which times are typed.
    zone: TimeZone,
}

impl LogFilter {
    /// Begins to type; times are meant in a time zone.
    pub fn new(zone: TimeZone) -> Self {
        Self { typed: TypedFilter::new(), found: Vec::new(), ids: HashSet::new(), zone }
    }

    /// Takes what was found, oldest first.
    pub(super) fn take_found(&mut self, events: Vec<Event>) {
        self.ids = events.iter().map(|event| event.id).collect();
        self.found = events;
    }

    /// What was found from before a moment; all of it without one.
    pub(super) fn found_before(&self, moment: Option<Timestamp>) -> impl Iterator<Item = &Event> {
        self.found.iter().filter(move |event| moment.is_none_or(|moment| event.at < moment))
    }

    /// Whether a line is meant: by its status, its error code, its SID, the country's code or the
    /// beginning of its name, the time, the sender, a part of the user's name or of the masked
    /// number, or by the whole number.
    pub fn fits(&self, event: &Event) -> bool {
        let typed = self.typed.text.text().trim().to_lowercase();
        if typed.is_empty() {
            return true;
        }
        let has = |text: &str| text.to_lowercase().contains(&typed);
        let of_sender = event.sender.as_deref().is_some_and(|sender| {
            has(sender) || Sender::parse(sender).is_ok_and(|sender| has(&sender.to_string()))
        });
        let of_country = event.country.is_some_and(|country: Country| {
            country.code().eq_ignore_ascii_case(&typed)
                || (typed.chars().count() > 2 && country.name().to_lowercase().starts_with(&typed))
        });
        let sid = event.sid.as_deref();
        of_sender
            || of_country
            || self.is_time(&typed, event)
            || event.kind.to_string().starts_with(&typed)
            || event.kind.key() == typed
            || event.error_code.is_some_and(|code| code.to_string() == typed)
            || sid.is_some_and(|sid| sid.eq_ignore_ascii_case(&typed))
            || self.ids.contains(&event.id)
            || has(&event.user)
            || has(&event.recipient)
    }

    /// Whether the text is the time of an event, or its beginning, such as `12:04`.
    fn is_time(&self, typed: &str, event: &Event) -> bool {
        let is_clock = typed.contains(':')
            && typed.chars().all(|letter| letter.is_ascii_digit() || letter == ':');
        let clock = || event.at.to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string();
        is_clock && clock().starts_with(typed)
    }
}
