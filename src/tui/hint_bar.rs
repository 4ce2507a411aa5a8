//! The bottom of the screen: the keys that hold now.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::keymap::{Action, Binding};
use super::model::Model;
use crate::engine::Severity;

/// The keys that hold now, as many as fit; help has the rest.
pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = model.session.theme;
    let contexts = model.contexts();
    let mut x = area.x + 1;
    let bound = model
        .session
        .keys
        .iter()
        .filter(|binding| contexts.contains(&binding.context) && !binding.hint.is_empty())
        .filter(|binding| model.session.offers(binding.context, binding.action))
        .filter(|binding| model.session.is_possible(binding.context, binding.action));
    // While something is wrong, the key that says what comes first.
    let is_urgent = |binding: &&Binding| binding.action == Action::Health && is_in_trouble(model);
    let bound = bound.clone().filter(is_urgent).chain(bound.filter(move |it| !is_urgent(it)));
    let width_of = |binding: &Binding| {
        let letters = binding.key_name().len() + binding.hint.len();
        u16::try_from(letters + 3).unwrap_or(u16::MAX)
    };
    let is_meant = |binding: &Binding| {
        model.session.keys.action(&contexts, binding.event()) == Some(binding.action)
    };
    let help = bound.clone().find(|binding| binding.action == Action::Help && is_meant(binding));
    let mut reserved = help.map_or(0, width_of);
    let mut shown: Vec<&str> = Vec::new();
    for binding in bound {
        let key = binding.key_name();
        if binding.action == Action::Help {
            reserved = 0;
        }
        let width = width_of(binding).saturating_add(reserved);
        // A key that means something else further in is not shown for what it means out here.
        if !is_meant(binding)
            || shown.contains(&binding.hint)
            || x.saturating_add(width) > area.right() + 2
        {
            continue;
        }
        shown.push(binding.hint);
        (x, _) =
            buffer.set_stringn(x, area.y, key, area.right().saturating_sub(x).into(), theme.key());
        (x, _) = buffer.set_stringn(
            x + 1,
            area.y,
            binding.hint,
            area.right().saturating_sub(x + 1).into(),
            Style::new(),
        );
        x += 2;
    }
}

/// Whether something is wrong in the environment on the screen.
fn is_in_trouble(model: &Model) -> bool {
    let status = model.session.tab().status.as_ref();
    status.is_some_and(|status| status.severity() > Severity::Fine)
}
