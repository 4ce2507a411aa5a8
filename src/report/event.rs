//! What happened to a code.

use serde::Serialize;

use super::moment::Moment;
use crate::domain::country::Country;
use crate::domain::provider::ProviderKind;
use crate::provider::ErrorCode;
use crate::store::{Event, EventReason};

/// An event of a send, as its progress is followed, with what its error means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SendEvent<'a> {
    /// When.
    pub at: Moment,
    /// The delivery.
    pub id: Option<i64>,
    /// The environment.
    pub environment: &'static str,
    /// What happened.
    pub status: &'static str,
    /// The provider's id of the message.
    pub sid: Option<&'a str>,
    /// The provider's error code.
    pub error_code: Option<u32>,
    /// More, in words.
    pub detail: Option<&'a str>,
    /// What kind of error it is.
    pub class: Option<&'static str>,
    /// What the error means.
    pub cause: Option<&'static str>,
    /// What to do about it.
    pub advice: Option<&'static str>,
    /// Where the provider explains it.
    pub more_info: Option<String>,
}

impl<'a> SendEvent<'a> {
    /// An event of a delivery by a provider.
    pub fn of(provider: ProviderKind, event: &'a Event) -> Self {
        let code = event.error_code.map(|number| ErrorCode::new(provider, number));
        let known = code.and_then(ErrorCode::advice);
        Self {
            at: Moment(event.at),
            id: event.delivery.map(|delivery| delivery.0),
            environment: event.environment.key(),
            status: event.kind.key(),
            sid: event.sid.as_deref(),
            error_code: event.error_code,
            detail: event.detail.as_deref(),
            class: known.map(|known| known.retry.key()),
            cause: known.map(|known| known.cause),
            advice: known.map(|known| known.advice),
            more_info: code.map(ErrorCode::more_info),
        }
    }
}

/// An event of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogEvent<'a> {
    /// When.
    pub at: Moment,
    /// The delivery.
    pub id: Option<i64>,
    /// The environment.
    pub environment: &'static str,
    /// The user's id or masked number.
    pub user: &'a str,
    /// The masked number.
    pub recipient: &'a str,
    /// What happened.
    pub status: &'static str,
    /// The provider's id of the message.
    pub sid: Option<&'a str>,
    /// The provider's error code.
    pub error_code: Option<u32>,
    /// The provider's id of the request that reported it.
    pub request_id: Option<&'a str>,
    /// Why it happened, if smsdeck decided it.
    pub reason: Option<&'static str>,
    /// The ISO code of the recipient's country.
    pub country: Option<&'static str>,
    /// More, in words.
    pub detail: Option<&'a str>,
    /// How often it has happened within the minute.
    pub times: u32,
}

impl<'a> From<&'a Event> for LogEvent<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            at: Moment(event.at),
            id: event.delivery.map(|delivery| delivery.0),
            environment: event.environment.key(),
            user: &event.user,
            recipient: &event.recipient,
            status: event.kind.key(),
            sid: event.sid.as_deref(),
            error_code: event.error_code,
            request_id: event.request_id.as_deref(),
            reason: event.reason.map(EventReason::key),
            country: event.country.map(Country::code),
            detail: event.detail.as_deref(),
            times: event.times,
        }
    }
}

/// What a phone of the Sandbox has received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HandsetMessage<'a> {
    /// Always `handset`, where the other lines have what happened.
    pub status: &'static str,
    /// The text.
    pub text: &'a str,
}

impl<'a> HandsetMessage<'a> {
    /// A text that was received.
    pub const fn new(text: &'a str) -> Self {
        Self { status: "handset", text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::delivery::DeliveryStatus;
    use crate::domain::environment::Environment;
    use crate::report::names::names;
    use crate::store::{EventId, EventKind};

    #[test]
    fn the_names_of_events_are_stable() {
        let event = Event {
            id: EventId(1),
            at: jiff::Timestamp::UNIX_EPOCH,
            environment: Environment::Test,
            delivery: None,
            kind: EventKind::Delivery(DeliveryStatus::Refused),
            user: "jdoe".to_owned(),
            recipient: "+57 ••• ••• 4567".to_owned(),
            sender: None,
            sid: None,
            error_code: Some(21610),
            request_id: None,
            reason: None,
            country: None,
            detail: None,
            times: 1,
        };
        let sent = SendEvent::of(ProviderKind::Twilio, &event);
        assert_eq!(
            names(&sent),
            "advice at cause class detail environment error_code id more_info sid status"
        );
        assert_eq!(sent.cause, Some("the recipient has answered STOP"));
        assert_eq!(
            names(&LogEvent::from(&event)),
            "at country detail environment error_code id reason recipient request_id sid status times user"
        );
        assert_eq!(names(&HandsetMessage::new("123456 is your code")), "status text");
    }
}
