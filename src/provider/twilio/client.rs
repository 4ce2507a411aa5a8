//! The client of one Twilio account: one request a method, never repeated.

use std::collections::HashSet;
use std::error::Error;
use std::time::Duration;

use jiff::SignedDuration;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::account;
use super::response::{self, Response};
use crate::domain::provider::{AccountSid, BaseUrl};
use crate::domain::secret::Secret;
use crate::domain::sender::Sender;
use crate::domain::text::printable;
use crate::provider::{Created, FetchError, MessageState, NewMessage};

/// Pages of a list that are read at most.
const MAX_PAGES: usize = 50;

/// Messages a page of a list, at most.
const PAGE: usize = 100;

/// What a client speaks with.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The account in the path.
    pub account_sid: AccountSid,
    /// The account SID, or an API key's SID.
    pub user: String,
    /// The auth token, or the API key's secret.
    pub secret: Secret,
}

/// Which messages are looked for, at most so many of the newest.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// From this sender, as it was given; `None`: from any.
    pub from: Option<&'a str>,
    /// What was sent earlier, by the provider's clock, need not be found.
    pub within: Option<SignedDuration>,
    /// How many are read; the last page may bring a few more.
    pub most: usize,
}

/// What a search has found.
#[derive(Debug)]
pub struct Listing {
    /// The messages, the newest first.
    pub messages: Vec<MessageState>,
    /// Whether nothing that was looked for can be missing from it.
    pub is_whole: bool,
}

/// How long a client waits for answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a create. Twilio itself gives up near 26 s; giving up earlier here would leave a
    /// doubt that need not be.
    pub create: Duration,
    /// For a read.
    pub read: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { create: Duration::from_secs(30), read: Duration::from_secs(10) }
    }
}

/// A client of one account. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TwilioClient {
    http: reqwest::Client,
    base: BaseUrl,
    credentials: Credentials,
    patience: Patience,
}

impl TwilioClient {
    /// A client of the account at `base`.
    pub fn new(http: reqwest::Client, base: BaseUrl, credentials: Credentials) -> Self {
        Self { http, base, credentials, patience: Patience::default() }
    }

    /// The same client with another patience.
    #[must_use]
    pub const fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Creates a message: hands it to Twilio. Not idempotent; there is no key that would make
    /// it so.
    pub async fn create(&self, message: &NewMessage) -> Created {
        let url = self.url("Messages.json");
        let request = self
            .request(Method::POST, url, self.patience.create)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(create_form(message));
        let response = match request.send().await {
            Ok(response) => response,
            // The name was not found, nobody listens, or TLS failed: no byte of it was sent.
            Err(error) if error.is_connect() || error.is_builder() => {
                return Created::NotSubmitted(words(&error, self.patience.create));
            }
            Err(error) => return Created::Unclear(words(&error, self.patience.create)),
        };
        match Response::read(response).await {
            Ok(response) => response.created(),
            Err(error) => Created::Unclear(words(&error, self.patience.create)),
        }
    }

    /// Reads a message, for its status.
    ///
    /// # Errors
    /// When Twilio does not know it, does not tell, or does not answer.
    pub async fn fetch(&self, sid: &str) -> Result<MessageState, FetchError> {
        if !response::is_message_sid(sid) {
            return Err(FetchError::NotFound);
        }
        let response = self.get(self.url(&format!("Messages/{sid}.json"))).await?;
        response
            .message()
            .ok_or_else(|| FetchError::Unreachable("the answer has no message in it".to_owned()))
    }

    /// Lists messages, the newest first. Follows Twilio's pages on the same server only, and
    /// never twice to the same.
    ///
    /// # Errors
    /// When Twilio does not tell or does not answer.
    pub async fn list(&self, search: &Search<'_>) -> Result<Listing, FetchError> {
        let mut url = self.url("Messages.json");
        url.query_pairs_mut().append_pair("PageSize", &search.most.clamp(1, PAGE).to_string());
        if let Some(from) = search.from {
            url.query_pairs_mut().append_pair("From", from);
        }
        let mut seen = HashSet::new();
        let mut messages = Vec::new();
        while seen.insert(url.clone()) {
            let response = self.get(url.clone()).await?;
            let page = response
                .json
                .as_ref()
                .and_then(|json| json.get("messages"))
                .and_then(Value::as_array);
            let page = page.ok_or_else(|| {
                FetchError::Unreachable("the answer is not a list of messages".to_owned())
            })?;
            // Twilio lists by the time of sending. One that waits has none, so a page with such
            // a message in it is not the last.
            let newest: Vec<MessageState> =
                page.iter().filter_map(|message| response.state(message)).collect();
            let since = response.since(search.within);
            let is_old = |message: &MessageState| message.sent.is_some_and(|at| Some(at) < since);
            let is_past = since.is_some() && !newest.is_empty() && newest.iter().all(is_old);
            if is_past {
                return Ok(Listing { messages, is_whole: true });
            }
            messages.extend(newest);
            let next = response
                .json
                .as_ref()
                .and_then(|json| json.get("next_page_uri"))
                .and_then(Value::as_str);
            match next {
                None => return Ok(Listing { messages, is_whole: true }),
                Some(_) if messages.len() >= search.most || page.is_empty() => break,
                Some(next) => match same_server(&url, next) {
                    Some(next) => url = next,
                    None => break,
                },
            }
        }
        Ok(Listing { messages, is_whole: false })
    }

