//! What keeps a message from the provider where the provider says nothing itself, and whose fault a
//! failure is.

use std::fmt;

/// What went wrong between smsdeck and the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// The name of the provider's server was not found.
    NoName,
    /// No connection could be made.
    NoConnection,
    /// The server could not prove its identity.
    Tls,
    /// No response came in time.
    TimedOut,
    /// The connection broke off.
    CutOff,
    /// The server had a failure of its own (HTTP 5xx).
    ServerError,
    /// The server had too many requests (HTTP 429).
    Busy,
    /// The response made no sense.
    NotUnderstood,
    /// smsdeck itself was too late: the code was about to expire.
    TooLate,
}

/// Whose fault a failure is, as far as it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Of this deck: its settings, its credentials, its senders, this host.
    Ours,
    /// Of the way to the provider: name lookup, connection, TLS.
    Network,
    /// Of the provider.
    Provider,
    /// Of a carrier.
    Carrier,
    /// Of the recipient's phone or number.
    Recipient,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::NoName,
        Self::NoConnection,
        Self::Tls,
        Self::TimedOut,
        Self::CutOff,
        Self::ServerError,
        Self::Busy,
        Self::NotUnderstood,
        Self::TooLate,
    ];

    /// The stable name in the store and in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::NoName => "no_name",
            Self::NoConnection => "no_connection",
            Self::Tls => "tls",
            Self::TimedOut => "timed_out",
            Self::CutOff => "cut_off",
            Self::ServerError => "server_error",
            Self::Busy => "busy",
            Self::NotUnderstood => "not_understood",
            Self::TooLate => "too_late",
        }
    }

    /// Finds a fault by its stable name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.key() == key)
    }

    /// Whose fault it is.
    pub const fn origin(self) -> Origin {
        match self {
            Self::NoName | Self::NoConnection | Self::Tls | Self::CutOff | Self::TimedOut => {
                Origin::Network
            }
            Self::ServerError | Self::Busy | Self::NotUnderstood => Origin::Provider,
            Self::TooLate => Origin::Ours,
        }
    }

    /// What happened to the provider of this name, in words without a full stop.
    pub fn words(self, provider: &str) -> String {
        match self {
            Self::NoName => format!("No connection to {provider}: its name was not found"),
            Self::NoConnection => format!("No connection to {provider}"),
            Self::Tls => {
                format!("No secure connection to {provider}: its certificate is not accepted")
            }
            Self::TimedOut => format!("{provider} does not respond in time"),
            Self::CutOff => format!("The connection to {provider} breaks off"),
            Self::ServerError => format!("{provider} returns server errors (HTTP 5xx)"),
            Self::Busy => format!("{provider} limits requests (HTTP 429)"),
            Self::NotUnderstood => format!("The responses are not from {provider}"),
            Self::TooLate => "Codes were about to expire before they could be sent".to_owned(),
        }
    }

    /// What to do about it, without a full stop.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NoName => "check the name servers of this host",
            Self::NoConnection => {
                "check the network and the firewall of this host, and the provider's status page"
            }
            Self::Tls => {
                "check this host's clock and certificates; a proxy that inspects traffic needs deck.extra_ca"
            }
            Self::TimedOut | Self::CutOff => {
                "check the network, and the provider's status page; codes may have gone out"
            }
            Self::ServerError => "see the provider's status page; smsdeck keeps trying",
            Self::Busy => {
                "send fewer codes at once, or ask the provider for a higher rate; smsdeck waits as asked"
            }
            Self::NotUnderstood => "check the base URL, and whether a proxy intercepts",
            Self::TooLate => "find what slows this host down: its disk, its memory",
        }
    }
}

impl Origin {
    /// The stable name in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Network => "network",
            Self::Provider => "provider",
            Self::Carrier => "carrier",
            Self::Recipient => "recipient",
        }
    }
}

/// In a word or two, for screens.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ours => "on our side",
            Self::Network => "network",
            Self::Provider => "provider",
            Self::Carrier => "carrier",
            Self::Recipient => "recipient",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_found_by_its_key() {
        for fault in Fault::ALL {
            assert_eq!(Fault::from_key(fault.key()), Some(fault));
        }
        assert_eq!(Fault::from_key("whim"), None);
    }
}
