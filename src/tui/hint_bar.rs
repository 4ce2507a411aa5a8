//! The bottom of the screen: the keys that hold now.

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::keymap::{Action, Binding};
use super::model::Model;
use crate::engine::Severity;

/// A key in the hint bar, and the column at which it begins.
struct Hint<'a> {
    x: u16,
    binding: &'a Binding,
}

impl Hint<'_> {
    /// Columns that it takes, with those after it.
    fn width(&self) -> u16 {
        width_of(self.binding)
    }
}

fn width_of(binding: &Binding) -> u16 {
    let letters = binding.key_name().len() + binding.hint.len();
    u16::try_from(letters + 3).unwrap_or(u16::MAX)
}

/// The keys that hold now, as many as fit; help has the rest.
pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = model.session.theme;
    for Hint { x, binding } in hints(model, area) {
        let room = |x: u16| area.right().saturating_sub(x).into();
        let (end, _) = buffer.set_stringn(x, area.y, binding.key_name(), room(x), theme.key());
        buffer.set_stringn(end + 1, area.y, binding.hint, room(end + 1), Style::new());
    }
}

/// The key whose hint is at a column.
pub(super) fn key_at(model: &Model, area: Rect, column: u16) -> Option<KeyEvent> {
    let hints = hints(model, area).into_iter();
    let mut here = hints.filter(|hint| (hint.x..hint.x + hint.width()).contains(&column));
    here.next().map(|hint| hint.binding.event())
}

fn hints(model: &Model, area: Rect) -> Vec<Hint<'_>> {
    let contexts = model.contexts();
    let mut x = area.x + 1;
    let bound = model
        .session
        .keys
        .iter()
        .filter(|binding| contexts.contains(&binding.context) && !binding.hint.is_empty())
        .filter(|binding| model.session.offers(binding.context, binding.action))
        .filter(|binding| model.session.is_possible(binding.context, binding.action))
        .filter(|binding| model.modals.is_possible(&model.session, binding.action));
    // While something is wrong, the key that says what comes first.
    let is_urgent = |binding: &&Binding| binding.action == Action::Health && is_in_trouble(model);
    let bound = bound.clone().filter(is_urgent).chain(bound.filter(move |it| !is_urgent(it)));
    let is_meant = |binding: &Binding| {
        let innermost = model.session.keys.binding(&contexts, binding.event());
        innermost.is_some_and(|it| (it.context, it.action) == (binding.context, binding.action))
    };
    let help = bound.clone().find(|binding| binding.action == Action::Help && is_meant(binding));
    let mut reserved = help.map_or(0, width_of);
    let mut shown: Vec<Hint<'_>> = Vec::new();
    for binding in bound {
        if binding.action == Action::Help {
            reserved = 0;
        }
        let width = width_of(binding).saturating_add(reserved);
        // A key that means something else further in is not shown for what it means out here.
        if !is_meant(binding)
            || shown.iter().any(|hint| hint.binding.hint == binding.hint)
            || x.saturating_add(width) > area.right() + 2
        {
            continue;
        }
        shown.push(Hint { x, binding });
        x += width_of(binding);
    }
    shown
}

/// Whether something is wrong in the environment on the screen.
fn is_in_trouble(model: &Model) -> bool {
    let status = model.session.tab().status.as_ref();
    status.is_some_and(|status| status.severity() > Severity::Fine)
}
