//! What becomes of a code when the network, the provider or the process fails in its middle:
//! never sent twice, never lost, never counted wrongly.

mod support;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use smsdeck::config::Config;
use smsdeck::domain::delivery::DeliveryStatus;
use smsdeck::domain::environment::Environment;
use smsdeck::domain::message_options::{AddressRetention, ContentRetention, MessageOptions};
use smsdeck::domain::phone::Accept;
use smsdeck::domain::provider::{AccountSid, BaseUrl, Provider};
use smsdeck::domain::secret::SecretSource;
use smsdeck::engine::{Clock, CodeRequest, Engine, Pace, Submission};
use smsdeck::provider::{Patience, Sandbox, loopback_client};
use smsdeck::store::{DeliveryId, EventKind, EventQuery, StatusReport, Store};
use support::deck::{Deck, config_for, operator};
use support::wire::{Refusal, Wire, read_request, response, write_response};

/// Looks again soon, and waits for every answer that comes at all.
fn quick() -> Pace {
    Pace { look_again: Duration::from_millis(100), ..Pace::default() }
}

/// For a provider that never answers: it need not be waited for long.
fn impatient() -> Pace {
    let patience = Patience { create: Duration::from_secs(1), ..Patience::default() };
    Pace { patience, ..quick() }
}

async fn engine(deck: &Deck, url: &BaseUrl, clock: Clock, pace: Pace) -> Engine {
    let config = config(deck, url, MessageOptions::default());
    Engine::open_with(deck.paths(), config, clock, pace).await.unwrap()
}

/// Development on a server at `url`, with the token in a file.
fn config(deck: &Deck, url: &BaseUrl, options: MessageOptions) -> Config {
    let mut config = config_for(url);
    let token = deck.path("token");
    std::fs::write(&token, smsdeck::provider::sandbox::AUTH_TOKEN).unwrap();
    let Provider::Twilio(account) = &mut config.environments.development.provider else {
        unreachable!("the config is for Twilio")
    };
    account.auth_token = Some(SecretSource::File(token));
    account.options = options;
    config
}

async fn send(engine: &Engine, number: &str) -> Submission {
    let environment = Environment::Development;
    let request = CodeRequest {
        environment,
        number: number.to_owned(),
        user: None,
        accept: Accept::Known,
        sender: None,
    };
    engine.by(&operator()).request(request).await.unwrap()
}

/// Waits until a delivery has one of these statuses, and returns all that it had.
async fn until(
    engine: &Engine,
    delivery: DeliveryId,
    ends: &[DeliveryStatus],
) -> Vec<DeliveryStatus> {
    let mut changes = engine.changes();
    loop {
        let story = engine.events(EventQuery::OfDelivery(delivery)).await.unwrap();
        let statuses: Vec<DeliveryStatus> = story
            .iter()
            .filter_map(|event| match event.kind {
                EventKind::Delivery(status) => Some(status),
                _ => None,
            })
            .collect();
        if statuses.iter().any(|status| ends.contains(status)) {
            return statuses;
        }
        changes.changed().await.unwrap();
    }
}

/// Lets the validity of all codes end: only then may a message count as never sent.
fn let_codes_expire(clock: &Clock) {
    clock.set(clock.now() + Duration::from_mins(6));
}

/// What the Sandbox has accepted for a number.
async fn accepted(sandbox: &Sandbox, number: &str) -> Vec<Value> {
    let url = sandbox.base_url().url().join("/sandbox/messages").unwrap();
    let http = loopback_client().unwrap();
    let all: Vec<Value> = http.get(url).send().await.unwrap().json().await.unwrap();
    all.into_iter().filter(|message| message["to"] == number).collect()
}

async fn status(engine: &Engine, delivery: DeliveryId) -> DeliveryStatus {
    match engine.events(EventQuery::OfDelivery(delivery)).await.unwrap().last().unwrap().kind {
        EventKind::Delivery(status) => status,
        other => panic!("{other:?}"),
    }
}

