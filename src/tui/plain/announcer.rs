//! Writes what gets the focus or changes below what was written before.

use std::collections::HashSet;
use std::fmt::Write;
use std::mem::{Discriminant, discriminant};

use jiff::Timestamp;

use super::page::Page;
use super::spoken;
use crate::domain::environment::Environment;
use crate::store::EventId;
use crate::tui::fit::{cut_front, width};
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::Modal;
use crate::tui::model::Model;
use crate::tui::pane::{Pane, log_view};
use crate::tui::session::{Phase, Session};

/// A page with more lines is not read out when one comes to it, only what has the focus there.
const MAX_LENGTH: usize = 14;

/// More new lines at once are a list that was filtered or turned.
const MAX_NEWS: usize = 5;

/// Where one is.
type Place = (Environment, Pane, usize, Option<Discriminant<Modal>>, Discriminant<Phase>);

/// Tells what is new since it last told something.
#[derive(Debug, Default)]
pub struct Announcer {
    told: Option<Told>,
    /// When it began: what had happened before is no news.
    since: Option<Timestamp>,
    /// The line that is being typed in, as it stands on the terminal.
    prompt: Option<(String, usize)>,
}

/// What was told.
#[derive(Debug)]
struct Told {
    place: Place,
    page: Page,
    /// What the focused line said before it had the focus.
    behind: Option<String>,
    notice: Option<(String, Timestamp)>,
    event: Option<EventId>,
}

impl Announcer {
    /// Forgets what was told, so that all of it is told again.
    pub fn forget(&mut self) {
        self.told = None;
    }

    /// What is to be written, for a terminal of so many columns.
    pub fn announce(&mut self, model: &Model, columns: u16) -> String {
        let page = Page::of(model);
        let place = place(model);
        let mut lines = Vec::new();
        let mut behind = None;
        match &self.told {
            None => {
                lines.extend(welcome(&model.session));
                if model.session.phase != Phase::Loading {
                    lines.extend(page.whole(longest(model), model.modals.is_empty()));
                }
            }
            Some(told) if told.place != place => {
                let is_other = told.page.header != page.header;
                lines.extend(is_other.then(|| page.header.clone()));
                lines.extend(page.body(longest(model), model.modals.is_empty()));
            }
            Some(told) => {
                lines.extend((page.header != told.page.header).then(|| page.header.clone()));
                // New lines of the log are told below, one by one, though they may look the same.
                if !reads_log(model) || told.event == newest_event(model) {
                    lines.extend(news(told, &page));
                }
                behind = if told.page.focus() == page.focus() {
                    told.behind.clone()
                } else {
                    page.focus().and_then(|row| told.page.at(row))
                };
            }
        }
        let event = newest_event(model);
        if let Some(told) = self.told.as_ref().filter(|told| told.place.0 == place.0) {
            lines.extend(events(told, *self.since.get_or_insert(model.session.now), model));
        }
        let notice =
            model.session.notice.as_ref().map(|notice| (notice.text.clone(), notice.until));
        let was_said = self.told.as_ref().is_some_and(|told| told.notice == notice);
        lines.extend(
            notice
                .clone()
                .filter(|_| !was_said)
                .map(|(text, _)| spoken::words(&model.session.theme.text(&text)).0),
        );
        let prompt = page.prompt.clone();
        self.told = Some(Told { place, page, behind, notice, event });
        self.write(&lines, prompt, columns)
    }

    /// The bytes for these lines, and for the line that is being typed in.
    fn write(&mut self, lines: &[String], prompt: Option<(String, usize)>, columns: u16) -> String {
        let mut out = String::new();
        if lines.is_empty() {
            if prompt == self.prompt {
                return out;
            }
            // A letter more at the end is written by itself: who listens hears just that.
            if let (Some((old, at)), Some((new, to))) = (&self.prompt, &prompt)
                && *at == width(old)
                && *to == width(new)
                && width(new) < columns.into()
                && let Some(typed) = new.strip_prefix(old.as_str())
            {
                out.push_str(typed);
                self.prompt = prompt;
                return out;
            }
        }
        let was_open = self.prompt.take().is_some();
        if was_open {
            out.push_str("\r\x1b[K");
        }
        for line in lines {
            out.push_str(line);
            out.push_str("\r\n");
        }
        if let Some((text, at)) = &prompt {
            // What does not fit would break the line, and then it could not be written anew.
            let room = usize::from(columns).saturating_sub(1);
            let shown = cut_front(text, room);
            out.push_str(&shown);
            let back = width(text).saturating_sub(*at).min(width(&shown));
            if back > 0 {
                // Writing to a string cannot fail.
                let _ = write!(out, "\x1b[{back}D");
            }
        }
        self.prompt = prompt;
        out
    }
}

/// Of a pane only its title and what has the focus are read out when one comes to it.
fn longest(model: &Model) -> usize {
    if model.modals.is_empty() { 2 } else { MAX_LENGTH }
}

fn place(model: &Model) -> Place {
    let modal = model.modals.top().map(discriminant);
    (
        model.session.environment,
        model.session.focus,
        model.modals.len(),
        modal,
        discriminant(&model.session.phase),
    )
}

/// What is on the page that was not there before, what was selected at the end.
fn news(told: &Told, page: &Page) -> Vec<String> {
    let old: HashSet<&String> = told.page.lines.iter().collect();
    let focus = page.focus();
    let is_new = |(row, line): (usize, &String)| {
        // A line that one has left looks as it did before one came.
        let is_left = Some(row) == told.page.focus() && told.behind.as_ref() == Some(line);
        (Some(row) != focus && !line.is_empty() && !old.contains(line) && !is_left)
            .then(|| line.clone())
    };
    let mut news: Vec<String> = page.lines.iter().enumerate().filter_map(is_new).collect();
    if news.len() > MAX_NEWS && focus.is_some() {
        // A list that was filtered or turned: what is selected in it is the news.
        news.clear();
    }
    if page.selected.is_some() && page.selected_line() != told.page.selected_line() {
        news.extend(page.selected_line());
    }
    news
}

fn newest_event(model: &Model) -> Option<EventId> {
    model.session.tab().log.newest().map(|event| event.id)
}

/// Whether the log is what has the focus.
fn reads_log(model: &Model) -> bool {
    model.session.focus == Pane::Log && model.modals.is_empty()
}

/// What has happened to codes.
fn events(told: &Told, since: Timestamp, model: &Model) -> Vec<String> {
    log_view::lines_after(&model.session, told.event, since)
        .iter()
        .map(|line| spoken::words(line).0)
        .collect()
}

/// What is said first.
fn welcome(session: &Session) -> [String; 2] {
    let [help, find, environment, quit] =
        [Action::Help, Action::Palette, Action::NextEnvironment, Action::Quit]
            .map(|action| session.key(Context::Console, action));
    let pane = session.key(Context::Always, Action::NextPane);
    [
        format!("smsdeck, line by line. {help} lists the keys, {find} finds any action."),
        format!(
            "{pane} goes to the next pane, {environment} to the next environment, {quit} quits."
        ),
    ]
}
