//! Twilio's answers, read with doubt: any field may be missing, null or of another type, and
//! a proxy may have answered instead.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::domain::delivery::DeliveryStatus;
use crate::domain::text::{masked_digits, printable};
use crate::provider::{Created, MessageState, Refusal};

/// Bytes of an answer that are read at most.
const MAX_BYTES: usize = 1024 * 1024;

/// An answer of Twilio, or of whatever stands between.
pub struct Response {
    status: StatusCode,
    pub(super) json: Option<Value>,
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
    /// An answer with this status, these headers and this body; one that is not JSON is borne.
    pub fn new(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let retry_after = text(headers, RETRY_AFTER.as_str())
            .and_then(|seconds| seconds.parse().ok())
            .map(Duration::from_secs);
        let request_id = text(headers, "twilio-request-id");
        let responded_at = text(headers, DATE.as_str()).as_deref().and_then(rfc2822);
        let json = serde_json::from_slice(body).ok();
        Self { status, json, retry_after, request_id, responded_at }
    }

    /// Reads the body, up to its bound; what is beyond is not waited for.
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

    /// What it says of a create. Only a 4xx in Twilio's own words is a clear no; after any other
    /// answer without a message in it, the message may have gone out: something that stands
    /// between may have kept Twilio's answer back.
    pub fn created(&self) -> Created {
        match self.status.as_u16() {
            200..=299 => match self.message() {
                Some(state) => Created::Accepted(state),
                None => Created::Unclear(format!("HTTP {} without a message in it", self.status)),
            },
            429 => Created::Busy { retry_after: self.retry_after },
            408 => Created::Unclear(self.refusal().to_string()),
            // The proxy of this side asks who it is for: it handed nothing on (RFC 9110).
            407 => Created::Refused(self.refusal()),
            400..=499 if self.is_of_twilio() => Created::Refused(self.refusal()),
            _ => Created::Unclear(self.refusal().to_string()),
        }
    }

    /// The moment so long before the answer, by the clock of the server: this host's clock may
    /// be wrong. `None` where the server does not tell the time.
    pub(super) fn since(&self, within: Option<SignedDuration>) -> Option<Timestamp> {
        self.responded_at?.checked_sub(within?).ok()
    }

    /// The message that the answer is about.
    pub fn message(&self) -> Option<MessageState> {
        self.state(self.json.as_ref()?)
    }

    /// A message of the answer; `None` if it has no usable SID.
    pub(super) fn state(&self, message: &Value) -> Option<MessageState> {
        let field = |name: &str| message.get(name).and_then(Value::as_str);
        let sid = field("sid").filter(|sid| is_message_sid(sid))?;
        // In an error body `status` is a number; a message has a word.
        let status = field("status").unwrap_or_default();
        Some(MessageState {
            sid: sid.to_owned(),
            status: DeliveryStatus::from_twilio(status),
            status_text: printable(status, 40),
            error_code: number(message.get("error_code")),
            error_message: field("error_message").map(sentence),
            request_id: self.request_id.clone(),
            to: field("to").map(str::to_owned),
            body: field("body").map(str::to_owned),
            sent: field("date_sent").and_then(rfc2822),
        })
    }

    /// Whether an error is told in a shape of Twilio's: with a number of its own, or with its
    /// status and a sentence.
    fn is_of_twilio(&self) -> bool {
        let Some(json) = &self.json else { return false };
        let is_text = |name: &str| json.get(name).is_some_and(Value::is_string);
        let has_status = number(json.get("status")) == Some(self.status.as_u16().into());
        number(json.get("code")).is_some()
            || (has_status && (is_text("message") || is_text("title")))
    }

    /// The error that the answer tells, in Twilio's own shape, in that of RFC 9457, or from
    /// the status alone.
    pub fn refusal(&self) -> Refusal {
        let status = self.status;
        let json = self.json.as_ref();
        let field = |name: &str| json.and_then(|json| json.get(name)).and_then(Value::as_str);
        let told = field("message").or_else(|| field("detail")).or_else(|| field("title"));
        let message = told.map_or_else(
            || {
                let reason = status.canonical_reason().unwrap_or("unknown status");
                format!("{reason}; the answer is not Twilio's, something may stand between")
            },
            sentence,
        );
        Refusal {
            http_status: status.as_u16(),
            code: number(json.and_then(|json| json.get("code"))),
            message,
            request_id: self.request_id.clone(),
        }
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(printable(value, 80))
}

/// A number, also where it is written as text.
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

/// A sentence of the provider: printable, short, and without phone numbers and codes.
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
    fn null_and_odd_types_are_borne() {
        let odd = json!({ "sid": sid(), "status": "undelivered", "error_code": "30003", "price": null,
            "error_message": null, "date_sent": "Mon, 23 Nov 2026 12:04:31 +0000", "new_field": [1] });
        let state = response(&odd).message().unwrap();
        assert_eq!(state.status, Some(DeliveryStatus::Undelivered));
        assert_eq!(state.error_code, Some(30003));
        assert_eq!(state.sent, Some("2026-11-23T12:04:31Z".parse().unwrap()));
    }

    #[test]
    fn an_unknown_status_is_kept_as_text() {
        let state =
            response(&json!({ "sid": sid(), "status": "tele\u{1b}ported" })).message().unwrap();
        assert_eq!((state.status, state.status_text.as_str()), (None, "teleported"));
    }

    #[test]
    fn a_sid_that_would_not_fit_a_path_is_no_message() {
        assert!(response(&json!({ "sid": "../../Balance", "status": "sent" })).message().is_none());
        assert!(
            response(&json!({ "code": 21211, "message": "no", "status": 400 })).message().is_none()
        );
        assert!(response(&json!([1, 2])).message().is_none());
    }

    #[test]
    fn errors_are_understood_in_all_their_shapes() {
        let told = response(
            &json!({ "code": 21211, "message": "The 'To' number +573001234567 is not valid.", "status": 400 }),
        );
        let refusal = told.refusal();
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