async fn used(engine: &Engine, number: &str) -> u32 {
    let preview = engine
        .preview(Environment::Development, (number, Accept::Known), None, (None, None))
        .await
        .unwrap();
    preview.standing.quota.used().into()
}

/// What the log says where [`impatient`] was not patient enough.
const NO_ANSWER: &str = "no response within 1 s";

/// Every fault after which the outcome is unclear: what the log says of it, and whether the
/// message went out.
const UNCLEAR: [(&str, &str, bool); 8] = [
    ("9500", "Internal Server Error (HTTP 500, error 20500)", true),
    ("9501", "Internal Server Error (HTTP 500, error 20500)", false),
    ("9002", "the connection was cut: connection closed before message completed", true),
    ("9004", "HTTP 200 OK without a message in it", true),
    ("9005", "HTTP 200 OK without a message in it", true),
    ("9006", NO_ANSWER, true),
    ("9007", NO_ANSWER, true),
    ("9008", NO_ANSWER, false),
];

/// What the log says of the last event with this status.
async fn detail(engine: &Engine, delivery: DeliveryId, status: DeliveryStatus) -> String {
    let story = engine.events(EventQuery::OfDelivery(delivery)).await.unwrap();
    let event = story.into_iter().rfind(|event| event.kind == EventKind::Delivery(status));
    event.unwrap().detail.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unclear_answer_is_reconciled_and_nothing_goes_out_twice() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    let clock = Clock::manual(Timestamp::now());
    let patient = engine(&deck, sandbox.base_url(), clock.clone(), quick()).await;
    let impatient = engine(&deck, sandbox.base_url(), clock.clone(), impatient()).await;
    let mut waiting = tokio::task::JoinSet::new();
    for (ending, words, went_out) in UNCLEAR {
        let is_silent = words == NO_ANSWER;
        let engine = if is_silent { impatient.clone() } else { patient.clone() };
        waiting.spawn(async move {
            let number = format!("+57300123{ending}");
            let submission = send(&engine, &number).await;
            assert_eq!(submission.status, DeliveryStatus::Unknown, "{number}");
            assert_eq!(used(&engine, &number).await, 1, "{number}");
            let said = detail(&engine, submission.delivery, DeliveryStatus::Unknown).await;
            assert_eq!(said, format!("{words}; it may have been sent, so it counts"));
            (engine, number, submission.delivery, went_out)
        });
    }
    let sent = waiting.join_all().await;
    let_codes_expire(&clock);
    for (engine, number, delivery, went_out) in sent {
        let ends = [DeliveryStatus::Delivered, DeliveryStatus::NotSent];
        let statuses = until(&engine, delivery, &ends).await;
        let end = if went_out { ends[0] } else { ends[1] };
        assert_eq!(statuses.last(), Some(&end), "{number}: {statuses:?}");
        let messages = accepted(&sandbox, &number).await.len();
        assert_eq!(messages, usize::from(went_out), "{number}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_provider_is_waited_for_and_nothing_goes_out_twice() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    let engine = engine(&deck, sandbox.base_url(), Clock::System, quick()).await;
    for number in ["+573001239429", "+573001239430"] {
        let submission = send(&engine, number).await;
        assert!(submission.status.is_with_provider(), "{:?}", submission.status);
        assert_eq!(accepted(&sandbox, number).await.len(), 1);
    }
}

#[tokio::test]
async fn a_provider_that_stays_busy_is_a_refusal_and_frees_the_slot() {
    for headers in ["", "Retry-After: 1\r\n"] {
        let wire = Wire::answering(vec![response("429 Too Many Requests", headers, "")]);
        let deck = Deck::new();
        let engine = engine(&deck, &wire.url, Clock::System, quick()).await;
        let submission = send(&engine, "+573001234567").await;
        assert_eq!(submission.status, DeliveryStatus::Refused);
        assert_eq!(used(&engine, "+573001234567").await, 0);
        let said = detail(&engine, submission.delivery, DeliveryStatus::Refused).await;
        assert_eq!(said, "the provider had too many requests at once; it did not take this one");
        assert_eq!(wire.requests().len(), 5);
    }
}

#[tokio::test]
async fn sending_pauses_while_the_account_refuses_its_credentials() {
    let refusal = r#"{"code":20003,"message":"Authenticate","status":401}"#;
    let wire = Wire::answering(vec![response("401 Unauthorized", "", refusal)]);
    let deck = Deck::new();
    let clock = Clock::manual(Timestamp::now() + Duration::from_hours(1));
    let engine = engine(&deck, &wire.url, clock.clone(), quick()).await;
    let operator = operator();
    let request = |number: &str| {
        let (environment, number) = (Environment::Development, number.to_owned());
        engine.by(&operator).request(CodeRequest {
            environment,
            number,
            user: None,
            accept: Accept::Known,
            sender: None,
        })
    };
    assert_eq!(request("+573001234567").await.unwrap().status, DeliveryStatus::Refused);
    for _ in 0..3 {
        let error = request("+573007654321").await.unwrap_err();
        assert_eq!(error.code(), "paused", "{error}");
        assert!(error.to_string().contains("error 20003"), "{error}");
    }
    assert_eq!((wire.requests().len(), used(&engine, "+573007654321").await), (1, 0));

    // After a minute one request finds out whether it still holds.
    clock.set(clock.now() + Duration::from_mins(1));
    assert!(request("+573007654321").await.is_ok());
    assert!(request("+573007654321").await.is_err());
    assert_eq!(wire.requests().len(), 2);

    // Other credentials do not wait, and these still do.
    let paused = (*engine.config()).clone();
    let mut other = paused.clone();
    other.environments.development.provider.set_twilio(|account| {
        account.account_sid = Some(AccountSid::parse(&format!("AC{}", "1".repeat(32))).unwrap());
    });
    engine.reconfigure(other).await;
    assert!(request("+573007654321").await.is_ok());
    assert_eq!(wire.requests().len(), 3);
    engine.reconfigure(paused).await;
    assert_eq!(request("+573007654321").await.unwrap_err().code(), "paused");
}

#[tokio::test]
async fn a_message_that_never_left_this_machine_frees_its_slot() {
    let nobody = Refusal::new();
    let plain = speaks_no_tls();
    for url in [nobody.url(), "https://sms.invalid".to_owned(), plain] {
        let deck = Deck::new();
        let url = BaseUrl::parse(&url).unwrap();
        let engine = engine(&deck, &url, Clock::System, quick()).await;
        let submission = send(&engine, "+573001234567").await;
        assert_eq!(submission.status, DeliveryStatus::NotSent);
        assert_eq!(used(&engine, "+573001234567").await, 0);
        let said = detail(&engine, submission.delivery, DeliveryStatus::NotSent).await;
        assert!(said.starts_with("no connection: "), "{said}");
    }
}

/// A server that keeps the first request without an answer, and lists no messages.
fn keeps_the_first_request() -> (BaseUrl, tokio::sync::oneshot::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (arrived, first) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut kept = listener.accept().unwrap().0;
        read_request(&mut kept);
        arrived.send(()).unwrap();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            read_request(&mut stream);
            write_response(&mut stream, &response("200 OK", "", r#"{"messages":[]}"#));
        }
    });
    (BaseUrl::parse(&url).unwrap(), first)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_whose_sender_has_died_is_unclear_from_the_first_look_in_vain_on() {
    let (url, first_request) = keeps_the_first_request();
    let deck = Deck::new();
    let sender = engine(&deck, &url, Clock::System, quick()).await;
    let sending = {
        let sender = sender.clone();
        tokio::spawn(async move { send(&sender, "+573001234567").await })
    };
    first_request.await.unwrap();
    sending.abort();
    sender.give_up().await.unwrap();
    let other = engine(&deck, &url, Clock::System, quick()).await;
    other.by(&operator()).take_over().await;
    let statuses = until(&other, DeliveryId(1), &[DeliveryStatus::Unknown]).await;
    assert_eq!(statuses.last(), Some(&DeliveryStatus::Unknown), "{statuses:?}");
    assert_eq!(used(&other, "+573001234567").await, 1);
}

/// A server that answers the beginning of TLS in plain text; its address.
fn speaks_no_tls() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            write_response(&mut stream.unwrap(), &response("400 Bad Request", "", ""));
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_takes_over_a_released_delivery() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    let clock = Clock::manual(Timestamp::now());
    // It never looks again by itself.
    let idle = Pace { look_again: Duration::from_hours(1), ..impatient() };
    let first = engine(&deck, sandbox.base_url(), clock.clone(), idle).await;
    let second = engine(&deck, sandbox.base_url(), clock.clone(), quick()).await;
    let submission = send(&first, "+573001239008").await;
    assert_eq!(submission.status, DeliveryStatus::Unknown);
    second.by(&operator()).take_over().await;
    first.give_up().await.unwrap();
    drop(first);
    second.by(&operator()).take_over().await;
    let_codes_expire(&clock);
    until(&second, submission.delivery, &[DeliveryStatus::NotSent]).await;
    assert_eq!(accepted(&sandbox, "+573001239008").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redacted_message_is_never_taken_for_an_unsent_one() {
    let sid = format!("SM{}", "0a".repeat(16));
    let redacted = format!(
        r#"{{"messages":[{{"sid":"{sid}","status":"delivered","to":"+573001234567","body":""}}]}}"#
    );
    let failed = response("500 Internal Server Error", "", "");
    let wire = Wire::answering(vec![failed, response("200 OK", "", &redacted)]);
    let deck = Deck::new();
    let engine = engine(&deck, &wire.url, Clock::System, quick()).await;
    let submission = send(&engine, "+573001234567").await;
    assert_eq!(submission.status, DeliveryStatus::Unknown);
    // Three looks; the second one would have given the slot back.
    wire.wait_for_requests(4).await;
    assert_eq!(used(&engine, "+573001234567").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sent_message_is_found_although_the_provider_hides_numbers() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    let options = MessageOptions {
        address_retention: Some(AddressRetention::Obfuscate),
        ..MessageOptions::default()
    };
    let engine = engine(&deck, sandbox.base_url(), Clock::System, quick()).await;
    engine.reconfigure(config(&deck, sandbox.base_url(), options)).await;
    let number = "+573001239500";
    let submission = send(&engine, number).await;
    assert_eq!(submission.status, DeliveryStatus::Unknown);
    let ends = [DeliveryStatus::Delivered, DeliveryStatus::NotSent];
    let statuses = until(&engine, submission.delivery, &ends).await;
    assert_eq!(statuses.last(), Some(&DeliveryStatus::Delivered), "{statuses:?}");
    assert_eq!(used(&engine, number).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redacted_message_of_another_delivery_blocks_nothing() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    let options = MessageOptions {
        content_retention: Some(ContentRetention::Discard),
        ..MessageOptions::default()
    };
    let clock = Clock::manual(Timestamp::now());
    let engine = engine(&deck, sandbox.base_url(), clock.clone(), quick()).await;
    engine.reconfigure(config(&deck, sandbox.base_url(), options)).await;
    let known = send(&engine, "+573001234567").await;
    until(&engine, known.delivery, &[DeliveryStatus::Delivered]).await;
    let lost = send(&engine, "+573001239501").await;
    assert_eq!(lost.status, DeliveryStatus::Unknown);
    let_codes_expire(&clock);
    until(&engine, lost.delivery, &[DeliveryStatus::NotSent]).await;
    assert_eq!(used(&engine, "+573001239501").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_account_that_sent_a_code_is_asked_about_it() {
    let lists_nothing = || {
        let failed = response("500 Internal Server Error", "", "");
        Wire::answering(vec![failed, response("200 OK", "", r#"{"messages":[]}"#)])
    };
    let (first, second) = (lists_nothing(), lists_nothing());
    let deck = Deck::new();
    let clock = Clock::manual(Timestamp::now());
    let engine = engine(&deck, &first.url, clock.clone(), quick()).await;
    let lost = send(&engine, "+573001234567").await;
    let switch = |wire: &Wire| config(&deck, &wire.url, MessageOptions::default());
    engine.reconfigure(switch(&second)).await;
    // By the time that this one is given back, the first one would be too.
    let other = send(&engine, "+573007654321").await;
    let_codes_expire(&clock);
    until(&engine, other.delivery, &[DeliveryStatus::NotSent]).await;
    assert_eq!(status(&engine, lost.delivery).await, DeliveryStatus::Unknown);
    engine.reconfigure(switch(&first)).await;
    until(&engine, lost.delivery, &[DeliveryStatus::NotSent]).await;
    assert_eq!(status(&engine, lost.delivery).await, DeliveryStatus::NotSent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sandbox_deliveries_are_followed_in_the_sandbox_after_a_switch() {
    let wire = Wire::answering(vec![response("404 Not Found", "", "")]);
    let deck = Deck::new();
    let engine = engine(&deck, &wire.url, Clock::System, quick()).await;
    engine.reconfigure(Config::built_in()).await;
    let submission = send(&engine, "+573001234567").await;
    engine.reconfigure(config(&deck, &wire.url, MessageOptions::default())).await;
    until(&engine, submission.delivery, &[DeliveryStatus::Delivered]).await;
    assert_eq!(wire.requests().len(), 0);
}

/// A provider that does something before it accepts a message, and then tells its status.
fn provider_that(before: impl FnOnce() + Send + 'static, status: &'static str) -> BaseUrl {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut before = Some(before);
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = read_request(&mut stream);
            let created = request.starts_with("POST");
            if let Some(before) = before.take_if(|_| created) {
                before();
            }
            let status = if created { "queued" } else { status };
            let body = format!(r#"{{"sid":"SM{}","status":"{status}"}}"#, "0a".repeat(16));
            let line = if created { "201 Created" } else { "200 OK" };
            write_response(&mut stream, &response(line, "", &body));
        }
    });
    BaseUrl::parse(&url).unwrap()
}

/// Reports on the first delivery, as another process on the same store does.
fn report_elsewhere(deck: &Deck, status: DeliveryStatus) -> impl FnOnce() + Send + 'static {
    let paths = deck.paths();
    move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let known = smsdeck::config::key_and_store(&paths).unwrap();
            let (key, own) = (known.key.unwrap(), known.store.unwrap());
            let store = Store::open(&own, key, Clock::System).await.unwrap();
            let report = StatusReport {
                delivery: DeliveryId(1),
                at: Timestamp::now(),
                status,
                sid: None,
                error_code: None,
                request_id: None,
                detail: None,
                fault: None,
                took: None,
            };
            assert!(store.report(report).await.unwrap());
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_that_another_process_wrote_meanwhile_wins() {
    let deck = Deck::new();
    let url = provider_that(report_elsewhere(&deck, DeliveryStatus::Sent), "sent");
    let engine = engine(&deck, &url, Clock::System, quick()).await;
    assert_eq!(send(&engine, "+573001234567").await.status, DeliveryStatus::Sent);

    let deck = Deck::new();
    let url = provider_that(report_elsewhere(&deck, DeliveryStatus::NotSent), "sent");
    let engine = self::engine(&deck, &url, Clock::System, quick()).await;
    // It was sent after all, so it is counted again.
    assert_eq!(send(&engine, "+573001234567").await.status, DeliveryStatus::Queued);
    assert_eq!(used(&engine, "+573001234567").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_that_the_store_could_not_take_is_written_once_it_works_again() {
    let deck = Deck::new();
    let path = deck.paths().store;
    let break_it = move || {
        let broken = "CREATE TRIGGER broken BEFORE UPDATE ON deliveries
                      BEGIN SELECT raise(ABORT, 'broken'); END";
        rusqlite::Connection::open(path).unwrap().execute_batch(broken).unwrap();
    };
    let url = provider_that(break_it, "delivered");
    let engine = engine(&deck, &url, Clock::System, quick()).await;
    let (environment, number) = (Environment::Development, "+573001234567".to_owned());
    let request =
        CodeRequest { environment, number, user: None, accept: Accept::Known, sender: None };
    assert_eq!(engine.by(&operator()).request(request).await.unwrap_err().code(), "unrecorded");
    let store = rusqlite::Connection::open(deck.paths().store).unwrap();
    store.execute_batch("DROP TRIGGER broken").unwrap();
    until(&engine, DeliveryId(1), &[DeliveryStatus::Delivered]).await;
    let story = engine.events(EventQuery::OfDelivery(DeliveryId(1))).await.unwrap();
    assert_eq!(story.last().unwrap().sid, Some(format!("SM{}", "0a".repeat(16))));
}

#[test]
fn a_waiting_send_sees_the_final_status_that_another_process_writes() {
    // Its provider tells it nothing after the message was accepted.
    let accepted = format!(r#"{{"sid":"SM{}","status":"queued"}}"#, "0a".repeat(16));
    let wire = Wire::answering(vec![
        response("201 Created", "", &accepted),
        response("500 Internal Server Error", "", ""),
    ]);
    let deck = Deck::new();
    deck.configure_for(&wire.url);
    let mut command = deck.command(&["send", "--env", "dev", "+573001234567"]);
    let mut waiting = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(waiting.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("queued")));
    report_elsewhere(&deck, DeliveryStatus::Delivered)();
    assert!(lines.any(|line| line.contains("delivered")));
    assert!(waiting.wait().unwrap().success());
}

#[test]
fn a_refused_send_releases_what_it_took_over() {
    let accepted = format!(r#"{{"sid":"SM{}","status":"queued"}}"#, "0a".repeat(16));
    let wire = Wire::answering(vec![response("201 Created", "", &accepted)]);
    let deck = Deck::new();
    deck.configure_for(&wire.url);
    assert_eq!(deck.run(&["send", "--env", "dev", "--no-wait", "+573001234567"]).code(), 0);
    let store = rusqlite::Connection::open(deck.paths().store).unwrap();
    let leased = || {
        let sql = "SELECT owner, lease_until FROM deliveries";
        store.query_row(sql, (), |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    let first: (i64, i64) = leased();
    assert_ne!(deck.run(&["send", "--env", "dev", "12"]).code(), 0);
    let second: (i64, i64) = leased();
    assert_ne!(first.0, second.0, "it took nothing over");
    assert_eq!((first.1, second.1), (0, 0));
}

/// A provider that cuts off every create, and lists no message.
fn takes_and_lists_nothing() -> (BaseUrl, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let lists = std::sync::Arc::<std::sync::atomic::AtomicUsize>::default();
    let counted = std::sync::Arc::clone(&lists);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if read_request(&mut stream).starts_with("GET ") {
                counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                write_response(&mut stream, &response("200 OK", "", r#"{"messages":[]}"#));
            }
        }
    });
    (BaseUrl::parse(&url).unwrap(), lists)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_messages_without_a_known_outcome_are_looked_for_in_shared_lists() {
    const COUNT: usize = 64;
    let (url, lists) = takes_and_lists_nothing();
    let deck = Deck::new();
    let clock = Clock::manual(Timestamp::now());
    let first = engine(&deck, &url, clock.clone(), quick()).await;
    let mut sent = Vec::new();
    for user in 0..COUNT {
        sent.push(send(&first, &format!("+57300{:07}", 1_000_000 + user)).await.delivery);
    }
    first.give_up().await.unwrap();
    drop(first);
    let_codes_expire(&clock);
    let before = lists.load(std::sync::atomic::Ordering::SeqCst);
    let second = engine(&deck, &url, clock, quick()).await;
    second.by(&operator()).take_over().await;
    for delivery in sent {
        until(&second, delivery, &[DeliveryStatus::NotSent]).await;
    }
    let lists = lists.load(std::sync::atomic::Ordering::SeqCst) - before;
    assert!((2..=COUNT / 4).contains(&lists), "{lists} lists for {COUNT} messages");
}
