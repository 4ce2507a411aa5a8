//! The log pane: its keys, and its picture, newest at the bottom.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;

use super::empty::{draw_empty, missing};
use super::log_filter::LogFilter;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::provider::Provider;
use crate::domain::sender::Sender;
use crate::store::{Event, EventId, EventKind};
use crate::tui::effect::Effect;
use crate::tui::fit::{cut, wrap};
use crate::tui::hidden::{draw_hidden, hidden};
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::mark::Mark;
use crate::tui::modal::Modal;
use crate::tui::modal::delivery::DeliveryModal;
use crate::tui::modal::stack::ModalStack;
use crate::tui::question::Question;
use crate::tui::session::Session;

/// Handles an input while the log has the focus.
pub fn on_input(session: &mut Session, modals: &mut ModalStack, input: &Input) -> Vec<Effect> {
    let page = usize::from(session.arrangement().log.map_or(0, |area| area.height))
        .saturating_sub(2)
        .max(1);
    let log = &mut session.tab_mut().log;
    match input {
        Input::Key(_) | Input::Paste(_) if log.is_filtering() => {
            if let Some(refused) = log.type_filter(input) {
                session.complain(format!("{refused}."));
            }
            return find_typed(session, session.environment);
        }
        Input::Action(Action::Accept) if log.is_filtering() => {
            if let Some(filter) = &mut log.filter {
                filter.typed.is_typing = false;
            }
        }
        Input::Action(Action::Filter) => {
            let zone = session.time_zone.clone();
            let log = &mut session.tab_mut().log;
            log.filter.get_or_insert_with(|| LogFilter::new(zone)).typed.is_typing = true;
        }
        Input::Action(Action::Cancel) => log.filter = None,
        Input::Paste(_) => session.cannot_paste(),
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
                let effects = modal.ask(session);
                modals.open(Modal::Delivery(modal));
                return effects;
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Asks the store what it has about what is typed, where that may be a number.
pub fn find_typed(session: &mut Session, environment: Environment) -> Vec<Effect> {
    let filter = session.tabs[environment].log.filter.as_ref();
    let Some(typed) = filter.and_then(|it| it.typed.may_be_number()) else { return Vec::new() };
    let (ticket, effect) = session.ask(Question::EventsOf { environment, typed });
    if let Some(filter) = &mut session.tabs[environment].log.filter {
        filter.typed.wait_for(ticket);
    }
    vec![effect]
}

/// What came after an event and since a moment in sentences, oldest first.
pub fn lines_after(session: &Session, seen: Option<EventId>, since: Timestamp) -> Vec<String> {
    let events = &session.tab().log.events;
    let seen = seen.and_then(|seen| events.iter().rposition(|event| event.id == seen));
    let new = events.iter().skip(seen.map_or(0, |seen| seen + 1));
    let new = new.filter(|event| event.at >= since);
    new.map(|event| {
        let (time, word) = (session.day_and_clock(event.at), event.kind);
        let parts = [format!("{time} {word}"), event.recipient.clone(), detail(session, event)];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        session.theme.text(&parts.join(", "))
    })
    .collect()
}

/// Draws the log.
pub fn draw(session: &Session, area: Rect, buffer: &mut Buffer, focused: bool) {
    let theme = session.theme;
    let log = &session.tab().log;
    let shown = log.shown();
    let follows = if log.is_following() {
        "following".to_owned()
    } else {
        format!("{} follows", session.key(Context::Log, Action::Last))
    };
    let title = match &log.filter {
        None => format!("Delivery log · {follows}"),
        Some(filter) => {
            let (typed, count, all) = (filter.typed.shown(), shown.len(), log.count());
            format!("Delivery log · filter: {typed} · {count} of {all}")
        }
    };
    let block = theme.block(&title, focused, area.width);
    let inner = block.inner(area);
    block.render(area, buffer);
    if log.events.is_empty() {
        return draw_welcome(session, inner, buffer);
    }
    if shown.is_empty() {
        let context = if log.is_filtering() { Context::Filter } else { Context::Log };
        let all = session.key(context, Action::Cancel);
        let text = format!("No match. {all} clears the filter.");
        return draw_empty(&text, theme.dim(), inner, theme, buffer);
    }
    let selected = log.index(&shown);
    let room = usize::from(inner.height);
    // The selected line keeps its place in the middle, the newest stays at the bottom.
    let lowest = shown.len().saturating_sub(room);
    let first =
        if log.is_following() { lowest } else { selected.saturating_sub(room / 2).min(lowest) };
    draw_hidden(theme, area, hidden(first, room, shown.len()), buffer);
    for ((index, event), y) in shown.iter().enumerate().skip(first).zip(inner.top()..inner.bottom())
    {
        let line = Rect { y, height: 1, ..inner };
        draw_line(session, event, focused && index == selected, line, buffer);
    }
}

/// An empty log says what to do; that of a new deck also where things are.
fn draw_welcome(session: &Session, inner: Rect, buffer: &mut Buffer) {
    let send = session.key(Context::Console, Action::SendCode);
    let help = session.key(Context::Console, Action::Help);
    let first = match missing(session) {
        None if session.saved_settings().provider == Provider::Sandbox => {
            format!("{send} sends a first code, to the Sandbox: no real phone gets it.")
        }
        None => format!("No codes sent yet. {send} sends one."),
        Some(missing) => format!("{missing} Development's Sandbox needs nothing."),
    };
    let Some(places) = &session.welcome else {
        return draw_empty(&first, session.theme.dim(), inner, session.theme, buffer);
    };
    let lines = [
        format!("Welcome. {first}"),
        format!("Settings: {} (created at the first save).", places.config),
        format!("Codes and audit: {}. {help} lists the keys.", places.store),
    ];
    let room = usize::from(inner.width.saturating_sub(2)).max(1);
    let rows = lines.iter().flat_map(|line| wrap(line, room));
    for (line, y) in rows.zip(inner.top()..inner.bottom()) {
        let line = session.theme.text(&line);
        buffer.set_stringn(inner.x + 1, y, line, room, session.theme.dim());
    }
}

fn draw_line(session: &Session, event: &Event, selected: bool, line: Rect, buffer: &mut Buffer) {
    let theme = session.theme;
    let style = if selected { theme.selected() } else { Style::new() };
    let word = format!(" {:<10} ", event.kind.to_string());
    let rest = match stale(session, event) {
        None => format!("{}  {}", event.recipient, detail(session, event)),
        Some(words) => format!("{}  {words}", event.recipient),
    };
    buffer.set_style(line, style);
    let mark = theme.mark_if(selected, Mark::Line);
    let time = theme.text(&format!("{mark}{}", session.day_and_clock(event.at)));
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

/// Says of the newest event of a code without a final status that nobody can tell what became of it
/// now, if that is so.
fn stale(session: &Session, event: &Event) -> Option<String> {
    let failing = session.tab().status.as_ref()?.status_requests.as_ref()?;
    let EventKind::Delivery(status) = event.kind else { return None };
    let is_newest = session.tab().log.is_newest_of_delivery(event);
    let since = session.moment(failing.since);
    (!status.is_final() && is_newest).then(|| format!("status requests fail since {since}"))
}

/// What matters about an event, in a few words.
fn detail(session: &Session, event: &Event) -> String {
    let sender = || event.sender.as_deref().and_then(|sender| Sender::parse(sender).ok());
    if let Some(code) = session.error_code(event) {
        let cause = code.advice().map_or_else(
            || event.detail.clone().unwrap_or_default(),
            |known| known.cause.to_owned(),
        );
        return format!("{code} {cause}");
    }
    match (event.kind, &event.detail) {
        (EventKind::Delivery(DeliveryStatus::Submitting), Some(_)) => {
            let from = sender().map(|sender| format!("from {sender}: ")).unwrap_or_default();
            format!("{from}{}", event.words())
        }
        (_, Some(_)) => event.words(),
        // When it was noticed: the provider does not tell when it arrived.
        (EventKind::Delivery(DeliveryStatus::Delivered), None) => {
            session.tab().log.elapsed(event).map(|it| format!("seen {it}")).unwrap_or_default()
        }
        (EventKind::Delivery(DeliveryStatus::Submitting | DeliveryStatus::Sent), None) => {
            sender().map(|sender| format!("from {sender}")).unwrap_or_default()
        }
        _ => String::new(),
    }
}
