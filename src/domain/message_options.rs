//! What the provider is asked to do with a message besides delivering it. Where nothing is said,
//! the account's own default holds (Twilio, Message resource: `RiskCheck`, `ContentRetention`,
//! `AddressRetention`).

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The options of an environment's messages; `None` leaves one to the account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MessageOptions {
    /// Whether SMS-pumping protection looks at the messages.
    pub risk_check: Option<RiskCheck>,
    /// What becomes of the text once it is delivered. Needs a feature of the account, else
    /// error 30029.
    pub content_retention: Option<ContentRetention>,
    /// What becomes of the recipient's number. Needs a feature of the account, else error 30030.
    pub address_retention: Option<AddressRetention>,
}

/// Whether SMS-pumping protection looks at messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RiskCheck {
    /// It does.
    Enable,
    /// It does not: for numbers that are known to be good.
    Disable,
}

/// What becomes of a text at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ContentRetention {
    /// It is kept.
    Retain,
    /// It is thrown away.
    Discard,
}

/// What becomes of a recipient's number at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AddressRetention {
    /// It is kept.
    Retain,
    /// Its last digits are made unreadable.
    Obfuscate,
}

impl MessageOptions {
    /// The options that are set, as the names and values of Twilio's form.
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

/// `RiskCheck disable, ContentRetention discard`
impl fmt::Display for MessageOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set: Vec<String> =
            self.pairs().map(|(name, value)| format!("{name} {value}")).collect();
        f.write_str(if set.is_empty() { "the account's own" } else { "" })?;
        f.write_str(&set.join(", "))
    }
}
