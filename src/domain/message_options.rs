//! Message options: what the provider does with a message besides delivering it.
//!
//! An option that is not set is left to the account's default (Twilio, Message resource:
//! `RiskCheck`, `ContentRetention`, `AddressRetention`).

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The options of an environment's messages; `None` leaves an option to the account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MessageOptions {
    /// Whether SMS-pumping protection checks the messages.
    pub risk_check: Option<RiskCheck>,
    /// Whether the provider keeps the text after delivery. Discarding it needs a feature of the
    /// account.
    pub content_retention: Option<ContentRetention>,
    /// Whether the provider keeps the recipient's number readable. Hiding it needs a feature of the
    /// account.
    pub address_retention: Option<AddressRetention>,
}

/// Whether SMS-pumping protection checks messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RiskCheck {
    /// Messages are checked.
    Enable,
    /// Messages are not checked: for numbers that are known to be good.
    Disable,
}

/// Whether the provider keeps a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ContentRetention {
    /// The text is kept.
    Retain,
    /// The text is discarded.
    Discard,
}

/// Whether the provider keeps a recipient's number readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AddressRetention {
    /// The number is kept.
    Retain,
    /// The last digits are hidden.
    Obfuscate,
}

impl MessageOptions {
    /// Iterates over the options that are set, as the names and values of Twilio's API.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let risk_check = self.risk_check.map(|option| match option {
            RiskCheck::Enable => "enable",
            RiskCheck::Disable => "disable",
        });
        let content = self.content_retention.map(|option| match option {
            ContentRetention::Retain => "retain",
            ContentRetention::Discard => "discard",
        });
        let address = self.address_retention.map(|option| match option {
            AddressRetention::Retain => "retain",
            AddressRetention::Obfuscate => "obfuscate",
        });
        [("RiskCheck", risk_check), ("ContentRetention", content), ("AddressRetention", address)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
    }
}

/// Writes, for example, `RiskCheck disable, ContentRetention discard`.
impl fmt::Display for MessageOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set: Vec<String> =
            self.pairs().map(|(name, value)| format!("{name} {value}")).collect();
        f.write_str(if set.is_empty() { "account default" } else { "" })?;
        f.write_str(&set.join(", "))
    }
}
