//! Twilio's error codes: what each means to those who run a sign-in, and what to do.
//!
//! The meanings follow Twilio's published list of error codes; the words are ours.

use crate::provider::error::{ErrorAdvice, ErrorClass, Retry};

/// Returns what is known about an error code.
pub fn advice(code: u32) -> Option<&'static ErrorAdvice> {
    ERRORS.binary_search_by_key(&code, |error| error.code).ok().and_then(|index| ERRORS.get(index))
}

/// Whether an error code tells what became of a message after Twilio had accepted it: Twilio's 30xxx
/// codes, which carriers report.
pub const fn is_of_carrier(code: u32) -> bool {
    matches!(code, 30_000..=30_999)
}

/// Returns the address at which Twilio explains an error code.
pub fn more_info(code: u32) -> String {
    format!("https://www.twilio.com/docs/api/errors/{code}")
}

/// Returns the class of an error response: by its code, else by its HTTP status.
pub(super) fn class(http_status: u16, code: Option<u32>) -> ErrorClass {
    match (code.and_then(advice), http_status) {
        (Some(known), _) => known.class,
        (None, 401) => WrongCredentials,
        (None, 403) => Forbidden,
        (None, 429) => Busy,
        (None, _) => Other,
    }
}

const fn error(
    code: u32,
    class: ErrorClass,
    retry: Retry,
    cause: &'static str,
    advice: &'static str,
) -> ErrorAdvice {
    ErrorAdvice { code, class, retry, cause, advice }
}

use ErrorClass::{
    Busy, Forbidden, InactiveAccount, Message, Other, Recipient, Sender, TestCredentials,
    Unavailable, WrongCredentials,
};
use Retry::{FixFirst, Later, NewCode, SafeToRepeat, Unknown};

