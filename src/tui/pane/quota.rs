//! Who has used how many codes, who is locked, and until when.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;

use super::quota_filter::QuotaFilter;
use super::{draw_empty, first_row, missing};
use crate::domain::passcode::MAX_WRONG_TRIES;
use crate::domain::quota::{Quota, seconds_until};
use crate::domain::secret::LookupKey;
use crate::domain::text::masked_digits;
use crate::store::QuotaRow;
use crate::tui::effect::Effect;
use crate::tui::fit::{column, cut_front, width};
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::Modal;
use crate::tui::modal::unlock::UnlockModal;
use crate::tui::modal::user::UserModal;
use crate::tui::model::{EngineState, Model};
use crate::tui::update::Input;

/// Why no code is given back to somebody whom wrong tries lock.
pub const TRIES_FIRST: &str =
    "Wrong tries lock this user: a code back would not help. r forgives them, with a warning.";

/// The users with codes that still matter.
#[derive(Debug, Default)]
pub struct QuotaPane {
    rows: Vec<QuotaRow>,
    /// The places in `rows` of those that the filter lets through.
    shown: Vec<usize>,
    selected: Option<LookupKey>,
    filter: Option<QuotaFilter>,
}

impl QuotaPane {
    /// Takes the newest rows; the selection stays with its user.
    pub fn refresh(&mut self, rows: Vec<QuotaRow>) {
        let gone = !rows.iter().any(|row| Some(row.user.key) == self.selected);
        if gone {
            self.selected = None;
        }
        self.rows = rows;
        self.show();
    }

    /// Whether keys are text for the filter.
    pub fn is_filtering(&self) -> bool {
        self.filter.as_ref().is_some_and(|filter| filter.is_typing)
    }

    /// Takes under what a typed number or id is found.
    pub fn on_keys(&mut self, ticket: u64, keys: &[LookupKey]) {
        if self.filter.as_mut().is_some_and(|filter| filter.on_keys(ticket, keys)) {
            self.show();
        }
    }

    /// Works out whom the filter lets through.
    fn show(&mut self) {
        let fits = |row: &QuotaRow| self.filter.as_ref().is_none_or(|filter| filter.fits(row));
        self.shown = (0..self.rows.len()).filter(|&index| fits(&self.rows[index])).collect();
    }

    /// The user that keys are about.
    pub fn selected(&self) -> Option<&QuotaRow> {
        self.row(self.index())
    }

    fn row(&self, index: usize) -> Option<&QuotaRow> {
        self.rows.get(*self.shown.get(index)?)
    }

    /// How many users are locked at a moment.
    pub fn locked(&self, now: Timestamp) -> usize {
        self.rows.iter().filter(|row| is_locked(row, now)).count()
    }

    /// Whether a countdown is running in sight.
    pub fn counts_down(&self, now: Timestamp) -> bool {
        let mut shown = (0..self.shown.len()).filter_map(|index| self.row(index));
        shown.any(|row| row.quota.unlock_at().is_some_and(|at| at > now))
    }

    /// When the next lock ends.
    pub fn next_unlock(&self, now: Timestamp) -> Option<Timestamp> {
        self.rows.iter().filter_map(|row| row.quota.unlock_at()).filter(|&at| at > now).min()
    }

    /// Whether a lock has ended since the rows were read.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.rows.iter().filter_map(|row| row.quota.unlock_at()).any(|at| at <= now)
    }

    fn index(&self) -> usize {
        let is_selected = |&index: &usize| {
            self.rows.get(index).is_some_and(|row| Some(row.user.key) == self.selected)
        };
        self.shown.iter().position(is_selected).unwrap_or(0)
    }

    fn select(&mut self, index: usize) {
        let index = index.min(self.shown.len().saturating_sub(1));
        self.selected = self.row(index).map(|row| row.user.key);
    }
}

fn is_locked(row: &QuotaRow, now: Timestamp) -> bool {
    // A lock that ends on its own may have ended since the rows were read.
    row.is_locked()
        && row.quota.unlock_at().is_none_or(|at| at > now || row.wrong_in_a_row >= MAX_WRONG_TRIES)
}

