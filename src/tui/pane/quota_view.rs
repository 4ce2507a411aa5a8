//! The quota pane: its keys, and its picture.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;

use super::empty::{draw_empty, missing};
use super::quota::is_locked;
use super::quota_filter::QuotaFilter;
use crate::domain::passcode::MAX_WRONG_TRIES;
use crate::domain::quota::Quota;
use crate::store::QuotaRow;
use crate::tui::effect::Effect;
use crate::tui::fit::{column, cut_front, first_row, width};
use crate::tui::hidden::{draw_hidden, hidden};
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::lifecycle::EngineState;
use crate::tui::mark::Mark;
use crate::tui::modal::Modal;
use crate::tui::modal::stack::ModalStack;
use crate::tui::modal::unlock::{UnlockModal, remedy};
use crate::tui::modal::user::UserModal;
use crate::tui::question::Question;
use crate::tui::session::{READ_ONLY, Session};

/// Handles an input while the quota has the focus.
pub fn on_input(session: &mut Session, modals: &mut ModalStack, input: &Input) -> Vec<Effect> {
    let page = usize::from(session.arrangement().quota.map_or(0, |area| area.height))
        .saturating_sub(2)
        .max(1);
    let quota = &mut session.tab_mut().quota;
    let at = quota.index();
    match input {
        Input::Key(_) | Input::Paste(_) if quota.is_filtering() => {
            return type_filter(session, input);
        }
        Input::Action(Action::Accept) if quota.is_filtering() => {
            if let Some(filter) = &mut quota.filter {
                filter.typed.is_typing = false;
            }
        }
        Input::Action(Action::Filter) => match &mut quota.filter {
            Some(filter) => filter.typed.is_typing = true,
            None => quota.filter = Some(QuotaFilter::new()),
        },
        Input::Action(Action::Cancel) => {
            quota.filter = None;
            quota.show();
        }
        Input::Paste(_) => session.cannot_paste(),
        Input::Action(Action::Up) => quota.select(at.saturating_sub(1)),
        Input::Action(Action::Down) => quota.select(at + 1),
        Input::Action(Action::PageUp) => quota.select(at.saturating_sub(page)),
        Input::Action(Action::PageDown) => quota.select(at + page),
        Input::Action(Action::First) => quota.select(0),
        Input::Action(Action::Last) => quota.select(usize::MAX),
        Input::Action(action @ (Action::Unlock | Action::GiveBack)) => {
            help(session, modals, *action);
        }
        Input::Action(Action::Accept) => {
            if let Some(row) = quota.row(at).cloned() {
                let (modal, effect) = UserModal::ask(row, session);
                modals.open(Modal::User(Box::new(modal)));
                return vec![effect];
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Opens the remedy that a key means for the selected user.
fn help(session: &mut Session, modals: &mut ModalStack, action: Action) {
    let selected = session.tab().quota.selected();
    let remedy = selected.map(|row| (row, remedy(session, Context::Quota, action, row)));
    match remedy {
        Some((row, Ok(remedy))) => modals.open(Modal::Unlock(UnlockModal::new(row, remedy))),
        Some((_, Err(why))) => session.complain(why),
        None if session.read_only => session.complain(READ_ONLY),
        None => session.say("No one has used a code; nothing to give back."),
    }
}

/// Edits the filter, and asks under what it is found where it may be a number.
fn type_filter(session: &mut Session, input: &Input) -> Vec<Effect> {
    let environment = session.environment;
    if let Some(refused) = session.tab_mut().quota.type_filter(input) {
        session.complain(format!("{refused}."));
    }
    let filter = session.tab().quota.filter.as_ref();
    let Some(typed) = filter.and_then(|it| it.typed.may_be_number()) else { return Vec::new() };
    let (ticket, effect) = session.ask(Question::FindUser { environment, typed });
    if let Some(filter) = &mut session.tab_mut().quota.filter {
        filter.typed.wait_for(ticket);
    }
    vec![effect]
}

/// Draws the quota.
pub fn draw(session: &Session, area: Rect, buffer: &mut Buffer, focused: bool) {
    let theme = session.theme;
    let pane = &session.tab().quota;
    let block = theme.block(&title(session), focused, area.width);
    let inner = block.inner(area);
    block.render(area, buffer);
    if pane.rows.is_empty() {
        let (text, style) = without_users(session);
        return draw_empty(&text, style, inner, theme, buffer);
    }
    if pane.shown.is_empty() {
        let context = if pane.is_filtering() { Context::Filter } else { Context::Quota };
        let all = session.key(context, Action::Cancel);
        let text = format!("No match. {all} clears the filter.");
        return draw_empty(&text, theme.dim(), inner, theme, buffer);
    }
    let selected = pane.index();
    let first = first_row(selected, inner.height.into(), 0, pane.shown.len());
    let out_of_sight = hidden(first, inner.height.into(), pane.shown.len());
    draw_hidden(theme, area, out_of_sight, buffer);
    for (index, y) in (first..pane.shown.len()).zip(inner.top()..inner.bottom()) {
        let Some(row) = pane.row(index) else { continue };
        let line = Rect { y, height: 1, ..inner };
        let marked = focused && index == selected;
        let style = if marked { theme.selected() } else { Style::new() };
        draw_row(session, row, marked, line, buffer, style);
    }
}

fn title(session: &Session) -> String {
    let pane = &session.tab().quota;
    let title = match pane.locked(session.now) {
        0 => "Quota".to_owned(),
        locked => format!("Quota · {locked} locked"),
    };
    let Some(filter) = &pane.filter else { return title };
    let typed = filter.typed.shown();
    let (shown, all) = (pane.shown.len(), pane.rows.len());
    format!("{title} · filter: {typed} · {shown} of {all}")
}

/// Why there is no user to show, and what to do about it.
fn without_users(session: &Session) -> (String, Style) {
    let theme = session.theme;
    match (&session.engine, missing(session)) {
        (EngineState::Failed(reason), _) => {
            (format!("Nothing can be sent: {reason}"), theme.failure())
        }
        (EngineState::Starting, _) => ("Opening the store…".to_owned(), theme.dim()),
        (EngineState::Ready, Some(missing)) => {
            let previous = session.key(Context::Always, Action::PreviousPane);
            (format!("{missing} {previous} goes to them."), theme.warning())
        }
        (EngineState::Ready, None) if session.tab().log.newest().is_some() => {
            ("No codes count at the moment.".to_owned(), theme.dim())
        }
        (EngineState::Ready, None) if session.read_only => {
            ("No recent requests.".to_owned(), theme.dim())
        }
        (EngineState::Ready, None) => {
            let send = session.key(Context::Console, Action::SendCode);
            let text = format!("No recent requests. Press {send} to send a code.");
            (text, theme.dim())
        }
    }
}

fn draw_row(
    session: &Session,
    row: &QuotaRow,
    marked: bool,
    line: Rect,
    buffer: &mut Buffer,
    style: Style,
) {
    if line.width < 60 {
        return draw_narrow_row(session, row, marked, line, buffer, style);
    }
    let theme = session.theme;
    let allowed = session.saved_settings().codes_allowed.get();
    let locked = is_locked(row, session.now);
    let (state, state_style) = match row.quota {
        _ if row.wrong_in_a_row >= MAX_WRONG_TRIES => {
            let unlock = session.key(Context::Quota, Action::Unlock);
            let text = format!("LOCKED  {} wrong tries: press {unlock}", row.wrong_in_a_row);
            (text, theme.failure())
        }
        Quota::Locked { unlock_at, .. } if locked => {
            (format!("LOCKED  {}", session.until(unlock_at)), theme.failure())
        }
        Quota::Locked { .. } => (format!("open    {allowed} left"), theme.good()),
        Quota::Open { left, .. } => (format!("open    {left} left"), theme.good()),
    };
    let mark = theme.text(theme.mark_if(marked, Mark::Line));
    let who = if row.user.label == row.number.label {
        theme.text(&row.user.label)
    } else {
        theme.text(&format!("{} {}", column(&row.user.label, 12), row.number.label))
    };
    let used = format!("{} of {allowed}", row.quota.used());
    let fixed = width(&mark) + width(&state) + 10;
    let room = usize::from(line.width).saturating_sub(fixed).min(33);
    let left = format!("{mark}{} {used:<8} ", column(&who, room));
    write_row((&left, &state), line, buffer, (style, style.patch(state_style)));
}

/// Where there is little room, the state is whole, and the user gets what is left.
fn draw_narrow_row(
    session: &Session,
    row: &QuotaRow,
    marked: bool,
    line: Rect,
    buffer: &mut Buffer,
    style: Style,
) {
    let theme = session.theme;
    let allowed = session.saved_settings().codes_allowed.get();
    let (state, state_style) = match row.quota {
        _ if row.wrong_in_a_row >= MAX_WRONG_TRIES => {
            ("LOCKED: wrong tries".to_owned(), theme.failure())
        }
        Quota::Locked { unlock_at, .. } if is_locked(row, session.now) => {
            let (at, left) = (session.time_to_come(unlock_at), session.countdown(unlock_at));
            // Both fit only where the time has no day.
            let in_time = if at.contains(' ') { String::new() } else { format!(" in {left}") };
            (format!("LOCKED {at}{in_time}"), theme.failure())
        }
        Quota::Locked { .. } => (format!("open, {allowed} left"), theme.good()),
        Quota::Open { used, left } => (format!("{used} of {allowed}, {left} left"), theme.good()),
    };
    let mark = theme.text(theme.mark_if(marked, Mark::Line));
    let room = usize::from(line.width).saturating_sub(width(&state) + 2);
    // Of a masked number, the end identifies it.
    let label = &row.user.label;
    let who = if *label == row.number.label { &cut_front(label, room) } else { label };
    let left = format!("{mark}{} ", column(&theme.text(who), room));
    write_row((&left, &state), line, buffer, (style, style.patch(state_style)));
}

fn write_row(
    (left, state): (&str, &str),
    line: Rect,
    buffer: &mut Buffer,
    (style, state_style): (Style, Style),
) {
    buffer.set_style(line, style);
    let (at, _) = buffer.set_stringn(line.x, line.y, left, line.width.into(), style);
    buffer.set_stringn(at, line.y, state, line.right().saturating_sub(at).into(), state_style);
}
