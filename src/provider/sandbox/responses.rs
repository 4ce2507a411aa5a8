//! The Sandbox's responses, in Twilio's shapes.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::credentials::ACCOUNT_SID;
use super::messages::{Message, MessageState};
use crate::domain::message_text::Segments;

/// An HTTP status and a JSON body.
pub(super) struct Reply {
    pub status: u16,
    pub body: Value,
    /// The value of `Retry-After` in seconds, if the response has one.
    pub retry_after: Option<u32>,
}

impl Reply {
    /// Makes a response of status 200.
    pub const fn ok(body: Value) -> Self {
        Self { status: 200, body, retry_after: None }
    }

    /// Makes an error response in Twilio's shape.
    pub fn error(status: u16, code: u32, message: &str) -> Self {
        let more_info = format!("https://www.twilio.com/docs/errors/{code}");
        let body =
            json!({ "code": code, "message": message, "more_info": more_info, "status": status });
        Self { status, body, retry_after: None }
    }

    /// Makes the response to a request that leaves nothing to return.
    pub const fn done() -> Self {
        Self { status: 204, body: Value::Null, retry_after: None }
    }

    /// Makes the response for an unknown path.
    pub fn not_found(path: &str) -> Self {
        Self::error(404, 20404, &format!("The requested resource {path} was not found"))
    }
}

/// Returns a message resource, with every field that Twilio's has.
pub(super) fn message(message: &Message) -> Value {
    let uri = format!("{}/{}", messages_path(), message.sid);
    let state = message.state();
    json!({
        "account_sid": ACCOUNT_SID,
        "api_version": "2010-04-01",
        "body": message.kept_body(&state),
        "date_created": rfc2822(message.created),
        "date_sent": state.sent_at.map(rfc2822),
        "date_updated": rfc2822(last_change(message, &state)),
        "direction": "outbound-api",
        "error_code": state.error_code,
        "error_message": null,
        "from": message.from,
        "messaging_service_sid": message.messaging_service,
        "num_media": "0",
        "num_segments": Segments::of(&message.body).count.to_string(),
        "price": null,
        "price_unit": "USD",
        "sid": message.sid,
        "status": state.status.key(),
        "subresource_uris": { "media": format!("{uri}/Media.json") },
        "to": message.kept_to(),
        "uri": format!("{uri}.json"),
    })
}

/// When a message last changed.
fn last_change(message: &Message, state: &MessageState) -> Timestamp {
    let steps = [Some(message.updated), state.sent_at, state.arrived_at];
    steps.into_iter().flatten().max().unwrap_or(message.updated)
}

/// Returns a message as the Sandbox's own list shows it.
pub(super) fn summary(message: &Message) -> Value {
    let from = message.from.as_ref().or(message.messaging_service.as_ref());
    json!({
        "sid": message.sid,
        "to": message.to,
        "from": from,
        "body": message.body,
        "status": message.status().key(),
    })
}

/// Returns the path of the list of messages, without its extension.
pub(super) fn messages_path() -> String {
    format!("/2010-04-01/Accounts/{ACCOUNT_SID}/Messages")
}

/// Returns a page of a list, with links to the pages around it.
pub(super) fn page(
    messages: &[Value],
    page: usize,
    page_size: usize,
    query: &str,
    more: bool,
) -> Value {
    let path = messages_path();
    let link = |page: usize| {
        format!("{path}.json?{query}PageSize={page_size}&Page={page}&PageToken=PA{page}")
    };
    let start = page * page_size;
    json!({
        "end": (start + messages.len()).saturating_sub(1),
        "first_page_uri": format!("{path}.json?{query}PageSize={page_size}&Page=0"),
        "messages": messages,
        "next_page_uri": more.then(|| link(page + 1)),
        "page": page,
        "page_size": page_size,
        "previous_page_uri": page.checked_sub(1).map(link),
        "start": start,
        "uri": format!("{path}.json?{query}PageSize={page_size}&Page={page}"),
    })
}

fn rfc2822(moment: Timestamp) -> String {
    jiff::fmt::rfc2822::to_string(&moment.to_zoned(TimeZone::UTC)).unwrap_or_default()
}
