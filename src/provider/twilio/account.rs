//! The account behind the credentials: whether they are accepted, what it has left, and who it
//! can send from.

use std::error::Error;
use std::fmt;

use serde_json::Value;

use super::client::TwilioClient;
use crate::domain::phone::PhoneNumber;
use crate::domain::sender::Sender;
use crate::domain::text::printable;
use crate::provider::{FetchError, Refusal};

/// What an account answered to whoever asked whether all is well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountReport {
    /// Whether it is active, as far as these credentials may see.
    pub status: Visible,
    /// What is left to spend, with its currency, as far as these credentials may see.
    pub balance: Visible,
}

/// A value that not every API key may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visible {
    /// It was told, and is printable.
    Told(String),
    /// These credentials may not see it.
    Hidden,
}

impl fmt::Display for Visible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Told(text) => f.write_str(text),
            Self::Hidden => f.write_str("not visible to this key"),
        }
    }
}

/// Why an account cannot be used, told apart as far as the answers allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// Account, key or token are wrong, or do not belong together.
    #[error(
        "wrong credentials: account SID, API key and token do not belong together, or to this environment"
    )]
    Wrong,
    /// The account was suspended or closed.
    #[error("the account is {0}: look into Twilio's console, billing first")]
    Inactive(String),
    /// Right, but they can only pretend to send.
    #[error("these are test credentials: they accept messages, send none, and tell no status")]
    TestCredentials,
    /// The key may not even list messages.
    #[error("the key lacks the right to read messages: {0}")]
    Forbidden(Refusal),
    /// No connection could be made.
    #[error("no network to {host}: {reason}")]
    NoNetwork {
        /// The server.
        host: String,
        /// What the system said.
        reason: String,
    },
    /// The server is there, but not as who it should be.
    #[error(
        "TLS to {host} failed: {reason}. If a proxy inspects traffic here, name its certificate as deck.extra_ca"
    )]
    Tls {
        /// The server.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Somebody answered, but not Twilio.
    #[error("{host} is not Twilio's API: {reason}")]
    WrongHost {
        /// The server.
        host: String,
        /// What it answered.
        reason: String,
    },
    /// It may work later.
    #[error("{host} cannot answer now: {reason}")]
    Later {
        /// The server.
        host: String,
        /// Why.
        reason: String,
    },
}

impl AccessError {
    /// The stable name in JSON.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Wrong => "wrong_credentials",
            Self::Inactive(_) => "inactive_account",
            Self::TestCredentials => "test_credentials",
            Self::Forbidden(_) => "forbidden",
            Self::NoNetwork { .. } => "no_network",
            Self::Tls { .. } => "tls",
            Self::WrongHost { .. } => "wrong_host",
            Self::Later { .. } => "later",
        }
    }

    /// Whether it is certain that nothing can be sent with these credentials, however long one
    /// waits.
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Wrong | Self::Inactive(_))
    }
}

/// A sender that the account offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedSender {
    /// The sender.
    pub sender: Sender,
    /// The account's name for it, printable.
    pub name: String,
}

impl TwilioClient {
    /// Asks whether the credentials are accepted, by the read-only call that a standard API key
    /// may make (the list of messages, one of them), then for what else they may see.
    ///
    /// # Errors
    /// When nothing can be sent with them, or nobody answers.
    pub async fn check_access(&self) -> Result<AccountReport, AccessError> {
        let url = self.url_with("Messages.json", &[("PageSize", "1")]);
        let response = self.get(url).await.map_err(|error| self.denied(error))?;
        if !response.json.as_ref().is_some_and(|json| json["messages"].is_array()) {
            let reason = "the answer is no list of messages".to_owned();
            return Err(AccessError::WrongHost { host: self.host(), reason });
        }
        // The answer has the auth token in it: only these words are taken out of it.
        let status = match self.get(self.account_url()).await {
            Ok(response) => text(response.json.as_ref(), "status"),
            Err(_) => None,
        };
        if let Some(status) = status.as_ref().filter(|status| *status != "active") {
            return Err(AccessError::Inactive(status.clone()));
        }
        let balance = match self.get(self.url_with("Balance.json", &[])).await {
            Ok(response) => text(response.json.as_ref(), "balance").map(|balance| {
                let currency = text(response.json.as_ref(), "currency").unwrap_or_default();
                format!("{balance} {currency}").trim_end().to_owned()
            }),
            Err(_) => None,
        };
        let visible = |text: Option<String>| text.map_or(Visible::Hidden, Visible::Told);
        Ok(AccountReport { status: visible(status), balance: visible(balance) })
    }

