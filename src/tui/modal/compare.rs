//! The environment on screen beside another one, or beside a former version of itself: what differs,
//! and taking values over.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::page::{Page, reading_room};
use crate::domain::difference::{Difference, differences, is_drift};
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::sender::Sender;
use crate::domain::settings::{Field, Settings};
use crate::tui::fit::{column, wrap};
use crate::tui::flow::Flow;
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::mark::Mark;
use crate::tui::session::Session;

/// What the environment on screen stands beside.
#[derive(Debug)]
enum Other {
    /// Another environment, as it is saved.
    Environment(Environment),
    /// What was in force until a moment, in every environment.
    Version { replaced: String, settings: Box<PerEnvironment<Settings>> },
}

/// The environment on screen beside something else.
#[derive(Debug)]
pub struct CompareModal {
    other: Other,
    /// What is selected, so that it stays so where other rows come or go.
    selected: Option<(Field, Option<Sender>)>,
    /// Its place, and that of the next one once it is gone.
    place: usize,
}

impl CompareModal {
    /// Beside the environment after the one on screen.
    pub fn new(here: Environment) -> Self {
        Self { other: Other::Environment(after(here, here)), selected: None, place: 0 }
    }

    /// Beside what was in force until a moment, which is given as the screen shows it.
    pub fn with_version(replaced: String, settings: Box<PerEnvironment<Settings>>) -> Self {
        Self { other: Other::Version { replaced, settings }, selected: None, place: 0 }
    }

