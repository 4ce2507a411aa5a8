//! Twilio's error codes: what each means for whoever runs a sign-in, and what to do.
//!
//! The meanings follow Twilio's published list of error codes; the words are ours.

/// What a repetition of the same request would bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// The same again, until something is mended.
    FixFirst,
    /// Perhaps success, later.
    Later,
    /// Success, most likely: nothing was processed.
    SafeToRepeat,
    /// A second message, perhaps: the first may have gone out.
    Unknown,
    /// Nothing: the code has ended, a new one is needed.
    NewCode,
}

/// One error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorAdvice {
    /// Twilio's number of the error.
    pub code: u32,
    /// What a repetition would bring.
    pub class: ErrorClass,
    /// Why it happens, without a full stop.
    pub cause: &'static str,
    /// What the operator does about it, without a full stop.
    pub advice: &'static str,
}

/// Finds what is known about an error code.
pub fn advice(code: u32) -> Option<&'static ErrorAdvice> {
    ERRORS.binary_search_by_key(&code, |error| error.code).ok().and_then(|index| ERRORS.get(index))
}

/// Where Twilio explains an error code.
pub fn more_info(code: u32) -> String {
    format!("https://www.twilio.com/docs/api/errors/{code}")
}

/// What an operator should know about an error code: cause and advice, or where to read about
/// one that is not known here.
pub fn explanation(code: u32) -> String {
    match advice(code) {
        Some(known) => format!("Cause: {}. What to do: {}.", known.cause, known.advice),
        None => format!("smsdeck does not know error {code}: see {}", more_info(code)),
    }
}

/// Whether an error code means that the account does not let these credentials send at all.
pub const fn refuses_credentials(code: u32) -> bool {
    matches!(code, 20003 | 20005 | 20006 | 20403)
}

impl ErrorClass {
    /// The stable name in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::FixFirst => "fix_first",
            Self::Later => "later",
            Self::SafeToRepeat => "safe_to_repeat",
            Self::Unknown => "unknown",
            Self::NewCode => "new_code",
        }
    }
}

const fn error(
    code: u32,
    class: ErrorClass,
    cause: &'static str,
    advice: &'static str,
) -> ErrorAdvice {
    ErrorAdvice { code, class, cause, advice }
}

use ErrorClass::{FixFirst, Later, NewCode, SafeToRepeat, Unknown};

