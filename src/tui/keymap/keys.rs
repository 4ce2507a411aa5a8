//! The keys in force: what a key does, and how the key of an action is called.

use crossterm::event::KeyEvent;

use super::action::Action;
use super::binding::Binding;
use super::context::Context;
use super::table::BINDINGS;

/// The keys in force, and whether the mouse is used.
#[derive(Debug, Clone)]
pub struct Keys {
    pub(super) bindings: Vec<Binding>,
    /// Whether clicks and turns of the wheel are taken; the terminal selects no text then.
    pub mouse: bool,
}

impl Default for Keys {
    fn default() -> Self {
        Self { bindings: BINDINGS.to_vec(), mouse: false }
    }
}

impl Keys {
    /// Finds what a key means, in the innermost context that binds it.
    pub fn action(&self, contexts: &[Context], key: KeyEvent) -> Option<Action> {
        self.binding(contexts, key).map(|binding| binding.action)
    }

    /// The same, with the context that binds it.
    pub fn binding(&self, contexts: &[Context], key: KeyEvent) -> Option<&Binding> {
        contexts.iter().find_map(|&context| self.of(context).find(|binding| binding.matches(key)))
    }

    /// All of them, in the order in which they are shown.
    pub fn iter(&self) -> impl Iterator<Item = &Binding> + Clone {
        self.bindings.iter()
    }

    /// Those of one context.
    pub fn of(&self, context: Context) -> impl Iterator<Item = &Binding> + Clone {
        self.bindings.iter().filter(move |binding| binding.context == context)
    }

    /// The first key of an action as people write it, for sentences that name it.
    pub fn name(&self, context: Context, action: Action) -> String {
        let bound = self.of(context).find(|binding| binding.action == action);
        bound.map(Binding::key_name).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyModifiers};

    use super::*;
    use super::{Action as A, Context as C};

    fn action(contexts: &[Context], key: KeyEvent) -> Option<Action> {
        Keys::default().action(contexts, key)
    }

    #[test]
    fn no_context_binds_a_key_twice() {
        for (index, binding) in BINDINGS.iter().enumerate() {
            let twice = BINDINGS[..index].iter().any(|other| {
                (other.context, other.key, other.modifiers)
                    == (binding.context, binding.key, binding.modifiers)
            });
            assert!(!twice, "{binding:?}");
        }
    }

    #[test]
    fn digits_are_never_bound() {
        let digit = |binding: &Binding| matches!(binding.key, KeyCode::Char('0'..='9'));
        assert!(!BINDINGS.iter().any(digit));
    }

    #[test]
    fn the_innermost_context_wins() {
        let tab = KeyEvent::new(KeyCode::Tab, KeyModifiers::NONE);
        assert_eq!(action(&[C::Fields, C::Always], tab), Some(A::NextField));
        assert_eq!(action(&[C::Always], tab), Some(A::NextPane));
        assert_eq!(action(&[C::Question], tab), None);
    }

    #[test]
    fn shift_is_part_of_the_character() {
        let capital = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(action(&[C::Log], capital), Some(A::Last));
        let back = KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT);
        assert_eq!(action(&[C::Always], back), Some(A::PreviousPane));
    }
}
