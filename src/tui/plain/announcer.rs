//! Writes what gets the focus or changes below what was written before.

use std::collections::HashSet;
use std::fmt::Write;
use std::mem::{Discriminant, discriminant};

use jiff::Timestamp;

use super::page::Page;
use crate::domain::environment::Environment;
use crate::store::EventId;
use crate::tui::fit::{cut_front, width};
use crate::tui::keymap::{Action, Context};
use crate::tui::lifecycle::Phase;
use crate::tui::modal::Modal;
use crate::tui::model::Model;
use crate::tui::pane::{Pane, log_view};
use crate::tui::session::Session;

/// A page with more lines is not read out when one comes to it, only what has the focus there.
const MAX_LENGTH: usize = 14;

/// More new lines at once are a list that was filtered or turned.
const MAX_NEW_LINES: usize = 5;

/// Where one is.
type Place = (Environment, Pane, usize, Option<Discriminant<Modal>>, Discriminant<Phase>);

/// Reads out what is new since it last read something out.
#[derive(Debug, Default)]
pub struct Announcer {
    previous: Option<Previous>,
    /// When it began: what had happened before is no news.
    since: Option<Timestamp>,
    /// The line that is being typed in, as it stands on the terminal.
    prompt: Option<(String, usize)>,
}

/// What was read out last.
#[derive(Debug)]
struct Previous {
    place: Place,
    page: Page,
    /// What the focused line was before it had the focus.
    behind: Option<String>,
    notice: Option<(String, Timestamp)>,
    event: Option<EventId>,
}

impl Announcer {
    /// Forgets what was read out, so that all of it is read out again.
    pub fn forget(&mut self) {
        self.previous = None;
    }

    /// What is to be written, for a terminal of so many columns.
    pub fn announce(&mut self, model: &Model, columns: u16) -> String {
        let session = &model.session;
        let page = Page::of(model);
        let place = place(model);
        let mut lines = self.page_lines(model, &page, &place);
        let here = self.previous.as_ref().filter(|previous| previous.place.0 == place.0);
        if let Some(previous) = here {
            let since = *self.since.get_or_insert(session.now);
            lines.extend(log_view::lines_after(session, previous.event, since));
        }
        let notice = session.notice.as_ref().map(|notice| (notice.text.clone(), notice.until));
        let is_old = self.previous.as_ref().is_some_and(|previous| previous.notice == notice);
        if let Some((text, _)) = notice.as_ref().filter(|_| !is_old) {
            lines.push(session.theme.text(text));
        }
        let behind = self.previous.as_ref().and_then(|previous| previous.behind(&place, &page));
        let (prompt, event) = (page.prompt.clone(), newest_event(model));
        self.previous = Some(Previous { place, page, behind, notice, event });
        self.write(&lines, prompt, columns)
    }

    /// What is read out of a page: all of it where one comes to it, else what is new in it.
    fn page_lines(&self, model: &Model, page: &Page, place: &Place) -> Vec<String> {
        let (longest, is_pane) = (longest(model), model.modals.is_empty());
        let Some(previous) = &self.previous else {
            let mut lines = welcome(&model.session).to_vec();
            if model.session.phase != Phase::Loading {
                lines.extend(page.whole(longest, is_pane));
            }
            return lines;
        };
        let is_new = page.header != previous.page.header;
        let mut lines: Vec<String> = is_new.then(|| page.header.clone()).into_iter().collect();
        if previous.place != *place {
            lines.extend(page.body(longest, is_pane));
        } else if !reads_log(model) || previous.event == newest_event(model) {
            // New lines of the log are read out one by one, though they may look the same.
            lines.extend(previous.new_lines(page));
        }
        lines
    }

    /// The bytes for these lines, and for the line that is being typed in.
    fn write(&mut self, lines: &[String], prompt: Option<(String, usize)>, columns: u16) -> String {
        let mut out = String::new();
        if lines.is_empty() {
            if prompt == self.prompt {
                return out;
            }
            // One more letter at the end is written alone, so that only the letter is read out.
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
            // What does not fit would break the line, and then it could not be written again.
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

impl Previous {
    /// What is on the page that was not there before, what was selected at the end.
    fn new_lines(&self, page: &Page) -> Vec<String> {
        let old: HashSet<&String> = self.page.lines.iter().collect();
        let focus = page.focus();
        let is_new = |(row, line): (usize, &String)| {
            // A line that one has left looks as it did before one came.
            let is_left = Some(row) == self.page.focus() && self.behind.as_ref() == Some(line);
            (Some(row) != focus && !line.is_empty() && !old.contains(line) && !is_left)
                .then(|| line.clone())
        };
        let mut lines: Vec<String> = page.lines.iter().enumerate().filter_map(is_new).collect();
        if lines.len() > MAX_NEW_LINES && focus.is_some() {
            // A list that was filtered or turned: what is selected in it is the news.
            lines.clear();
        }
        if page.selected.is_some() && page.selected_line() != self.page.selected_line() {
            lines.extend(page.selected_line());
        }
        lines
    }

    /// What the line that has the focus now was before it had it; `None` on another page.
    fn behind(&self, place: &Place, page: &Page) -> Option<String> {
        if self.place != *place {
            None
        } else if self.page.focus() == page.focus() {
            self.behind.clone()
        } else {
            page.focus().and_then(|row| self.page.at(row))
        }
    }
}

fn newest_event(model: &Model) -> Option<EventId> {
    model.session.tab().log.newest().map(|event| event.id)
}

/// Whether the log is what has the focus.
fn reads_log(model: &Model) -> bool {
    model.session.focus == Pane::Log && model.modals.is_empty()
}

/// The first words.
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