    /// Calls a message back that has not left yet (a scheduled or queued one).
    ///
    /// # Errors
    /// When it has left already, or Twilio does not answer.
    pub async fn cancel(&self, sid: &str) -> Result<MessageState, FetchError> {
        if !response::is_message_sid(sid) {
            return Err(FetchError::NotFound);
        }
        let url = self.url(&format!("Messages/{sid}.json"));
        let request = self
            .request(Method::POST, url, self.patience.read)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("Status=canceled");
        let response = self.answered(request).await?;
        response
            .message()
            .ok_or_else(|| FetchError::Unreachable("the answer has no message in it".to_owned()))
    }

    /// All items of a list, page after page, on the same server only and never twice.
    pub(super) async fn pages(
        &self,
        first: Url,
        key: &str,
        on_progress: impl Fn(usize),
    ) -> Result<Vec<Value>, FetchError> {
        let mut seen = HashSet::new();
        let mut items = Vec::new();
        let mut url = first;
        while seen.len() < MAX_PAGES && seen.insert(url.clone()) {
            let Some(json) = self.get(url.clone()).await?.json else { break };
            items.extend(json[key].as_array().into_iter().flatten().cloned());
            on_progress(items.len());
            let next = json["next_page_uri"].as_str().or(json["meta"]["next_page_url"].as_str());
            match next.and_then(|next| same_server(&url, next)) {
                Some(next) => url = next,
                None => break,
            }
        }
        Ok(items)
    }

    /// The server, for whoever wonders who does not answer.
    pub(super) fn host(&self) -> String {
        self.base.url().host_str().unwrap_or_default().to_owned()
    }

    /// The account itself. Its answer has the auth token in it.
    pub(super) fn account_url(&self) -> Url {
        let account = self.credentials.account_sid.as_str();
        let mut url = self.base.url().clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/2010-04-01/Accounts/{account}.json"));
        url
    }

    /// The Messaging Services, which Twilio keeps on another host than messages.
    pub(super) fn services_url(&self) -> Option<Url> {
        let mut url = self.base.url().clone();
        if url.host_str() == Some("api.twilio.com") {
            url.set_host(Some("messaging.twilio.com")).ok()?;
        }
        url.set_path(&format!("{}/v1/Services", url.path().trim_end_matches('/')));
        url.set_query(Some("PageSize=100"));
        Some(url)
    }

    /// A resource of the account with a query.
    pub(super) fn url_with(&self, resource: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.url(resource);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    pub(super) async fn get(&self, url: Url) -> Result<Response, FetchError> {
        self.answered(self.request(Method::GET, url, self.patience.read)).await
    }

    async fn answered(&self, request: reqwest::RequestBuilder) -> Result<Response, FetchError> {
        let failed = |error: reqwest::Error| {
            let words = words(&error, self.patience.read);
            if account::is_tls(&error) {
                FetchError::Tls(words)
            } else if error.is_connect() {
                FetchError::NoConnection(words)
            } else {
                FetchError::Unreachable(words)
            }
        };
        let response = request.send().await.map_err(failed)?;
        let status = response.status();
        let response = Response::read(response).await.map_err(failed)?;
        match status {
            StatusCode::OK => Ok(response),
            StatusCode::NOT_FOUND => Err(FetchError::NotFound),
            StatusCode::TOO_MANY_REQUESTS => {
                Err(FetchError::Busy { retry_after: response.retry_after })
            }
            status if status.is_server_error() => {
                Err(FetchError::Unreachable(response.refusal().to_string()))
            }
            _ => Err(FetchError::Refused(response.refusal())),
        }
    }

    fn request(&self, method: Method, url: Url, time_out: Duration) -> reqwest::RequestBuilder {
        self.http
            .request(method, url)
            .basic_auth(&self.credentials.user, Some(self.credentials.secret.expose()))
            .header(ACCEPT, "application/json")
            .timeout(time_out)
    }

    /// A resource of the account. What is put together here holds no character that a path
    /// would have to escape.
    fn url(&self, resource: &str) -> Url {
        let mut url = self.base.url().clone();
        let account = self.credentials.account_sid.as_str();
        let path = format!(
            "{}/2010-04-01/Accounts/{account}/{resource}",
            url.path().trim_end_matches('/')
        );
        url.set_path(&path);
        url
    }
}

/// The next page, if it is on the same server: it goes with the account's credentials.
fn same_server(here: &Url, next: &str) -> Option<Url> {
    let next = here.join(next).ok()?;
    (next.origin() == here.origin()).then_some(next)
}

/// The body of a create, form-encoded: `+` as `%2B`, a space as `+`.
fn create_form(message: &NewMessage) -> String {
    let (name, sender) = match &message.sender {
        Sender::MessagingService(sid) => ("MessagingServiceSid", sid.as_str()),
        sender => ("From", sender.as_str()),
    };
    form_urlencoded::Serializer::new(String::new())
        .append_pair("To", message.to.e164())
        .append_pair(name, sender)
        .append_pair("Body", &message.body)
        .append_pair("ValidityPeriod", &message.validity_seconds.to_string())
        .extend_pairs(message.options.pairs())
        .finish()
}

/// What went wrong on the way, without the URL, which may hold a phone number.
fn words(error: &reqwest::Error, time_out: Duration) -> String {
    if error.is_timeout() && !error.is_connect() {
        return format!("no answer within {} s", time_out.as_secs());
    }
    let mut deepest: &dyn Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let what = if error.is_connect() { "no connection" } else { "the connection broke off" };
    format!("{what}: {}", printable(&deepest.to_string(), 120))
}
