//! The engine against the Sandbox, over real HTTP.

mod support;

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use jiff::{SignedDuration, Timestamp};
use smsdeck::config::Config;
use smsdeck::domain::delivery::DeliveryStatus;
use smsdeck::domain::environment::Environment;
use smsdeck::domain::message_text::MessageTemplate;
use smsdeck::domain::passcode::{Passcode, Verdict};
use smsdeck::domain::phone::Accept;
use smsdeck::domain::provider::{BaseUrl, Provider};
use smsdeck::domain::secret::SecretSource;
use smsdeck::domain::user::UserId;
use smsdeck::engine::{
    CancelError, Clock, CodeAttempt, CodeRequest, Engine, EngineError, Operator, RequestError,
    Severity, UnlockRequest,
};
use smsdeck::provider::Sandbox;
use smsdeck::store::{AuditAction, EventKind, EventQuery, QuotaRow, Remedy, StoreError};
use support::deck::{Deck, config_for, operator};
use support::wire::{Wire, response};

const NUMBER: &str = "+573001234567";

fn start() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

async fn engine(deck: &Deck, clock: &Clock) -> Engine {
    engine_with(deck, clock, Config::built_in()).await
}

async fn engine_with(deck: &Deck, clock: &Clock, config: Config) -> Engine {
    Engine::open(deck.paths(), config, clock.clone()).await.unwrap()
}

fn request(number: &str, user: Option<&str>) -> CodeRequest {
    CodeRequest {
        environment: Environment::Development,
        number: number.to_owned(),
        user: user.map(|id| UserId::parse(id).unwrap()),
        accept: Accept::Known,
        sender: None,
    }
}

/// Waits until a phone has received a number of messages; the newest text.
async fn received(engine: &Engine, count: usize) -> String {
    let mut changes = engine.changes();
    loop {
        let messages = engine.handset(Environment::Development, NUMBER).await.unwrap();
        if messages.len() >= count {
            return messages.last().unwrap().body.clone();
        }
        changes.changed().await.unwrap();
    }
}

fn attempt(code: &str) -> CodeAttempt {
    CodeAttempt {
        environment: Environment::Development,
        number: NUMBER.to_owned(),
        user: None,
        code: Passcode::parse(code).unwrap(),
    }
}

async fn verify(engine: &Engine, code: &str) -> Verdict {
    engine.by(&operator()).verify(attempt(code)).await.unwrap().verdict
}

/// All codes back for a user.
fn unlock(row: QuotaRow) -> UnlockRequest {
    UnlockRequest {
        environment: Environment::Development,
        user: row.user,
        number: row.number,
        remedy: Remedy::AllCodes,
        reason: "lost the phone with +57 300 123 4567 or +573001234567".to_owned(),
        ticket: Some("INC-4711000123".to_owned()),
    }
}

#[tokio::test]
async fn a_code_is_sent_followed_to_the_phone_and_accepted_once() {
    let deck = Deck::new();
    let engine = engine(&deck, &Clock::System).await;
    let submission = engine.by(&operator()).request(request(NUMBER, None)).await.unwrap();
    assert_eq!(submission.status, DeliveryStatus::Queued);
    let mut changes = engine.changes();
    let story = loop {
        let story = engine.events(EventQuery::OfDelivery(submission.delivery)).await.unwrap();
        if story.iter().any(|event| event.kind == EventKind::Delivery(DeliveryStatus::Delivered)) {
            break story;
        }
        changes.changed().await.unwrap();
    };
    let first: Vec<&str> = story.iter().take(2).map(|event| event.kind.key()).collect();
    assert_eq!(first, ["submitting", "queued"]);
    let code = received(&engine, 1).await[..6].to_owned();
    assert_eq!(verify(&engine, &code).await, Verdict::Approved);
    assert_eq!(verify(&engine, &code).await, Verdict::NoCode);
}

#[tokio::test]
async fn a_caller_that_goes_away_changes_nothing() {
    let deck = Deck::new();
    let engine = engine(&deck, &Clock::System).await;
    let mut changes = engine.changes();
    let by = operator();
    let asked = engine.by(&by).request(request(NUMBER, None));
    // It is begun, and dropped at once.
    tokio::select! {
        biased;
        _ = asked => panic!("it cannot be done yet"),
        () = std::future::ready(()) => {}
    }
    loop {
        let events = engine.events(EventQuery::latest(Environment::Development, 9)).await.unwrap();
        let kinds: Vec<&str> = events.iter().map(|event| event.kind.key()).collect();
        if kinds.contains(&"delivered") {
            assert_eq!(kinds[..2], ["submitting", "queued"]);
            break;
        }
        changes.changed().await.unwrap();
    }
    assert_eq!(engine.handset(Environment::Development, NUMBER).await.unwrap().len(), 1);
    // It was a person's, so the audit has what came of it too.
    let actions: Vec<AuditAction> =
        engine.audit_rows(1, 9).await.unwrap().iter().map(|row| row.entry.action).collect();
    assert_eq!(actions, [AuditAction::Send, AuditAction::SendOutcome]);
}

