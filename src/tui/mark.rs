//! Marks at a line or in it. Where it is seen, a mark is a sign; where it is read out, the words
//! that the sign stands for.

/// What a mark says of what it stands before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The line has the focus; where it is read out, its place says so.
    Line,
    /// A part of the line has the focus.
    Part,
    /// It differs from what is saved.
    Changed,
    /// It is worth a warning.
    Warning,
    /// It says what is wrong with the line above.
    Error,
    /// The words after it say that they are a warning, or want attention.
    Attention,
    /// The words after it say that they are worse.
    Alarm,
    /// It is the default number.
    Default,
    /// It differs between two environments.
    Differs,
    /// It can be added; no mark where it cannot.
    Addable,
    /// It is ticked.
    Chosen,
    /// It could be ticked.
    NotChosen,
}

impl Mark {
    /// The mark as a sign.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Line | Self::Part => "›",
            Self::Changed => "•",
            Self::Warning | Self::Attention => "!",
            Self::Alarm => "!!",
            Self::Error => "↑",
            Self::Default => "*",
            Self::Differs => "≠",
            Self::Addable => "+",
            Self::Chosen => "[x]",
            Self::NotChosen => "[ ]",
        }
    }

    /// The mark in words, before what it marks.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Line | Self::Addable => " ",
            Self::Attention | Self::Alarm => "",
            Self::Part => "selected ",
            Self::Changed => "changed:",
            Self::Warning => "warning:",
            Self::Error => "error:",
            Self::Default => "default:",
            Self::Differs => "differs:",
            Self::Chosen => "chosen:",
            Self::NotChosen => "not chosen:",
        }
    }
}