    /// Whose keys hold in it.
    pub const fn context(&self) -> Context {
        match self.other {
            Other::Environment(_) => Context::Compare,
            Other::Version { .. } => Context::Version,
        }
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::Up) => self.step(session, -1),
            Input::Action(Action::Down) => self.step(session, 1),
            Input::Action(Action::NextEnvironment) => {
                match &mut self.other {
                    Other::Environment(other) => *other = after(*other, session.environment),
                    Other::Version { .. } => session.show(next(session.environment)),
                }
                (self.selected, self.place) = (None, 0);
            }
            Input::Action(Action::Accept) => self.take_over(session),
            Input::Action(Action::RestoreAll) => return self.take_over_all(session),
            _ => {}
        }
        Flow::STAY
    }

    /// Whether there is anything to take over.
    pub(super) fn has_differences(&self, session: &Session) -> bool {
        !self.rows(session).is_empty()
    }

    /// What differs: here as edited, there as saved.
    fn rows(&self, session: &Session) -> Vec<Difference> {
        differences(&here(session), self.there(session))
    }

    /// The settings that the environment on screen stands beside.
    fn there<'a>(&'a self, session: &'a Session) -> &'a Settings {
        match &self.other {
            Other::Environment(other) => session.tabs[*other].form.saved(),
            Other::Version { settings, .. } => &settings[session.environment],
        }
    }

    /// What the settings on screen and those beside them are called.
    fn names(&self, session: &Session) -> (String, String) {
        match &self.other {
            Other::Environment(other) => (session.environment.to_string(), other.to_string()),
            Other::Version { replaced, .. } => ("Now".to_owned(), format!("Until {replaced}")),
        }
    }

    /// All fields, and of the numbers each one: with what differs, or with what both have.
    fn all_rows(&self, session: &Session) -> Vec<Difference> {
        let (here, there) = (here(session), self.there(session));
        let mut differing = self.rows(session);
        let mut rows = Vec::new();
        for &field in Field::ALL {
            let before = rows.len();
            rows.extend(differing.extract_if(.., |row| row.field == field));
            if field == Field::FromNumbers {
                let is_new = |sender: &Sender| {
                    !rows[before..].iter().any(|row| row.number.as_ref() == Some(sender))
                };
                let same = here.from_numbers.rows().iter().filter(|row| is_new(&row.sender));
                let same: Vec<Difference> = same
                    .map(|row| {
                        let words = row.to_string();
                        let number = Some(row.sender.clone());
                        Difference { field, number, old: words.clone(), new: words }
                    })
                    .collect();
                rows.extend(same);
            } else if rows.len() == before {
                let (old, new) = (field.row().show(&here), field.row().show(there));
                rows.push(Difference { field, number: None, old, new });
            }
        }
        rows
    }

    fn index(&self, rows: &[Difference]) -> usize {
        let is_selected = |row: &Difference| Some(&key(row)) == self.selected.as_ref();
        let last = rows.len().saturating_sub(1);
        rows.iter().position(is_selected).unwrap_or(self.place.min(last))
    }

    fn step(&mut self, session: &Session, by: isize) {
        let rows = self.rows(session);
        let last = rows.len().saturating_sub(1);
        self.place = self.index(&rows).saturating_add_signed(by).min(last);
        self.selected = rows.get(self.place).map(key);
    }

    /// Takes the selected value over into the form, where a save can follow.
    fn take_over(&mut self, session: &mut Session) {
        if let Some(reason) = session.settings_are_locked() {
            return session.complain(reason);
        }
        let rows = self.rows(session);
        self.place = self.index(&rows);
        let Some(row) = rows.get(self.place) else { return };
        let theirs = self.there(session).clone();
        let form = &mut session.tab_mut().form;
        match (row.field, &row.number) {
            (Field::AuthToken, _) => {
                return session.complain("Secrets are not copied; enter the token in its field.");
            }
            (Field::FromNumbers, number) => {
                match form.from_numbers().with_that_of(&theirs.from_numbers, number.as_ref()) {
                    Ok(grid) => form.set_from_numbers(grid),
                    Err(error) => return session.complain(format!("{error}.")),
                }
            }
            (field, _) => form.take_over(field, &theirs),
        }
        self.selected = None;
        let close = session.key(self.context(), Action::Cancel);
        let save = session.key(Context::Always, Action::Save);
        let label = row.field.label();
        session.say(match &self.other {
            Other::Environment(other) => {
                format!("Copied {label} from {other}. {close}, then {save} saves.")
            }
            Other::Version { .. } => format!("Restored {label}. {close}, then {save} saves."),
        });
    }

    /// Takes all values over into the form and closes, so that the next key can save.
    fn take_over_all(&self, session: &mut Session) -> Flow {
        if let Some(reason) = session.settings_are_locked() {
            session.complain(reason);
            return Flow::STAY;
        }
        if self.rows(session).is_empty() {
            session.say("Nothing to restore: no differences.");
            return Flow::STAY;
        }
        let theirs = self.there(session).clone();
        session.tab_mut().form.take_over_all(&theirs);
        let differing = self.rows(session);
        let label = |row: &Difference| row.field.label();
        let left: Vec<&str> = differing.iter().map(label).collect();
        let not = if left.is_empty() { String::new() } else { format!(" but {}", left.join(", ")) };
        let environment = session.environment;
        session.say_change(&format!("Restored all of {environment}{not} into the form."));
        Flow::CloseAll
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let theme = session.theme;
        let room = reading_room(session);
        let (with_production, title) = self.title(session.environment);
        let differing = self.rows(session);
        let selected = differing.get(self.index(&differing)).map(key);
        let all = PerEnvironment::from_fn(|environment| session.tabs[environment].form.saved());
        let (mut lines, mut first): (Vec<(String, Style)>, _) = (Vec::new(), 0);
        if differing.is_empty() {
            lines.push(("No differences.".to_owned(), theme.good()));
        }
        if room >= SIDE_BY_SIDE {
            let (here, there) = self.names(session);
            lines.push((beside(room, ("", ""), &here, &there).concat(), theme.dim()));
        }
        for row in self.all_rows(session) {
            let is_same = !differing.iter().any(|other| key(other) == key(&row));
            let is_selected = Some(key(&row)) == selected;
            if is_selected {
                first = lines.len();
            }
            let style = match (is_selected, is_same) {
                (true, _) => theme.selected(),
                (false, true) => theme.dim(),
                (false, false) => Style::new(),
            };
            let pointer = theme.mark_if(is_selected, Mark::Line);
            let mark = theme.mark_if(!is_same, Mark::Differs);
            let is_drift = with_production && !is_same && is_drift(&row, &all);
            let drift = if is_drift { ", drift" } else { "" };
            let marks = format!("{pointer}{mark} ");
            let label = format!("{}{drift}", row.field.label());
            if room >= SIDE_BY_SIDE {
                let table = beside(room, (&marks, &label), &row.old, &row.new);
                lines.extend(table.into_iter().map(|line| (line, style)));
            } else if !is_same {
                lines.push((format!("{marks}{label}"), style));
                lines.extend(self.below(session, &row, room));
            }
        }
        let shown = usize::from(session.size.1.saturating_sub(4)).max(1);
        let context = self.context();
        Page { title: &title, lines: &lines, scroll: (first + 3).saturating_sub(shown), context }
            .draw(session, buffer);
        None
    }

    /// Whether Production is one of both sides, and what stands in the upper border.
    fn title(&self, here: Environment) -> (bool, String) {
        match &self.other {
            Other::Environment(other) => {
                let with_production = [here, *other].contains(&Environment::Production);
                let legend =
                    if with_production { " · drift: only Production differs" } else { "" };
                (with_production, format!("{here} beside {other}{legend}"))
            }
            Other::Version { replaced, .. } => {
                (false, format!("{here} now, and in force until {replaced}"))
            }
        }
    }

    /// Both values of a row below each other, for narrow screens.
    fn below(&self, session: &Session, row: &Difference, room: usize) -> Vec<(String, Style)> {
        let (here, there) = self.names(session);
        let values = [(here, &row.old), (there, &row.new)].into_iter();
        let lines = values
            .flat_map(|(name, words)| wrap(&format!("{name}: {words}"), room.saturating_sub(3)));
        lines.map(|line| (format!("   {line}"), Style::new())).collect()
    }
}

