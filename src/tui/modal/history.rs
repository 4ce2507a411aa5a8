//! Former versions of the settings and what operators did, in one list, the newest first; below it
//! what the selected line is about.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::frame::{mark_hidden, open_box, write, write_field};
use super::page::mark_more;
use crate::config::{Config, Version};
use crate::domain::difference::differences;
use crate::domain::environment::Environment;
use crate::store::AuditEntry;
use crate::tui::effect::{Effect, FileEffect};
use crate::tui::fit::{cut, first_row, wrap};
use crate::tui::flow::{Flow, Popup};
use crate::tui::hidden::hidden;
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::mark::Mark;
use crate::tui::question::{Answer, DeckHistory, Ticket};
use crate::tui::session::Session;
use crate::tui::text_field::TextField;

/// Characters that can be typed to filter the list.
const MAX_LENGTH: usize = 60;

/// Lines a page up or down.
const PAGE: usize = 10;

/// Columns from which on what is selected has room beside the list.
const BESIDE: u16 = 110;

/// A line of the list.
#[derive(Debug, Clone, Copy)]
enum Entry<'a> {
    /// A version of the settings; without a config where it cannot be read.
    Version(&'a Version, Option<&'a Config>),
    /// What somebody did.
    Audit(&'a AuditEntry),
}

/// The list, what narrows it, and what is selected.
#[derive(Debug)]
pub struct HistoryModal {
    ticket: Ticket,
    history: Option<Result<DeckHistory, String>>,
    filter: TextField,
    selected: usize,
    /// Lines that the details of the selected entry are scrolled by, while they are shown alone.
    reading: Option<usize>,
}

impl HistoryModal {
    /// Reads the history, and shows it once it is there.
    pub fn ask(session: &mut Session) -> (Self, Effect) {
        let ticket = session.next_ticket();
        let filter = TextField::new("", MAX_LENGTH);
        let modal = Self { ticket, history: None, filter, selected: 0, reading: None };
        (modal, FileEffect::ReadHistory(ticket).into())
    }

    /// Whether it waits for the answer to a question.
    pub fn waits_for(&self, ticket: Ticket) -> bool {
        self.ticket == ticket
    }

    /// Takes the history.
    pub fn on_answer(&mut self, answer: Result<Answer, String>) {
        self.history = match answer {
            Ok(Answer::History(history)) => Some(Ok(*history)),
            Ok(_) => return,
            Err(error) => Some(Err(error)),
        };
    }

