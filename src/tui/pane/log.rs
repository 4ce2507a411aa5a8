//! What happened to the codes, newest at the bottom.

use std::collections::VecDeque;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;

use super::log_filter::LogFilter;
use super::{draw_empty, missing};
use crate::domain::delivery::DeliveryStatus;
use crate::domain::provider::Provider;
use crate::domain::sender::Sender;
use crate::store::{Event, EventId, EventKind};
use crate::tui::effect::Effect;
use crate::tui::fit::{cut, wrap};
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::Modal;
use crate::tui::modal::delivery::DeliveryModal;
use crate::tui::model::Model;
use crate::tui::update::Input;

/// Lines kept in memory; the store has them all.
const MAX_LINES: usize = 5_000;

/// The events of one environment.
#[derive(Debug, Default)]
pub struct Log {
    events: VecDeque<Event>,
    /// The selected line; `None` while the log follows the newest.
    selected: Option<EventId>,
    filter: Option<LogFilter>,
}

impl Log {
    /// Appends a newer event. A scrolled log does not move.
    pub fn push(&mut self, event: Event) {
        if self.events.back().is_some_and(|newest| newest.id >= event.id) {
            return;
        }
        self.events.push_back(event);
        if self.events.len() > MAX_LINES {
            self.events.pop_front();
        }
    }

    /// The events of one delivery, oldest first.
    pub fn story(&self, event: &Event) -> Vec<Event> {
        match event.delivery {
            None => vec![event.clone()],
            Some(_) => self
                .events
                .iter()
                .filter(|other| other.delivery == event.delivery)
                .cloned()
                .collect(),
        }
    }

    /// The newest event about a delivery.
    pub fn newest(&self) -> Option<&Event> {
        self.events.back()
    }

    /// Whether keys are text for the filter.
    pub fn is_filtering(&self) -> bool {
        self.filter.as_ref().is_some_and(|filter| filter.is_typing)
    }

    /// What the filter lets through, oldest first.
    fn shown(&self) -> Vec<&Event> {
        let fits = |event: &&Event| self.filter.as_ref().is_none_or(|filter| filter.fits(event));
        self.events.iter().filter(fits).collect()
    }

    const fn is_following(&self) -> bool {
        self.selected.is_none()
    }

    fn index(&self, shown: &[&Event]) -> usize {
        let last = shown.len().saturating_sub(1);
        match self.selected {
            None => last,
            // Should the line have been dropped meanwhile, the oldest one is nearest to it.
            Some(id) => shown.partition_point(|event| event.id < id).min(last),
        }
    }

    fn step(&mut self, to: impl FnOnce(usize) -> usize) {
        let shown = self.shown();
        let to = to(self.index(&shown));
        let last = shown.len().saturating_sub(1);
        self.selected = if to >= last { None } else { shown.get(to).map(|event| event.id) };
    }

    /// Edits the filter; answers why a paste was refused, if it was.
    fn type_filter(&mut self, input: &Input) -> Option<String> {
        let filter = self.filter.as_mut()?;
        match input {
            Input::Key(key) => {
                filter.text.on_key(*key);
                None
            }
            Input::Paste(pasted) => filter.text.paste(pasted).err().map(|error| error.to_string()),
            Input::Action(_) => None,
        }
    }

    /// How long after its request a delivery came to an event, in words.
    fn elapsed(&self, event: &Event) -> Option<String> {
        let first = self.events.iter().rev().rfind(|other| other.delivery == event.delivery)?;
        let milliseconds = event.at.duration_since(first.at).as_millis().max(0);
        Some(format!("after {}.{} s", milliseconds / 1000, milliseconds % 1000 / 100))
    }
}

/// Handles an input while the log has the focus.
pub fn on_input(model: &mut Model, input: &Input) -> Vec<Effect> {
    let page =
        usize::from(model.arrangement().log.map_or(0, |area| area.height)).saturating_sub(2).max(1);
    let log = &mut model.tab_mut().log;
    match input {
        Input::Key(_) | Input::Paste(_) if log.is_filtering() => {
            if let Some(refused) = log.type_filter(input) {
                model.complain(format!("{refused}."));
            }
        }
        Input::Action(Action::Accept) if log.is_filtering() => {
            if let Some(filter) = &mut log.filter {
                filter.is_typing = false;
            }
        }
        Input::Action(Action::Filter) => match &mut log.filter {
            Some(filter) => filter.is_typing = true,
            None => log.filter = Some(LogFilter::new()),
        },
        Input::Action(Action::Cancel) => log.filter = None,
        Input::Paste(_) => model.cannot_paste(),
        Input::Action(Action::Up) => log.step(|at| at.saturating_sub(1)),
        Input::Action(Action::Down) => log.step(|at| at + 1),
        Input::Action(Action::PageUp) => log.step(|at| at.saturating_sub(page)),
        Input::Action(Action::PageDown) => log.step(|at| at + page),
        Input::Action(Action::First) => log.step(|_| 0),
        Input::Action(Action::Last) => log.step(|_| usize::MAX),
        Input::Action(Action::Accept) => {
            let shown = log.shown();
            if let Some(event) = shown.get(log.index(&shown)) {
                let mut modal = DeliveryModal::new(log.story(event));
                let effects = modal.ask(model.next_generation());
                model.modals.push(Modal::Delivery(modal));
                return effects;
            }
        }
        _ => {}
    }
    Vec::new()
}

