//! The client of one Twilio account: its addresses, its credentials, and one HTTP exchange.
//!
//! What the exchanges are about is in `messages` and `account`.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use reqwest::header::ACCEPT;
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::response::Response;
use crate::domain::provider::{AccountSid, ApiKeySid, BaseUrl};
use crate::domain::secret::Secret;
use crate::provider::error::ProviderError;
use crate::provider::http::{Patience, failure_text, is_tls};

/// Pages of a list that are read at most.
pub(super) const MAX_PAGES: usize = 50;

/// Items of a list that are read at most, but for what the last page brings more.
const MAX_ITEMS: usize = 10_000;

/// How long a list is read, page after page.
pub(super) const MAX_TIME: Duration = Duration::from_secs(30);

/// The items of a list.
pub(super) struct Pages {
    items: Vec<Value>,
    /// Whether these are all.
    is_complete: bool,
}

impl Pages {
    /// Returns the items, and reports a list that has more of them.
    pub(super) fn all(self, what: &str, failures: &mut Vec<String>) -> Vec<Value> {
        if !self.is_complete {
            let count = self.items.len();
            failures.push(format!("Only the first {count} {what} were read; the list did not end"));
        }
        self.items
    }
}

/// What a client authenticates with.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The account SID in the path.
    account: String,
    /// The account SID, or an API key's SID.
    user: String,
    /// The auth token, or the API key's secret.
    secret: SecretString,
}

impl Credentials {
    /// Returns the credentials of an account: its auth token, or an API key with its secret.
    pub fn new(account: &AccountSid, api_key: Option<&ApiKeySid>, secret: &Secret) -> Self {
        let user = api_key.map_or(account.as_str(), ApiKeySid::as_str);
        Self::unchecked(account.as_str(), user, secret.expose())
    }

    /// Returns credentials that are known to be well-formed.
    pub fn unchecked(account: &str, user: &str, secret: &str) -> Self {
        Self { account: account.to_owned(), user: user.to_owned(), secret: secret.into() }
    }
}

/// A client of one account. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TwilioClient {
    http: reqwest::Client,
    base: BaseUrl,
    credentials: Credentials,
    pub(super) patience: Patience,
}

impl TwilioClient {
    /// Makes a client of the account whose API is at `base`.
    pub const fn new(
        http: reqwest::Client,
        base: BaseUrl,
        credentials: Credentials,
        patience: Patience,
    ) -> Self {
        Self { http, base, credentials, patience }
    }

    /// Reads all items of a list, page after page, on the same server only and never twice.
    pub(super) async fn pages(
        &self,
        first: Url,
        key: &str,
        on_progress: impl Fn(usize),
    ) -> Result<Pages, ProviderError> {
        let mut seen = HashSet::new();
        let mut items = Vec::new();
        let mut url = first;
        let begun = Instant::now();
        while seen.len() < MAX_PAGES && begun.elapsed() < MAX_TIME && seen.insert(url.clone()) {
            let response = self.get(url.clone()).await?;
            items.extend(response.list(key).unwrap_or_default().iter().cloned());
            on_progress(items.len());
            let Some(next) = response.next_page() else {
                return Ok(Pages { items, is_complete: true });
            };
            match same_server(&url, next) {
                Some(next) if items.len() < MAX_ITEMS => url = next,
                _ => break,
            }
        }
        Ok(Pages { items, is_complete: false })
    }

    /// The server's name, for error messages.
    pub(super) fn host(&self) -> String {
        self.base.url().host_str().unwrap_or_default().to_owned()
    }

    /// The address of the account itself. The response has the auth token in it.
    pub(super) fn account_url(&self) -> Url {
        let account = &self.credentials.account;
        let mut url = self.base.url().clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/2010-04-01/Accounts/{account}.json"));
        url
    }

