//! Facts about each provider that are known without a request: what it can do, and what its error
//! codes mean, also those in the store.

use std::fmt;

use super::capability::Capability;
use super::error::{ErrorAdvice, ErrorClass};
use super::{sandbox, twilio};
use crate::domain::fault::Origin;
use crate::domain::provider::ProviderKind;

/// Whether a provider can do something.
pub fn can(provider: ProviderKind, capability: Capability) -> bool {
    let capabilities = match provider {
        ProviderKind::Sandbox => sandbox::CAPABILITIES,
        ProviderKind::Twilio => twilio::CAPABILITIES,
    };
    capabilities.contains(&capability)
}

/// An error code together with the provider that uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode {
    /// The provider.
    pub provider: ProviderKind,
    /// The provider's number of the error.
    pub number: u32,
}

impl ErrorCode {
    /// Makes a code of a provider.
    pub const fn new(provider: ProviderKind, number: u32) -> Self {
        Self { provider, number }
    }

    /// Returns what is known about the code.
    pub fn advice(self) -> Option<&'static ErrorAdvice> {
        match self.provider {
            // The Sandbox speaks Twilio's API, error codes included.
            ProviderKind::Twilio | ProviderKind::Sandbox => twilio::advice(self.number),
        }
    }

    /// Returns the class of the error.
    pub fn class(self) -> ErrorClass {
        self.advice().map_or(ErrorClass::Other, |known| known.class)
    }

    /// Whose fault it is.
    pub fn origin(self) -> Origin {
        match self.class() {
            ErrorClass::Message | ErrorClass::Unavailable | ErrorClass::Busy
                if self.is_of_carrier() =>
            {
                Origin::Carrier
            }
            ErrorClass::WrongCredentials
            | ErrorClass::InactiveAccount
            | ErrorClass::Forbidden
            | ErrorClass::TestCredentials
            | ErrorClass::Sender
            | ErrorClass::Message => Origin::Ours,
            ErrorClass::Recipient => Origin::Recipient,
            ErrorClass::Busy | ErrorClass::Other | ErrorClass::Unavailable => Origin::Provider,
        }
    }

    /// Whether it came after the provider had the message: from a carrier.
    fn is_of_carrier(self) -> bool {
        match self.provider {
            ProviderKind::Twilio | ProviderKind::Sandbox => twilio::is_of_carrier(self.number),
        }
    }

    /// Returns the address of the provider's own explanation.
    pub fn more_info(self) -> String {
        match self.provider {
            ProviderKind::Twilio | ProviderKind::Sandbox => twilio::more_info(self.number),
        }
    }

    /// Explains the code to an operator: cause and advice, or where to read about an unknown one.
    pub fn explanation(self) -> String {
        match self.advice() {
            Some(known) => format!("Cause: {}. What to do: {}.", known.cause, known.advice),
            None => {
                format!("error {} is not known to smsdeck; see {}", self.number, self.more_info())
            }
        }
    }
}

/// The number alone.
impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sandbox_does_what_twilio_does_but_forgets_its_messages() {
        let all = [
            Capability::ListMessages,
            Capability::CancelMessage,
            Capability::ReportBalance,
            Capability::OfferSenders,
        ];
        for capability in all {
            assert!(can(ProviderKind::Sandbox, capability), "{capability:?}");
            assert!(can(ProviderKind::Twilio, capability), "{capability:?}");
        }
        assert!(can(ProviderKind::Twilio, Capability::KeepMessages));
        assert!(!can(ProviderKind::Sandbox, Capability::KeepMessages));
        assert!(!can(ProviderKind::Twilio, Capability::Handset));
    }

    #[test]
    fn an_error_code_is_explained_or_leads_to_the_explanation() {
        let code = |number| ErrorCode::new(ProviderKind::Twilio, number);
        assert!(code(30003).explanation().starts_with("Cause: the phone is off"));
        assert!(code(1).explanation().ends_with("https://www.twilio.com/docs/api/errors/1"));
    }

    #[test]
    fn only_some_classes_refuse_the_credentials() {
        let refuses =
            |number| ErrorCode::new(ProviderKind::Twilio, number).class().refuses_credentials();
        assert!([20003, 20005, 20006, 20403].into_iter().all(refuses));
        assert!(![1, 20008, 20429, 21211, 21606, 30003].into_iter().any(refuses));
    }
}
