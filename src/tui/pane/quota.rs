//! Who has used how many codes, who is locked, and until when.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;

use super::{draw_empty, first_row};
use crate::domain::passcode::MOST_WRONG_TRIES;
use crate::domain::quota::{Quota, seconds_until};
use crate::domain::secret::LookupKey;
use crate::store::QuotaRow;
use crate::tui::effect::Effect;
use crate::tui::keymap::Action;
use crate::tui::modal::Modal;
use crate::tui::modal::unlock::UnlockModal;
use crate::tui::modal::user::UserModal;
use crate::tui::model::{EngineState, Model};
use crate::tui::update::Input;

/// The users with codes that still matter.
#[derive(Debug, Default)]
pub struct QuotaPane {
    rows: Vec<QuotaRow>,
    selected: Option<LookupKey>,
}

impl QuotaPane {
    /// Takes the newest rows; the selection stays with its user.
    pub fn refresh(&mut self, rows: Vec<QuotaRow>) {
        let gone = !rows.iter().any(|row| Some(row.user.key) == self.selected);
        if gone {
            self.selected = None;
        }
        self.rows = rows;
    }

    /// How many users are locked at a moment.
    pub fn locked(&self, now: Timestamp) -> usize {
        self.rows.iter().filter(|row| is_locked(row, now)).count()
    }

    /// Whether a countdown is running.
    pub fn counts_down(&self, now: Timestamp) -> bool {
        self.next_unlock(now).is_some()
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
        self.rows.iter().position(|row| Some(row.user.key) == self.selected).unwrap_or(0)
    }

    fn select(&mut self, index: usize) {
        let index = index.min(self.rows.len().saturating_sub(1));
        self.selected = self.rows.get(index).map(|row| row.user.key);
    }
}

fn is_locked(row: &QuotaRow, now: Timestamp) -> bool {
    // A lock that ends on its own may have ended since the rows were read.
    row.is_locked()
        && row.quota.unlock_at().is_none_or(|at| at > now || row.wrong_in_a_row >= MOST_WRONG_TRIES)
}

/// Handles an input while the quota has the focus.
pub fn on_input(model: &mut Model, input: &Input) -> Vec<Effect> {
    let page = usize::from(model.arrangement().quota.map_or(0, |area| area.height))
        .saturating_sub(2)
        .max(1);
    let quota = &mut model.desk_mut().quota;
    let at = quota.index();
    match input {
        Input::Paste(_) => model.cannot_paste(),
        Input::Action(Action::Up) => quota.select(at.saturating_sub(1)),
        Input::Action(Action::Down) => quota.select(at + 1),
        Input::Action(Action::PageUp) => quota.select(at.saturating_sub(page)),
        Input::Action(Action::PageDown) => quota.select(at + page),
        Input::Action(Action::First) => quota.select(0),
        Input::Action(Action::Last) => quota.select(usize::MAX),
        Input::Action(Action::Unlock) => match quota.rows.get(at).cloned() {
            Some(row) => model.modals.push(Modal::Unlock(UnlockModal::new(&row))),
            None => model.say("Nobody has used a code: there is nothing to unlock."),
        },
        Input::Action(Action::Accept) => {
            if let Some(row) = quota.rows.get(at).cloned() {
                let generation = model.next_generation();
                let (modal, effects) = UserModal::ask(row, model.environment, generation);
                model.modals.push(Modal::User(Box::new(modal)));
                return effects;
            }
        }
        _ => {}
    }
    Vec::new()
}

/// When a lock ends, and in how long.
pub fn until(model: &Model, unlock_at: Timestamp) -> String {
    format!("opens {}, in {}", model.clock(unlock_at), countdown(unlock_at, model.now))
}

/// Draws the quota.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer, focused: bool) {
    let theme = model.theme;
    let pane = &model.desk().quota;
    let title = match pane.locked(model.now) {
        0 => "Quota".to_owned(),
        locked => format!("Quota · {locked} locked"),
    };
    let block = theme.block(&title, focused);
    let inner = block.inner(area);
    block.render(area, buffer);
    if pane.rows.is_empty() {
        let (text, style) = match &model.engine {
            EngineState::Failed(reason) => {
                (format!("Nothing can be sent: {reason}"), theme.failure())
            }
            EngineState::Starting => ("Opening the store…".to_owned(), theme.dim()),
            EngineState::Ready => {
                ("Nobody has asked for a code lately. Press s to send one.".to_owned(), theme.dim())
            }
        };
        return draw_empty(&text, style, inner, theme, buffer);
    }
    let selected = pane.index();
    let first = first_row(selected, inner.height.into(), 0, pane.rows.len());
    for ((index, row), y) in
        pane.rows.iter().enumerate().skip(first).zip(inner.top()..inner.bottom())
    {
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
    let theme = model.theme;
    let allowed = model.saved_settings().codes_allowed.get();
    let locked = is_locked(row, model.now);
    let (state, state_style) = match row.quota {
        _ if row.wrong_in_a_row >= MOST_WRONG_TRIES => {
            (format!("LOCKED  {} wrong tries: unlock with r", row.wrong_in_a_row), theme.failure())
        }
        Quota::Locked { unlock_at, .. } if locked => {
            (format!("LOCKED  {}", until(model, unlock_at)), theme.failure())
        }
        Quota::Locked { .. } => (format!("open    {allowed} left"), theme.good()),
        Quota::Open { left, .. } => (format!("open    {left} left"), theme.good()),
    };
    let mark = if marked { theme.text("›") } else { " ".to_owned() };
    let narrow = line.width < 60;
    let who = if row.user.label == row.number.label || narrow {
        theme.text(&row.user.label)
    } else {
        theme.text(&format!("{:<12} {}", cut(&row.user.label, 12), row.number.label))
    };
    let (who_width, used_width) = if narrow { (19, 3) } else { (33, 8) };
    let used = if narrow {
        row.quota.used().to_string()
    } else {
        format!("{} of {allowed}", row.quota.used())
    };
    let left = format!("{mark}{:<who_width$} {used:<used_width$} ", cut(&who, who_width));
    buffer.set_style(line, style);
    let (at, _) = buffer.set_stringn(line.x, line.y, &left, line.width.into(), style);
    buffer.set_stringn(
        at,
        line.y,
        state,
        line.right().saturating_sub(at).into(),
        style.patch(state_style),
    );
}

/// The beginning of a text, with an ellipsis where something is missing.
pub fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

/// Time until a moment, seconds rounded up: `14:34` or `1:02:03`.
pub fn countdown(until: Timestamp, now: Timestamp) -> String {
    let seconds = seconds_until(until, now);
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}