/// The lines about what came after an event and since a moment, oldest first.
pub fn lines_after(model: &Model, seen: Option<EventId>, since: Timestamp) -> Vec<String> {
    let is_new = |event: &&Event| seen.is_none_or(|seen| event.id > seen) && event.at >= since;
    let new = model.tab().log.events.iter().filter(is_new);
    new.map(|event| {
        let (time, word) = (model.day_and_clock(event.at), event.kind);
        format!("{time} {word}  {}  {}", event.recipient, detail(model, event))
    })
    .collect()
}

/// Draws the log.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer, focused: bool) {
    let theme = model.theme;
    let log = &model.tab().log;
    let shown = log.shown();
    let follows = if log.is_following() { "following" } else { "End follows" };
    let title = match &log.filter {
        None => format!("Delivery log · {follows}"),
        Some(filter) => {
            let cursor = if filter.is_typing { "_" } else { "" };
            let (count, all) = (shown.len(), log.events.len());
            format!("Delivery log · filter: {}{cursor} · {count} of {all}", filter.text.text())
        }
    };
    let block = theme.block(&title, focused);
    let inner = block.inner(area);
    block.render(area, buffer);
    if log.events.is_empty() {
        return draw_welcome(model, inner, buffer);
    }
    if shown.is_empty() {
        let text = "No line fits the filter. Esc shows all.";
        return draw_empty(text, theme.dim(), inner, theme, buffer);
    }
    let selected = log.index(&shown);
    let room = usize::from(inner.height);
    // The selected line keeps its place in the middle, the newest stays at the bottom.
    let lowest = shown.len().saturating_sub(room);
    let first =
        if log.is_following() { lowest } else { selected.saturating_sub(room / 2).min(lowest) };
    for ((index, event), y) in shown.iter().enumerate().skip(first).zip(inner.top()..inner.bottom())
    {
        let line = Rect { y, height: 1, ..inner };
        draw_line(model, event, focused && index == selected, line, buffer);
    }
}

/// An empty log says what to do; that of a new deck also where things are.
fn draw_welcome(model: &Model, inner: Rect, buffer: &mut Buffer) {
    let send = model.keys.name(Context::Console, Action::SendCode);
    let help = model.keys.name(Context::Console, Action::Help);
    let first = match missing(model) {
        None if model.saved_settings().provider == Provider::Sandbox => {
            format!("{send} sends a first code: to the Sandbox, so no real phone gets it.")
        }
        None => format!("No code has been sent from here yet. {send} sends one."),
        Some(missing) => format!("{missing} The Sandbox of Development needs nothing."),
    };
    let Some(places) = &model.welcome else {
        return draw_empty(&first, model.theme.dim(), inner, model.theme, buffer);
    };
    let lines = [
        format!("Welcome. {first}"),
        format!("Settings: {}, made at the first save.", places.config),
        format!("Codes and audit: {}. {help} lists the keys.", places.store),
    ];
    let room = usize::from(inner.width.saturating_sub(2)).max(1);
    let rows = lines.iter().flat_map(|line| wrap(line, room));
    for (line, y) in rows.zip(inner.top()..inner.bottom()) {
        let line = model.theme.text(&line);
        buffer.set_stringn(inner.x + 1, y, line, room, model.theme.dim());
    }
}

fn draw_line(model: &Model, event: &Event, selected: bool, line: Rect, buffer: &mut Buffer) {
    let theme = model.theme;
    let style = if selected { theme.selected() } else { Style::new() };
    let word = format!(" {:<11}", event.kind.to_string());
    let rest = format!("{}  {}", event.recipient, detail(model, event));
    buffer.set_style(line, style);
    let mark = if selected { "›" } else { " " };
    let time = theme.text(&format!("{mark}{}", model.day_and_clock(event.at)));
    let (x, _) =
        buffer.set_stringn(line.x, line.y, time, line.width.into(), style.patch(theme.dim()));
    let (x, _) = buffer.set_stringn(
        x,
        line.y,
        word,
        line.right().saturating_sub(x).into(),
        style.patch(theme.event(event.kind)),
    );
    let room = usize::from(line.right().saturating_sub(x));
    buffer.set_stringn(x, line.y, theme.text(&cut(&rest, room)), room, style);
}

/// What matters about an event, in a few words.
fn detail(model: &Model, event: &Event) -> String {
    let sender = || event.sender.as_deref().and_then(|sender| Sender::parse(sender).ok());
    if let Some(code) = model.error_code(event) {
        let cause = code.advice().map_or_else(
            || event.detail.clone().unwrap_or_default(),
            |known| known.cause.to_owned(),
        );
        return format!("{code} {cause}");
    }
    match (event.kind, &event.detail) {
        (EventKind::Delivery(DeliveryStatus::Delivered), _) => {
            model.tab().log.elapsed(event).unwrap_or_default()
        }
        (_, Some(detail)) => detail.clone(),
        (EventKind::Delivery(DeliveryStatus::Submitting | DeliveryStatus::Sent), None) => {
            sender().map(|sender| format!("from {sender}")).unwrap_or_default()
        }
        _ => String::new(),
    }
}
