//! Someone else has saved the same fields meanwhile: whose change holds, field by field.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::page::{Page, reading_room};
use crate::domain::merge::{Conflict, Side};
use crate::tui::fit::wrap;
use crate::tui::flow::Flow;
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::mark::Mark;
use crate::tui::session::Session;

/// Fields that both have changed, and what was chosen for each so far.
#[derive(Debug)]
pub struct ConflictModal {
    conflicts: Vec<(Conflict, Option<Side>)>,
    selected: usize,
}

impl ConflictModal {
    /// Nothing is chosen yet.
    pub fn new(conflicts: Vec<Conflict>) -> Self {
        let conflicts = conflicts.into_iter().map(|conflict| (conflict, None)).collect();
        Self { conflicts, selected: 0 }
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::Up) => self.selected = self.selected.saturating_sub(1),
            Input::Action(Action::Down) => {
                self.selected = (self.selected + 1).min(self.conflicts.len() - 1);
            }
            Input::Action(Action::Mine) => self.choose(Side::Mine),
            Input::Action(Action::Theirs) => self.choose(Side::Theirs),
            Input::Action(Action::Accept) => return self.save(session),
            _ => {}
        }
        Flow::STAY
    }

    fn choose(&mut self, side: Side) {
        if let Some((_, chosen)) = self.conflicts.get_mut(self.selected) {
            *chosen = Some(side);
        }
        let open = self.conflicts.iter().position(|(_, chosen)| chosen.is_none());
        self.selected = open.unwrap_or(self.selected);
    }

    fn save(&mut self, session: &mut Session) -> Flow {
        let present = session.tab().form.conflicts();
        let is_known =
            |present: &Conflict| self.conflicts.iter().any(|(conflict, _)| conflict == present);
        if !present.iter().all(is_known) {
            *self = Self::new(present);
            session.complain("The file changed again; choose again.");
            return Flow::STAY;
        }
        if let Some(open) = self.conflicts.iter().position(|(_, chosen)| chosen.is_none()) {
            self.selected = open;
            let mine = session.key(Context::Conflict, Action::Mine);
            let theirs = session.key(Context::Conflict, Action::Theirs);
            session.complain(format!(
                "Decide every field first: {mine} keeps yours, {theirs} takes theirs."
            ));
            return Flow::STAY;
        }
        let sides = self.conflicts.iter();
        let sides: BTreeMap<_, _> =
            sides.filter_map(|(conflict, side)| Some((conflict.place.clone(), (*side)?))).collect();
        let open = session.tab_mut().form.settle(&sides);
        if !open.is_empty() {
            self.selected = self.conflicts.len();
            self.conflicts.extend(open.into_iter().map(|conflict| (conflict, None)));
            session.complain("These depend on each other; choose one side for all of them.");
            return Flow::STAY;
        }
        // What was chosen is shown and confirmed like any other save.
        Flow::Perform(Action::Save)
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let theme = session.theme;
        let room = reading_room(session);
        let title = format!("{} changed meanwhile", session.environment);
        let mut lines: Vec<(String, Style)> = Vec::new();
        let mut first = 0;
        for (index, (conflict, chosen)) in self.conflicts.iter().enumerate() {
            if index == self.selected {
                first = lines.len();
            }
            let is_selected = index == self.selected;
            let style = if is_selected { theme.selected() } else { theme.strong() };
            let mark = theme.mark_if(is_selected, Mark::Line);
            let number = conflict.place.number.as_deref().unwrap_or_default();
            lines.push((format!("{mark}{} {number}", conflict.place.field.label()), style));
            for (side, action, name, words) in [
                (Side::Mine, Action::Mine, "mine", &conflict.mine),
                (Side::Theirs, Action::Theirs, "theirs", &conflict.theirs),
            ] {
                let key = session.key(Context::Conflict, action);
                let is_chosen = *chosen == Some(side);
                let mark = if is_chosen { Mark::Chosen } else { Mark::NotChosen };
                let mark = theme.mark(mark);
                let text = format!("{mark} {key} {name}: {words}");
                lines.extend(wrap(&text, room).into_iter().map(|line| (line, Style::new())));
            }
        }
        let shown = usize::from(session.size.1.saturating_sub(4)).max(1);
        let scroll = (first + 3).saturating_sub(shown);
        let context = Context::Conflict;
        Page { title: &title, lines: &lines, scroll, context }.draw(session, buffer);
        None
    }
}