    /// The account's own numbers and short codes that can send SMS, then its Messaging Services;
    /// of each what these credentials may see. `told` hears after each page how many have come.
    ///
    /// # Errors
    /// When not even the numbers can be read.
    pub async fn offered_senders(
        &self,
        on_progress: impl Fn(usize),
    ) -> Result<Vec<OfferedSender>, AccessError> {
        let page = [("PageSize", "1000")];
        let numbers = self.url_with("IncomingPhoneNumbers.json", &page);
        let mut offered = Vec::new();
        let numbers = self.pages(numbers, "incoming_phone_numbers", &on_progress).await;
        let numbers = numbers.map_err(|error| self.denied(error))?;
        let mut read = numbers.len();
        for number in numbers {
            if number["capabilities"]["sms"].as_bool() == Some(true) {
                offered.extend(offer(&number, "phone_number"));
            }
        }
        let codes = self.url_with("SMS/ShortCodes.json", &page);
        let codes = self.pages(codes, "short_codes", |count| on_progress(read + count)).await;
        let codes = codes.unwrap_or_default();
        read += codes.len();
        offered.extend(codes.iter().filter_map(|code| offer(code, "short_code")));
        if let Some(services) = self.services_url() {
            let services =
                self.pages(services, "services", |count| on_progress(read + count)).await;
            let services = services.unwrap_or_default();
            offered.extend(services.iter().filter_map(|service| offer(service, "sid")));
        }
        Ok(offered)
    }

    /// What a failed read says about the credentials.
    fn denied(&self, error: FetchError) -> AccessError {
        let host = self.host();
        match error {
            FetchError::Refused(refusal) => match (refusal.http_status, refusal.code) {
                (_, Some(20008)) => AccessError::TestCredentials,
                (_, Some(20005)) => AccessError::Inactive("not active".to_owned()),
                (401, _) | (_, Some(20003)) => AccessError::Wrong,
                (403, _) => AccessError::Forbidden(refusal),
                _ => AccessError::WrongHost { host, reason: refusal.to_string() },
            },
            FetchError::NotFound => {
                AccessError::WrongHost { host, reason: "it knows no such account".to_owned() }
            }
            FetchError::Busy { .. } => {
                AccessError::Later { host, reason: "too many requests at once".to_owned() }
            }
            FetchError::NoConnection(reason) => AccessError::NoNetwork { host, reason },
            FetchError::Tls(reason) => AccessError::Tls { host, reason },
            FetchError::Unreachable(reason) => AccessError::Later { host, reason },
        }
    }
}

fn text(json: Option<&Value>, field: &str) -> Option<String> {
    Some(printable(json?.get(field)?.as_str()?, 40))
}

fn offer(item: &Value, field: &str) -> Option<OfferedSender> {
    let sender = Sender::parse(item.get(field)?.as_str()?).ok()?;
    Some(OfferedSender { sender, name: text(Some(item), "friendly_name").unwrap_or_default() })
}

impl OfferedSender {
    /// The country that it should serve first: a number's own.
    pub fn country(&self) -> Option<crate::domain::country::Country> {
        match &self.sender {
            Sender::Number(number) => PhoneNumber::country(number),
            _ => None,
        }
    }
}

/// Whether a failed connection failed in its TLS.
pub(super) fn is_tls(error: &(dyn Error + 'static)) -> bool {
    // An io::Error leaves itself out of `source`, and gives what it was made of instead.
    let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    error.is::<rustls::Error>()
        || inner.is_some_and(|inner| is_tls(inner))
        || error.source().is_some_and(is_tls)
}
