//! The line above the keys: what just happened, what went wrong, or what the focused part is about.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};

use super::fit::{width, wrap};
use super::keymap::{Action, Context};
use super::lifecycle::{EngineState, Phase, Pruning};
use super::line::put;
use super::model::Model;
use super::pane::{Pane, form_words};
use super::session::{Notice, Session};
use crate::engine::CredentialsStatus;

/// What just happened, or what the focused part is about.
pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let session = &model.session;
    let theme = session.theme;
    let (text, style) = match &session.notice {
        _ if theme.plain && (session.phase != Phase::Ready || !model.modals.is_empty()) => {
            return;
        }
        // A notice is read out by itself there, and a growing figure is not read out.
        _ if theme.plain => {
            // What is wrong with the field stands below it already.
            let form = &session.tab().form;
            let is_wrong = session.focus == Pane::Form && form.error(form.field()).is_some();
            let explanation = if is_wrong { String::new() } else { explanation(session) };
            (refused(session).unwrap_or(explanation), Style::new())
        }
        // They are drawn above everything else.
        Some(notice) if is_above_all(model, notice, area.width) => return,
        Some(notice) => (notice.text.clone(), theme.good()),
        None if session.phase != Phase::Ready => return,
        None if !model.modals.is_empty() => return,
        None => match (refused(session), session.pruning) {
            (Some(banner), _) => (banner, theme.failure()),
            (None, Pruning::Running(rows)) => {
                let key = session.key(Context::Always, Action::StopPruning);
                let text = format!("Pruning old rows: {rows} so far. {key} stops it.");
                (text, theme.dim())
            }
            (None, _) => (explanation(session), theme.dim()),
        },
    };
    put(session.theme, area, 0, &format!(" {text}"), style, buffer);
}

/// What went wrong, and what just happened where the line is too short or covered, in full: as many of the lowest lines
/// as it takes, above everything else, as half a sentence helps no one.
pub(super) fn draw_above_all(model: &Model, screen: Rect, buffer: &mut Buffer) {
    let session = &model.session;
    let is_meant = |notice: &&Notice| is_above_all(model, notice, screen.width);
    let Some(notice) = session.notice.as_ref().filter(is_meant) else { return };
    if session.theme.plain {
        return;
    }
    let style = if notice.bad { session.theme.failure() } else { session.theme.good() };
    let lines = wrap(&notice.text, usize::from(screen.width.saturating_sub(2)).max(1));
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(screen.height / 2);
    // One line leaves the keys in sight.
    let below = u16::from(height == 1);
    let y = screen.height.saturating_sub(height + below);
    let area = Rect { y, height, ..screen };
    Clear.render(area, buffer);
    for (line, row) in lines.iter().zip(0..height) {
        put(session.theme, area, row, &format!(" {line}"), style, buffer);
    }
}

/// Whether a notice is drawn above everything else: bad news, what a pop-up would cover, and what does
/// not fit into the line.
fn is_above_all(model: &Model, notice: &Notice, room: u16) -> bool {
    notice.bad || !model.modals.is_empty() || width(&notice.text) + 2 > room.into()
}

/// The one banner for an account that rejects its credentials, instead of a failure per user.
fn refused(session: &Session) -> Option<String> {
    let credentials = session.tab().status.as_ref()?.credentials?;
    let CredentialsStatus::Refused { code, .. } = credentials else { return None };
    let test = session.key(Context::Form, Action::TestAccount);
    Some(format!(
        "The account rejects its credentials (error {code}); sending is paused. {test} tests them."
    ))
}

fn explanation(session: &Session) -> String {
    if let EngineState::Failed(reason) = &session.engine {
        return format!("Nothing can be sent: {reason}.");
    }
    match session.focus {
        Pane::Form => form_words::explanation(session),
        Pane::Numbers => {
            "The recipient's country picks the sender; * marks the default for all others."
                .to_owned()
        }
        Pane::Quota => {
            let settings = session.saved_settings();
            let (allowed, minutes) = (settings.codes_allowed.get(), settings.time_out.get());
            let rule = format!("{allowed} codes, then none until {minutes} min after the last.");
            if session.read_only || !session.is_possible(Context::Quota, Action::Unlock) {
                return rule;
            }
            let unlock = session.key(Context::Quota, Action::Unlock);
            format!("{rule} {unlock} gives a user all codes back.")
        }
        Pane::Log => {
            let explanation = "Every step of every code.";
            if !session.is_possible(Context::Log, Action::Accept) {
                return explanation.to_owned();
            }
            let open = session.key(Context::Log, Action::Accept);
            format!("{explanation} {open} shows all about one.")
        }
    }
}
