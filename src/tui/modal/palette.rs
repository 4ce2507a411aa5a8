//! Every action by name, filtered as one types, with its key: what is chosen is done as if the key
//! had been pressed in its place.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::frame::{mark_hidden, open_box, write, write_field};
use crate::domain::environment::Environment;
use crate::tui::fit::{cut, first_row};
use crate::tui::flow::Flow;
use crate::tui::hidden::hidden;
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Binding, Context};
use crate::tui::mark::Mark;
use crate::tui::pane::Pane;
use crate::tui::session::Session;
use crate::tui::text_field::TextField;

/// Characters that can be typed.
const MAX_LENGTH: usize = 40;

/// Rows of the list at most.
const ROWS: u16 = 15;

/// What choosing an entry does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    /// An action, in a pane or wherever one is.
    Act(Option<Pane>, Action),
    /// Another environment is shown.
    Show(Environment),
    /// Another pane gets the keys.
    Focus(Pane),
}

/// A line of the list.
#[derive(Debug, Clone)]
struct Entry {
    command: Command,
    name: String,
    /// Its name in the hint bar, by which it is found too.
    hint: &'static str,
    place: &'static str,
    keys: String,
}

impl Entry {
    /// Somewhere to go to, which has no key of its own.
    const fn place(command: Command, name: String, place: &'static str) -> Self {
        Self { command, name, hint: "", place, keys: String::new() }
    }

    /// How well it fits what was typed, less being better; `None` unless every word is somewhere
    /// in it. At the beginning of the name is better than at that of another word, and that is
    /// better than anywhere else.
    fn distance(&self, typed: &str) -> Option<usize> {
        let (typed, name) = (typed.to_lowercase(), self.name.to_lowercase());
        let also = match self.command {
            Command::Act(_, action) => other_words(action),
            Command::Show(_) | Command::Focus(_) => "",
        };
        let name = format!("{name} {} {also}", self.hint);
        let place = self.place.to_lowercase();
        let distance = |word: &str| {
            let begins = |text: &str| text.split_whitespace().any(|other| other.starts_with(word));
            match () {
                () if self.hint == word => Some(0),
                () if name.starts_with(word) => Some(1),
                () if begins(&name) => Some(2),
                () if begins(&place) => Some(3),
                () => (name.contains(word) || place.contains(word)).then_some(4),
            }
        };
        typed.split_whitespace().map(distance).sum()
    }
}

/// Words by which people look for an action, besides its name.
const fn other_words(action: Action) -> &'static str {
    match action {
        Action::Health => {
            "balance twilio account credentials failed failing down status findings pump pumping abuse fraud silence acknowledge"
        }
        Action::TestAccount => "balance twilio credentials",
        Action::Unlock => "locked blocked reset",
        Action::Acknowledge => "silence mute ack",
        Action::EditConfig => "file ron restore",
        Action::Undo => "restore revert",
        Action::History => "audit log versions restore revert who changed when",
        Action::Filter => "search find grep",
        Action::Help => "version keys",
        _ => "",
    }
}

/// The list of everything that can be done from here.
#[derive(Debug)]
pub struct PaletteModal {
    filter: TextField,
    entries: Vec<Entry>,
    selected: usize,
}

