//! The resources of the Sandbox's account besides messages, in Twilio's shapes: the account, its
//! balance, its numbers, and a Messaging Service to import.

use serde_json::{Value, json};

use super::credentials::{ACCOUNT_SID, AUTH_TOKEN};
use super::responses::Reply;

/// When the account was created: long ago.
const SINCE_RFC2822: &str = "Mon, 05 Jan 2026 08:00:00 +0000";
const SINCE_RFC3339: &str = "2026-01-05T08:00:00Z";

/// The numbers that the account owns, each with its name and whether it can send SMS.
const NUMBERS: [(&str, &str, bool); 3] = [
    ("+15005550006", "Sandbox number", true),
    ("+573005550106", "Sandbox number for Colombia", true),
    ("+15005550106", "Sandbox landline", false),
];

/// A short code that the account owns.
const SHORT_CODE: &str = "72404";

/// The Messaging Service of the account.
pub(super) const SERVICE_SID: &str = "MG5a4db0c5000000000000000000000001";

/// Returns a resource of the account besides its messages; `None` for an unknown path.
pub(super) fn resource(rest: &[&str]) -> Option<Reply> {
    let body = match rest {
        [] => account(),
        ["Balance.json"] => json!({
            "account_sid": ACCOUNT_SID, "balance": "100.00", "currency": "USD",
        }),
        ["IncomingPhoneNumbers.json"] => {
            let numbers: Vec<Value> = NUMBERS.into_iter().zip(1..).map(number).collect();
            list("IncomingPhoneNumbers.json", "incoming_phone_numbers", &numbers)
        }
        ["SMS", "ShortCodes.json"] => list("SMS/ShortCodes.json", "short_codes", &[short_code()]),
        _ => return None,
    };
    Some(Reply::ok(body))
}

/// Returns the Messaging Services, as Twilio's messaging host lists them.
pub(super) fn services() -> Reply {
    let url = "https://messaging.twilio.com/v1/Services";
    let first_page = format!("{url}?PageSize=50&Page=0");
    Reply::ok(json!({
        "meta": {
            "first_page_url": first_page, "key": "services", "next_page_url": null, "page": 0,
            "page_size": 50, "previous_page_url": null, "url": first_page,
        },
        "services": [{
            "account_sid": ACCOUNT_SID,
            "area_code_geomatch": true,
            "date_created": SINCE_RFC3339,
            "date_updated": SINCE_RFC3339,
            "fallback_method": "POST",
            "fallback_to_long_code": true,
            "fallback_url": null,
            "friendly_name": "Sandbox service",
            "inbound_method": "POST",
            "inbound_request_url": null,
            "links": {
                "phone_numbers": format!("{url}/{SERVICE_SID}/PhoneNumbers"),
                "short_codes": format!("{url}/{SERVICE_SID}/ShortCodes"),
            },
            "mms_converter": true,
            "scan_message_content": "inherit",
            "sid": SERVICE_SID,
            "smart_encoding": false,
            "status_callback": null,
            "sticky_sender": true,
            "synchronous_validation": false,
            "url": format!("{url}/{SERVICE_SID}"),
            "us_app_to_person_registered": false,
            "use_inbound_webhook_on_number": false,
            "usecase": "undeclared",
            "validity_period": 14400,
        }],
    }))
}

fn account() -> Value {
    let path = format!("/2010-04-01/Accounts/{ACCOUNT_SID}");
    json!({
        // Twilio's own response has the token too, which is why it must not be logged.
        "auth_token": AUTH_TOKEN,
        "date_created": SINCE_RFC2822,
        "date_updated": SINCE_RFC2822,
        "friendly_name": "Sandbox",
        "owner_account_sid": ACCOUNT_SID,
        "sid": ACCOUNT_SID,
        "status": "active",
        "subresource_uris": { "messages": format!("{path}/Messages.json") },
        "type": "Full",
        "uri": format!("{path}.json"),
    })
}

fn number(((e164, name, sends_sms), index): ((&str, &str, bool), u32)) -> Value {
    let sid = format!("PN{index:032x}");
    json!({
        "account_sid": ACCOUNT_SID,
        "address_requirements": "none",
        "address_sid": null,
        "api_version": "2010-04-01",
        "beta": false,
        "bundle_sid": null,
        "capabilities": { "fax": false, "mms": false, "sms": sends_sms, "voice": true },
        "date_created": SINCE_RFC2822,
        "date_updated": SINCE_RFC2822,
        "emergency_address_sid": null,
        "emergency_address_status": "unregistered",
        "emergency_status": "Inactive",
        "friendly_name": name,
        "identity_sid": null,
        "origin": "twilio",
        "phone_number": e164,
        "sid": sid,
        "sms_application_sid": null,
        "sms_fallback_method": "POST",
        "sms_fallback_url": "",
        "sms_method": "POST",
        "sms_url": "",
        "status": "in-use",
        "status_callback": "",
        "status_callback_method": "POST",
        "subresource_uris": {},
        "trunk_sid": null,
        "uri": format!("/2010-04-01/Accounts/{ACCOUNT_SID}/IncomingPhoneNumbers/{sid}.json"),
        "voice_application_sid": null,
        "voice_caller_id_lookup": false,
        "voice_fallback_method": "POST",
        "voice_fallback_url": "",
        "voice_method": "POST",
        "voice_receive_mode": "voice",
        "voice_url": "",
    })
}

fn short_code() -> Value {
    let sid = format!("SC{:032x}", 1);
    json!({
        "account_sid": ACCOUNT_SID,
        "api_version": "2010-04-01",
        "date_created": SINCE_RFC2822,
        "date_updated": SINCE_RFC2822,
        "friendly_name": "Sandbox short code",
        "short_code": SHORT_CODE,
        "sid": sid,
        "sms_fallback_method": "POST",
        "sms_fallback_url": null,
        "sms_method": "POST",
        "sms_url": null,
        "uri": format!("/2010-04-01/Accounts/{ACCOUNT_SID}/SMS/ShortCodes/{sid}.json"),
    })
}

/// Returns a list that fits on one page.
fn list(resource: &str, key: &str, items: &[Value]) -> Value {
    let uri = format!("/2010-04-01/Accounts/{ACCOUNT_SID}/{resource}?PageSize=50&Page=0");
    json!({
        "end": items.len().saturating_sub(1),
        "first_page_uri": uri,
        key: items,
        "next_page_uri": null,
        "page": 0,
        "page_size": 50,
        "previous_page_uri": null,
        "start": 0,
        "uri": uri,
    })
}