    /// The address of the Messaging Services, which Twilio keeps on another host than messages, in
    /// every edge and region (`api.dublin.ie1.twilio.com`).
    pub(super) fn services_url(&self) -> Url {
        let mut url = self.base.url().clone();
        let of_twilio = url.host_str().filter(|host| host.ends_with(".twilio.com"));
        if let Some(place) = of_twilio.and_then(|host| host.strip_prefix("api.")) {
            let host = format!("messaging.{place}");
            // A host that differs only in its first word can be set.
            let _ = url.set_host(Some(&host));
        }
        url.set_path(&format!("{}/v1/Services", url.path().trim_end_matches('/')));
        url.set_query(Some("PageSize=100"));
        url
    }

    /// The address of a resource of the account, with a query.
    pub(super) fn url_with(&self, resource: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.url(resource);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Reads a resource.
    pub(super) async fn get(&self, url: Url) -> Result<Response, ProviderError> {
        self.send(self.request(Method::GET, url, self.patience.read)).await
    }

    /// Sends a request and returns its response, unless that is an error.
    pub(super) async fn send(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<Response, ProviderError> {
        let failed = |error: reqwest::Error| {
            let text = failure_text(&error, self.patience.read);
            if is_tls(&error) {
                ProviderError::Tls(text)
            } else if error.is_connect() {
                ProviderError::NoConnection(text)
            } else {
                ProviderError::Unreachable(text)
            }
        };
        let response = request.send().await.map_err(failed)?;
        let status = response.status();
        let response = Response::read(response).await.map_err(failed)?;
        match status {
            StatusCode::OK => Ok(response),
            StatusCode::NOT_FOUND => Err(ProviderError::NotFound),
            StatusCode::TOO_MANY_REQUESTS => {
                Err(ProviderError::Busy { retry_after: response.retry_after })
            }
            status if status.is_server_error() => {
                Err(ProviderError::Unreachable(response.refusal().to_string()))
            }
            _ => Err(ProviderError::Refused(response.refusal())),
        }
    }

    /// Prepares a request with the account's credentials.
    pub(super) fn request(
        &self,
        method: Method,
        url: Url,
        timeout: Duration,
    ) -> reqwest::RequestBuilder {
        self.http
            .request(method, url)
            .basic_auth(&self.credentials.user, Some(self.credentials.secret.expose_secret()))
            .header(ACCEPT, "application/json")
            .timeout(timeout)
    }

    /// The address of a resource of the account. Its parts hold no character that a path would
    /// have to escape.
    pub(super) fn url(&self, resource: &str) -> Url {
        let mut url = self.base.url().clone();
        let account = &self.credentials.account;
        let path = format!(
            "{}/2010-04-01/Accounts/{account}/{resource}",
            url.path().trim_end_matches('/')
        );
        url.set_path(&path);
        url
    }
}

/// Returns the address of the next page if it is on the same server: the credentials go there.
pub(super) fn same_server(here: &Url, next: &str) -> Option<Url> {
    let next = here.join(next).ok()?;
    (next.origin() == here.origin()).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::http::loopback_client;

    #[test]
    fn the_services_of_an_edge_and_region_are_beside_its_api() {
        for (base, services) in [
            ("https://api.twilio.com", "https://messaging.twilio.com/v1/Services"),
            ("https://api.ie1.twilio.com", "https://messaging.ie1.twilio.com/v1/Services"),
            (
                "https://api.dublin.ie1.twilio.com",
                "https://messaging.dublin.ie1.twilio.com/v1/Services",
            ),
            (
                "https://API.Sydney.AU1.twilio.com",
                "https://messaging.sydney.au1.twilio.com/v1/Services",
            ),
            ("https://sms.example.com/twilio", "https://sms.example.com/twilio/v1/Services"),
            ("https://api.example.com", "https://api.example.com/v1/Services"),
            ("https://api.twilio.com.example", "https://api.twilio.com.example/v1/Services"),
            ("http://127.0.0.1:4010", "http://127.0.0.1:4010/v1/Services"),
        ] {
            let client = TwilioClient::new(
                loopback_client().unwrap(),
                BaseUrl::parse(base).unwrap(),
                Credentials::unchecked("AC1", "AC1", "secret"),
                Patience::default(),
            );
            assert_eq!(
                client.services_url().as_str(),
                format!("{services}?PageSize=100"),
                "{base}"
            );
        }
    }
}
