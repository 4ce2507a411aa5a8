//! The capabilities in which providers differ.

/// Something that not every provider can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// Lists messages, so that one whose outcome is unknown can be looked for.
    ListMessages,
    /// Cancels a message that has not left yet.
    CancelMessage,
    /// Reports the balance of the account.
    ReportBalance,
    /// Lists the senders of the account, to choose from.
    OfferSenders,
    /// Keeps messages when this process ends.
    KeepMessages,
    /// Shows what a phone has received.
    Handset,
}
