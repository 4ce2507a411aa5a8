//! Draws the model. It reads and never writes.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::fit::wrap;
use super::keymap::{Action, Context};
use super::layout::{Arrangement, SMALLEST};
use super::lifecycle::Phase;
use super::line::put;
use super::model::Model;
use super::pane::{Pane, form_view, log_view, numbers_view, quota_view};
use super::session::Session;
use super::{hint_bar, message_line, tab_bar};

/// Draws the whole screen.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    if let Some(cursor) = draw(model, frame.buffer_mut()) {
        frame.set_cursor_position(cursor);
    }
}

/// Draws the whole screen and returns where the cursor stands, if it shows.
pub fn draw(model: &Model, buffer: &mut Buffer) -> Option<Position> {
    let session = &model.session;
    let parts = session.arrangement();
    // A resize may be on its way: what does not fit the buffer is not drawn.
    let screen = Rect { x: 0, y: 0, width: session.size.0, height: session.size.1 };
    if buffer.area != screen {
        return None;
    }
    if parts.too_small {
        draw_too_small(session, screen, buffer);
        return None;
    }
    let theme = session.theme;
    if theme.plain {
        put(theme, parts.tabs, 0, &tab_bar::header(session), Style::new(), buffer);
    } else {
        tab_bar::draw(session, parts.tabs, buffer);
        hint_bar::draw(model, parts.hint, buffer);
    }
    let mut cursor = None;
    match &session.phase {
        Phase::Loading => put(theme, screen, 2, " Reading the settings…", theme.dim(), buffer),
        Phase::Broken(reason) => draw_broken(session, reason, screen, buffer),
        // What lies below a pop-up is not read out.
        Phase::Ready if theme.plain && !model.modals.is_empty() => {}
        Phase::Ready => cursor = draw_panes(session, &parts, model.modals.is_empty(), buffer),
    }
    message_line::draw(model, parts.line, buffer);
    if !model.modals.is_empty() {
        cursor = model.modals.draw(session, buffer);
    }
    message_line::draw_above_all(model, screen, buffer);
    cursor
}

/// Draws the panes that have a place; the focused one has the keys unless a pop-up has them.
fn draw_panes(
    session: &Session,
    parts: &Arrangement,
    have_keys: bool,
    buffer: &mut Buffer,
) -> Option<Position> {
    let has_focus = |pane| session.focus == pane && have_keys;
    let mut cursor = None;
    if let Some(area) = parts.form {
        cursor = form_view::draw(session, area, buffer, has_focus(Pane::Form));
    }
    if let Some(area) = parts.numbers {
        numbers_view::draw(session, area, buffer, has_focus(Pane::Numbers));
    }
    if let Some(area) = parts.quota {
        quota_view::draw(session, area, buffer, has_focus(Pane::Quota));
    }
    if let Some(area) = parts.log {
        log_view::draw(session, area, buffer, has_focus(Pane::Log));
    }
    cursor
}

fn draw_too_small(session: &Session, screen: Rect, buffer: &mut Buffer) {
    let text = format!("smsdeck needs {} x {}.", SMALLEST.0, SMALLEST.1);
    put(session.theme, screen, 0, &text, Style::new(), buffer);
    let quit = session.key(Context::Broken, Action::Quit);
    let text = format!("Enlarge the window, or {quit}.");
    put(session.theme, screen, 1, &text, session.theme.dim(), buffer);
}

fn draw_broken(session: &Session, reason: &str, screen: Rect, buffer: &mut Buffer) {
    put(
        session.theme,
        screen,
        2,
        " The config is invalid. Nothing is sent, and no file is changed.",
        session.theme.failure(),
        buffer,
    );
    let room = usize::from(screen.width.saturating_sub(2)).max(1);
    let edit = session.key(Context::Broken, Action::EditConfig);
    let text = format!(
        "{reason}\n\n{edit} opens it in your editor. `smsdeck config history` lists \
         earlier versions, and `smsdeck config restore` restores one."
    );
    let lines = text.lines().flat_map(|line| wrap(line, room));
    for (line, row) in lines.zip(4..screen.height.saturating_sub(2)) {
        put(session.theme, screen, row, &format!(" {line}"), Style::new(), buffer);
    }
}
