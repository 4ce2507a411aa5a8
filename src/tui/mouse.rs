//! What a click or a turn of the wheel means, by what is drawn where it happens. Only where
//! `keys.ron` enables the mouse: otherwise the terminal selects text with it.

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::input::MouseInput;
use super::keymap::Action;
use super::mark::Mark;
use super::model::Model;
use super::pane::Pane;
use super::view::draw;
use super::{hint_bar, tab_bar};
use crate::domain::environment::Environment;

/// What is to be done for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pointed {
    /// Show an environment.
    Show(Environment),
    /// Give the keys to a pane.
    Focus(Pane),
    /// What a key would do.
    Press(KeyEvent),
    /// Perform an action.
    Act(Action),
    /// Accept what is edited in the topmost pop-up.
    Accept,
}

/// What a mouse input means.
pub fn pointed(model: &Model, input: MouseInput) -> Vec<Pointed> {
    let (MouseInput::Click(x, y) | MouseInput::WheelUp(x, y) | MouseInput::WheelDown(x, y)) = input;
    let mut all = focus(model, Position { x, y });
    all.extend(match input {
        MouseInput::WheelUp(..) => vec![Pointed::Act(Action::Up)],
        MouseInput::WheelDown(..) => vec![Pointed::Act(Action::Down)],
        MouseInput::Click(..) => return click(model, Position { x, y }),
    });
    all
}

fn click(model: &Model, at: Position) -> Vec<Pointed> {
    let session = &model.session;
    let parts = session.arrangement();
    if parts.hint.contains(at) {
        let key = hint_bar::key_at(model, parts.hint, at.x);
        return key.map(Pointed::Press).into_iter().collect();
    }
    if parts.tabs.contains(at) && model.modals.is_empty() {
        let tab = tab_bar::environment_at(session, parts.tabs, at.x);
        return tab.map(Pointed::Show).into_iter().collect();
    }
    let (width, height) = session.size;
    let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width, height });
    let _ = draw(model, &mut buffer);
    match button_at(&buffer, at) {
        Some("OK") => return vec![Pointed::Accept],
        Some("Cancel") => return vec![Pointed::Act(Action::Cancel)],
        _ => {}
    }
    let mut all = focus(model, at);
    if all.is_empty() {
        all = step_to(model, &buffer, at);
    }
    all
}

/// The pane under the pointer, if it is to get the keys.
fn focus(model: &Model, at: Position) -> Vec<Pointed> {
    let parts = model.session.arrangement();
    let panes = [
        (parts.form, Pane::Form),
        (parts.numbers, Pane::Numbers),
        (parts.quota, Pane::Quota),
        (parts.log, Pane::Log),
    ];
    let is_here = |(area, _): &(Option<Rect>, Pane)| area.is_some_and(|area| area.contains(at));
    let pane = panes.into_iter().find(is_here).map(|(_, pane)| pane);
    let pane = pane.filter(|pane| model.modals.is_empty() && *pane != model.session.focus);
    pane.map(Pointed::Focus).into_iter().collect()
}

/// Goes from the selected line to the one that was clicked; opens it where it is selected already.
fn step_to(model: &Model, buffer: &Buffer, at: Position) -> Vec<Pointed> {
    let pointer = model.session.theme.text(Mark::Line.sign());
    let is_selected = |y: &u16| {
        (buffer.area.left()..buffer.area.right()).any(|x| buffer[(x, *y)].symbol() == pointer)
    };
    let Some(selected) = (buffer.area.top()..buffer.area.bottom()).find(is_selected) else {
        return Vec::new();
    };
    match at.y.cmp(&selected) {
        std::cmp::Ordering::Equal => vec![Pointed::Act(Action::Accept)],
        std::cmp::Ordering::Less => vec![Pointed::Act(Action::Up); (selected - at.y).into()],
        std::cmp::Ordering::Greater => vec![Pointed::Act(Action::Down); (at.y - selected).into()],
    }
}

/// The label of the button that was clicked.
fn button_at(buffer: &Buffer, at: Position) -> Option<&'static str> {
    let line: Vec<&str> = (0..buffer.area.width).map(|x| buffer[(x, at.y)].symbol()).collect();
    ["OK", "Cancel"].into_iter().find(|label| {
        let letters: Vec<String> = format!("[ {label} ]").chars().map(String::from).collect();
        let places = line.windows(letters.len()).enumerate();
        let found = places.filter(|(_, window)| window.iter().zip(&letters).all(|(a, b)| a == b));
        let mut starts = found.map(|(start, _)| start);
        starts.any(|start| (start..start + letters.len()).contains(&usize::from(at.x)))
    })
}
