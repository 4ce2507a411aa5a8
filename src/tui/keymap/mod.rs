//! The keys. What a key does, the hint bar, the help and the palette all come from one table,
//! parts of which an operator's own file may replace.

mod file;
mod key;
mod table;

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde::{Deserialize, Serialize};

pub use file::{KeysError, file_beside, read, template};
pub use table::BINDINGS;

/// Where a key is pressed. Several contexts are active at once, the innermost first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Context {
    /// Everywhere but in a pop-up, also while text is typed.
    Always,
    /// Wherever no text is typed and no pop-up is open.
    Console,
    /// The settings form.
    Form,
    /// The From numbers.
    Numbers,
    /// The quota.
    Quota,
    /// The delivery log.
    Log,
    /// A pop-up with fields to fill in.
    Fields,
    /// The countries of a number that is being edited.
    Chosen,
    /// The list that countries are picked from.
    Countries,
    /// A pop-up with one list to choose from.
    Choice,
    /// A question.
    Question,
    /// A pop-up that is only read.
    Reading,
    /// The phone of the Sandbox.
    Handset,
    /// The story of a delivery.
    Delivery,
    /// All about one user.
    User,
    /// The line that filters the quota.
    Filter,
    /// How an environment fares.
    Health,
    /// Fields that two people have changed.
    Conflict,
    /// Two environments side by side.
    Compare,
    /// Settings that cannot be read.
    Broken,
}

/// What a key means in its context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Leave the console.
    Quit,
    /// Give the terminal back for a while.
    Suspend,
    /// Paint everything anew.
    Repaint,
    /// Show the keys.
    Help,
    /// Find an action by its name.
    Palette,
    /// Save this environment's settings.
    Save,
    /// Go to the next pane.
    NextPane,
    /// Go to the pane before.
    PreviousPane,
    /// Go to the next environment.
    NextEnvironment,
    /// Go to the environment before.
    PreviousEnvironment,
    /// Show the focused pane alone, or all of them again.
    Zoom,
    /// Ask for a number and send a code.
    SendCode,
    /// Ask for a code and check it.
    VerifyCode,
    /// Show what a phone has received.
    Handset,
    /// Ask the account whether it accepts its credentials.
    TestAccount,
    /// Ask the account for its senders.
    Import,
    /// Call a message back.
    CancelMessage,
    /// Show what an account has besides SID and token.
    AccountDetails,
    /// One up.
    Up,
    /// One down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first.
    First,
    /// To the last.
    Last,
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// Open, choose or accept.
    Accept,
    /// Leave, or take back.
    Cancel,
    /// Begin a new number.
    New,
    /// Take away.
    Remove,
    /// Make a number the default.
    MakeDefault,
    /// Give a user all codes back, or forgive wrong tries.
    Unlock,
    /// Give a user one code back.
    GiveBack,
    /// Show only some.
    Filter,
    /// Show how the environment fares.
    Health,
    /// Show what is unwise about the settings, and the figures behind them.
    Check,
    /// Show another environment beside this one.
    Compare,
    /// Stop forgetting what is old.
    StopPruning,
    /// Take the last change back.
    Undo,
    /// Edit the config as a text.
    EditConfig,
    /// Put what identifies it into the clipboard.
    Copy,
    /// Show how many codes may go out at all, and where.
    Limits,
    /// What was changed here holds.
    Mine,
    /// What somebody else has saved holds.
    Theirs,
    /// To the next field of a pop-up.
    NextField,
    /// To the field before.
    PreviousField,
    /// Add the country.
    Add,
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Where it holds.
    pub context: Context,
    /// The key.
    pub key: KeyCode,
    /// With Control or not; Shift is part of the character.
    pub modifiers: KeyModifiers,
    /// What it does.
    pub action: Action,
    /// Its name in the hint bar; empty where the hint bar leaves it out.
    pub hint: &'static str,
    /// What the help says; empty for a second key of the same action.
    pub help: &'static str,
}

impl Action {
    /// Whether it works above any pop-up too, where [`Context::Always`] binds it.
    pub const fn works_above_pop_ups(self) -> bool {
        matches!(self, Self::Quit | Self::Suspend | Self::Repaint | Self::Help | Self::Palette)
    }

    /// Whether it only moves about.
    pub const fn is_movement(self) -> bool {
        matches!(
            self,
            Self::Up
                | Self::Down
                | Self::Left
                | Self::Right
                | Self::PageUp
                | Self::PageDown
                | Self::First
                | Self::Last
                | Self::NextField
                | Self::PreviousField
        )
    }
}

/// The keys in force.
#[derive(Debug, Clone)]
pub struct Keys(Vec<Binding>);

impl Default for Keys {
    fn default() -> Self {
        Self(BINDINGS.to_vec())
    }
}

impl Keys {
    /// Finds what a key means, in the innermost context that binds it.
    pub fn action(&self, contexts: &[Context], key: KeyEvent) -> Option<Action> {
        contexts.iter().find_map(|&context| {
            let bound = self.of(context).find(|binding| binding.matches(key));
            bound.map(|binding| binding.action)
        })
    }

    /// All of them, in the order in which they are shown.
    pub fn iter(&self) -> impl Iterator<Item = &Binding> + Clone {
        self.0.iter()
    }

    /// Those of one context.
    pub fn of(&self, context: Context) -> impl Iterator<Item = &Binding> + Clone {
        self.0.iter().filter(move |binding| binding.context == context)
    }

    /// The first key of an action as people write it, for sentences that name it.
    pub fn name(&self, context: Context, action: Action) -> String {
        let bound = self.of(context).find(|binding| binding.action == action);
        bound.map(Binding::key_name).unwrap_or_default()
    }
}

impl Context {
    /// What it is called on the screen.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Always => "Everywhere, also while typing",
            Self::Console => "Everywhere but while typing",
            Self::Form => "SMS settings",
            Self::Numbers => "From numbers",
            Self::Quota => "Quota",
            Self::Log => "Delivery log",
            Self::Fields => "Fields of a pop-up",
            Self::Chosen => "Countries of the number",
            Self::Countries => "List of countries",
            Self::Choice => "List",
            Self::Question => "Question",
            Self::Reading => "Pop-up",
            Self::Handset => "Handset",
            Self::Delivery => "Delivery",
            Self::User => "User",
            Self::Filter => "Filter",
            Self::Health => "Health",
            Self::Conflict => "Two changes",
            Self::Compare => "Two environments",
            Self::Broken => "Settings that cannot be read",
        }
    }
}

/// The name of a part of the table as the file of keys has it.
fn name_in_file(part: impl Serialize) -> String {
    // Names without fields cannot fail to be written.
    ron::to_string(&part).unwrap_or_default()
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", name_in_file(self.context), name_in_file(self.action))
    }
}

impl Binding {
    fn matches(&self, key: KeyEvent) -> bool {
        // Terminals disagree about reporting Shift beside a capital letter or Shift-Tab.
        self.key == key.code && self.modifiers == key.modifiers.difference(KeyModifiers::SHIFT)
    }

    /// The key as it is pressed.
    pub const fn event(&self) -> KeyEvent {
        KeyEvent::new(self.key, self.modifiers)
    }

    /// The key as people write it: `s`, `^S`, `Tab`.
    pub fn key_name(&self) -> String {
        key::name(self.key, self.modifiers)
    }
}

#[cfg(test)]
mod tests {
    use super::Action as A;
    use super::Context as C;
    use super::*;

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