    /// The entries that contain every word that was typed, the newest first.
    fn entries(&self, session: &Session) -> Vec<Entry<'_>> {
        let Some(Ok(history)) = &self.history else { return Vec::new() };
        let versions = history.versions.iter();
        let versions = versions.map(|(version, config)| Entry::Version(version, config.as_ref()));
        let audit = history.audit.iter().flatten().map(|row| Entry::Audit(&row.entry));
        let typed = self.filter.text().to_lowercase();
        let has_all = |entry: &Entry<'_>| {
            let text = entry.searched(session).to_lowercase();
            typed.split_whitespace().all(|word| text.contains(word))
        };
        let mut entries: Vec<Entry<'_>> = versions.chain(audit).filter(has_all).collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.at()));
        entries
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        let count = self.entries(session).len();
        match input {
            Input::Action(Action::Cancel) if self.reading.is_some() => self.reading = None,
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::Accept) if self.reading.is_none() => return self.open(session),
            Input::Action(action) => {
                let last = match self.reading {
                    Some(_) => self.details(session, reading_room(session)).len(),
                    None => count,
                };
                let place = self.reading.as_mut().unwrap_or(&mut self.selected);
                move_by(place, last.saturating_sub(1), *action);
            }
            Input::Key(key) => {
                if self.reading.is_none() && self.filter.on_key(*key) {
                    self.selected = 0;
                }
            }
            Input::Paste(text) => match self.filter.paste(text) {
                Ok(()) => self.selected = 0,
                Err(refused) => session.complain(format!("{refused}.")),
            },
        }
        Flow::STAY
    }

    /// Opens a version beside the present settings, or the whole text of an action.
    fn open(&mut self, session: &mut Session) -> Flow {
        match self.entries(session).get(self.selected) {
            None => {}
            Some(Entry::Audit(_)) => self.reading = Some(0),
            Some(Entry::Version(version, Some(config))) => {
                // Where nothing differs there is nothing to see.
                let differs = |it: &Environment| {
                    let present = session.tabs[*it].form.saved();
                    !differences(present, &config.environments[*it]).is_empty()
                };
                let first = Environment::ALL.into_iter().find(differs);
                if let Some(first) = first.filter(|_| !differs(&session.environment)) {
                    session.show(first);
                }
                return Flow::Open(Popup::Version {
                    replaced: session.moment(version.replaced_at),
                    settings: Box::new(config.environments.clone()),
                });
            }
            Some(Entry::Version(_, None)) => session.complain(UNREADABLE),
        }
        Flow::STAY
    }

    /// What the selected entry is about, in lines.
    fn details(&self, session: &Session, room: usize) -> Vec<(String, Style)> {
        let entries = self.entries(session);
        let Some(entry) = entries.get(self.selected) else { return Vec::new() };
        let lines = entry.details(session).into_iter();
        lines
            .flat_map(|(text, style)| {
                wrap(&text, room).into_iter().map(move |line| (line, style)).collect::<Vec<_>>()
            })
            .collect()
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let theme = session.theme;
        let (width, height) = session.size;
        let wanted = (width.saturating_sub(4).min(140), height.saturating_sub(3));
        let inner = open_box(session, "History and audit", wanted, buffer);
        if let Some(scroll) = self.reading {
            self.draw_details(session, inner, scroll, buffer);
            return None;
        }
        let cursor = write_field(inner, 0, ("> ", 2), (&self.filter, true), session, buffer);
        let below = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        let entries = self.entries(session);
        let placeholder = match &self.history {
            None => Some("Reading…".to_owned()),
            Some(Err(reason)) => Some(format!("{reason}.")),
            Some(Ok(DeckHistory { audit: Err(reason), .. })) if entries.is_empty() => {
                Some(format!("The audit cannot be read: {reason}."))
            }
            Some(Ok(_)) if entries.is_empty() && self.filter.text().is_empty() => {
                Some("Nothing was saved, sent or unlocked yet.".to_owned())
            }
            Some(Ok(_)) if entries.is_empty() => Some("No match.".to_owned()),
            Some(Ok(_)) => None,
        };
        if let Some(text) = placeholder {
            write(below, 0, &text, theme.dim(), theme, buffer);
            return cursor;
        }
        let (list, details) = split(below, entries.len());
        self.draw_list(session, &entries, list, buffer);
        self.draw_details(session, details, 0, buffer);
        cursor
    }

    fn draw_list(&self, session: &Session, entries: &[Entry<'_>], area: Rect, buffer: &mut Buffer) {
        let theme = session.theme;
        let first = first_row(self.selected, area.height.into(), 0, entries.len());
        mark_hidden(session, area, hidden(first, area.height.into(), entries.len()), buffer);
        for ((index, entry), row) in entries.iter().enumerate().skip(first).zip(0..area.height) {
            let is_selected = index == self.selected;
            let pointer = theme.mark_if(is_selected, Mark::Line);
            let style = match (is_selected, entry) {
                (true, _) => theme.selected(),
                (false, Entry::Version(..)) => theme.strong(),
                (false, Entry::Audit(_)) => Style::new(),
            };
            let line = Rect { y: area.y + row, height: 1, ..area };
            buffer.set_style(line, style);
            let text = format!("{pointer} {}", entry.line(session));
            write(area, row, &cut(&text, area.width.into()), style, theme, buffer);
        }
    }

    /// Draws what the selected entry is about; what does not fit is counted below.
    fn draw_details(&self, session: &Session, area: Rect, scroll: usize, buffer: &mut Buffer) {
        let lines = self.details(session, usize::from(area.width).max(1));
        let below = lines.len().saturating_sub(area.height.into());
        let scroll = scroll.min(below);
        for ((line, style), row) in lines.iter().skip(scroll).zip(0..area.height) {
            write(area, row, line, *style, session.theme, buffer);
        }
        if self.reading.is_some() {
            mark_more(session, Context::History, below - scroll, area, buffer);
        } else if below > 0 {
            let place = Rect { y: area.bottom(), height: 1, ..area }.intersection(buffer.area);
            let open = session.key(Context::History, Action::Accept);
            let text = format!(" {below} more: {open} ");
            write(place, 0, &text, session.theme.warning(), session.theme, buffer);
        }
    }
}