#[tokio::test]
async fn what_an_application_sends_is_in_the_log_and_not_in_the_audit() {
    let deck = Deck::new();
    let engine = engine(&deck, &Clock::System).await;
    let application = Operator::application("shop".to_owned());
    engine.by(&application).request(request(NUMBER, None)).await.unwrap();
    let events = engine.events(EventQuery::latest(Environment::Development, 9)).await.unwrap();
    assert!(events[0].detail.as_ref().unwrap().ends_with("(shop)"), "{events:?}");
    assert_eq!(engine.audit_rows(1, 9).await.unwrap(), []);
}

#[tokio::test]
async fn twenty_requests_at_once_give_exactly_the_allowed_messages() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    let mut config = config_for(sandbox.base_url());
    // The token is read from a file here, as tests share one set of variables.
    let token = deck.path("token");
    std::fs::write(&token, smsdeck::provider::sandbox::AUTH_TOKEN).unwrap();
    if let smsdeck::domain::provider::Provider::Twilio(account) =
        &mut config.environments.development.provider
    {
        account.auth_token = Some(smsdeck::domain::secret::SecretSource::File(token));
    }
    let engine = engine_with(&deck, &Clock::System, config).await;
    let requests: Vec<_> = (0..20)
        .map(|_| {
            let engine = engine.clone();
            tokio::spawn(async move {
                engine.by(&operator()).request(request(NUMBER, Some("jdoe"))).await
            })
        })
        .collect();
    let (mut sent, mut locked) = (0, 0);
    for request in requests {
        match request.await.unwrap() {
            Ok(_) => sent += 1,
            Err(RequestError::Locked { .. }) => locked += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((sent, locked), (3, 17));
    let http = smsdeck::provider::loopback_client().unwrap();
    let url = sandbox.base_url().url().join("/sandbox/messages").unwrap();
    let listed: serde_json::Value = http.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn the_quota_follows_the_clock_to_the_millisecond() {
    let deck = Deck::new();
    let clock = Clock::manual(start());
    let engine = engine(&deck, &clock).await;
    for minute in 0..3 {
        clock.set(start() + SignedDuration::from_mins(minute));
        engine.by(&operator()).request(request(NUMBER, None)).await.unwrap();
    }
    clock.set(start() + SignedDuration::from_mins(17) - SignedDuration::from_millis(1));
    let refused = engine.by(&operator()).request(request(NUMBER, None)).await.unwrap_err();
    assert_eq!(refused.to_string(), "3 of 3 codes used; next at 10:17:00 UTC, in 0:01");
    clock.set(start() + SignedDuration::from_mins(17));
    engine.by(&operator()).request(request(NUMBER, None)).await.unwrap();
}

#[tokio::test]
async fn changing_the_user_or_the_number_does_not_evade_the_quota() {
    let deck = Deck::new();
    let engine = engine(&deck, &Clock::manual(start())).await;
    for _ in 0..3 {
        engine.by(&operator()).request(request(NUMBER, Some("jdoe"))).await.unwrap();
    }
    for (number, user) in [(NUMBER, Some("other")), (NUMBER, None), ("+573007654321", Some("jdoe"))]
    {
        let refused = engine.by(&operator()).request(request(number, user)).await;
        assert!(matches!(refused, Err(RequestError::Locked { .. })), "{number} {user:?}");
    }
    engine.by(&operator()).request(request("+573007654321", Some("other"))).await.unwrap();
}

#[tokio::test]
async fn unlocking_gives_all_codes_back() {
    let deck = Deck::new();
    let engine = engine(&deck, &Clock::manual(start())).await;
    for _ in 0..3 {
        engine.by(&operator()).request(request(NUMBER, Some("jdoe"))).await.unwrap();
    }
    let row = engine.quota_rows(Environment::Development).await.unwrap().remove(0);
    assert!(row.is_locked());
    engine.by(&operator()).unlock(unlock(row)).await.unwrap();
    let event =
        engine.events(EventQuery::latest(Environment::Development, 1)).await.unwrap().remove(0);
    let reason = event.detail.unwrap();
    assert!(reason.ends_with("(ticket INC-4711000123)"), "{reason}");
    assert!(!reason.contains("3001234567"), "{reason}");
    let quota = engine.by(&operator()).request(request(NUMBER, Some("jdoe"))).await.unwrap().quota;
    assert_eq!(quota.left(), 2);
}

#[tokio::test]
async fn one_engine_acts_for_several_operators_and_the_audit_tells_them_apart() {
    let deck = Deck::new();
    let engine = engine(&deck, &Clock::manual(start())).await;
    for name in ["ana", "ben"] {
        let operator = Operator::from(name.to_owned());
        engine.by(&operator).request(request(NUMBER, None)).await.unwrap();
        let row = engine.quota_rows(Environment::Development).await.unwrap().remove(0);
        assert!(engine.by(&operator).unlock(unlock(row)).await.unwrap());
    }
    let audit = engine.audit_rows(1, 100).await.unwrap();
    let unlocks = audit.iter().filter(|row| row.entry.action == AuditAction::Unlock);
    let operators: Vec<&str> = unlocks.map(|row| row.entry.operator.as_str()).collect();
    assert_eq!(operators, ["ana", "ben"]);
}

#[tokio::test]
async fn a_read_only_operator_changes_nothing() {
    let deck = Deck::new();
    let engine = engine(&deck, &Clock::manual(start())).await;
    let sent = engine.by(&operator()).request(request(NUMBER, None)).await.unwrap();
    let row = engine.quota_rows(Environment::Development).await.unwrap().remove(0);
    let onlooker = Operator { read_only: true, ..operator() };
    let acting = engine.by(&onlooker);
    let is_read_only = |error| matches!(error, EngineError::ReadOnly(_));
    let refused = acting.request(request(NUMBER, None)).await.unwrap_err();
    assert!(matches!(refused, RequestError::ReadOnly(_)), "{refused}");
    let refused = acting.cancel(sent.delivery).await.unwrap_err();
    assert!(matches!(refused, CancelError::ReadOnly(_)), "{refused}");
    assert!(is_read_only(acting.verify(attempt("123456")).await.unwrap_err()));
    assert!(is_read_only(acting.unlock(unlock(row.clone())).await.unwrap_err()));
    assert!(is_read_only(acting.prune(drop).await.unwrap_err()));
    assert_eq!(engine.quota_rows(Environment::Development).await.unwrap(), [row]);
}

#[tokio::test]
async fn a_code_expires_at_exactly_the_end_of_its_validity() {
    let deck = Deck::new();
    let clock = Clock::manual(start());
    let engine = engine(&deck, &clock).await;
    engine.by(&operator()).request(request(NUMBER, None)).await.unwrap();
    let code = received(&engine, 1).await[..6].to_owned();
    clock.set(start() + SignedDuration::from_mins(5));
    assert_eq!(verify(&engine, &code).await, Verdict::Expired);
    clock.set(start() + SignedDuration::from_mins(5) - SignedDuration::from_millis(1));
    assert_eq!(verify(&engine, &code).await, Verdict::Approved);
}

#[tokio::test]
async fn a_refused_message_frees_its_slot_and_an_unclear_one_keeps_it() {
    let deck = Deck::new();
    let engine = engine(&deck, &Clock::manual(start())).await;
    let refused =
        engine.by(&operator()).request(request("+15005550004", Some("jdoe"))).await.unwrap();
    assert_eq!(refused.status, DeliveryStatus::Refused);
    for number in ["+573001239500", "+573001239501", "+573001239002"] {
        let unclear = engine.by(&operator()).request(request(number, Some("jdoe"))).await.unwrap();
        assert_eq!(unclear.status, DeliveryStatus::Unknown, "{number}");
    }
    let locked = engine.by(&operator()).request(request(NUMBER, Some("jdoe"))).await;
    assert!(matches!(locked, Err(RequestError::Locked { .. })));
}

#[tokio::test]
async fn routing_and_recipient_rules_refuse_before_anything_is_counted() {
    let deck = Deck::new();
    let mut config = Config::built_in();
    config.environments.development.from_numbers =
        config.environments.development.from_numbers.with_default(None).unwrap();
    let engine = engine_with(&deck, &Clock::manual(start()), config).await;
    let refused = engine.by(&operator()).request(request(NUMBER, None)).await.unwrap_err();
    assert!(matches!(refused, RequestError::Route(_)), "{refused}");
    assert!(engine.quota_rows(Environment::Development).await.unwrap().is_empty());
    let events = engine.events(EventQuery::latest(Environment::Development, 9)).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].recipient, "+57 ••• ••• 4567");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_gets_the_message_of_their_country() {
    let (deck, clock) = (Deck::new(), Clock::manual(start()));
    let mut config = Config::built_in();
    let spanish = MessageTemplate::parse("{code} es tu clave.").unwrap();
    config.environments.development.message_overrides.set("es".parse().unwrap(), Some(spanish));
    let engine = engine_with(&deck, &clock, config).await;
    let preview = async |number| {
        let preview = engine
            .preview(Environment::Development, (number, Accept::Known), None, (None, None))
            .await;
        preview.unwrap().plan.message.text("…")
    };
    assert_eq!(preview("+573001234567").await, "… es tu clave.");
    assert!(preview("+14155550100").await.contains("sign-in code"));
    engine.by(&operator()).request(request("+573001234567", None)).await.unwrap();
    let text = received(&engine, 1).await;
    assert!(text.ends_with(" es tu clave."), "{text}");
}

#[tokio::test]
async fn settings_that_name_another_store_stop_the_engine_until_they_are_changed_back() {
    let deck = Deck::new();
    let engine = engine(&deck, &Clock::manual(start())).await;
    let mut config = Config::built_in();
    config.deck.store = Some(deck.path("other.db"));
    engine.reconfigure(config).await;
    let refused = engine.by(&operator()).request(request(NUMBER, None)).await.unwrap_err();
    assert!(matches!(refused, RequestError::Store(StoreError::OtherPlace { .. })), "{refused}");
    assert!(refused.to_string().contains("other.db"), "{refused}");
    assert!(engine.by(&operator()).verify(attempt("123456")).await.is_err());
    assert!(engine.quota_rows(Environment::Development).await.is_err());
    assert!(engine.events(EventQuery::latest(Environment::Development, 9)).await.is_err());
    assert!(engine.status(Environment::Development).await.is_err());
    assert!(!deck.path("other.db").exists());
    engine.reconfigure(Config::built_in()).await;
    engine.by(&operator()).request(request(NUMBER, None)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_secret_program_delays_neither_new_settings_nor_other_environments() {
    let deck = Deck::new();
    let (started, pipe) = (deck.path("started"), deck.path("pipe"));
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    // The program holds the pipe before it says that it has started, until it is sent a line.
    let (has_started, held) = (started.display(), pipe.display());
    let script = format!("exec 3<>{held}; echo > {has_started}; read line <&3");
    let mut config = config_for(&BaseUrl::parse("http://127.0.0.1:9").unwrap());
    config.environments.test.provider = Provider::Sandbox;
    config.environments.development.provider.set_twilio(|account| {
        let words = ["sh", "-c", &script].map(str::to_owned).to_vec();
        account.auth_token = Some(SecretSource::Command(words));
    });
    let engine = engine_with(&deck, &Clock::manual(start()), config.clone()).await;
    let waiting = tokio::spawn({
        let engine = engine.clone();
        async move { engine.by(&operator()).request(request(NUMBER, None)).await.map(drop) }
    });
    while !started.exists() {
        tokio::task::yield_now().await;
    }
    engine.reconfigure(config).await;
    engine.handset(Environment::Test, NUMBER).await.unwrap();
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let opened = std::fs::OpenOptions::new().write(true).custom_flags(flags).open(&pipe);
    opened.expect("the program is still waited for").write_all(b"\n").unwrap();
    assert!(waiting.await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_balance_is_asked_for_again_once_it_is_old() {
    let says = |body: &str| response("200 OK", "", body);
    let wire = Wire::answering(vec![
        says(r#"{"messages":[]}"#),
        says(r#"{"status":"active"}"#),
        says(r#"{"currency":"USD","balance":"12.40"}"#),
        says(r#"{"messages":[]}"#),
        says(r#"{"status":"active"}"#),
        says(r#"{"currency":"USD","balance":"-1"}"#),
    ]);
    let deck = Deck::new();
    let mut config = config_for(&wire.url);
    let token = deck.path("token");
    std::fs::write(&token, "t".repeat(32)).unwrap();
    if let Provider::Twilio(account) = &mut config.environments.development.provider {
        account.auth_token = Some(SecretSource::File(token));
    }
    let clock = Clock::manual(start());
    let engine = engine_with(&deck, &clock, config.clone()).await;
    let balance = async |engine: &Engine| {
        let status = engine.status(Environment::Development).await.unwrap();
        status.balance.map(|known| (known.balance.to_string(), known.at))
    };
    assert_eq!(balance(&engine).await, None);
    engine.ask_balances().await;
    assert_eq!(balance(&engine).await, Some(("12.40 USD".to_owned(), start())));
    engine.ask_balances().await;
    assert_eq!(wire.requests().len(), 3, "it was asked although the balance is new");
    clock.advance(SignedDuration::from_mins(15));
    engine.ask_balances().await;
    let later = start() + SignedDuration::from_mins(15);
    assert_eq!(balance(&engine).await, Some(("-1.00 USD".to_owned(), later)));
    let status = engine.status(Environment::Development).await.unwrap();
    assert_eq!(status.severity(), Severity::Critical);

    // What another account had left is no news of this one.
    std::fs::write(deck.path("other"), "o".repeat(32)).unwrap();
    if let Provider::Twilio(account) = &mut config.environments.development.provider {
        account.auth_token = Some(SecretSource::File(deck.path("other")));
    }
    engine.reconfigure(config).await;
    assert_eq!(balance(&engine).await, None);
}