/// All known codes, sorted.
#[rustfmt::skip]
static ERRORS: &[ErrorAdvice] = &[
    error(20003, FixFirst, "wrong account SID, token or key", "enter them again, and check that they belong to this environment and region"),
    error(20005, FixFirst, "the account is not active", "look into Twilio's console: billing, or a closed account"),
    error(20006, FixFirst, "the account or key lacks this right", "give the key the right in Twilio's console"),
    error(20008, FixFirst, "test credentials cannot do this", "use the live credentials, or do without statuses"),
    error(20403, FixFirst, "the account or key lacks this right", "give the key the right in Twilio's console"),
    error(20404, FixFirst, "no such thing in this account", "check the SID and the environment"),
    error(20422, FixFirst, "a value in the request is malformed", "check the sender and the message text"),
    error(20429, SafeToRepeat, "too many requests at once", "wait; smsdeck slows down by itself"),
    error(20500, Unknown, "an error inside Twilio", "wait and look at Twilio's status page; the message may have gone out"),
    error(20503, Unknown, "Twilio is overloaded", "wait and look at Twilio's status page; the message may have gone out"),
    error(21211, FixFirst, "not a valid recipient", "check the user's number"),
    error(21212, FixFirst, "not a valid sender", "check the From number; a Verify service (VA…) is no Messaging Service (MG…)"),
    error(21408, FixFirst, "the country is switched off for this account", "switch it on under Geo Permissions in Twilio's console"),
    error(21601, FixFirst, "the sender cannot send SMS", "take another From number"),
    error(21602, FixFirst, "the message has no text", "check the message text"),
    error(21603, FixFirst, "the message has no sender", "check the From numbers"),
    error(21604, FixFirst, "the message has no recipient", "check the user's number"),
    error(21606, FixFirst, "the sender is not this account's, or cannot send to this country", "take another From number"),
    error(21608, FixFirst, "a trial account texts verified numbers only", "verify the number in Twilio's console, or upgrade the account"),
    error(21609, FixFirst, "the callback address is not usable", "check the callback address"),
    error(21610, FixFirst, "the recipient has answered STOP", "only the recipient can undo it, by texting START to the sender"),
    error(21611, Later, "the sender's queue is full", "spread the countries over more From numbers"),
    error(21612, FixFirst, "this sender cannot reach this recipient", "take a sender of the recipient's country"),
    error(21614, FixFirst, "the recipient is no mobile number", "ask the user for a mobile number"),
    error(21617, FixFirst, "the text is too long", "shorten the message text"),
    error(21618, FixFirst, "carriers filter this text", "change the message text, register the sender"),
    error(21619, FixFirst, "the message has no text", "check the message text"),
    error(21624, FixFirst, "the validity period is out of range", "set a code validity of 1 to 10 minutes"),
    error(21635, FixFirst, "the recipient is a landline", "ask the user for a mobile number"),
    error(21659, FixFirst, "the sender is not a number of Twilio's", "take a From number that the account owns"),
    error(21660, FixFirst, "the sender belongs to another account", "check that number and account are of the same environment"),
    error(21661, FixFirst, "the sender cannot send SMS to this country", "take another From number for this country"),
    error(21703, FixFirst, "the Messaging Service has no sender for this recipient", "add a fitting sender to its pool"),
    error(21704, FixFirst, "the Messaging Service has no senders", "add a sender to its pool"),
    error(21705, FixFirst, "no such Messaging Service in this account", "check its SID"),
    error(21709, FixFirst, "the sender pool is set up wrongly", "check the Messaging Service in Twilio's console"),
    error(21711, FixFirst, "the sender pool is set up wrongly", "check the Messaging Service in Twilio's console"),
    error(21712, FixFirst, "the sender pool is set up wrongly", "check the Messaging Service in Twilio's console"),
    error(30001, Later, "the sender's queue overflowed", "spread the countries over more From numbers"),
    error(30002, FixFirst, "the account was suspended meanwhile", "look into Twilio's console: billing"),
    error(30003, Later, "the phone is off or out of reach", "the user tries again with the phone on"),
    error(30004, FixFirst, "the recipient or the carrier blocks the message", "the user asks their carrier, or uses another number"),
    error(30005, FixFirst, "nobody has this number", "check the user's number"),
    error(30006, FixFirst, "a landline, or a carrier that cannot be reached", "ask the user for a mobile number"),
    error(30007, FixFirst, "filtered by the carrier", "change the message text, register the sender"),
    error(30008, Later, "the carrier gives no reason", "try again later; with many of them, another From number"),
    error(30017, Later, "the carrier is congested", "try again later"),
    error(30018, FixFirst, "the country wants senders registered", "register the sender for this country"),
    error(30022, Later, "too fast for the sender's US registration (A2P)", "spread the load, or register for more"),
    error(30023, Later, "the day's limit of the US registration (A2P) is used up", "wait until tomorrow, or register for more"),
    error(30024, Later, "the sender is not provisioned yet", "wait for Twilio to finish its set-up"),
    error(30027, Later, "the day's limit of a US carrier is used up", "wait until tomorrow, or register for more"),
    error(30029, FixFirst, "the account may not shorten how long texts are kept", "take content retention out of the settings"),
    error(30030, FixFirst, "the account may not shorten how long numbers are kept", "take address retention out of the settings"),
    error(30032, FixFirst, "the toll-free sender is not verified", "have it verified in Twilio's console"),
    error(30033, FixFirst, "the US registration (A2P) is suspended", "look into Twilio's console"),
    error(30034, FixFirst, "the sender has no US registration (A2P)", "register it in Twilio's console"),
    error(30035, FixFirst, "the sender's US registration (A2P) is set up wrongly", "check it in Twilio's console"),
    error(30036, NewCode, "the code ended while it was waiting to be sent", "the user asks for a new one; look for a slow sender"),
    error(30038, FixFirst, "a code was sent to a number of Twilio's and filtered", "test with a real phone, not with a Twilio number"),
    error(30042, FixFirst, "the sender name is not accepted", "take another sender for this country"),
    error(30410, Later, "the carrier did not answer in time", "try again later"),
    error(30450, Later, "blocked as suspected SMS pumping", "look for abuse from this country; try again in half an hour"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_found_and_none_stands_twice() {
        assert!(ERRORS.windows(2).all(|pair| pair[0].code < pair[1].code));
        for error in ERRORS {
            assert_eq!(advice(error.code), Some(error));
            assert!(!error.cause.ends_with('.') && !error.advice.ends_with('.'), "{error:?}");
        }
        assert_eq!(advice(1), None);
        assert!(explanation(30003).starts_with("Cause: the phone is off"));
        assert!(explanation(99999).ends_with("https://www.twilio.com/docs/api/errors/99999"));
    }
}