const UNREADABLE: &str = "This version cannot be read, so it cannot be restored.";

/// Columns that the details have while they are shown alone.
fn reading_room(session: &Session) -> usize {
    usize::from(session.size.0.saturating_sub(8).clamp(1, 136))
}

/// The places of the list and of what is selected in it: beside each other where there is room,
/// else below each other with a blank line between them.
fn split(area: Rect, entries: usize) -> (Rect, Rect) {
    if area.width >= BESIDE {
        let list = area.width * 3 / 5;
        let right = Rect { x: area.x + list + 2, width: area.width - list - 2, ..area };
        return (Rect { width: list, ..area }, right);
    }
    let entries = u16::try_from(entries).unwrap_or(u16::MAX);
    let height = entries.min(area.height.div_ceil(2));
    let rest = area.height.saturating_sub(height + 1);
    let details = Rect { y: area.bottom() - rest, height: rest, ..area };
    (Rect { height, ..area }, details)
}

fn move_by(place: &mut usize, last: usize, action: Action) {
    *place = match action {
        Action::Up => place.saturating_sub(1),
        Action::Down => *place + 1,
        Action::PageUp => place.saturating_sub(PAGE),
        Action::PageDown => *place + PAGE,
        _ => *place,
    }
    .min(last);
}

impl Entry<'_> {
    fn at(self) -> Timestamp {
        match self {
            Entry::Version(version, _) => version.replaced_at,
            Entry::Audit(entry) => entry.at,
        }
    }

    /// One line: when, where, what, and who.
    fn line(self, session: &Session) -> String {
        let at = session.day_and_clock(self.at());
        match self {
            Entry::Version(_, config) => {
                let changes = config.map(|config| changes(session, config).len());
                let what = match changes {
                    None => "cannot be read".to_owned(),
                    Some(0) => "same as now".to_owned(),
                    Some(1) => "1 difference from now".to_owned(),
                    Some(count) => format!("{count} differences from now"),
                };
                format!("{at} Settings until then: {what}")
            }
            Entry::Audit(entry) => {
                let place = entry.environment.map_or("Deck", Environment::short_name);
                let AuditEntry { operator, detail, .. } = entry;
                format!("{at} {place:<4} {}: {detail} ({operator})", entry.action.words())
            }
        }
    }

    /// What a filter looks through: the line, and the whole date.
    fn searched(self, session: &Session) -> String {
        let environment = match self {
            Entry::Version(..) => "version restore",
            Entry::Audit(entry) => entry.environment.map_or("whole deck", Environment::name),
        };
        format!("{} {environment} {}", session.whole_moment(self.at()), self.line(session))
    }

    fn details(self, session: &Session) -> Vec<(String, Style)> {
        let theme = session.theme;
        let at = session.whole_moment(self.at());
        let plain = |text: String| (text, Style::new());
        match self {
            Entry::Version(version, None) => {
                vec![(format!("In force until {at} ({}).", version.name), theme.strong())]
                    .into_iter()
                    .chain([(UNREADABLE.to_owned(), theme.warning())])
                    .collect()
            }
            Entry::Version(version, Some(config)) => {
                let changes = changes(session, config);
                let what = if changes.is_empty() {
                    "The three environments are the same as now.".to_owned()
                } else {
                    "Restoring it would change:".to_owned()
                };
                let all = format!("The whole file: `smsdeck config restore {}`.", version.name);
                let title = (format!("In force until {at}."), theme.strong());
                let changes = changes.into_iter().map(plain);
                let end = [(all, theme.dim())];
                [title, plain(what)].into_iter().chain(changes).chain(end).collect()
            }
            Entry::Audit(entry) => {
                let place = entry.environment.map_or("whole deck", Environment::name);
                let title = format!("{}, {place}, {at}", entry.action.words());
                let by = format!("By {}", entry.operator);
                vec![(title, theme.strong()), plain(by), plain(entry.detail.clone())]
            }
        }
    }
}

/// What restoring a version would change in each environment, a line each.
fn changes(session: &Session, former: &Config) -> Vec<String> {
    let each = Environment::ALL.into_iter();
    each.flat_map(|environment| {
        let present = session.tabs[environment].form.saved();
        let changes = differences(present, &former.environments[environment]);
        changes.into_iter().map(move |change| format!("{environment}: {change}"))
    })
    .collect()
}
