//! The HTTP side of the Sandbox: who may ask, for what, and what is answered.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER};
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::form_urlencoded;

use super::answers::{self, Reply};
use super::drip::Drip;
use super::fates::{Fate, fate, magic_recipient, magic_sender};
use super::messages::{Draft, Messages};
use super::{ACCOUNT_SID, AUTH_TOKEN, HandsetMessage};
use super::{account, callback};
use crate::domain::message_text::LONGEST_MESSAGE;
use crate::domain::sender::Sender;
use crate::provider::loopback_client;

/// Bytes of a request body at most.
const LARGEST_BODY: usize = 64 * 1024;

/// How long a slow answer takes.
const SLOW: Duration = Duration::from_secs(3);

/// How long an answer drips.
const DRIPPING: Duration = Duration::from_secs(40);

/// How long silence lasts before the connection is cut.
const SILENCE: Duration = Duration::from_mins(5);

/// What a proxy says that has lost its way.
const PAGE: &str = "<!doctype html><title>Welcome</title><p>Please sign in to the network.";

type Shared = Arc<Mutex<Messages>>;

/// What a request leads to.
enum Outcome {
    Reply(Reply),
    /// The reply, but late.
    Late(Reply),
    /// The reply, but letter by letter.
    Dripping(Reply),
    /// Text that is no reply of Twilio's.
    Text(String),
    /// Nothing, for longer than anybody waits.
    Silence,
    /// No reply: the connection is cut.
    Cut,
}

/// Accepts connections until it is aborted.
pub(super) async fn serve(listener: TcpListener, messages: Shared) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let messages = Arc::clone(&messages);
                    connections.spawn(async move {
                        let service = service_fn(move |request| respond(request, Arc::clone(&messages)));
                        // A client that goes away is its own affair.
                        let _ = hyper::server::conn::http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service)
                            .await;
                    });
                }
                // Out of file descriptors, most likely: give others time to close some.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

/// The connection is to be cut.
#[derive(Debug, thiserror::Error)]
#[error("cut")]
struct Cut;

