//! Whom an environment may text, as `config.ron` has it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::phone::{PhoneError, PhoneNumber};
use crate::domain::recipients::Recipients;

/// Whom an environment may text.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Recipients")]
pub(super) enum WireRecipients {
    Anyone,
    Only(WirePhones),
}

/// At least one number: an empty list would block everyone, and no screen could tell it from anyone.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "PhoneNumbers")]
pub(super) struct WirePhones(
    #[serde(deserialize_with = "some_phones")]
    #[schemars(length(min = 1))]
    Vec<WirePhone>,
);

fn some_phones<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<WirePhone>, D::Error> {
    let numbers = Vec::deserialize(from)?;
    if numbers.is_empty() {
        let words = "an empty list would block everyone: write Anyone, or at least one number";
        return Err(serde::de::Error::custom(words));
    }
    Ok(numbers)
}

/// A whole number, in E.164.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(extend("pattern" = r"^(\+|00)"))]
#[schemars(rename = "PhoneNumber")]
pub(super) struct WirePhone(PhoneNumber);

impl From<WirePhone> for String {
    fn from(phone: WirePhone) -> Self {
        phone.0.e164().to_owned()
    }
}

impl TryFrom<String> for WirePhone {
    type Error = PhoneError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        PhoneNumber::parse(&text).map(Self)
    }
}

impl From<WireRecipients> for Recipients {
    fn from(wire: WireRecipients) -> Self {
        match wire {
            WireRecipients::Anyone => Self::Anyone,
            WireRecipients::Only(numbers) => {
                Self::Only(numbers.0.into_iter().map(|phone| phone.0).collect())
            }
        }
    }
}

impl From<Recipients> for WireRecipients {
    fn from(recipients: Recipients) -> Self {
        match recipients {
            Recipients::Anyone => Self::Anyone,
            Recipients::Only(numbers) => {
                Self::Only(WirePhones(numbers.into_iter().map(WirePhone).collect()))
            }
        }
    }
}
