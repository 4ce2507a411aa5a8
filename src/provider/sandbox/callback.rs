//! Status callbacks: the signed requests that Twilio posts to an application when the status of
//! its message changes.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use url::{Host, Url, form_urlencoded};

use super::credentials::{ACCOUNT_SID, AUTH_TOKEN};
use super::messages::{ARRIVED, Message, SENDING, SENT};

/// How long the application may take to respond.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Returns the URL of a callback, if it is one on this machine; no other is allowed.
pub(super) fn allowed_url(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let local = match url.host()? {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name == "localhost",
    };
    (local && url.scheme() == "http").then_some(url)
}

/// Posts every status after the first one, each when it is reached, until the last.
pub(super) async fn post_statuses(http: reqwest::Client, url: Url, message: Message) {
    for after in [SENDING, SENT, ARRIVED] {
        tokio::time::sleep_until(message.accepted_at + after).await;
        let parameters = parameters(&message);
        let body =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(&parameters).finish();
        // An application that does not listen misses the callback, as with Twilio.
        let _ = http
            .post(url.clone())
            .timeout(TIMEOUT)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("X-Twilio-Signature", signature(url.as_str(), &parameters))
            .body(body)
            .send()
            .await;
        if message.status().is_final() {
            return;
        }
    }
}

/// Returns the parameters that describe a message, sorted by name.
fn parameters(message: &Message) -> Vec<(&'static str, String)> {
    let state = message.state();
    let status = state.status.key().to_owned();
    let from = message.from.clone().unwrap_or_default();
    let mut parameters = vec![("AccountSid", ACCOUNT_SID.to_owned())];
    if let Some(code) = state.error_code {
        parameters.push(("ErrorCode", code.to_string()));
    }
    parameters.extend([
        ("ApiVersion", "2010-04-01".to_owned()),
        ("From", from),
        ("MessageSid", message.sid.clone()),
        ("MessageStatus", status.clone()),
        ("SmsSid", message.sid.clone()),
        ("SmsStatus", status),
        ("To", message.to.clone()),
    ]);
    if let Some(service) = &message.messaging_service {
        parameters.push(("MessagingServiceSid", service.clone()));
    }
    parameters.sort();
    parameters
}

/// Returns the signature that proves to an application that Twilio has sent a request: HMAC-SHA1
/// with the auth token over the URL and the sorted parameters.
fn signature(url: &str, sorted: &[(&str, String)]) -> String {
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(AUTH_TOKEN.as_bytes()) else {
        return String::new();
    };
    mac.update(url.as_bytes());
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callbacks_go_to_this_machine_only() {
        assert!(allowed_url("http://127.0.0.1:8000/status").is_some());
        assert!(allowed_url("http://localhost/status").is_some());
        for elsewhere in ["http://example.com/", "http://10.0.0.1/", "ftp://127.0.0.1/", "status"] {
            assert!(allowed_url(elsewhere).is_none(), "{elsewhere}");
        }
    }
}
