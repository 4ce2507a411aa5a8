//! The ids of a Twilio account and of its API keys.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A Twilio account SID: `AC` and 32 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(extend("pattern" = "^AC[0-9a-fA-F]{32}$"))]
pub struct AccountSid(String);

/// A Twilio API key SID: `SK` and 32 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(extend("pattern" = "^SK[0-9a-fA-F]{32}$"))]
pub struct ApiKeySid(String);

/// The text is no SID of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is {prefix} and 32 hexadecimal digits{}", .instead.map(|kind| format!("; this looks like {kind}")).unwrap_or_default())]
pub struct SidError {
    what: &'static str,
    prefix: &'static str,
    instead: Option<&'static str>,
}

/// Names the kind of a SID with another prefix, so that errors can point out common mix-ups.
fn resembles(text: &str) -> Option<&'static str> {
    match text.get(..2)? {
        "AC" => Some("an account SID"),
        "SK" => Some("an API key SID"),
        "MG" => Some("a Messaging Service SID"),
        "PN" => Some("a phone number SID"),
        "VA" => Some("a Verify service SID"),
        _ => None,
    }
}

fn check_sid(text: &str, prefix: &'static str, what: &'static str) -> Result<String, SidError> {
    let text = text.trim();
    let digits = text.strip_prefix(prefix).unwrap_or_default();
    if digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text.to_owned());
    }
    let instead = if text.starts_with(prefix) { None } else { resembles(text) };
    Err(SidError { what, prefix, instead })
}

impl AccountSid {
    /// Checks an account SID.
    ///
    /// # Errors
    /// When it is not `AC` and 32 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, SidError> {
        check_sid(text, "AC", "an account SID").map(Self)
    }

    /// The whole SID.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The beginning and the end, for narrow screens.
    pub fn shortened(&self) -> String {
        format!("{}…{}", &self.0[..6], &self.0[30..])
    }
}

impl ApiKeySid {
    /// Checks an API key SID.
    ///
    /// # Errors
    /// When it is not `SK` and 32 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, SidError> {
        check_sid(text, "SK", "an API key SID").map(Self)
    }

    /// The whole SID.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text_type {
    ($name:ident, $error:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.as_str().to_owned()
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }
    };
}

text_type!(AccountSid, SidError);
text_type!(ApiKeySid, SidError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sid_has_its_prefix_and_32_hexadecimal_digits() {
        let sid = format!("AC{}", "0f".repeat(16));
        assert_eq!(AccountSid::parse(&format!(" {sid} ")).unwrap().as_str(), sid);
        assert_eq!(AccountSid::parse(&sid).unwrap().shortened(), "AC0f0f…0f0f");
        for wrong in ["", "AC", "AC123", &sid[..33], &format!("{sid}0"), &sid.replace('f', "g")] {
            assert!(AccountSid::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_sid_of_another_kind_is_named() {
        let key = format!("SK{}", "0f".repeat(16));
        assert_eq!(
            AccountSid::parse(&key).unwrap_err().to_string(),
            "an account SID is AC and 32 hexadecimal digits; this looks like an API key SID"
        );
        assert!(ApiKeySid::parse(&key).is_ok());
    }
}
