//! Twilio's message resource: create, read, list and cancel messages.

use std::collections::HashSet;
use std::time::Instant;

use jiff::Timestamp;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use url::{Url, form_urlencoded};

use super::client::{MAX_PAGES, MAX_TIME, TwilioClient, same_server};
use super::response::{Response, is_message_sid};
use crate::domain::sender::Sender;
use crate::provider::error::ProviderError;
use crate::provider::http::{failure_text, fault_of};
use crate::provider::message::{Created, Listing, MessageState, NewMessage, Search};

/// Messages on a page of a list, at most.
const MAX_PAGE_SIZE: usize = 100;

impl TwilioClient {
    /// Creates a message: hands it to Twilio. Not idempotent; Twilio has no key that would make it
    /// so.
    pub async fn create(&self, message: &NewMessage) -> Created {
        let url = self.url("Messages.json");
        let request = self
            .request(Method::POST, url, self.patience.create)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(create_form(message));
        let response = match request.send().await {
            Ok(response) => response,
            // The name was not found, no one listens, or TLS failed: no byte of it was sent.
            Err(error) if error.is_connect() || error.is_builder() => {
                let text = failure_text(&error, self.patience.create);
                return Created::NotSubmitted(fault_of(&error), text);
            }
            Err(error) => {
                let text = failure_text(&error, self.patience.create);
                return Created::Unclear(fault_of(&error), text);
            }
        };
        match Response::read(response).await {
            Ok(response) => response.created(),
            Err(error) => {
                Created::Unclear(fault_of(&error), failure_text(&error, self.patience.create))
            }
        }
    }

    /// Reads a message, for its status.
    ///
    /// # Errors
    /// When Twilio does not know it, refuses, or does not respond.
    pub async fn fetch(&self, sid: &str) -> Result<MessageState, ProviderError> {
        if !is_message_sid(sid) {
            return Err(ProviderError::NotFound);
        }
        message_of(&self.get(self.url(&format!("Messages/{sid}.json"))).await?)
    }

    /// Lists messages, the newest first. Follows Twilio's pages on the same server only, and
    /// never twice to the same. What was not seen in full (too many pages, too slow, an item that
    /// cannot be read) is not complete.
    ///
    /// # Errors
    /// When Twilio refuses or does not respond.
    pub async fn list(&self, search: &Search<'_>) -> Result<Listing, ProviderError> {
        let mut url = self.first_page(search);
        let mut seen = HashSet::new();
        let mut messages = Vec::new();
        let (mut listed, mut is_readable, begun) = (0, true, Instant::now());
        while seen.insert(url.clone()) && begun.elapsed() < MAX_TIME {
            let response = match self.get(url.clone()).await {
                // What the pages before have is there all the same.
                Err(_) if listed > 0 => break,
                response => response?,
            };
            let page = response.list("messages").ok_or_else(|| {
                ProviderError::Unreachable("the response is not a list of messages".to_owned())
            })?;
            let newest: Vec<MessageState> =
                page.iter().filter_map(|message| response.state(message)).collect();
            is_readable &= newest.len() == page.len();
            listed += page.len();
            if is_past(&newest, response.since(search.within)) {
                return Ok(Listing { messages, is_complete: is_readable });
            }
            messages.extend(newest);
            let Some(next) = response.next_page() else {
                return Ok(Listing { messages, is_complete: is_readable });
            };
            if listed >= search.limit || page.is_empty() || seen.len() >= MAX_PAGES {
                break;
            }
            match same_server(&url, next) {
                Some(next) => url = next,
                None => break,
            }
        }
        Ok(Listing { messages, is_complete: false })
    }

    /// Cancels a message that has not left yet (a scheduled or queued one).
    ///
    /// # Errors
    /// When it has left already, or Twilio does not respond.
    pub async fn cancel(&self, sid: &str) -> Result<MessageState, ProviderError> {
        if !is_message_sid(sid) {
            return Err(ProviderError::NotFound);
        }
        let url = self.url(&format!("Messages/{sid}.json"));
        let request = self
            .request(Method::POST, url, self.patience.read)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("Status=canceled");
        message_of(&self.send(request).await?)
    }

    fn first_page(&self, search: &Search<'_>) -> Url {
        let page_size = search.limit.clamp(1, MAX_PAGE_SIZE).to_string();
        let mut url = self.url_with("Messages.json", &[("PageSize", &page_size)]);
        if let Some(from) = search.from {
            url.query_pairs_mut().append_pair("From", from);
        }
        url
    }
}

fn message_of(response: &Response) -> Result<MessageState, ProviderError> {
    let missing = || ProviderError::Unreachable("the response contains no message".to_owned());
    response.message().ok_or_else(missing)
}

/// Whether a page has only messages that were sent before a moment. Twilio lists by the time of
/// sending; a message that waits has none, so its page is not the last.
fn is_past(page: &[MessageState], since: Option<Timestamp>) -> bool {
    let is_old = |message: &MessageState| message.sent.is_some_and(|at| Some(at) < since);
    since.is_some() && !page.is_empty() && page.iter().all(is_old)
}

/// Returns the body of a create, form-encoded: `+` as `%2B`, a space as `+`.
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
