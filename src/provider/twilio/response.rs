//! Twilio's responses, which are not trusted: any field may be missing, null or of another type,
//! and the response may come from a proxy.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde_json::Value;

use super::errors;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::fault::Fault;
use crate::domain::text::{masked_digits, printable};
use crate::provider::error::Refusal;
use crate::provider::message::{Created, MessageState};

/// Bytes of a response that are read at most.
const MAX_BYTES: usize = 1024 * 1024;

/// Bytes of a message's text that are kept at most; Twilio's longest has 1,600 characters.
const MAX_BODY: usize = 8 * 1024;

/// A response of Twilio, or of a proxy on the way. Public for fuzzing only.
pub struct Response {
    status: StatusCode,
    json: Option<Value>,
    pub(super) retry_after: Option<Duration>,
    request_id: Option<String>,
    responded_at: Option<Timestamp>,
}

/// Whether a text has the shape of a message's SID.
pub(super) fn is_message_sid(text: &str) -> bool {
    text.len() == 34
        && (text.starts_with("SM") || text.starts_with("MM"))
        && text[2..].bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Response {
    /// Reads a response; a body that is not JSON counts as none.
    pub fn new(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let retry_after = header(headers, RETRY_AFTER.as_str())
            .and_then(|seconds| seconds.parse().ok())
            .map(Duration::from_secs);
        let request_id = header(headers, "twilio-request-id");
        let responded_at = header(headers, DATE.as_str()).as_deref().and_then(rfc2822);
        let json = serde_json::from_slice(body).ok();
        Self { status, json, retry_after, request_id, responded_at }
    }

    /// Receives the body of a response, up to its bound; the rest is not waited for.
    pub(super) async fn read(mut response: reqwest::Response) -> Result<Self, reqwest::Error> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BYTES {
                body.clear();
                break;
            }
        }
        Ok(Self::new(response.status(), response.headers(), &body))
    }

    /// Returns the outcome of a create. Only a 4xx in Twilio's own shape is a refusal; after any
    /// other response without a message in it, the message may have gone out: a proxy may have
    /// kept Twilio's response back.
    pub fn created(&self) -> Created {
        match self.status.as_u16() {
            200..=299 => {
                let unclear = || {
                    let text = format!("HTTP {} without a message in it", self.status);
                    Created::Unclear(Fault::NotUnderstood, text)
                };
                self.message().map_or_else(unclear, Created::Accepted)
            }
            429 => Created::Busy { retry_after: self.retry_after },
            408 => Created::Unclear(Fault::TimedOut, self.refusal().to_string()),
            500..=599 => Created::Unclear(Fault::ServerError, self.refusal().to_string()),
            // A proxy on this side wants credentials: it has forwarded nothing (RFC 9110).
            407 => Created::Refused(self.refusal()),
            400..=499 if self.is_of_twilio() => Created::Refused(self.refusal()),
            _ => Created::Unclear(Fault::NotUnderstood, self.refusal().to_string()),
        }
    }

    /// Returns the moment that long before the response, by the server's clock: this host's may be
    /// wrong. `None` where the response has no date.
    pub(super) fn since(&self, within: Option<SignedDuration>) -> Option<Timestamp> {
        self.responded_at?.checked_sub(within?).ok()
    }

    /// Returns the items of a list in the response.
    pub(super) fn list(&self, key: &str) -> Option<&[Value]> {
        self.json.as_ref()?.get(key)?.as_array().map(Vec::as_slice)
    }

    /// Returns a text in the response.
    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.json.as_ref()?.get(field)?.as_str()
    }

    /// Returns the address of the next page of a list, relative or absolute.
    pub(super) fn next_page(&self) -> Option<&str> {
        let json = self.json.as_ref()?;
        json["next_page_uri"].as_str().or(json["meta"]["next_page_url"].as_str())
    }

    /// Returns the message that the response is about.
    pub fn message(&self) -> Option<MessageState> {
        self.state(self.json.as_ref()?)
    }

    /// Returns a message of the response; `None` if it has no usable SID.
    pub(super) fn state(&self, message: &Value) -> Option<MessageState> {
        let field = |name: &str| message.get(name).and_then(Value::as_str);
        let sid = field("sid").filter(|sid| is_message_sid(sid))?;
        // In an error body `status` is a number; a message has a word.
        let status = field("status").unwrap_or_default();
        let moment = |name: &str| field(name).and_then(rfc2822);
        let has_arrived = delivery_status(status) == Some(DeliveryStatus::Delivered);
        let span = moment("date_created").zip(moment("date_updated")).filter(|_| has_arrived);
        let took = span.and_then(|(from, to)| Duration::try_from(to.duration_since(from)).ok());
        Some(MessageState {
            sid: sid.to_owned(),
            status: delivery_status(status),
            status_text: printable(status, 40),
            error_code: number(message.get("error_code")),
            error_message: field("error_message").map(sentence),
            request_id: self.request_id.clone(),
            to: field("to").map(str::to_owned),
            // A text that is far longer than any message is not kept, as if it were hidden.
            body: field("body").filter(|body| body.len() <= MAX_BODY).map(str::to_owned),
            sent: moment("date_sent"),
            took,
        })
    }

    /// Whether an error has one of Twilio's shapes: with a number of its own, or with its status
    /// and a sentence.
    fn is_of_twilio(&self) -> bool {
        let Some(json) = &self.json else { return false };
        let is_text = |name: &str| json.get(name).is_some_and(Value::is_string);
        let has_status = number(json.get("status")) == Some(self.status.as_u16().into());
        number(json.get("code")).is_some()
            || (has_status && (is_text("message") || is_text("title")))
    }

    /// Returns the error in the response: in Twilio's own shape, in that of RFC 9457, or from the
    /// status alone.
    pub fn refusal(&self) -> Refusal {
        let status = self.status;
        let text = self.text("message").or(self.text("detail")).or(self.text("title"));
        let message = text.map_or_else(
            || {
                let reason = status.canonical_reason().unwrap_or("unknown status");
                format!("{reason}; the response is not Twilio's, a proxy may intercept")
            },
            sentence,
        );
        let code = number(self.json.as_ref().and_then(|json| json.get("code")));
        Refusal {
            http_status: status.as_u16(),
            class: errors::class(status.as_u16(), code),
            code,
            message,
            request_id: self.request_id.clone(),
        }
    }
}

