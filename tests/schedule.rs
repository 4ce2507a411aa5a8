//! How deliveries are followed: how many at once, how fast, by whom and for how long.

mod support;

use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use smsdeck::config::Config;
use smsdeck::domain::delivery::DeliveryStatus;
use smsdeck::domain::environment::Environment;
use smsdeck::domain::phone::Accept;
use smsdeck::domain::provider::{BaseUrl, Provider};
use smsdeck::domain::secret::SecretSource;
use smsdeck::engine::{Clock, CodeRequest, Engine, Submission};
use smsdeck::provider::Sandbox;
use smsdeck::store::{DeliveryId, EventKind, EventQuery};
use support::deck::{Deck, config_for, operator};
use support::wire::{read_request, response, write_response};

const DEVELOPMENT: Environment = Environment::Development;

/// Status requests that may be under way at once.
const MAX_AT_ONCE: usize = 16;

/// An engine on a deck whose provider is elsewhere, with a token of its own.
async fn engine(deck: &Deck, url: &BaseUrl, clock: Clock, token: &str) -> Engine {
    let mut config = config_for(url);
    let file = deck.path(token);
    std::fs::write(&file, token).unwrap();
    if let Provider::Twilio(account) = &mut config.environments.development.provider {
        account.auth_token = Some(SecretSource::File(file));
    }
    Engine::open(deck.paths(), config, clock).await.unwrap()
}

async fn send(engine: &Engine, user: usize) -> Submission {
    let number = format!("+57300{:07}", 1_000_000 + user);
    let request = CodeRequest {
        environment: DEVELOPMENT,
        number,
        user: None,
        accept: Accept::Known,
        sender: None,
    };
    engine.by(&operator()).request(request).await.unwrap()
}

async fn until(engine: &Engine, delivery: DeliveryId, end: DeliveryStatus) {
    let mut changes = engine.changes();
    loop {
        let story = engine.events(EventQuery::OfDelivery(delivery)).await.unwrap();
        if story.iter().any(|event| event.kind == EventKind::Delivery(end)) {
            return;
        }
        changes.changed().await.unwrap();
    }
}

/// What a provider has seen so far.
#[derive(Default)]
struct Seen {
    created: usize,
    asked: Vec<Instant>,
    under_way: usize,
    most_under_way: usize,
    credentials: Vec<String>,
    sids: Vec<String>,
    is_open: bool,
}

/// A provider that accepts every message and lists none, and answers the questions about them only
/// once it is opened; the first so many with 429.
struct SlowProvider {
    url: BaseUrl,
    seen: Arc<(Mutex<Seen>, Condvar)>,
}

impl SlowProvider {
    fn start(busy_answers: usize) -> Self {
        let busy = response("429 Too Many Requests", "Retry-After: 2\r\n", r#"{"code":20429}"#);
        Self::refusing(busy_answers, busy)
    }

    /// The first so many questions get this answer.
    fn refusing(busy_answers: usize, refusal: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let seen = Arc::new((Mutex::new(Seen::default()), Condvar::new()));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, refusal) = (Arc::clone(&shared), refusal.clone());
                std::thread::spawn(move || {
                    serve(stream.unwrap(), &seen, (busy_answers, &refusal));
                });
            }
        });
        Self { url, seen }
    }

    /// Waits until so many questions are under way at once.
    fn wait_for_questions(&self, count: usize) {
        let (seen, changed) = &*self.seen;
        drop(changed.wait_while(seen.lock().unwrap(), |seen| seen.under_way < count).unwrap());
    }

    /// Waits until the so manieth message is asked about; how often the first one was until then.
    fn wait_for_message(&self, count: usize) -> usize {
        let (seen, changed) = &*self.seen;
        let sid = |count: usize| format!("SM{count:032}");
        let is_missing = |seen: &mut Seen| !seen.sids.contains(&sid(count));
        let seen = changed.wait_while(seen.lock().unwrap(), is_missing).unwrap();
        seen.sids.iter().filter(|asked| **asked == sid(1)).count()
    }

    /// Answers all questions from now on, and returns a moment before the first answer.
    fn open(&self) -> Instant {
        let before = Instant::now();
        self.seen.0.lock().unwrap().is_open = true;
        self.seen.1.notify_all();
        before
    }
}

