//! Two environments side by side: what differs, and taking single values over.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::{Flow, draw_reading, reading_room};
use crate::domain::difference::{Difference, differences, is_drift};
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::sender::Sender;
use crate::domain::settings::{Field, Settings};
use crate::tui::fit::wrap;
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::update::Input;

/// The environment on screen beside another one.
#[derive(Debug)]
pub struct CompareModal {
    other: Environment,
    /// What is selected, so that it stays so where other rows come or go.
    selected: Option<(Field, Option<Sender>)>,
    /// Its place, and that of the next one once it is gone.
    place: usize,
}

impl CompareModal {
    /// Beside the environment after the one on screen.
    pub fn new(here: Environment) -> Self {
        Self { other: after(here, here), selected: None, place: 0 }
    }

    pub(super) fn on_input(&mut self, model: &mut Model, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::Up) => self.step(model, -1),
            Input::Action(Action::Down) => self.step(model, 1),
            Input::Action(Action::NextEnvironment) => {
                self.other = after(self.other, model.environment);
                (self.selected, self.place) = (None, 0);
            }
            Input::Action(Action::Accept) => self.take_over(model),
            _ => {}
        }
        Flow::STAY
    }

    /// What differs: here as edited, there as saved.
    fn rows(&self, model: &Model) -> Vec<Difference> {
        differences(&here(model), model.desks[self.other].form.saved())
    }

    fn index(&self, rows: &[Difference]) -> usize {
        let is_selected = |row: &Difference| Some(&key(row)) == self.selected.as_ref();
        let last = rows.len().saturating_sub(1);
        rows.iter().position(is_selected).unwrap_or(self.place.min(last))
    }

    fn step(&mut self, model: &Model, by: isize) {
        let rows = self.rows(model);
        let last = rows.len().saturating_sub(1);
        self.place = self.index(&rows).saturating_add_signed(by).min(last);
        self.selected = rows.get(self.place).map(key);
    }

    /// Takes the selected value over into the form, where a save can follow.
    fn take_over(&mut self, model: &mut Model) {
        if let Some(reason) = model.settings_are_locked() {
            return model.complain(reason);
        }
        let rows = self.rows(model);
        self.place = self.index(&rows);
        let Some(row) = rows.get(self.place) else { return };
        let theirs = model.desks[self.other].form.saved().clone();
        let form = &mut model.desk_mut().form;
        match (row.field, &row.number) {
            (Field::AuthToken, _) => {
                return model.complain("Secrets are not copied: type the token in its field.");
            }
            (Field::FromNumbers, number) => {
                match form.from_numbers().with_that_of(&theirs.from_numbers, number.as_ref()) {
                    Ok(grid) => form.set_from_numbers(grid),
                    Err(error) => return model.complain(format!("{error}.")),
                }
            }
            (field, _) => form.take_over(field, &theirs),
        }
        self.selected = None;
        let save = model.keys.name(Context::Always, Action::Save);
        let (label, other) = (row.field.label(), self.other);
        model.say(format!("{label} is as in {other}. Esc, then {save} saves."));
    }

    pub(super) fn draw(&self, model: &Model, buffer: &mut Buffer) -> Option<Position> {
        let theme = model.theme;
        let room = reading_room(model);
        let title = format!("{} beside {}", model.environment, self.other);
        let rows = self.rows(model);
        let selected = self.index(&rows);
        let mut lines: Vec<(String, Style)> = Vec::new();
        let mut first = 0;
        if rows.is_empty() {
            lines.push(("They are the same.".to_owned(), theme.good()));
        }
        let all = PerEnvironment::from_fn(|environment| model.desks[environment].form.saved());
        let with_production = [model.environment, self.other].contains(&Environment::Production);
        for (index, row) in rows.iter().enumerate() {
            let is_selected = index == selected;
            if is_selected {
                first = lines.len();
            }
            let style = if is_selected { theme.selected() } else { theme.strong() };
            let mark = if is_selected { theme.text("›") } else { " ".to_owned() };
            let drift = if with_production && is_drift(row, &all) {
                "  drift: in Production only"
            } else {
                ""
            };
            lines.push((format!("{mark}{}{drift}", row.field.label()), style));
            for (environment, words) in [(model.environment, &row.old), (self.other, &row.new)] {
                let text = format!("{environment}: {words}");
                let wrapped = wrap(&text, room.saturating_sub(2)).into_iter();
                lines.extend(wrapped.map(|line| (format!("  {line}"), Style::new())));
            }
        }
        let shown = usize::from(model.size.1.saturating_sub(4)).max(1);
        draw_reading(model, &title, &lines, (first + 3).saturating_sub(shown), buffer);
        None
    }
}

fn key(row: &Difference) -> (Field, Option<Sender>) {
    (row.field, row.number.clone())
}

/// The settings on screen as edited; as saved where a field is wrong.
fn here(model: &Model) -> Settings {
    let form = &model.desk().form;
    form.settings().unwrap_or_else(|_| form.saved().clone())
}

/// The environment after one, leaving one out.
fn after(environment: Environment, but: Environment) -> Environment {
    let at = Environment::ALL.iter().position(|&other| other == environment).unwrap_or(0);
    let next = |by: usize| Environment::ALL[(at + by) % Environment::ALL.len()];
    if next(1) == but { next(2) } else { next(1) }
}