/// Handles an input while the quota has the focus.
pub fn on_input(model: &mut Model, input: &Input) -> Vec<Effect> {
    let page = usize::from(model.arrangement().quota.map_or(0, |area| area.height))
        .saturating_sub(2)
        .max(1);
    let read_only = model.read_only;
    let quota = &mut model.tab_mut().quota;
    let at = quota.index();
    match input {
        Input::Key(_) | Input::Paste(_) if quota.is_filtering() => {
            return type_filter(model, input);
        }
        Input::Action(Action::Accept) if quota.is_filtering() => {
            if let Some(filter) = &mut quota.filter {
                filter.is_typing = false;
            }
        }
        Input::Action(Action::Filter) => match &mut quota.filter {
            Some(filter) => filter.is_typing = true,
            None => quota.filter = Some(QuotaFilter::new()),
        },
        Input::Action(Action::Cancel) => {
            quota.filter = None;
            quota.show();
        }
        Input::Paste(_) => model.cannot_paste(),
        Input::Action(Action::Up) => quota.select(at.saturating_sub(1)),
        Input::Action(Action::Down) => quota.select(at + 1),
        Input::Action(Action::PageUp) => quota.select(at.saturating_sub(page)),
        Input::Action(Action::PageDown) => quota.select(at + page),
        Input::Action(Action::First) => quota.select(0),
        Input::Action(Action::Last) => quota.select(usize::MAX),
        Input::Action(Action::Unlock | Action::GiveBack) if read_only => {
            model.complain("This console only looks (--read-only).");
        }
        Input::Action(action @ (Action::Unlock | Action::GiveBack)) => {
            match quota.row(at).cloned() {
                Some(row)
                    if *action == Action::GiveBack && row.wrong_in_a_row >= MAX_WRONG_TRIES =>
                {
                    model.complain(TRIES_FIRST);
                }
                Some(row) if *action == Action::GiveBack => {
                    model.modals.push(Modal::Unlock(UnlockModal::one_code(&row)));
                }
                Some(row) => model.modals.push(Modal::Unlock(UnlockModal::new(&row))),
                None => model.say("Nobody has used a code: there is nothing to give back."),
            }
        }
        Input::Action(Action::Accept) => {
            if let Some(row) = quota.row(at).cloned() {
                let ticket = model.next_generation();
                let (modal, effects) = UserModal::ask(row, model.environment, ticket);
                model.modals.push(Modal::User(Box::new(modal)));
                return effects;
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Edits the filter, and asks under what it is found where it may be a number.
fn type_filter(model: &mut Model, input: &Input) -> Vec<Effect> {
    let (environment, ticket) = (model.environment, model.next_generation());
    let quota = &mut model.tab_mut().quota;
    let Some(filter) = &mut quota.filter else { return Vec::new() };
    let refused = match input {
        Input::Key(key) => {
            filter.text.on_key(*key);
            None
        }
        Input::Paste(pasted) => filter.text.paste(pasted).err(),
        Input::Action(_) => None,
    };
    filter.on_typed(ticket);
    let typed = filter.text.text().to_owned();
    quota.show();
    if let Some(refused) = refused {
        model.complain(format!("{refused}."));
    }
    // No number is shorter than this (ITU-T E.164), and no shorter id is masked.
    if typed.chars().filter(char::is_ascii_digit).count() < 6 {
        return Vec::new();
    }
    vec![Effect::FindUser { ticket, environment, typed }]
}

/// When a lock ends, and in how long.
pub fn until(model: &Model, unlock_at: Timestamp) -> String {
    if model.theme.plain {
        // What goes on by itself would be read out again and again.
        return format!("opens {}", model.clock(unlock_at));
    }
    format!("opens {}, in {}", model.clock(unlock_at), countdown(unlock_at, model.now))
}

/// Draws the quota.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer, focused: bool) {
    let theme = model.theme;
    let pane = &model.tab().quota;
    let mut title = match pane.locked(model.now) {
        0 => "Quota".to_owned(),
        locked => format!("Quota · {locked} locked"),
    };
    if let Some(filter) = &pane.filter {
        // A whole number is no longer needed once it is typed.
        let typed = if filter.is_typing {
            format!("{}_", filter.text.text())
        } else {
            masked_digits(filter.text.text(), 7)
        };
        let (shown, all) = (pane.shown.len(), pane.rows.len());
        title = format!("{title} · filter: {typed} · {shown} of {all}");
    }
    let block = theme.block(&title, focused);
    let inner = block.inner(area);
    block.render(area, buffer);
    if pane.rows.is_empty() {
        let (text, style) = match &model.engine {
            EngineState::Failed(reason) => {
                (format!("Nothing can be sent: {reason}"), theme.failure())
            }
            EngineState::Starting => ("Opening the store…".to_owned(), theme.dim()),
            EngineState::Ready if missing(model).is_some() => {
                let missing = missing(model).unwrap_or_default();
                let previous = model.keys.name(Context::Always, Action::PreviousPane);
                let text = format!("{missing} {previous} goes to them.");
                (text, theme.warning())
            }
            EngineState::Ready if model.tab().log.newest().is_some() => {
                ("Nobody has a code that counts just now.".to_owned(), theme.dim())
            }
            EngineState::Ready => {
                ("Nobody has asked for a code lately. Press s to send one.".to_owned(), theme.dim())
            }
        };
        return draw_empty(&text, style, inner, theme, buffer);
    }
    if pane.shown.is_empty() {
        let text = "Nobody fits the filter. Esc shows all.";
        return draw_empty(text, theme.dim(), inner, theme, buffer);
    }
    let selected = pane.index();
    let first = first_row(selected, inner.height.into(), 0, pane.shown.len());
    for (index, y) in (first..pane.shown.len()).zip(inner.top()..inner.bottom()) {
        let Some(row) = pane.row(index) else { continue };
        let line = Rect { y, height: 1, ..inner };
        let marked = focused && index == selected;
        let style = if marked { theme.selected() } else { Style::new() };
        draw_row(model, row, marked, line, buffer, style);
    }
}

fn draw_row(
    model: &Model,
    row: &QuotaRow,
    marked: bool,
    line: Rect,
    buffer: &mut Buffer,
    style: Style,
) {
    if line.width < 60 {
        return draw_narrow_row(model, row, marked, line, buffer, style);
    }
    let theme = model.theme;
    let allowed = model.saved_settings().codes_allowed.get();
    let locked = is_locked(row, model.now);
    let (state, state_style) = match row.quota {
        _ if row.wrong_in_a_row >= MAX_WRONG_TRIES => {
            (format!("LOCKED  {} wrong tries: press r", row.wrong_in_a_row), theme.failure())
        }
        Quota::Locked { unlock_at, .. } if locked => {
            (format!("LOCKED  {}", until(model, unlock_at)), theme.failure())
        }
        Quota::Locked { .. } => (format!("open    {allowed} left"), theme.good()),
        Quota::Open { left, .. } => (format!("open    {left} left"), theme.good()),
    };
    let mark = if marked { theme.text("›") } else { " ".to_owned() };
    let who = if row.user.label == row.number.label {
        theme.text(&row.user.label)
    } else {
        theme.text(&format!("{} {}", column(&row.user.label, 12), row.number.label))
    };
    let used = format!("{} of {allowed}", row.quota.used());
    let left = format!("{mark}{} {used:<8} ", column(&who, 33));
    write_row((&left, &state), line, buffer, (style, style.patch(state_style)));
}

/// Where there is little room, the state is whole, and the user gets what is left.
fn draw_narrow_row(
    model: &Model,
    row: &QuotaRow,
    marked: bool,
    line: Rect,
    buffer: &mut Buffer,
    style: Style,
) {
    let theme = model.theme;
    let allowed = model.saved_settings().codes_allowed.get();
    let (state, state_style) = match row.quota {
        _ if row.wrong_in_a_row >= MAX_WRONG_TRIES => {
            ("LOCKED: wrong tries".to_owned(), theme.failure())
        }
        Quota::Locked { unlock_at, .. } if is_locked(row, model.now) => {
            let (at, left) = (model.clock(unlock_at), countdown(unlock_at, model.now));
            (format!("LOCKED {at} in {left}"), theme.failure())
        }
        Quota::Locked { .. } => (format!("open, {allowed} left"), theme.good()),
        Quota::Open { used, left } => (format!("{used} of {allowed}, {left} left"), theme.good()),
    };
    let mark = if marked { theme.text("›") } else { " ".to_owned() };
    let room = usize::from(line.width).saturating_sub(width(&state) + 2);
    // Of a masked number, the end is what tells it.
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

/// Time until a moment, seconds rounded up: `14:34` or `1:02:03`.
pub fn countdown(until: Timestamp, now: Timestamp) -> String {
    let seconds = seconds_until(until, now);
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}