fn serve(
    mut stream: TcpStream,
    shared: &(Mutex<Seen>, Condvar),
    (busy_answers, refusal): (usize, &str),
) {
    let request = read_request(&mut stream);
    let (seen, changed) = shared;
    let message = |sid: &str, status: &str| {
        let body = format!(r#"{{"sid":"{sid}","status":"{status}"}}"#);
        response("201 Created", "", &body)
    };
    let answer = if request.ends_with("Status=canceled") {
        let sid = request.split(['/', '.']).find(|part| part.starts_with("SM")).unwrap();
        message(sid, "canceled").replace("201 Created", "200 OK")
    } else if request.starts_with("POST") {
        let mut seen = seen.lock().unwrap();
        seen.created += 1;
        message(&format!("SM{:032}", seen.created), "queued")
    } else if request.contains("Messages.json") {
        response("404 Not Found", "", r#"{"code":20404}"#)
    } else {
        let mut now = seen.lock().unwrap();
        now.asked.push(Instant::now());
        let count = now.asked.len();
        let credentials = request.lines().find(|line| line.starts_with("authorization"));
        now.credentials.push(credentials.unwrap_or_default().to_owned());
        let sid = request.split(['/', '.']).find(|part| part.starts_with("SM")).unwrap();
        now.sids.push(sid.to_owned());
        now.under_way += 1;
        now.most_under_way = now.most_under_way.max(now.under_way);
        changed.notify_all();
        let mut now = changed.wait_while(now, |seen| !seen.is_open).unwrap();
        now.under_way -= 1;
        if count <= busy_answers {
            refusal.to_owned()
        } else {
            message(sid, "delivered").replace("201 Created", "200 OK")
        }
    };
    write_response(&mut stream, &answer);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_most_sixteen_requests_run_at_once_and_a_429_pauses_them_all() {
    pauses_for(Duration::from_secs(2), SlowProvider::start(MAX_AT_ONCE)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_credentials_pause_the_questions_about_messages_too() {
    let refusal = response("401 Unauthorized", "", r#"{"code":20003,"message":"Authenticate"}"#);
    pauses_for(Duration::from_secs(5), SlowProvider::refusing(MAX_AT_ONCE, refusal)).await;
}

/// Expects that all questions are refused at once, and that one after this pause is the first again.
async fn pauses_for(pause: Duration, provider: SlowProvider) {
    let deck = Deck::new();
    let engine = engine(&deck, &provider.url, Clock::System, "token").await;
    let mut sent = Vec::new();
    for user in 0..40 {
        sent.push(send(&engine, user).await);
    }
    let provider = tokio::task::spawn_blocking(move || {
        provider.wait_for_questions(MAX_AT_ONCE);
        provider
    });
    let provider = provider.await.unwrap();
    // By the time that this one is through, a seventeenth question would have come.
    sent.push(send(&engine, 40).await);
    let opened = provider.open();
    for submission in sent {
        until(&engine, submission.delivery, DeliveryStatus::Delivered).await;
    }
    let seen = provider.seen.0.lock().unwrap();
    assert_eq!(seen.most_under_way, MAX_AT_ONCE);
    let next = seen.asked[MAX_AT_ONCE];
    assert!(next >= opened + pause, "asked again after {:?}", next - opened);
}

/// A provider that lists every message as delivered, and counts the questions about single ones.
fn listing_provider() -> (BaseUrl, Arc<(AtomicUsize, AtomicUsize)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let seen = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    let (created, asked) = (AtomicUsize::new(0), Arc::clone(&seen));
    let message =
        |count: usize, status: &str| format!(r#"{{"sid":"SM{count:032}","status":"{status}"}}"#);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = read_request(&mut stream);
            let answer = if request.starts_with("POST") {
                let count = created.fetch_add(1, Ordering::SeqCst);
                response("201 Created", "", &message(count, "queued"))
            } else if request.contains("Messages.json") {
                asked.0.fetch_add(1, Ordering::SeqCst);
                let all: Vec<String> = (0..created.load(Ordering::SeqCst))
                    .map(|count| message(count, "delivered"))
                    .collect();
                response("200 OK", "", &format!(r#"{{"messages":[{}]}}"#, all.join(",")))
            } else {
                asked.1.fetch_add(1, Ordering::SeqCst);
                let sid = request.split(['/', '.']).find(|part| part.starts_with("SM")).unwrap();
                response("200 OK", "", &format!(r#"{{"sid":"{sid}","status":"delivered"}}"#))
            };
            write_response(&mut stream, &answer);
        }
    });
    (url, seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_deliveries_are_looked_up_in_lists_and_hardly_one_by_itself() {
    let (url, seen) = listing_provider();
    let deck = Deck::new();
    let engine = engine(&deck, &url, Clock::System, "token").await;
    let mut sent = Vec::new();
    for user in 0..100 {
        sent.push(send(&engine, user).await);
    }
    for submission in sent {
        until(&engine, submission.delivery, DeliveryStatus::Delivered).await;
    }
    let (lists, alone) = (&seen.0, &seen.1);
    assert!(lists.load(Ordering::SeqCst) >= 1);
    assert!(alone.load(Ordering::SeqCst) <= MAX_AT_ONCE, "{alone:?} questions about single ones");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_does_not_respond_holds_up_no_other_environment() {
    let provider = SlowProvider::start(0);
    let deck = Deck::new();
    let engine = engine(&deck, &provider.url, Clock::System, "token").await;
    let mut config = (*engine.config()).clone();
    config.environments.test = Config::built_in().environments.development;
    engine.reconfigure(config).await;
    for user in 0..2 * MAX_AT_ONCE {
        send(&engine, user).await;
    }
    let provider = tokio::task::spawn_blocking(move || {
        provider.wait_for_questions(MAX_AT_ONCE);
        provider
    });
    let _provider = provider.await.unwrap();
    let request = CodeRequest {
        environment: Environment::Test,
        number: "+573001234567".to_owned(),
        user: None,
        accept: Accept::Known,
        sender: None,
    };
    let sent = engine.by(&operator()).request(request).await.unwrap();
    until(&engine, sent.delivery, DeliveryStatus::Delivered).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_is_followed_by_one_process_only() {
    let provider = SlowProvider::start(2);
    provider.open();
    let deck = Deck::new();
    let first = engine(&deck, &provider.url, Clock::System, "first").await;
    let second = engine(&deck, &provider.url, Clock::System, "second").await;
    let submission = send(&first, 0).await;
    let mut changes = first.changes();
    loop {
        second.by(&operator()).take_over().await;
        let story = first.events(EventQuery::OfDelivery(submission.delivery)).await.unwrap();
        if story.iter().any(|event| event.kind == EventKind::Delivery(DeliveryStatus::Delivered)) {
            break;
        }
        changes.changed().await.unwrap();
    }
    let credentials = &provider.seen.0.lock().unwrap().credentials;
    assert_eq!(credentials.len(), 3);
    assert!(credentials.iter().all(|one| *one == credentials[0]), "{credentials:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_does_not_take_over_its_own_deliveries() {
    let provider = SlowProvider::start(0);
    let deck = Deck::new();
    let clock = Clock::manual(Timestamp::now());
    let engine = engine(&deck, &provider.url, clock.clone(), "token").await;
    send(&engine, 0).await;
    // It was stopped for long: its lease has ended, and nobody else has come.
    let provider = tokio::task::spawn_blocking(move || {
        provider.wait_for_message(1);
        provider
    });
    let provider = provider.await.unwrap();
    clock.set(clock.now() + SignedDuration::from_mins(2));
    engine.by(&operator()).take_over().await;
    // By the time that the second one is asked about, the first would be again.
    send(&engine, 1).await;
    let asked = tokio::task::spawn_blocking(move || provider.wait_for_message(2));
    assert_eq!(asked.await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_canceled_once_and_stays_counted() {
    let provider = SlowProvider::start(0);
    let deck = Deck::new();
    let engine = engine(&deck, &provider.url, Clock::System, "token").await;
    let submission = send(&engine, 0).await;
    engine.by(&operator()).cancel(submission.delivery).await.unwrap();
    until(&engine, submission.delivery, DeliveryStatus::Canceled).await;
    // A late status changes nothing any more.
    provider.open();
    let again = engine.by(&operator()).cancel(submission.delivery).await.unwrap_err();
    assert!(again.to_string().contains("final status"), "{again}");
    let preview = engine
        .preview(DEVELOPMENT, ("+573001000000", Accept::Known), None, (None, None))
        .await
        .unwrap();
    assert_eq!(preview.standing.quota.used(), 1);
    let audit = engine.audit_rows(1, 100).await.unwrap();
    assert_eq!(audit.last().unwrap().entry.action.key(), "call_back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_without_a_receipt_ends_after_half_an_hour() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    let clock = Clock::manual(Timestamp::now());
    let token = smsdeck::provider::sandbox::AUTH_TOKEN;
    let engine = engine(&deck, sandbox.base_url(), clock.clone(), token).await;
    let request = CodeRequest {
        environment: DEVELOPMENT,
        number: "+573001239001".to_owned(),
        user: None,
        accept: Accept::Known,
        sender: None,
    };
    let submission = engine.by(&operator()).request(request).await.unwrap();
    until(&engine, submission.delivery, DeliveryStatus::Sent).await;
    clock.set(clock.now() + SignedDuration::from_mins(30));
    until(&engine, submission.delivery, DeliveryStatus::SentNoReceipt).await;
    let story = engine.events(EventQuery::OfDelivery(submission.delivery)).await.unwrap();
    let detail = story.last().unwrap().detail.clone().unwrap();
    assert_eq!(detail, "no receipt within 30 min");
}
