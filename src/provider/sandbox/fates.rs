//! The fates of messages in the Sandbox, chosen by the last digits of the recipient, and Twilio's
//! magic numbers.

use std::fmt::Write;

/// What happens to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Goes through queued, sending and sent to delivered.
    Delivered,
    /// Goes through queued, sending and sent to undelivered, with this error code.
    Undelivered(u32),
    /// Stays `sent`: the carrier gives no receipt, though the phone has the message.
    NoReceipt,
    /// Returns 429 for the first create; the next succeeds.
    BusyOnce,
    /// Returns 429 with a `Retry-After` of one second for the first create; the next succeeds.
    BusyForASecond,
    /// Accepts the message, but returns 500.
    ErrorAfterAccepting,
    /// Returns 500 and accepts nothing.
    ErrorWithoutAccepting,
    /// Accepts the message, but cuts the connection before a response.
    CutAfterAccepting,
    /// Accepts the message, and responds late.
    SlowResponse,
    /// Accepts the message, but a proxy's page is returned instead of the response.
    Page,
    /// Accepts the message, but the response breaks off halfway.
    PartialResponse,
    /// Accepts the message, and responds byte by byte.
    DrippingResponse,
    /// Accepts the message, and never responds.
    SilenceAfterAccepting,
    /// Neither accepts the message nor responds.
    Silence,
}

/// The fates by the last digits of the recipient, with their descriptions; all other messages are
/// delivered.
const FATES: [(&str, Fate, &str); 17] = [
    ("3003", Fate::Undelivered(30003), "undelivered, 30003: phone off or out of reach"),
    ("3005", Fate::Undelivered(30005), "undelivered, 30005: this number is not in use"),
    ("3006", Fate::Undelivered(30006), "undelivered, 30006: landline"),
    ("3007", Fate::Undelivered(30007), "undelivered, 30007: filtered by the carrier"),
    ("3450", Fate::Undelivered(30450), "undelivered, 30450: suspected SMS pumping"),
    ("9001", Fate::NoReceipt, "stays sent: no receipt from the carrier"),
    ("9429", Fate::BusyOnce, "429 on the first try, then delivered"),
    ("9430", Fate::BusyForASecond, "the same, with Retry-After: 1"),
    ("9500", Fate::ErrorAfterAccepting, "responds with 500, but delivers"),
    ("9501", Fate::ErrorWithoutAccepting, "responds with 500, delivers nothing"),
    ("9002", Fate::CutAfterAccepting, "cuts the connection, but delivers"),
    ("9003", Fate::SlowResponse, "responds after three seconds, delivers"),
    ("9004", Fate::Page, "responds with a proxy's HTML page, but delivers"),
    ("9005", Fate::PartialResponse, "responds with half of the JSON, but delivers"),
    ("9006", Fate::DrippingResponse, "responds letter by letter within 40 s, delivers"),
    ("9007", Fate::SilenceAfterAccepting, "never responds, but delivers"),
    ("9008", Fate::Silence, "never responds, delivers nothing"),
];

/// Returns the fate of messages to a recipient.
pub(super) fn fate(to: &str) -> Fate {
    FATES
        .iter()
        .find(|(ending, _, _)| to.ends_with(ending))
        .map_or(Fate::Delivered, |(_, fate, _)| *fate)
}

/// Returns the table of fates, for the help.
pub fn fate_table() -> String {
    let mut table = "Recipients whose number ends in these digits behave specially:\n".to_owned();
    for (ending, _, words) in &FATES {
        // Writing into a String cannot fail.
        let _ = writeln!(table, "  …{ending}  {words}");
    }
    table.push_str("  others  delivered after 1.8 s\n");
    table.push_str(
        "Twilio's magic numbers (+1500555000x) respond as with Twilio's test credentials.\n",
    );
    table.push_str("GET /sandbox/messages lists what was accepted, GET /sandbox/handset/NUMBER what a phone has received, POST /sandbox/reset clears everything.");
    table
}

/// Returns the error that Twilio returns for a magic sender.
pub(super) fn magic_sender(from: &str) -> Option<(u32, &'static str)> {
    match from {
        "+15005550001" => {
            Some((21212, "is not a valid phone number, short code, or alphanumeric sender ID"))
        }
        "+15005550007" => {
            Some((21606, "is not a phone number that can send SMS from this account"))
        }
        "+15005550008" => Some((21611, "has a full queue of unsent messages")),
        _ => None,
    }
}

/// Returns the error that Twilio returns for a magic recipient.
pub(super) fn magic_recipient(to: &str) -> Option<(u32, &'static str)> {
    match to {
        "+15005550001" => Some((21211, "is not a valid phone number")),
        "+15005550002" => Some((21612, "cannot be reached from this sender")),
        "+15005550003" => Some((21408, "lies in a region that this account may not send to")),
        "+15005550004" => Some((21610, "has unsubscribed")),
        "+15005550009" => Some((21614, "is not a mobile number")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digits_of_the_recipient_choose_the_fate() {
        assert_eq!(fate("+573001233003"), Fate::Undelivered(30003));
        assert_eq!(fate("+573001239429"), Fate::BusyOnce);
        assert_eq!(fate("+573001234567"), Fate::Delivered);
        let table = fate_table();
        assert!(
            FATES.iter().all(|(ending, _, words)| table.contains(ending) && table.contains(words))
        );
    }
}
