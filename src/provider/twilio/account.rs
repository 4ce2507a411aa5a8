//! Twilio's account resources: whether credentials are accepted, what is left to spend, and which
//! senders the account has.

use serde_json::Value;

use super::client::{Pages, TwilioClient};
use super::response::Response;
use crate::domain::balance::Balance;
use crate::domain::sender::Sender;
use crate::domain::text::printable;
use crate::provider::account::{
    AccessError, AccountReport, OfferedSender, OfferedSenders, Visible,
};
use crate::provider::error::{ErrorClass, ProviderError};

/// What an operator checks where the credentials are wrong.
const CHECK_CREDENTIALS: &str =
    "account SID, API key and token do not belong together, or to this environment";

/// What an operator checks where the account is not active.
const CHECK_ACCOUNT: &str = "see Twilio's console, billing first";

/// Twilio's error code for wrong credentials, which a response may leave out.
const AUTHENTICATE: u32 = 20003;

/// Twilio's error code for an account that is not active.
const NOT_ACTIVE: u32 = 20005;

/// Items on a page of a list; the most that Twilio allows.
const PAGE: &[(&str, &str)] = &[("PageSize", "1000")];

impl TwilioClient {
    /// Checks whether the credentials are accepted, by the read-only call that a standard API key
    /// may make (a list of one message), then reads what else they may see.
    ///
    /// # Errors
    /// When nothing can be sent with them, or Twilio does not respond.
    pub async fn check_access(&self) -> Result<AccountReport, AccessError> {
        let url = self.url_with("Messages.json", &[("PageSize", "1")]);
        let response = self.get(url).await.map_err(|error| self.denied(error))?;
        if response.list("messages").is_none() {
            return Err(self.wrong_host("the response is not a list of messages".to_owned()));
        }
        // The response has the auth token in it: nothing but the status is taken from it.
        let account = self.get(self.account_url()).await.ok();
        let status = account.as_ref().and_then(|response| short_text(response, "status"));
        if let Some(status) = status.clone().filter(|status| status != "active") {
            return Err(AccessError::Inactive { code: NOT_ACTIVE, status, advice: CHECK_ACCOUNT });
        }
        let balance = self.get(self.url_with("Balance.json", &[])).await.ok();
        let balance = balance.as_ref().and_then(|response| {
            let currency = short_text(response, "currency").unwrap_or_default();
            Balance::parse(&short_text(response, "balance")?, &currency)
        });
        Ok(AccountReport {
            status: status.map_or(Visible::Hidden, Visible::Shown),
            balance: balance.map_or(Visible::Hidden, Visible::Shown),
        })
    }

    /// Lists the account's numbers that can send SMS, its short codes and its Messaging Services,
    /// as far as these credentials may see them; what they may not see is named. Calls `on_progress` after each page with the
    /// number read so far.
    ///
    /// # Errors
    /// When not even the numbers can be read.
    pub async fn offered_senders(
        &self,
        on_progress: impl Fn(usize),
    ) -> Result<OfferedSenders, AccessError> {
        let mut failures = Vec::new();
        let numbers = self.url_with("IncomingPhoneNumbers.json", PAGE);
        let numbers = self.pages(numbers, "incoming_phone_numbers", &on_progress).await;
        let numbers =
            numbers.map_err(|error| self.denied(error))?.all("phone numbers", &mut failures);
        let read = numbers.len();
        let codes = self.url_with("SMS/ShortCodes.json", PAGE);
        let codes = self.pages(codes, "short_codes", |count| on_progress(read + count)).await;
        let codes = self.as_far_as_read(codes, "short codes", &mut failures);
        let read = read + codes.len();
        let services = self.services_url();
        let services = self.pages(services, "services", |count| on_progress(read + count)).await;
        let services = self.as_far_as_read(services, "Messaging Services", &mut failures);
        let sends_sms = |number: &&Value| number["capabilities"]["sms"].as_bool() == Some(true);
        let numbers = numbers.iter().filter(sends_sms);
        let numbers = numbers.filter_map(|number| offer(number, "phone_number"));
        let codes = codes.iter().filter_map(|code| offer(code, "short_code"));
        let services = services.iter().filter_map(|service| offer(service, "sid"));
        Ok(OfferedSenders { senders: numbers.chain(codes).chain(services).collect(), failures })
    }

    /// Returns what was read of a list, and names what was not.
    fn as_far_as_read(
        &self,
        pages: Result<Pages, ProviderError>,
        what: &str,
        failures: &mut Vec<String>,
    ) -> Vec<Value> {
        match pages {
            Ok(pages) => pages.all(what, failures),
            // An account without any has no such list.
            Err(ProviderError::NotFound) => Vec::new(),
            Err(error) => {
                failures.push(format!("The {what} could not be read: {}", self.denied(error)));
                Vec::new()
            }
        }
    }

    /// Returns what a failed read means for the account.
    fn denied(&self, error: ProviderError) -> AccessError {
        let host = self.host();
        match error {
            ProviderError::Refused(refusal) => match refusal.class {
                ErrorClass::TestCredentials => AccessError::TestCredentials,
                ErrorClass::InactiveAccount => AccessError::Inactive {
                    code: refusal.code.unwrap_or(NOT_ACTIVE),
                    status: "not active".to_owned(),
                    advice: CHECK_ACCOUNT,
                },
                ErrorClass::WrongCredentials => AccessError::Wrong {
                    code: refusal.code.unwrap_or(AUTHENTICATE),
                    advice: CHECK_CREDENTIALS,
                },
                ErrorClass::Forbidden => AccessError::Forbidden(refusal),
                _ => self.wrong_host(refusal.to_string()),
            },
            ProviderError::NotFound => self.wrong_host("it does not know this account".to_owned()),
            ProviderError::Busy { .. } => {
                AccessError::Later { host, reason: "too many requests at once".to_owned() }
            }
            ProviderError::NoConnection(reason) => AccessError::NoNetwork { host, reason },
            ProviderError::Tls(reason) => AccessError::Tls { host, reason },
            ProviderError::Unreachable(reason) => AccessError::Later { host, reason },
        }
    }

    fn wrong_host(&self, reason: String) -> AccessError {
        AccessError::WrongHost { host: self.host(), provider: "Twilio", reason }
    }
}

/// Returns a short text of a response, printable.
fn short_text(response: &Response, field: &str) -> Option<String> {
    response.text(field).map(|text| printable(text, 40))
}

/// Returns the sender that an item of a list describes in a field of its own.
fn offer(item: &Value, field: &str) -> Option<OfferedSender> {
    let sender = Sender::parse(item[field].as_str()?).ok()?;
    let name = item["friendly_name"].as_str().unwrap_or_default();
    Some(OfferedSender { sender, name: printable(name, 40) })
}