/// Columns from which on two environments have room beside each other.
const SIDE_BY_SIDE: usize = 60;

/// Columns of the labels.
const LABEL: usize = 22;

/// A row of the table, over as many lines as its texts take.
fn beside(room: usize, (marks, label): (&str, &str), here: &str, there: &str) -> Vec<String> {
    let width = room.saturating_sub(LABEL + 4) / 2;
    let labels = wrap(label, LABEL - 3);
    let (here, there) = (broken(here, width), broken(there, width));
    let count = labels.len().max(here.len()).max(there.len());
    let part = |lines: &[String], at: usize| lines.get(at).cloned().unwrap_or_default();
    let line = |at: usize| {
        let marks = if at == 0 { marks } else { "" };
        format!(
            "{marks:<3}{}  {}  {}",
            column(&part(&labels, at), LABEL - 3),
            column(&part(&here, at), width),
            part(&there, at)
        )
    };
    (0..count).map(line).collect()
}

/// A text in lines of a width, also where a word alone is longer (an account SID).
fn broken(text: &str, width: usize) -> Vec<String> {
    let lines = wrap(text, width).into_iter();
    lines
        .flat_map(|line| {
            let letters: Vec<char> = line.chars().collect();
            letters.chunks(width.max(1)).map(|part| part.iter().collect()).collect::<Vec<String>>()
        })
        .collect()
}

fn key(row: &Difference) -> (Field, Option<Sender>) {
    (row.field, row.number.clone())
}

/// The settings on screen as edited; as saved where a field is wrong.
fn here(session: &Session) -> Settings {
    let form = &session.tab().form;
    form.settings().unwrap_or_else(|_| form.saved().clone())
}

/// The environment after one, leaving one out.
fn after(environment: Environment, but: Environment) -> Environment {
    let next_one = next(environment);
    if next_one == but { next(next_one) } else { next_one }
}

fn next(environment: Environment) -> Environment {
    let at = Environment::ALL.iter().position(|&other| other == environment).unwrap_or(0);
    Environment::ALL[(at + 1) % Environment::ALL.len()]
}
