//! The events of an environment, and which of them is selected.

use std::collections::VecDeque;

use super::log_filter::LogFilter;
use super::typed_filter::TypedFilter;
use crate::store::{Event, EventId};
use crate::tui::input::Input;
use crate::tui::question::Answer;
use crate::tui::text_field::PasteRefused;

/// Lines kept in memory; the store has them all.
const MAX_LINES: usize = 5_000;

/// The events of one environment.
#[derive(Debug, Default)]
pub struct Log {
    pub(super) events: VecDeque<Event>,
    /// The selected line; `None` while the log follows the newest.
    selected: Option<EventId>,
    pub(super) filter: Option<LogFilter>,
}

impl Log {
    /// Appends a newer event. A scrolled log does not move.
    pub fn push(&mut self, event: Event) {
        self.events.push_back(event);
        if self.events.len() > MAX_LINES {
            self.events.pop_front();
        }
    }

    /// The events of one delivery, oldest first.
    pub fn story(&self, event: &Event) -> Vec<Event> {
        let of_same = |other: &&Event| other.delivery == event.delivery;
        let mut story: Vec<Event> = match event.delivery {
            None => Vec::new(),
            Some(_) => self.events.iter().filter(of_same).cloned().collect(),
        };
        // It may be older than what is in memory.
        if story.is_empty() {
            story.push(event.clone());
        }
        story
    }

    /// Whether nothing newer is known of the delivery of an event.
    pub(super) fn is_newest_of_delivery(&self, event: &Event) -> bool {
        let newest = self.events.iter().rev().find(|other| other.delivery == event.delivery);
        newest.is_none_or(|newest| newest.id == event.id)
    }

    /// The newest event about a delivery.
    pub fn newest(&self) -> Option<&Event> {
        self.events.back()
    }

    /// The text of the filter.
    pub fn typed(&self) -> Option<&TypedFilter> {
        self.filter.as_ref().map(|filter| &filter.typed)
    }

    /// Whether keys are text for the filter.
    pub fn is_filtering(&self) -> bool {
        self.filter.as_ref().is_some_and(|filter| filter.typed.is_typing)
    }

    /// What the filter lets through, oldest first.
    pub(super) fn shown(&self) -> Vec<&Event> {
        self.older().chain(self.events.iter().filter(|event| self.fits(event))).collect()
    }

    /// What the store has found that is older than what is in memory.
    fn older(&self) -> impl Iterator<Item = &Event> {
        let oldest = self.events.front().map(|event| event.at);
        self.filter.iter().flat_map(move |filter| filter.found_before(oldest))
    }

    /// How many lines the filter chooses from.
    pub(super) fn count(&self) -> usize {
        self.older().count() + self.events.len()
    }

    fn fits(&self, event: &Event) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.fits(event))
    }

    pub(super) const fn is_following(&self) -> bool {
        self.selected.is_none()
    }

    pub(super) fn index(&self, shown: &[&Event]) -> usize {
        let last = shown.len().saturating_sub(1);
        match self.selected {
            None => last,
            Some(id) => {
                let place = || {
                    // The line is filtered out; should it have been dropped meanwhile, the oldest
                    // one is nearest to it.
                    let place = self.events.iter().position(|event| event.id == id).unwrap_or(0);
                    self.events.iter().take(place).filter(|event| self.fits(event)).count()
                };
                shown.iter().position(|event| event.id == id).unwrap_or_else(place).min(last)
            }
        }
    }

    pub(super) fn step(&mut self, to: impl FnOnce(usize) -> usize) {
        let shown = self.shown();
        let to = to(self.index(&shown));
        let last = shown.len().saturating_sub(1);
        self.selected = if to >= last { None } else { shown.get(to).map(|event| event.id) };
    }

    /// Edits the filter; returns why a paste was refused, if it was.
    pub(super) fn type_filter(&mut self, input: &Input) -> Option<PasteRefused> {
        let filter = self.filter.as_mut()?;
        let refused = filter.typed.edit(input);
        filter.take_found(Vec::new());
        refused
    }

    /// Takes what the store has about a typed number or id.
    pub fn on_answer(&mut self, answer: Result<Answer, String>) {
        if let (Some(filter), Ok(Answer::Story(events))) = (&mut self.filter, answer) {
            filter.take_found(events);
        }
    }

    /// How long after its request a delivery came to an event, in words.
    pub(super) fn elapsed(&self, event: &Event) -> Option<String> {
        let first = self.events.iter().rev().rfind(|other| other.delivery == event.delivery)?;
        let milliseconds = event.at.duration_since(first.at).as_millis().max(0);
        Some(format!("after {}.{} s", milliseconds / 1000, milliseconds % 1000 / 100))
    }
}
