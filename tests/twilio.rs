//! The Twilio client over real HTTP: what it sends, byte for byte, and what it makes of answers
//! good and bad.

mod support;

use jiff::SignedDuration;
use smsdeck::domain::delivery::DeliveryStatus;
use smsdeck::domain::fault::Fault;
use smsdeck::domain::message_options::{
    AddressRetention, ContentRetention, MessageOptions, RiskCheck,
};
use smsdeck::domain::phone::PhoneNumber;
use smsdeck::domain::provider::BaseUrl;
use smsdeck::domain::sender::Sender;
use smsdeck::provider::sandbox::{ACCOUNT_SID, AUTH_TOKEN};
use smsdeck::provider::{
    Client, Created, MessageState, NewMessage, Patience, ProviderError, Sandbox, Search,
    loopback_client,
};
use support::wire::{Refusal, Wire, response};

const SID: &str = "SM0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";

fn client(url: &BaseUrl) -> Client {
    Client::sandbox(loopback_client().unwrap(), url.clone(), Patience::default())
}

fn message(to: &str, sender: &str) -> NewMessage {
    NewMessage {
        to: PhoneNumber::parse(to).unwrap(),
        sender: Sender::parse(sender).unwrap(),
        body: "804713 is your code & it's “new”.".to_owned().into(),
        validity_seconds: 300,
        options: MessageOptions::default(),
    }
}

