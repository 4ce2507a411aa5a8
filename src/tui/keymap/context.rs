//! Where keys are pressed.

use serde::{Deserialize, Serialize};

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
    /// The same, on a country that the number has already.
    ChosenInList,
    /// The list, while no line of it is selected.
    UnpickedInList,
    /// A field that Enter leads on from.
    Leading,
    /// A box that can be ticked.
    Checkbox,
    /// The button that leaves a pop-up.
    CancelButton,
    /// A pop-up with one list to choose from.
    Choice,
    /// A question.
    Question,
    /// The question whether to quit.
    Quit,
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
    /// The health of an environment.
    Health,
    /// Fields that two people have changed.
    Conflict,
    /// Two environments side by side.
    Compare,
    /// Former settings and what operators did.
    History,
    /// A former version of the settings beside the present ones.
    Version,
    /// Settings that cannot be read.
    Broken,
}

/// Whether letters are text where these contexts hold.
pub fn takes_text(contexts: &[Context]) -> bool {
    contexts.iter().any(|context| context.takes_text()) && !contexts.contains(&Context::Console)
}

impl Context {
    /// Whether text is typed in it.
    pub const fn takes_text(self) -> bool {
        matches!(
            self,
            Self::Form
                | Self::Filter
                | Self::Fields
                | Self::Countries
                | Self::ChosenInList
                | Self::UnpickedInList
                | Self::Leading
                | Self::Checkbox
                | Self::CancelButton
                | Self::Choice
                | Self::History
        )
    }

    /// What it is called on the screen.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Always => "Everywhere, even while typing",
            Self::Console => "Everywhere except while typing",
            Self::Form => "SMS settings",
            Self::Numbers => "From numbers",
            Self::Quota => "Quota",
            Self::Log => "Delivery log",
            Self::Fields | Self::Leading => "Pop-up fields",
            Self::Chosen => "Countries of this number",
            Self::Countries | Self::UnpickedInList => "Country list",
            Self::ChosenInList => "Country of this number",
            Self::Checkbox => "Checkbox",
            Self::CancelButton => "Cancel button",
            Self::Choice => "List",
            Self::Question => "Question",
            Self::Quit => "Quit",
            Self::Reading => "Pop-up",
            Self::Handset => "Handset",
            Self::Delivery => "Delivery",
            Self::User => "User",
            Self::Filter => "Filter",
            Self::Health => "Health",
            Self::Conflict => "Conflict",
            Self::Compare => "Compare",
            Self::History => "History and audit",
            Self::Version => "Former settings",
            Self::Broken => "Invalid config",
        }
    }
}
