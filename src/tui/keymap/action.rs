//! What keys do.

use serde::{Deserialize, Serialize};

/// What a key means in its context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Leave the console.
    Quit,
    /// Save what is not saved, then leave the console.
    SaveAndQuit,
    /// Give the terminal back for a while.
    Suspend,
    /// Redraw everything.
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
    /// Read From numbers from a file.
    ImportFile,
    /// Write From numbers into a file.
    ExportFile,
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
    /// Show the health of the environment.
    Health,
    /// Acknowledge what is wrong.
    Acknowledge,
    /// Show what is risky about the settings, and the figures behind them.
    Check,
    /// Show another environment beside this one.
    Compare,
    /// Show former settings and what operators did.
    History,
    /// Put all former values into the form.
    RestoreAll,
    /// Stop forgetting what is old.
    StopPruning,
    /// Undo the last change.
    Undo,
    /// Redo the change that was undone last.
    Redo,
    /// Edit the config as a text.
    EditConfig,
    /// Put what identifies it into the clipboard.
    Copy,
    /// Show how many codes may go out at all, and where.
    Limits,
    /// What was changed here holds.
    Mine,
    /// What someone else has saved holds.
    Theirs,
    /// To the next field of a pop-up.
    NextField,
    /// To the field before.
    PreviousField,
    /// Add the country.
    Add,
}

impl Action {
    /// Whether it works above any pop-up too, where [`Context::Always`](super::Context::Always) binds it.
    pub const fn works_above_pop_ups(self) -> bool {
        matches!(self, Self::Quit | Self::Suspend | Self::Repaint | Self::Help | Self::Palette)
    }

    /// Whether it sends, saves, or changes what somebody has or sees.
    pub const fn changes_something(self) -> bool {
        matches!(
            self,
            Self::SendCode
                | Self::VerifyCode
                | Self::Save
                | Self::SaveAndQuit
                | Self::New
                | Self::Remove
                | Self::MakeDefault
                | Self::Import
                | Self::ImportFile
                | Self::Unlock
                | Self::GiveBack
                | Self::Acknowledge
                | Self::CancelMessage
                | Self::Undo
                | Self::Redo
                | Self::RestoreAll
                | Self::EditConfig
        )
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