impl PaletteModal {
    /// Everything that can be done where these contexts hold and no pop-up is open.
    pub fn of_console(session: &Session, contexts: &[Context]) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        for &context in contexts {
            add(&mut entries, session, context, None);
        }
        entries.extend(Environment::ALL.map(|environment| {
            let name = format!("Go to {environment}");
            Entry::place(Command::Show(environment), name, "Environment")
        }));
        entries.extend(Pane::ALL.map(|pane| {
            let name = format!("Go to {}", pane.context().heading());
            Entry::place(Command::Focus(pane), name, "Pane")
        }));
        for pane in Pane::ALL.into_iter().filter(|&pane| pane != session.focus) {
            add(&mut entries, session, pane.context(), Some(pane));
        }
        // A form that is being typed in leaves these out.
        add(&mut entries, session, Context::Console, None);
        Self::with(entries)
    }

    /// Everything that a pop-up can where these contexts hold, and what works above it.
    pub fn of_pop_up(session: &Session, contexts: &[Context]) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        for &context in contexts {
            add(&mut entries, session, context, None);
        }
        add(&mut entries, session, Context::Always, None);
        entries.retain(|entry| match entry.command {
            Command::Act(_, action) if entry.place == Context::Always.heading() => {
                action.works_above_pop_ups()
            }
            _ => true,
        });
        Self::with(entries)
    }

    fn with(mut entries: Vec<Entry>) -> Self {
        // Anyone who moves about has keys for it.
        let is_movement = |entry: &Entry| matches!(entry.command, Command::Act(_, action) if action.is_movement());
        entries.sort_by_key(is_movement);
        Self { filter: TextField::new("", MAX_LENGTH), entries, selected: 0 }
    }

    /// What fits, the best first.
    fn shown(&self) -> Vec<&Entry> {
        let typed = self.filter.text();
        let fits = |entry| Entry::distance(entry, typed).map(|distance| (distance, entry));
        let mut shown: Vec<(usize, &Entry)> = self.entries.iter().filter_map(fits).collect();
        shown.sort_by_key(|(distance, _)| *distance);
        shown.into_iter().map(|(_, entry)| entry).collect()
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        let last = self.shown().len().saturating_sub(1);
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::Accept) => {
                let chosen = self.shown().get(self.selected).map(|entry| entry.command);
                return chosen.map_or(Flow::STAY, |command| carry_out(session, command));
            }
            Input::Action(Action::Up) => self.selected = self.selected.saturating_sub(1),
            Input::Action(Action::Down) => self.selected = (self.selected + 1).min(last),
            Input::Action(Action::PageUp) => {
                self.selected = self.selected.saturating_sub(ROWS.into());
            }
            Input::Action(Action::PageDown) => {
                self.selected = (self.selected + usize::from(ROWS)).min(last);
            }
            Input::Key(key) => {
                if self.filter.on_key(*key) {
                    self.selected = 0;
                }
            }
            Input::Paste(text) => match self.filter.paste(text) {
                Ok(()) => self.selected = 0,
                Err(refused) => session.complain(format!("{refused}.")),
            },
            Input::Action(_) => {}
        }
        Flow::STAY
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let theme = session.theme;
        let inner = open_box(session, "Find an action", (74, ROWS + 4), buffer);
        let cursor = write_field(inner, 0, ("> ", 2), (&self.filter, true), session, buffer);
        let height = inner.height.saturating_sub(2);
        let list = Rect { y: inner.y + 2.min(inner.height), height, ..inner };
        let shown = self.shown();
        let count = shown.len();
        if count == 0 {
            write(list, 0, "No matching action.", theme.dim(), theme, buffer);
        }
        // The keys stand at the right; their place goes where the name needs the room.
        let room = usize::from(list.width.saturating_sub(14));
        let first = first_row(self.selected, height.into(), 0, count);
        mark_hidden(session, list, hidden(first, height.into(), count), buffer);
        for ((index, entry), row) in shown.into_iter().enumerate().skip(first).zip(0..height) {
            let is_selected = index == self.selected;
            let mark = theme.mark_if(is_selected, Mark::Line);
            let style = if is_selected { theme.selected() } else { Style::new() };
            let place = Rect { y: list.y + row, height: 1, ..list };
            buffer.set_style(place, style);
            let name = format!("{mark} {}: {}", entry.place, entry.name);
            let name = if entry.place == Context::Always.heading()
                || entry.place == Context::Console.heading()
            {
                format!("{mark} {}", entry.name)
            } else {
                name
            };
            write(place, 0, &cut(&name, room), style, theme, buffer);
            let at = list.width.saturating_sub(12);
            let keys = Rect { x: list.x + at, width: list.width - at, ..place };
            let style = if is_selected { style } else { theme.key() };
            write(keys, 0, &entry.keys, style, theme, buffer);
        }
        cursor
    }
}

/// Adds the actions of a context that are not there yet.
fn add(entries: &mut Vec<Entry>, session: &Session, context: Context, pane: Option<Pane>) {
    let keys = &session.keys;
    let offered = keys.of(context).filter(|it| session.offers(context, it.action));
    for binding in offered.filter(|binding| !binding.help.is_empty()) {
        let command = Command::Act(pane, binding.action);
        if entries.iter().any(|entry| entry.command == command) {
            continue;
        }
        let all = keys.of(context).filter(|other| other.action == binding.action);
        entries.push(Entry {
            command,
            name: binding.help.to_owned(),
            hint: binding.hint,
            place: context.heading(),
            keys: all.map(Binding::key_name).collect::<Vec<_>>().join(" "),
        });
    }
}

fn carry_out(session: &mut Session, command: Command) -> Flow {
    match command {
        Command::Act(pane, action) => {
            session.focus = pane.unwrap_or(session.focus);
            return Flow::Perform(action);
        }
        Command::Show(environment) => session.show(environment),
        Command::Focus(pane) => session.focus = pane,
    }
    Flow::CLOSE
}