/// All known codes, sorted.
#[rustfmt::skip]
static ERRORS: &[ErrorAdvice] = &[
    error(20003, WrongCredentials, FixFirst, "wrong account SID, token or key", "enter them again; check that they belong to this environment and region"),
    error(20005, InactiveAccount, FixFirst, "the account is not active", "see Twilio's console: billing, or a closed account"),
    error(20006, Forbidden, FixFirst, "the account or key lacks this right", "give the key the right in Twilio's console"),
    error(20008, TestCredentials, FixFirst, "test credentials cannot do this", "use the live credentials, or accept missing statuses"),
    error(20403, Forbidden, FixFirst, "the account or key lacks this right", "give the key the right in Twilio's console"),
    error(20404, Other, FixFirst, "no such thing in this account", "check the SID and the environment"),
    error(20422, Message, FixFirst, "a value in the request is malformed", "check the sender and the message text"),
    error(20429, Busy, SafeToRepeat, "too many requests at once", "wait; smsdeck slows down by itself"),
    error(20500, Unavailable, Unknown, "an error inside Twilio", "wait, and see Twilio's status page; the message may have been sent"),
    error(20503, Unavailable, Unknown, "Twilio is overloaded", "wait, and see Twilio's status page; the message may have been sent"),
    error(21211, Recipient, FixFirst, "not a valid recipient", "check the user's number"),
    error(21212, Sender, FixFirst, "not a valid sender", "check the From number; a Verify service (VA…) is not a Messaging Service (MG…)"),
    error(21408, Recipient, FixFirst, "the country is switched off for this account", "switch it on under Geo Permissions in Twilio's console"),
    error(21601, Sender, FixFirst, "the sender cannot send SMS", "use another From number"),
    error(21602, Message, FixFirst, "the message has no text", "check the message text"),
    error(21603, Sender, FixFirst, "the message has no sender", "check the From numbers"),
    error(21604, Recipient, FixFirst, "the message has no recipient", "check the user's number"),
    error(21606, Sender, FixFirst, "the sender is not this account's, or cannot send to this country", "use another From number"),
    error(21608, Recipient, FixFirst, "a trial account sends only to verified numbers", "verify the number in Twilio's console, or upgrade the account"),
    error(21609, Message, FixFirst, "the callback address is not usable", "check the callback address"),
    error(21610, Recipient, FixFirst, "the recipient has answered STOP", "only the recipient can undo it, by texting START to the sender"),
    error(21611, Busy, Later, "the sender's queue is full", "spread the countries over more From numbers"),
    error(21612, Sender, FixFirst, "this sender cannot reach this recipient", "use a sender of the recipient's country"),
    error(21614, Recipient, FixFirst, "the recipient is not a mobile number", "ask the user for a mobile number"),
    error(21617, Message, FixFirst, "the text is too long", "shorten the message text"),
    error(21618, Message, FixFirst, "carriers filter this text", "change the message text, register the sender"),
    error(21619, Message, FixFirst, "the message has no text", "check the message text"),
    error(21624, Message, FixFirst, "the validity period is out of range", "set a code validity of 1 to 10 minutes"),
    error(21635, Recipient, FixFirst, "the recipient is a landline", "ask the user for a mobile number"),
    error(21659, Sender, FixFirst, "the sender is not a Twilio number", "use a From number that the account owns"),
    error(21660, Sender, FixFirst, "the sender belongs to another account", "check that number and account are of the same environment"),
    error(21661, Sender, FixFirst, "the sender cannot send SMS to this country", "use another From number for this country"),
    error(21703, Sender, FixFirst, "the Messaging Service has no sender for this recipient", "add a matching sender to its pool"),
    error(21704, Sender, FixFirst, "the Messaging Service has no senders", "add a sender to its pool"),
    error(21705, Sender, FixFirst, "no such Messaging Service in this account", "check its SID"),
    error(21709, Sender, FixFirst, "the sender pool is misconfigured", "check the Messaging Service in Twilio's console"),
    error(21711, Sender, FixFirst, "the sender pool is misconfigured", "check the Messaging Service in Twilio's console"),
    error(21712, Sender, FixFirst, "the sender pool is misconfigured", "check the Messaging Service in Twilio's console"),
    error(30001, Busy, Later, "the sender's queue overflowed", "spread the countries over more From numbers"),
    error(30002, InactiveAccount, FixFirst, "the account was suspended meanwhile", "see Twilio's console: billing"),
    error(30003, Recipient, Later, "the phone is off or out of reach", "the user tries again with the phone on"),
    error(30004, Recipient, FixFirst, "the recipient or the carrier blocks the message", "the user asks their carrier, or uses another number"),
    error(30005, Recipient, FixFirst, "this number is not in use", "check the user's number"),
    error(30006, Recipient, FixFirst, "a landline, or a carrier that cannot be reached", "ask the user for a mobile number"),
    error(30007, Message, FixFirst, "filtered by the carrier", "change the message text, register the sender"),
    error(30008, Unavailable, Later, "the carrier gives no reason", "try again later; with many of them, another From number"),
    error(30017, Unavailable, Later, "the carrier is congested", "try again later"),
    error(30018, Sender, FixFirst, "the country requires registered senders", "register the sender for this country"),
    error(30022, Busy, Later, "too fast for the sender's US registration (A2P)", "spread the load, or register for more"),
    error(30023, Busy, Later, "the daily limit of the US registration (A2P) is used up", "wait until tomorrow, or register for more"),
    error(30024, Sender, Later, "the sender is not provisioned yet", "wait for Twilio to finish its set-up"),
    error(30027, Busy, Later, "the daily limit of a US carrier is used up", "wait until tomorrow, or register for more"),
    error(30029, Message, FixFirst, "the account may not shorten how long texts are kept", "remove content retention from the settings"),
    error(30030, Message, FixFirst, "the account may not shorten how long numbers are kept", "remove address retention from the settings"),
    error(30032, Sender, FixFirst, "the toll-free sender is not verified", "have it verified in Twilio's console"),
    error(30033, Sender, FixFirst, "the US registration (A2P) is suspended", "see Twilio's console"),
    error(30034, Sender, FixFirst, "the sender has no US registration (A2P)", "register it in Twilio's console"),
    error(30035, Sender, FixFirst, "the sender's US registration (A2P) is misconfigured", "check it in Twilio's console"),
    error(30036, Message, NewCode, "the code expired while waiting to be sent", "the user asks for a new one; look for a slow sender"),
    error(30038, Recipient, FixFirst, "a code sent to a Twilio number was filtered", "test with a real phone, not with a Twilio number"),
    error(30042, Sender, FixFirst, "the sender name is not accepted", "use another sender for this country"),
    error(30410, Unavailable, Later, "the carrier did not respond in time", "try again later"),
    error(30450, Other, Later, "blocked as suspected SMS pumping", "look for abuse from this country; try again in half an hour"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_found_and_appears_once() {
        assert!(ERRORS.windows(2).all(|pair| pair[0].code < pair[1].code));
        for error in ERRORS {
            assert_eq!(advice(error.code), Some(error));
            assert!(!error.cause.ends_with('.') && !error.advice.ends_with('.'), "{error:?}");
        }
        assert_eq!(advice(1), None);
    }

    #[test]
    fn a_code_says_more_than_the_http_status() {
        assert_eq!(class(400, Some(21211)), Recipient);
        assert_eq!(class(401, Some(20008)), TestCredentials);
        assert_eq!(class(401, Some(1)), WrongCredentials);
        assert_eq!(class(403, None), Forbidden);
        assert_eq!(class(400, None), Other);
    }
}
