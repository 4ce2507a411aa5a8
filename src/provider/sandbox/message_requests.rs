//! The message resource: create, list, read, cancel, redact and delete.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::Method;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::callback;
use super::fates::{Fate, fate, magic_recipient, magic_sender};
use super::handset::HandsetMessage;
use super::messages::{Draft, Messages, Retention};
use super::responses::{self, Reply};
use crate::domain::message_text::MAX_MESSAGE;
use crate::domain::sender::Sender;
use crate::provider::http::loopback_client;

/// The page of a proxy that returns its own login instead of forwarding the request.
const PAGE: &str = "<!doctype html><title>Welcome</title><p>Please sign in to the network.";

/// The messages, shared by all connections.
pub(super) type Shared = Arc<Mutex<Messages>>;

/// How a request ends.
pub(super) enum Outcome {
    /// Sends the reply at once.
    Reply(Reply),
    /// Sends the reply late.
    Late(Reply),
    /// Sends the reply byte by byte.
    Dripping(Reply),
    /// Sends a text that Twilio would not.
    Text(String),
    /// Sends nothing, for longer than any client waits.
    Silence,
    /// Cuts the connection without a reply.
    Cut,
}

/// Locks the messages.
pub(super) fn lock(messages: &Shared) -> MutexGuard<'_, Messages> {
    // No change to the messages can be left half done by a panic.
    messages.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns what a phone has received, oldest first.
pub(super) fn handset(messages: &Shared, number: &str) -> Reply {
    let number = number.replace("%2B", "+").replace("%2b", "+");
    let messages = lock(messages);
    let received = messages.iter().filter(|message| message.to == number).filter_map(|message| {
        let from = message.from.as_ref().or(message.messaging_service.as_ref());
        Some(HandsetMessage {
            at: message.state().arrived_at?,
            from: from.cloned().unwrap_or_default(),
            body: message.body.clone(),
        })
    });
    Reply::ok(serde_json::to_value(received.collect::<Vec<_>>()).unwrap_or_default())
}

/// Creates a message: checks it as Twilio does, then does what the recipient's fate asks for.
pub(super) fn create(messages: &Shared, form: &HashMap<String, String>) -> Outcome {
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
        Fate::BusyOnce | Fate::BusyForASecond if messages.is_busy_for(&draft.to) => {
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
    let created = Reply { status: 201, body: responses::message(&message), retry_after: None };
    match fate {
        Fate::ErrorAfterAccepting => Outcome::Reply(failed()),
        Fate::CutAfterAccepting => Outcome::Cut,
        Fate::SlowResponse => Outcome::Late(created),
        Fate::DrippingResponse => Outcome::Dripping(created),
        Fate::Page => Outcome::Text(PAGE.to_owned()),
        Fate::PartialResponse => {
            let text = created.body.to_string();
            Outcome::Text(text.chars().take(text.len() / 2).collect())
        }
        Fate::SilenceAfterAccepting => Outcome::Silence,
        _ => Outcome::Reply(created),
    }
}

/// The parameters of a create, without empty ones.
struct Form<'a>(&'a HashMap<String, String>);

impl<'a> Form<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }
}

fn refuse(code: u32, message: &str) -> Reply {
    Reply::error(400, code, message)
}

fn draft(form: &HashMap<String, String>) -> Result<Draft, Reply> {
    let body = form.get("Body").filter(|body| !body.is_empty());
    let form = Form(form);
    let to = recipient(&form)?;
    let (service, from) = (form.get("MessagingServiceSid"), form.get("From"));
    check_sender(service, from)?;
    let body = body.ok_or_else(|| refuse(21602, "Message body is required."))?;
    if body.chars().count() > MAX_MESSAGE {
        let message = "The concatenated message body exceeds the 1600 character limit";
        return Err(refuse(21617, message));
    }
    let validity = form.get("ValidityPeriod").map(str::parse::<u32>);
    if validity.is_some_and(|seconds| !seconds.is_ok_and(|seconds| (1..=36_000).contains(&seconds)))
    {
        return Err(refuse(21624, "ValidityPeriod is out of range."));
    }
    Ok(Draft {
        callback: callback_url(&form)?,
        fate: fate(to),
        to: to.to_owned(),
        from: from.filter(|_| service.is_none()).map(str::to_owned),
        messaging_service: service.map(str::to_owned),
        body: body.clone(),
        retention: Retention {
            discards_text: form.get("ContentRetention") == Some("discard"),
            hides_number: form.get("AddressRetention") == Some("obfuscate"),
        },
    })
}

fn recipient<'a>(form: &Form<'a>) -> Result<&'a str, Reply> {
    let to = form.get("To").ok_or_else(|| refuse(21604, "A 'To' phone number is required."))?;
    let digits = to.strip_prefix('+').unwrap_or_default();
    let well_formed =
        (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if !well_formed {
        return Err(refuse(21211, &format!("The 'To' number {to} is not a valid phone number.")));
    }
    match magic_recipient(to) {
        Some((code, words)) => Err(refuse(code, &format!("The 'To' number {to} {words}."))),
        None => Ok(to),
    }
}

fn check_sender(service: Option<&str>, from: Option<&str>) -> Result<(), Reply> {
    let missing = || refuse(21603, "A 'From' phone number is required.");
    let sender = service.or(from).ok_or_else(missing)?;
    if let Some((code, words)) = magic_sender(sender) {
        return Err(refuse(code, &format!("The 'From' number {sender} {words}.")));
    }
    let is_service = match Sender::parse(sender) {
        Ok(kind) => Some(matches!(kind, Sender::MessagingService(_))),
        Err(_) => None,
    };
    if is_service != Some(service.is_some()) {
        return Err(refuse(21212, &format!("The 'From' number {sender} is not valid.")));
    }
    Ok(())
}

fn callback_url(form: &Form<'_>) -> Result<Option<Url>, Reply> {
    let Some(address) = form.get("StatusCallback") else { return Ok(None) };
    let message = "The StatusCallback URL is not valid: the Sandbox calls back to this machine \
                   only, by http.";
    callback::allowed_url(address).map(Some).ok_or_else(|| refuse(21609, message))
}

/// Returns a page of messages, the newest first.
pub(super) fn list(messages: &Shared, query: &HashMap<String, String>) -> Reply {
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
                && fits_date_sent(message.state().sent_at, query)
        })
        .skip(page * page_size)
        .take(page_size + 1)
        .map(responses::message)
        .collect();
    let filter: String = ["To", "From", "DateSent", "DateSent<", "DateSent>"]
        .into_iter()
        .filter_map(|name| query.get(name).map(|value| (name, value)))
        .map(|(name, value)| {
            form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish() + "&"
        })
        .collect();
    let shown = &found[..found.len().min(page_size)];
    Reply::ok(responses::page(shown, page, page_size, &filter, found.len() > page_size))
}

/// Whether the time at which a message was sent fits a query: `DateSent=`, `DateSent<=`, `DateSent>=`,
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

/// Reads, cancels, redacts or deletes one message.
pub(super) fn one(
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
        .map_or_else(|| Reply::not_found(path), |message| Reply::ok(responses::message(message)))
}
