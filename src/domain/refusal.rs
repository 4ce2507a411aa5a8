//! Why a request for a code is refused before the provider is asked. The sentences for people are
//! written where the refusal happens; everything else goes by these.

use super::limits::{OverLimit, Span};
use super::routing::RouteRefusal;

/// Why a request for a code was refused: nothing was sent, and nothing is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The settings name the numbers that may be texted, and this is none of them.
    NotARecipient,
    /// No From number lists the country, and there is no default number.
    NoSender,
    /// The default number is a sender name, which the country never accepts.
    SenderNotAccepted,
    /// The user or the number has used up all codes.
    Quota,
    /// The user or the number has had too many wrong tries: an operator must unlock.
    UserLocked,
    /// The country is not among those that may be texted.
    CountryNotAllowed,
    /// The country has had as many codes as it may within a span.
    CountryCap(Span),
    /// The environment has had as many codes as it may within a span.
    EnvironmentCap(Span),
    /// The account has refused its credentials a moment ago.
    Paused,
    /// The provider is not set up or cannot be used.
    NotReady,
}

impl Refusal {
    /// Every refusal.
    pub const ALL: [Self; 12] = [
        Self::NotARecipient,
        Self::NoSender,
        Self::SenderNotAccepted,
        Self::Quota,
        Self::UserLocked,
        Self::CountryNotAllowed,
        Self::CountryCap(Span::Hour),
        Self::CountryCap(Span::Day),
        Self::EnvironmentCap(Span::Hour),
        Self::EnvironmentCap(Span::Day),
        Self::Paused,
        Self::NotReady,
    ];

    /// The stable name in the store and in the JSON of the log.
    pub const fn key(self) -> &'static str {
        match self {
            Self::NotARecipient => "not_a_recipient",
            Self::NoSender => "no_sender",
            Self::SenderNotAccepted => "sender_not_accepted",
            Self::Quota => "quota",
            Self::UserLocked => "user_locked",
            Self::CountryNotAllowed => "country_not_allowed",
            Self::CountryCap(Span::Hour) => "country_hour_cap",
            Self::CountryCap(Span::Day) => "country_day_cap",
            Self::EnvironmentCap(Span::Hour) => "environment_hour_cap",
            Self::EnvironmentCap(Span::Day) => "environment_day_cap",
            Self::Paused => "paused",
            Self::NotReady => "not_ready",
        }
    }

    /// Finds a refusal by its stable name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.key() == key)
    }

    /// The stable error code in JSON, which is the same for all refusals with the same remedy.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoSender | Self::SenderNotAccepted => "no_sender",
            Self::CountryNotAllowed | Self::CountryCap(_) | Self::EnvironmentCap(_) => "over_limit",
            other => other.key(),
        }
    }

    /// Whether the settings forbid it; otherwise something does not work.
    pub const fn is_policy(self) -> bool {
        !matches!(self, Self::Paused | Self::NotReady)
    }
}

impl From<OverLimit> for Refusal {
    fn from(over: OverLimit) -> Self {
        match over {
            OverLimit::Country(_) => Self::CountryNotAllowed,
            OverLimit::CountryCap { span, .. } => Self::CountryCap(span),
            OverLimit::Environment { span, .. } => Self::EnvironmentCap(span),
        }
    }
}

impl From<&RouteRefusal> for Refusal {
    fn from(refusal: &RouteRefusal) -> Self {
        match refusal {
            RouteRefusal::Unserved(_)
            | RouteRefusal::NoCountry
            | RouteRefusal::NotAFromNumber(_) => Self::NoSender,
            RouteRefusal::DefaultRefused { .. } | RouteRefusal::NamedRefused { .. } => {
                Self::SenderNotAccepted
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_refusal_is_found_by_its_key_alone() {
        let keys: BTreeSet<&str> = Refusal::ALL.into_iter().map(Refusal::key).collect();
        assert_eq!(keys.len(), Refusal::ALL.len());
        for refusal in Refusal::ALL {
            assert_eq!(Refusal::from_key(refusal.key()), Some(refusal));
        }
        assert_eq!(Refusal::from_key("3 of 3 codes used"), None);
    }
}
