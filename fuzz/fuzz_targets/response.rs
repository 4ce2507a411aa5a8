//! Fuzzes the reading of a provider's response: only a message counts as accepted, only a clear
//! refusal as refused, and no control character gets through.
//!
//! The first line of the input is the status, the second a header, the rest the body.

#![no_main]

use libfuzzer_sys::fuzz_target;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderValue};
use smsdeck::provider::Created;
use smsdeck::provider::twilio::Response;

fn is_printable(text: &str) -> bool {
    !text.contains(char::is_control)
}

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(3, |&byte| byte == b'\n');
    let (Some(status), Some(header), Some(body)) = (parts.next(), parts.next(), parts.next())
    else {
        return;
    };
    let Ok(status) = StatusCode::from_bytes(status) else { return };
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(header) {
        headers.insert("retry-after", value.clone());
        headers.insert("twilio-request-id", value);
    }
    let response = Response::new(status, &headers, body);
    match response.created() {
        Created::Accepted(state) => {
            assert!(status.is_success());
            assert!(state.sid.len() == 34 && state.sid.bytes().all(|b| b.is_ascii_alphanumeric()));
            assert!(is_printable(&state.status_text));
            assert!(state.error_message.is_none_or(|text| is_printable(&text)));
            assert!(state.request_id.is_none_or(|text| is_printable(&text)));
        }
        Created::Refused(refusal) => {
            assert!(status.is_client_error() || status.is_redirection());
            assert!(is_printable(&refusal.to_string()));
            assert!(refusal.request_id.is_none_or(|text| is_printable(&text)));
        }
        Created::Busy { .. } => assert_eq!(status, 429),
        Created::Unclear(reason) => assert!(is_printable(&reason)),
        Created::NotSubmitted(reason) => panic!("a response came: {reason}"),
    }
});
