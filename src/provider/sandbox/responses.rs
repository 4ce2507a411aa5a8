//! The Sandbox's answers in Twilio's shapes.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::credentials::ACCOUNT_SID;
use super::messages::Message;
use crate::domain::message_text::Segments;

/// An HTTP status and a JSON body.
pub(super) struct Reply {
    pub status: u16,
    pub body: Value,
    /// Seconds to wait, where the answer says so.
    pub retry_after: Option<u32>,
}

impl Reply {
    pub const fn ok(body: Value) -> Self {
        Self { status: 200, body, retry_after: None }
    }

    /// An error as Twilio tells it.
    pub fn error(status: u16, code: u32, message: &str) -> Self {
        let more_info = format!("https://www.twilio.com/docs/errors/{code}");
        let body =
            json!({ "code": code, "message": message, "more_info": more_info, "status": status });
        Self { status, body, retry_after: None }
    }

    /// Done, and nothing to say about it.
    pub const fn done() -> Self {
        Self { status: 204, body: Value::Null, retry_after: None }
    }

    /// There is nothing at this place.
    pub fn not_found(path: &str) -> Self {
        Self::error(404, 20404, &format!("The requested resource {path} was not found"))
    }
}

/// A message resource, with every field that Twilio's has.
pub(super) fn message(message: &Message) -> Value {
    let uri = format!("{}/{}", messages_path(), message.sid);
    let error_code = message.error_code();
    json!({
        "account_sid": ACCOUNT_SID,
        "api_version": "2010-04-01",
        "body": message.kept_body(),
        "date_created": rfc2822(message.created),
        "date_sent": message.sent_at().map(rfc2822),
        "date_updated": rfc2822(message.updated.max(message.sent_at().unwrap_or(message.updated))),
        "direction": "outbound-api",
        "error_code": error_code,
        "error_message": null,
        "from": message.from,
        "messaging_service_sid": message.messaging_service,
        "num_media": "0",
        "num_segments": Segments::of(&message.body).count.to_string(),
        "price": null,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status().key(),
        "subresource_uris": { "media": format!("{uri}/Media.json") },
        "to": message.kept_to(),
        "uri": format!("{uri}.json"),
    })
}

/// What the Sandbox's own list says of a message.
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

/// Where a list of messages stands, without the ending.
pub(super) fn messages_path() -> String {
    format!("/2010-04-01/Accounts/{ACCOUNT_SID}/Messages")
}

/// A page of a list, with links to the pages around it.
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