impl From<Infallible> for Cut {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

async fn respond(
    request: Request<Incoming>,
    messages: Shared,
) -> Result<Response<Either<Full<Bytes>, Drip>>, Cut> {
    let mut drips = false;
    let reply = match answer(request, &messages).await {
        Outcome::Reply(reply) => reply,
        Outcome::Dripping(reply) => {
            drips = true;
            reply
        }
        Outcome::Text(text) => return Ok(Response::new(Either::Left(Full::new(text.into())))),
        Outcome::Silence => {
            tokio::time::sleep(SILENCE).await;
            return Err(Cut);
        }
        Outcome::Late(reply) => {
            tokio::time::sleep(SLOW).await;
            reply
        }
        Outcome::Cut => return Err(Cut),
    };
    let text = if reply.body.is_null() { String::new() } else { reply.body.to_string() };
    let body = if drips {
        Either::Right(Drip::new(text, DRIPPING))
    } else {
        Either::Left(Full::new(text.into()))
    };
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    if let Some(seconds) = reply.retry_after {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    let id = format!("RQ{:032x}", lock(&messages).iter().count());
    if let Ok(id) = id.parse() {
        headers.insert("twilio-request-id", id);
    }
    Ok(response)
}

fn lock(messages: &Shared) -> MutexGuard<'_, Messages> {
    // Every change to the messages is whole before it can panic.
    messages.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(request: Request<Incoming>, messages: &Shared) -> Outcome {
    let (head, body) = request.into_parts();
    if !is_loopback(&head.headers) {
        return Outcome::Reply(Reply::error(
            403,
            20403,
            "The Sandbox answers requests to this machine only",
        ));
    }
    let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
        return Outcome::Reply(Reply::error(413, 20422, "The request is too large"));
    };
    let body = body.to_bytes();
    let query: HashMap<String, String> = pairs(head.uri.query().unwrap_or_default().as_bytes());
    let path = head.uri.path().to_owned();
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let reply = match (&head.method, segments.as_slice()) {
        (&Method::GET, ["sandbox", "messages"]) => {
            Reply::ok(lock(messages).iter().map(answers::summary).collect::<Vec<_>>().into())
        }
        (&Method::GET, ["sandbox", "handset", number]) => handset(messages, number),
        (&Method::POST, ["sandbox", "reset"]) => {
            lock(messages).reset();
            Reply::ok(json!({}))
        }
        (&Method::GET, ["v1", "Services"]) => {
            refuse(&head.headers, ACCOUNT_SID, &path).unwrap_or_else(account::services)
        }
        (_, ["2010-04-01", "Accounts", account, rest @ ..]) => {
            if let Some(refused) = refuse(&head.headers, account, &path) {
                return Outcome::Reply(refused);
            }
            match (&head.method, rest) {
                (&Method::POST, ["Messages.json"]) => return create(messages, &pairs(&body)),
                (&Method::GET, ["Messages.json"]) => list(messages, &query),
                (method, ["Messages", file]) => one(messages, method, file, &pairs(&body), &path),
                (&Method::GET, rest) => {
                    account::resource(rest).unwrap_or_else(|| Reply::not_found(&path))
                }
                _ => Reply::not_found(&path),
            }
        }
        _ => Reply::not_found(&path),
    };
    Outcome::Reply(reply)
}

/// Whether the request was meant for this machine; a web page on another host that points
/// its name here is not.
fn is_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else { return false };
    let name = match host.strip_prefix('[') {
        Some(rest) => return rest.starts_with("::1]"),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name == "localhost" || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// Checks who asks, as Twilio does: HTTP Basic with the account's SID and token.
fn refuse(headers: &HeaderMap, account: &str, path: &str) -> Option<Reply> {
    let expected = format!("Basic {}", STANDARD.encode(format!("{ACCOUNT_SID}:{AUTH_TOKEN}")));
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given != Some(&expected) {
        return Some(Reply::error(401, 20003, "Authenticate"));
    }
    (account.trim_end_matches(".json") != ACCOUNT_SID).then(|| Reply::not_found(path))
}

fn pairs(form: &[u8]) -> HashMap<String, String> {
    form_urlencoded::parse(form).into_owned().collect()
}

fn handset(messages: &Shared, number: &str) -> Reply {
    let number = number.replace("%2B", "+").replace("%2b", "+");
    let messages = lock(messages);
    let received = messages.iter().filter(|message| message.to == number).filter_map(|message| {
        let from = message.from.as_ref().or(message.messaging_service.as_ref());
        Some(HandsetMessage {
            at: message.arrived_at()?,
            from: from.cloned().unwrap_or_default(),
            body: message.body.clone(),
        })
    });
    Reply::ok(serde_json::to_value(received.collect::<Vec<_>>()).unwrap_or_default())
}

/// Checks a message as Twilio does, then lets its recipient's fate take its course.
fn create(messages: &Shared, form: &HashMap<String, String>) -> Outcome {
    let draft = match draft(form) {
        Ok(draft) => draft,
        Err(refusal) => return Outcome::Reply(refusal),
    };
    let fate = draft.fate;
    let mut messages = lock(messages);
    let failed = || Reply::error(500, 20500, "Internal Server Error");
    match fate {
        Fate::ErrorWithoutAccepting => return Outcome::Reply(failed()),
        Fate::Silence => return Outcome::Silence,
        Fate::BusyOnce | Fate::BusyForASecond if messages.tell_busy(&draft.to) => {
            let retry_after = (fate == Fate::BusyForASecond).then_some(1);
            let busy = Reply::error(429, 20429, "Too Many Requests");
            return Outcome::Reply(Reply { retry_after, ..busy });
        }
        _ => {}
    }
    let callback = draft.callback.clone();
    let message = messages.accept(draft);
    if let (Some(url), Ok(http)) = (callback, loopback_client()) {
        tokio::spawn(callback::post_statuses(http, url, message.clone()));
    }
    let created = Reply { status: 201, body: answers::message(&message), retry_after: None };
    match fate {
        Fate::ErrorAfterAccepting => Outcome::Reply(failed()),
        Fate::CutAfterAccepting => Outcome::Cut,
        Fate::SlowAnswer => Outcome::Late(created),
        Fate::DrippingAnswer => Outcome::Dripping(created),
        Fate::Page => Outcome::Text(PAGE.to_owned()),
        Fate::HalfAnswer => {
            let text = created.body.to_string();
            Outcome::Text(text.chars().take(text.len() / 2).collect())
        }
        Fate::SilenceAfterAccepting => Outcome::Silence,
        _ => Outcome::Reply(created),
    }
}

fn draft(form: &HashMap<String, String>) -> Result<Draft, Reply> {
    let refuse = |code, message: &str| Reply::error(400, code, message);
    let given = |name: &str| form.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    let to = given("To").ok_or_else(|| refuse(21604, "A 'To' phone number is required."))?;
    let digits = to.strip_prefix('+').unwrap_or_default();
    let well_formed =
        (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if !well_formed {
        return Err(refuse(21211, &format!("The 'To' number {to} is not a valid phone number.")));
    }
    if let Some((code, words)) = magic_recipient(to) {
        return Err(refuse(code, &format!("The 'To' number {to} {words}.")));
    }
    let service = given("MessagingServiceSid");
    let from = given("From");
    let sender =
        service.or(from).ok_or_else(|| refuse(21603, "A 'From' phone number is required."))?;
    if let Some((code, words)) = magic_sender(sender) {
        return Err(refuse(code, &format!("The 'From' number {sender} {words}.")));
    }
    let kind = Sender::parse(sender).ok();
    let fits =
        matches!(kind, Some(Sender::MessagingService(_))) == service.is_some() && kind.is_some();
    if !fits {
        return Err(refuse(21212, &format!("The 'From' number {sender} is not valid.")));
    }
    let body = form.get("Body").filter(|body| !body.is_empty());
    let body = body.ok_or_else(|| refuse(21602, "Message body is required."))?;
    if body.chars().count() > LONGEST_MESSAGE {
        return Err(refuse(
            21617,
            "The concatenated message body exceeds the 1600 character limit",
        ));
    }
    let validity = given("ValidityPeriod").map(str::parse::<u32>);
    if validity.is_some_and(|seconds| !seconds.is_ok_and(|seconds| (1..=36_000).contains(&seconds)))
    {
        return Err(refuse(21624, "ValidityPeriod is out of range."));
    }
    let callback = given("StatusCallback").map(callback::is_allowed);
    if callback == Some(None) {
        return Err(refuse(
            21609,
            "The StatusCallback URL is not valid: the Sandbox calls back to this machine only, by http.",
        ));
    }
    Ok(Draft {
        callback: callback.flatten(),
        fate: fate(to),
        to: to.to_owned(),
        from: from.filter(|_| service.is_none()).map(str::to_owned),
        messaging_service: service.map(str::to_owned),
        body: body.clone(),
    })
}

/// A page of the newest messages, newest first.
fn list(messages: &Shared, query: &HashMap<String, String>) -> Reply {
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<usize>().ok());
    let page_size = number("PageSize").unwrap_or(50).clamp(1, 1000);
    // Pages beyond the messages that are kept are all empty.
    let page = number("Page").unwrap_or(0).min(100_000);
    let matching = |name: &str, value: Option<&String>| {
        query.get(name).is_none_or(|wanted| Some(wanted) == value)
    };
    let messages = lock(messages);
    let found: Vec<Value> = messages
        .iter()
        .rev()
        .filter(|message| {
            matching("To", Some(&message.to))
                && matching("From", message.from.as_ref())
                && fits_date_sent(message.sent_at(), query)
        })
        .skip(page * page_size)
        .take(page_size + 1)
        .map(answers::message)
        .collect();
    let filter: String = ["To", "From", "DateSent", "DateSent<", "DateSent>"]
        .into_iter()
        .filter_map(|name| query.get(name).map(|value| (name, value)))
        .map(|(name, value)| {
            form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish() + "&"
        })
        .collect();
    let shown = &found[..found.len().min(page_size)];
    Reply::ok(answers::page(shown, page, page_size, &filter, found.len() > page_size))
}

/// Whether a message was sent when a query wants it: `DateSent=`, `DateSent<=`, `DateSent>=`,
/// each with a moment or a whole day (UTC).
fn fits_date_sent(sent: Option<Timestamp>, query: &HashMap<String, String>) -> bool {
    let moment = |text: &String| text.parse::<Timestamp>().ok();
    let day = |moment: Timestamp| moment.to_zoned(TimeZone::UTC).date();
    let compare = |name: &str, fits: fn(Ordering) -> bool| {
        query.get(name).is_none_or(|wanted| {
            sent.is_some_and(|sent| match (moment(wanted), wanted.parse::<Date>()) {
                (Some(wanted), _) if name == "DateSent" => fits(day(sent).cmp(&day(wanted))),
                (Some(wanted), _) => fits(sent.cmp(&wanted)),
                (None, Ok(wanted)) => fits(day(sent).cmp(&wanted)),
                (None, Err(_)) => false,
            })
        })
    };
    compare("DateSent", Ordering::is_eq)
        && compare("DateSent<", Ordering::is_le)
        && compare("DateSent>", Ordering::is_ge)
}

/// One message: read, called back, deleted, or its text taken out.
fn one(
    messages: &Shared,
    method: &Method,
    file: &str,
    form: &HashMap<String, String>,
    path: &str,
) -> Reply {
    let mut messages = lock(messages);
    let Some(sid) = file.strip_suffix(".json") else { return Reply::not_found(path) };
    if method == Method::DELETE && messages.delete(sid) {
        return Reply::done();
    }
    if messages.find(sid).is_none() || (method != Method::GET && method != Method::POST) {
        return Reply::not_found(path);
    }
    if method == Method::POST {
        match (form.get("Status").map(String::as_str), form.get("Body").map(String::as_str)) {
            (Some("canceled"), _) if !messages.cancel(sid) => {
                return Reply::error(
                    400,
                    30409,
                    "The message has been sent already and cannot be canceled.",
                );
            }
            (Some("canceled"), _) => {}
            (None, Some("")) => messages.redact(sid),
            _ => {
                return Reply::error(
                    400,
                    20422,
                    "Only Status=canceled or an empty Body can be written.",
                );
            }
        }
    }
    messages
        .find(sid)
        .map_or_else(|| Reply::not_found(path), |message| Reply::ok(answers::message(message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_requests_to_this_machine_are_answered() {
        let host = |name: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, name.parse().unwrap());
            is_loopback(&headers)
        };
        assert!(host("127.0.0.1:4010") && host("localhost") && host("[::1]:4010"));
        assert!(!host("example.com") && !host("127.0.0.1.example.com:80") && !host("192.0.2.1"));
        assert!(!is_loopback(&HeaderMap::new()));
    }
}
