//! The picture of the pop-up that sends a code: its fields, and what a send would do.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::frame::{open_box, write, write_choice, write_field};
use super::send::{SendModal, SendPart, quota_words};
use crate::domain::provider::Provider;
use crate::domain::sender::Sender;
use crate::engine::Preview;
use crate::store::Standing;
use crate::tui::fit::wrap;
use crate::tui::keymap::{Action, Context};
use crate::tui::session::Session;

/// What stands for the code in the preview of the text.
const HIDDEN_CODE: &str = "••••••";

/// A line of what is known: its label, its text, its style.
type Line = (Label, String, Style);

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    None,
    To,
    From,
    Text,
    Quota,
    Limit,
    Note,
}

impl Label {
    const fn words(self) -> &'static str {
        match self {
            Self::None => "",
            Self::To => "To",
            Self::From => "From",
            Self::Text => "Text",
            Self::Quota => "Quota",
            Self::Limit => "Limit",
            Self::Note => "Note",
        }
    }
}

/// Draws the pop-up and returns where the cursor stands.
pub(super) fn draw(modal: &SendModal, session: &Session, buffer: &mut Buffer) -> Option<Position> {
    let theme = session.theme;
    let title = format!("Send a code · {}", session.environment);
    let inner = open_box(session, &title, (72, 15), buffer);
    let number = (&modal.number, modal.part == SendPart::Number);
    let number = write_field(inner, 0, ("Number", 9), number, session, buffer);
    let user = (&modal.user, modal.part == SendPart::User);
    let user = write_field(inner, 1, ("User", 9), user, session, buffer);
    let from = modal.from.as_ref().map_or("by country", Sender::as_str);
    let from = if modal.part == SendPart::From {
        format!("{from}  (Space changes it)")
    } else {
        from.to_owned()
    };
    write_choice(inner, 2, ("From", 9), (&from, modal.part == SendPart::From), theme, buffer);
    if modal.user.is_empty() && modal.part != SendPart::User && inner.height > 1 && inner.width > 9
    {
        let place = Rect { x: inner.x + 9, y: inner.y + 1, width: inner.width - 9, height: 1 };
        write(place, 0, "optional ID; default: the number", theme.dim(), theme, buffer);
    }
    let room = usize::from(inner.width.saturating_sub(9));
    let mut lines = lines(modal, session);
    let needed: usize = lines.iter().map(|(_, text, _)| wrap(text, room).len()).sum();
    let mut row = 4;
    if needed + usize::from(row) > usize::from(inner.height) {
        // Whether it would go out at all must not stand below the edge.
        lines.sort_by_key(|(label, ..)| *label != Label::Quota);
        row = 3;
    }
    for (label, text, style) in lines {
        // What was typed before says nothing about what is typed now.
        let style = if modal.is_stale { theme.dim() } else { style };
        for (index, line) in wrap(&text, room).into_iter().enumerate() {
            let label = if index == 0 { label.words() } else { "" };
            write(inner, row, label, theme.dim(), theme, buffer);
            let at = 9.min(inner.width);
            let place = Rect { x: inner.x + at, width: inner.width - at, ..inner };
            write(place, row, &line, style, theme, buffer);
            row += 1;
        }
    }
    number.or(user)
}

/// Returns what is known about the send, line by line.
fn lines(modal: &SendModal, session: &Session) -> Vec<Line> {
    let theme = session.theme;
    let mut lines = match &modal.preview {
        None if session.saved_settings().provider == Provider::Sandbox => {
            let text = "Any number, such as +573001234567; the Sandbox sends to no one.";
            vec![(Label::None, text.to_owned(), theme.dim())]
        }
        None => {
            vec![(Label::None, "With + and country code, or national.".to_owned(), theme.dim())]
        }
        Some(Err(error)) => vec![(Label::None, format!("{error}."), theme.failure())],
        Some(Ok(preview)) => preview_lines(preview, session),
    };
    if session.tab().form.is_changed() {
        let save = session.key(Context::Always, Action::Save);
        lines.push((
            Label::Note,
            format!("Unsaved changes are not applied yet; {save} saves them."),
            theme.warning(),
        ));
    }
    lines
}

/// Returns what a send would do.
fn preview_lines(preview: &Preview, session: &Session) -> Vec<Line> {
    let (theme, plain) = (session.theme, Style::new());
    let plan = &preview.plan;
    let number = &plan.recipient.number;
    let country = number.country().map_or_else(|| "no country".to_owned(), |it| it.to_string());
    let applied = plan.recipient.default_applied;
    let applied = applied.map(|country| format!(", +{} applied", country.calling_code()));
    let applied = applied.unwrap_or_default();
    let mut lines = vec![(Label::To, format!("{} · {country}{applied}", number.grouped()), plain)];
    lines.push(match &plan.route {
        Ok(route) => (Label::From, format!("{} · {}", route.sender, route.reason), plain),
        Err(refusal) => (Label::From, format!("{refusal}."), theme.failure()),
    });
    if !plan.may_text {
        let text = format!("Not an allowed recipient in {}.", session.environment);
        lines.push((Label::None, text, theme.failure()));
    }
    let text = format!("{} ({})", plan.message.text(HIDDEN_CODE), plan.message.segments());
    lines.push((Label::Text, text, plain));
    lines.push(quota_line(preview.standing, session));
    if let Some(over) = preview.over_limit {
        lines.push(if preview.limits_record_only {
            (Label::Limit, format!("{over} (log only)"), theme.warning())
        } else {
            (Label::Limit, over.to_string(), theme.failure())
        });
    }
    lines
}

fn quota_line(standing: Standing, session: &Session) -> Line {
    let theme = session.theme;
    let can_send = !standing.tries_used_up && standing.quota.is_open();
    let style = if can_send { theme.good() } else { theme.failure() };
    (Label::Quota, quota_words(standing, session), style)
}