fn accepted() -> String {
    response(
        "201 CREATED",
        "",
        &format!(r#"{{"sid":"{SID}","status":"queued","error_code":null}}"#),
    )
}

/// The newest messages of all.
async fn list(client: &Client, limit: usize) -> Vec<MessageState> {
    let search = Search { from: None, within: None, limit };
    client.list(&search).await.unwrap().messages
}

/// The messages to a number.
async fn list_to(client: &Client, to: &PhoneNumber) -> Vec<MessageState> {
    let mut messages = list(client, 500).await;
    messages.retain(|message| message.to.as_deref() == Some(to.e164()));
    messages
}

async fn created(answer: String) -> Created {
    let wire = Wire::answering(vec![answer]);
    client(&wire.url).create(&message("+573001234567", "+15005550006")).await
}

#[tokio::test]
async fn creating_a_message_posts_the_form_that_twilio_expects() {
    for (sender, field) in [
        ("+15005550006", "From=%2B15005550006"),
        ("72404", "From=72404"),
        ("ACME Bank", "From=ACME+Bank"),
        (
            "MG00000000000000000000000000000001",
            "MessagingServiceSid=MG00000000000000000000000000000001",
        ),
    ] {
        let wire = Wire::answering(vec![accepted()]);
        let created = client(&wire.url).create(&message("+573001234567", sender)).await;
        assert!(matches!(created, Created::Accepted(_)), "{created:?}");
        let request = wire.requests().remove(0);
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let line = format!("POST /2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json HTTP/1.1");
        assert_eq!(head.lines().next(), Some(line.as_str()));
        let head = head.to_ascii_lowercase();
        assert!(head.contains("content-type: application/x-www-form-urlencoded"), "{head}");
        assert!(head.contains("accept: application/json"), "{head}");
        assert_eq!(
            body,
            format!(
                "To=%2B573001234567&{field}&Body=804713+is+your+code+%26+it%27s+\
                 %E2%80%9Cnew%E2%80%9D.&ValidityPeriod=300"
            )
        );
    }
}

#[tokio::test]
async fn message_options_are_sent_only_when_set() {
    let wire = Wire::answering(vec![accepted()]);
    let options = MessageOptions {
        risk_check: Some(RiskCheck::Disable),
        content_retention: Some(ContentRetention::Discard),
        address_retention: Some(AddressRetention::Obfuscate),
    };
    let message = NewMessage { options, ..message("+573001234567", "72404") };
    client(&wire.url).create(&message).await;
    let asked = wire.requests().remove(0);
    let end = "&ValidityPeriod=300&RiskCheck=disable&ContentRetention=discard\
               &AddressRetention=obfuscate";
    assert!(asked.ends_with(end), "{asked}");
}

#[tokio::test]
async fn a_message_is_canceled() {
    let body = format!(r#"{{"sid":"{SID}","status":"canceled"}}"#);
    let late = response("400 Bad Request", "", r#"{"code":30409,"message":"too late"}"#);
    let wire = Wire::answering(vec![response("200 OK", "", &body), late]);
    let client = client(&wire.url);
    assert_eq!(client.cancel(SID).await.unwrap().status, Some(DeliveryStatus::Canceled));
    let asked = wire.requests().remove(0);
    assert!(
        asked.starts_with(&format!("POST /2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{SID}.json "))
    );
    assert!(asked.ends_with("\r\n\r\nStatus=canceled"), "{asked}");
    let refused = client.cancel(SID).await;
    assert!(matches!(refused, Err(ProviderError::Refused(refusal)) if refusal.code == Some(30409)));
}

#[tokio::test]
async fn the_account_and_its_token_go_as_basic_authentication() {
    use base64::Engine as _;
    let wire = Wire::answering(vec![accepted()]);
    client(&wire.url).create(&message("+573001234567", "72404")).await;
    let pair = base64::prelude::BASE64_STANDARD.encode(format!("{ACCOUNT_SID}:{AUTH_TOKEN}"));
    let request = wire.requests().remove(0);
    assert!(request.contains(&format!("authorization: Basic {pair}\r\n")), "{request}");
}

#[tokio::test]
async fn a_response_without_a_message_leaves_the_outcome_unclear() {
    let truncated = "HTTP/1.1 201 CREATED\r\nContent-Length: 400\r\n\r\n{\"sid\":";
    for answer in [
        response("201 CREATED", "", "<html>all is well</html>"),
        response("200 OK", "", ""),
        response("201 CREATED", "", r#"{"sid": 7, "status": null}"#),
        response("500 Internal Server Error", "", r#"{"code":20500,"message":"oops"}"#),
        response("503 Service Unavailable", "", "<h1>proxy</h1>"),
        response("408 Request Timeout", "", ""),
        truncated.to_owned(),
        "HTTP/1.1 banana\r\n\r\n".to_owned(),
        String::new(),
    ] {
        let created = created(answer.clone()).await;
        assert!(matches!(created, Created::Unclear(..)), "{answer}: {created:?}");
    }
}

#[tokio::test]
async fn an_error_response_is_a_refusal_with_code_and_message() {
    let refused = |created| match created {
        Created::Refused(refusal) => (refusal.http_status, refusal.code, refusal.message),
        other => panic!("{other:?}"),
    };
    let own = r#"{"code":"21211","message":"+573001234567 is \u001b[31mno number","status":"400"}"#;
    assert_eq!(
        refused(created(response("400 Bad Request", "", own)).await),
        (400, Some(21211), "+…67 is [31mno number".to_owned())
    );
    let problem = r#"{"type":"about:blank","title":"Denied","status":403,"code":20403}"#;
    assert_eq!(
        refused(created(response("403 Forbidden", "", problem)).await),
        (403, Some(20403), "Denied".to_owned())
    );
    // What is not in Twilio's words may hide that Twilio has taken it.
    for foreign in ["<html>", r#"{"error":"blocked"}"#] {
        let answer = created(response("403 Forbidden", "", foreign)).await;
        assert!(matches!(answer, Created::Unclear(..)), "{answer:?}");
    }
    let proxy = refused(created(response("407 Proxy Authentication Required", "", "")).await);
    assert_eq!((proxy.0, proxy.1), (407, None));
}

#[tokio::test]
async fn credentials_do_not_follow_a_redirect() {
    let elsewhere = Wire::answering(vec![accepted()]);
    let location = format!("Location: {}stolen\r\n", elsewhere.url.url());
    let created = created(response("307 Temporary Redirect", &location, "")).await;
    assert!(matches!(created, Created::Unclear(..)), "{created:?}");
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_429_carries_its_wait() {
    let wait = |created| match created {
        Created::Busy { retry_after } => retry_after.map(|wait| wait.as_secs()),
        other => panic!("{other:?}"),
    };
    let busy = |headers| response("429 Too Many Requests", headers, r#"{"code":20429}"#);
    assert_eq!(wait(created(busy("Retry-After: 7\r\n")).await), Some(7));
    assert_eq!(wait(created(busy("")).await), None);
    assert_eq!(wait(created(busy("Retry-After: soon\r\n")).await), None);
}

/// A server that answers a TLS handshake in plain text.
fn speaks_no_tls() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
            // Until the other side has read it and gone.
            let _ = std::io::Read::read_to_end(&mut stream, &mut Vec::new());
        }
    });
    url
}

#[tokio::test]
async fn a_message_that_never_left_this_machine_is_not_submitted() {
    let nobody = Refusal::new();
    let over_tls = speaks_no_tls();
    for (url, expected) in [
        (nobody.url(), Fault::NoConnection),
        ("https://sms.invalid".to_owned(), Fault::NoName),
        (over_tls, Fault::Tls),
    ] {
        let url = BaseUrl::parse(&url).unwrap();
        let created = client(&url).create(&message("+573001234567", "72404")).await;
        let Created::NotSubmitted(fault, _) = &created else { panic!("{created:?}") };
        assert_eq!(*fault, expected, "{}: {created:?}", url.as_str());
    }
}

#[tokio::test]
async fn fetching_a_message_tells_failures_apart() {
    let fetched = |answer: String| async move {
        let wire = Wire::answering(vec![answer]);
        client(&wire.url).fetch(SID).await
    };
    let sent = format!(r#"{{"sid":"{SID}","status":"sent","error_code":30003,"to":null}}"#);
    let state: MessageState = fetched(response("200 OK", "", &sent)).await.unwrap();
    assert_eq!((state.status, state.error_code), (Some(DeliveryStatus::Sent), Some(30003)));
    let gone = fetched(response("404 Not Found", "", r#"{"code":20404}"#)).await;
    assert!(matches!(gone, Err(ProviderError::NotFound)), "{gone:?}");
    let denied = fetched(response("401 Unauthorized", "", r#"{"code":20003}"#)).await;
    assert!(matches!(denied, Err(ProviderError::Refused(_))), "{denied:?}");
    let busy = fetched(response("429 Too Many Requests", "Retry-After: 3\r\n", "")).await;
    assert!(matches!(busy, Err(ProviderError::Busy { retry_after: Some(_) })), "{busy:?}");
    for broken in [String::new(), response("200 OK", "", "<html>"), response("502 Bad", "", "")] {
        let answer = fetched(broken).await;
        assert!(answer.is_err() && !matches!(answer, Err(ProviderError::NotFound)), "{answer:?}");
    }
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let client = client(sandbox.base_url());
    for _ in 0..120 {
        let created = client.create(&message("+573001234567", "72404")).await;
        assert!(matches!(created, Created::Accepted(_)), "{created:?}");
    }
    let to = PhoneNumber::parse("+573001234567").unwrap();
    let listed = list_to(&client, &to).await;
    let mut sids: Vec<&str> = listed.iter().map(|state| state.sid.as_str()).collect();
    sids.sort_unstable();
    sids.dedup();
    assert_eq!(sids.len(), 120);
    assert_eq!(list(&client, 7).await.len(), 7);
    let other = PhoneNumber::parse("+573001234568").unwrap();
    assert_eq!(list_to(&client, &other).await, []);
}

#[tokio::test]
async fn a_list_is_complete_only_by_the_clock_of_the_server() {
    let page = |date: &str| {
        let message = format!(
            r#"{{"sid":"{SID}","status":"sent","date_sent":"Mon, 23 Nov 2026 12:00:00 +0000"}}"#
        );
        let body = format!(r#"{{"messages":[{message}],"next_page_uri":"/more"}}"#);
        response("200 OK", date, &body)
    };
    let minutes = SignedDuration::from_mins;
    for (date, within, is_complete) in [
        ("Date: Mon, 23 Nov 2026 12:10:00 GMT\r\n", Some(minutes(9)), true),
        ("Date: Mon, 23 Nov 2026 12:10:00 GMT\r\n", Some(minutes(11)), false),
        ("Date: Mon, 23 Nov 2026 12:10:00 GMT\r\n", None, false),
        ("", Some(minutes(9)), false),
    ] {
        let wire = Wire::answering(vec![page(date)]);
        let search = Search { from: None, within, limit: 1 };
        let listing = client(&wire.url).list(&search).await.unwrap();
        assert_eq!(
            (listing.is_complete, listing.messages.is_empty()),
            (is_complete, is_complete),
            "{date}"
        );
    }
}

#[tokio::test]
async fn a_list_without_an_end_is_given_up_and_not_complete() {
    let item = r#"{"sid":null,"body":"012345"}"#;
    let items = vec![item; 100].join(",");
    let page = |number: usize| {
        let body = format!(r#"{{"messages":[{items}],"next_page_uri":"/page/{number}"}}"#);
        response("200 OK", "", &body)
    };
    let wire = Wire::answering((0..60).map(page).collect());
    let search = Search { from: None, within: None, limit: 2_000 };
    let listing = client(&wire.url).list(&search).await.unwrap();
    assert!(listing.messages.is_empty() && !listing.is_complete);
    assert_eq!(wire.requests().len(), 20);
    // A few items a page: the pages are counted too.
    let page = |number: usize| {
        let body = format!(r#"{{"messages":[{item}],"next_page_uri":"/page/{number}"}}"#);
        response("200 OK", "", &body)
    };
    let wire = Wire::answering((0..60).map(page).collect());
    let listing = client(&wire.url).list(&search).await.unwrap();
    assert!(!listing.is_complete);
    assert_eq!(wire.requests().len(), 50);
}

#[tokio::test]
async fn a_list_with_an_item_that_cannot_be_read_is_not_complete() {
    let readable = format!(r#"{{"sid":"{SID}","status":"sent"}}"#);
    for (items, is_complete) in
        [(readable.clone(), true), (format!(r#"{readable},{{"sid":"SM1"}}"#), false)]
    {
        let wire =
            Wire::answering(vec![response("200 OK", "", &format!(r#"{{"messages":[{items}]}}"#))]);
        let search = Search { from: None, within: None, limit: 2_000 };
        assert_eq!(client(&wire.url).list(&search).await.unwrap().is_complete, is_complete);
    }
}

#[tokio::test]
async fn next_pages_never_lead_to_another_host_or_in_circles() {
    let page = |next: &str| {
        let body = format!(
            r#"{{"messages":[{{"sid":"{SID}","status":"sent"}}],"next_page_uri":"{next}"}}"#
        );
        response("200 OK", "", &body)
    };
    let elsewhere = Wire::answering(vec![page("/")]);
    let away = Wire::answering(vec![page(&format!("{}more", elsewhere.url.url()))]);
    assert_eq!(list(&client(&away.url), 500).await.len(), 1);
    assert!(elsewhere.requests().is_empty());

    let circle = Wire::answering(vec![page("/more?Page=1")]);
    assert_eq!(list(&client(&circle.url), 500).await.len(), 2);
    assert_eq!(circle.requests().len(), 2);
}

#[tokio::test]
async fn every_sandbox_number_has_its_documented_outcome() {
    use DeliveryStatus::{Delivered, Sent, Undelivered};
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let fates = [
        ("4567", "accepted", Delivered, None),
        ("3003", "accepted", Undelivered, Some(30003)),
        ("3005", "accepted", Undelivered, Some(30005)),
        ("3006", "accepted", Undelivered, Some(30006)),
        ("3007", "accepted", Undelivered, Some(30007)),
        ("3450", "accepted", Undelivered, Some(30450)),
        ("9001", "accepted", Sent, None),
        ("9429", "busy", Delivered, None),
        ("9500", "unclear", Delivered, None),
        ("9002", "unclear", Delivered, None),
        ("9003", "accepted", Delivered, None),
    ];
    let mut waiting = tokio::task::JoinSet::new();
    for fate in fates {
        waiting.spawn(meet(client(sandbox.base_url()), fate));
    }
    waiting.join_all().await;
    let none = client(sandbox.base_url());
    let message = message("+573001239501", "72404");
    assert_eq!(word(&none.create(&message).await), "unclear");
    assert_eq!(list_to(&none, &message.to).await, []);
}

/// Sends to a number with this ending and waits for the end that is foretold.
async fn meet(
    client: Client,
    (ending, answer, end, code): (&str, &str, DeliveryStatus, Option<u32>),
) {
    let message = message(&format!("+57300123{ending}"), "72404");
    assert_eq!(word(&client.create(&message).await), answer, "{ending}");
    if answer == "busy" {
        assert_eq!(word(&client.create(&message).await), "accepted", "{ending}");
    }
    loop {
        let state = list_to(&client, &message.to).await.remove(0);
        if state.status == Some(end) {
            assert_eq!(state.error_code, code, "{ending}");
            return;
        }
    }
}

fn word(created: &Created) -> &'static str {
    match created {
        Created::Accepted(_) => "accepted",
        Created::Refused(_) => "refused",
        Created::NotSubmitted(..) => "not submitted",
        Created::Busy { .. } => "busy",
        Created::Unclear(..) => "unclear",
    }
}

#[tokio::test]
async fn magic_numbers_are_answered_as_twilio_answers_them() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let client = client(sandbox.base_url());
    let code = |to: &'static str, from: &'static str| {
        let client = client.clone();
        async move {
            let to = PhoneNumber::parse_possible(to).unwrap();
            let created = client.create(&NewMessage { to, ..message("+573001234567", from) }).await;
            let Created::Refused(refusal) = created else { panic!("{created:?}") };
            (refusal.http_status, refusal.code)
        }
    };
    assert_eq!(code("+573001234567", "+15005550001").await, (400, Some(21212)));
    assert_eq!(code("+573001234567", "+15005550007").await, (400, Some(21606)));
    assert_eq!(code("+15005550001", "+15005550006").await, (400, Some(21211)));
    assert_eq!(code("+15005550009", "+15005550006").await, (400, Some(21614)));
}