/// Reads the status of a message. `None` for one that Twilio has added since; its text goes to the
/// log as it is.
fn delivery_status(status: &str) -> Option<DeliveryStatus> {
    match status {
        "accepted" | "scheduled" => Some(DeliveryStatus::Accepted),
        "queued" => Some(DeliveryStatus::Queued),
        "sending" => Some(DeliveryStatus::Sending),
        "sent" => Some(DeliveryStatus::Sent),
        "delivered" | "read" | "partially_delivered" => Some(DeliveryStatus::Delivered),
        "undelivered" => Some(DeliveryStatus::Undelivered),
        "failed" => Some(DeliveryStatus::Failed),
        "canceled" => Some(DeliveryStatus::Canceled),
        _ => None,
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(printable(value, 80))
}

/// Reads a number, also where it is written as text.
fn number(value: Option<&Value>) -> Option<u32> {
    match value? {
        Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn rfc2822(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|moment| moment.timestamp())
}

/// Cleans a sentence of the provider: printable, short, and without phone numbers and codes.
fn sentence(text: &str) -> String {
    masked_digits(&printable(text, 300), 6)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn response(json: &Value) -> Response {
        Response::new(StatusCode::BAD_REQUEST, &HeaderMap::new(), json.to_string().as_bytes())
    }

    fn sid() -> String {
        format!("SM{}", "0a".repeat(16))
    }

    #[test]
    fn missing_fields_and_unexpected_types_are_tolerated() {
        let body = json!({ "sid": sid(), "status": "undelivered", "error_code": "30003", "price": null,
            "error_message": null, "date_sent": "Mon, 23 Nov 2026 12:04:31 +0000", "new_field": [1] });
        let state = response(&body).message().unwrap();
        assert_eq!(state.status, Some(DeliveryStatus::Undelivered));
        assert_eq!(state.error_code, Some(30003));
        assert_eq!(state.sent, Some("2026-11-23T12:04:31Z".parse().unwrap()));
    }

    #[test]
    fn a_status_that_is_not_known_is_kept_as_text() {
        let state =
            response(&json!({ "sid": sid(), "status": "tele\u{1b}ported" })).message().unwrap();
        assert_eq!((state.status, state.status_text.as_str()), (None, "teleported"));
    }

    #[test]
    fn a_message_needs_a_sid_that_is_safe_in_a_path() {
        assert!(response(&json!({ "sid": "../../Balance", "status": "sent" })).message().is_none());
        assert!(
            response(&json!({ "code": 21211, "message": "no", "status": 400 })).message().is_none()
        );
        assert!(response(&json!([1, 2])).message().is_none());
    }

    #[test]
    fn errors_are_read_in_each_shape_that_twilio_uses() {
        let known = response(
            &json!({ "code": 21211, "message": "The 'To' number +573001234567 is not valid.", "status": 400 }),
        );
        let refusal = known.refusal();
        assert_eq!(
            (refusal.code, refusal.message.as_str()),
            (Some(21211), "The 'To' number +…67 is not valid.")
        );
        let problem =
            response(&json!({ "type": "x", "title": "Bad", "detail": "Worse", "code": "20422" }))
                .refusal();
        assert_eq!((problem.code, problem.message.as_str()), (Some(20422), "Worse"));
        let html = Response::new(StatusCode::BAD_GATEWAY, &HeaderMap::new(), b"<html>").refusal();
        assert!(
            html.to_string().contains("Bad Gateway") && html.to_string().contains("HTTP 502"),
            "{html}"
        );
    }
}
