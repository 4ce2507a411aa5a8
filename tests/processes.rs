//! Several processes on one deck, and processes that die: the real binary, and this test binary
//! run again as a process of its own.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use smsdeck::config::{Config, load, save_environment};
use smsdeck::domain::environment::Environment;
use smsdeck::domain::phone::Accept;
use smsdeck::engine::{Clock, CodeRequest, Engine, Pace, RequestError};
use smsdeck::provider::{Sandbox, loopback_client};
use smsdeck::store::{EventKind, EventQuery};
use support::deck::{Deck, config_for, operator};

const DEVELOPMENT: Environment = Environment::Development;

/// How often processes are killed, and how many users they ask for: few in the usual run, and
/// as many as `SMSDECK_LONG` says in a long one.
fn how_many(usual: usize) -> usize {
    std::env::var("SMSDECK_LONG").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Runs one of the ignored tests below as a process of its own, on a deck.
fn child(name: &str, deck: &Deck, argument: &str) -> Child {
    child_command(name, deck, argument).spawn().unwrap()
}

fn child_command(name: &str, deck: &Deck, argument: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--ignored", "--exact", name])
        .env("SMSDECK_CHILD_HOME", deck.home.path())
        .env("SMSDECK_CHILD_ARGUMENT", argument)
        .env("TWILIO_TOKEN", smsdeck::provider::sandbox::AUTH_TOKEN)
        .stdout(Stdio::null());
    command
}

/// The deck and the argument of a child; `None` where the test was not started as one.
fn as_child() -> Option<(smsdeck::config::Paths, String)> {
    let home = std::path::PathBuf::from(std::env::var_os("SMSDECK_CHILD_HOME")?);
    let paths = smsdeck::config::Paths {
        config: home.join(".config/smsdeck/config.ron"),
        secrets: home.join(".config/smsdeck/secrets.ron"),
        store: home.join(".local/state/smsdeck/deck.db"),
    };
    Some((paths, std::env::var("SMSDECK_CHILD_ARGUMENT").ok()?))
}

async fn accepted(sandbox: &Sandbox) -> Vec<Value> {
    let url = sandbox.base_url().url().join("/sandbox/messages").unwrap();
    let http = loopback_client().unwrap();
    http.get(url).send().await.unwrap().json().await.unwrap()
}

fn by_number(messages: &[Value]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for message in messages {
        *counts.entry(message["to"].as_str().unwrap().to_owned()).or_insert(0) += 1;
    }
    counts
}

/// The SIDs of the deliveries in the store, each with how many deliveries have it.
async fn sids(engine: &Engine) -> BTreeMap<String, usize> {
    let mut deliveries = BTreeMap::new();
    for event in engine.events(EventQuery::latest(DEVELOPMENT, 1_000_000)).await.unwrap() {
        if let (Some(delivery), Some(sid)) = (event.delivery, event.sid) {
            deliveries.entry(sid).or_insert_with(BTreeSet::new).insert(delivery);
        }
    }
    deliveries.into_iter().map(|(sid, deliveries)| (sid, deliveries.len())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processes_asking_for_one_user_get_exactly_the_allowed_codes() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    deck.configure_for(sandbox.base_url());
    let send = || deck.command(&["send", "--env", "dev", "--no-wait", "+573001234567"]);
    let asking: Vec<Child> = (0..8)
        .map(|_| send().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
        .collect();
    let mut codes: Vec<i32> =
        asking.into_iter().map(|mut child| child.wait().unwrap().code().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 0, 0, 3, 3, 3, 3, 3]);
    assert_eq!(accepted(&sandbox).await.len(), 3);
}

fn number(user: usize) -> String {
    format!("+57300{:07}", 1_000_000 + user)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processes_asking_for_many_users_never_exceed_any_quota() {
    let users = how_many(40);
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    deck.configure_for(sandbox.base_url());
    let argument = users.to_string();
    let asking: Vec<Child> =
        (0..8).map(|_| child("child_asks_for_everybody", &deck, &argument)).collect();
    for mut child in asking {
        assert!(child.wait().unwrap().success());
    }
    let messages = accepted(&sandbox).await;
    let counts = by_number(&messages);
    assert_eq!(counts.len(), users);
    assert!(counts.values().all(|&count| count == 3), "{counts:?}");
    let config = config_for(sandbox.base_url());
    let engine = Engine::open(deck.paths(), config, Clock::System).await.unwrap();
    let sids = sids(&engine).await;
    assert_eq!(sids.len(), messages.len());
    assert!(sids.values().all(|&deliveries| deliveries == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started as a process by the test above"]
async fn child_asks_for_everybody() {
    let Some((paths, users)) = as_child() else { return };
    let config = load(&paths.config).unwrap().unwrap();
    let engine = Engine::open(paths, config, Clock::System).await.unwrap();
    for user in 0..users.parse().unwrap() {
        for _ in 0..3 {
            let request = CodeRequest {
                environment: DEVELOPMENT,
                number: number(user),
                user: None,
                accept: Accept::Known,
                sender: None,
            };
            match engine.by(&operator()).request(request).await {
                Ok(_) | Err(RequestError::Locked { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
    engine.give_up().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_moment_a_send_is_killed_at_nothing_is_lost_or_sent_twice() {
    let kills = how_many(30);
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    deck.configure_for(sandbox.base_url());
    let send = |user| {
        let mut command =
            deck.command(&["send", "--env", "dev", "--no-wait", &number(user), "--json"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let begun = Instant::now();
    assert!(send(0).wait().unwrap().success());
    let whole = begun.elapsed();
    for kill in 0..kills {
        let mut child = send(kill / 2);
        // A moment at random is what is tested; nothing waits for it.
        let share = getrandom::u32().unwrap() % 1000;
        std::thread::sleep(whole * share / 900);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let engine = after_a_while(&deck, &sandbox).await;
    let messages = accepted(&sandbox).await;
    let sids = sids(&engine).await;
    for message in &messages {
        let sid = message["sid"].as_str().unwrap();
        assert_eq!(sids.get(sid), Some(&1), "{sid}");
    }
    assert_eq!(sids.len(), messages.len());
    for (number, count) in by_number(&messages) {
        let preview = engine
            .preview(DEVELOPMENT, (&number, Accept::Known), None, (None, None))
            .await
            .unwrap();
        assert_eq!(usize::from(preview.standing.quota.used()), count, "{number}");
    }
}

/// An engine once all leases and codes have ended, after it has taken over and settled everything
/// that was left.
async fn after_a_while(deck: &Deck, sandbox: &Sandbox) -> Engine {
    let clock = Clock::manual(Timestamp::now() + Duration::from_mins(10));
    let pace = Pace { look_again: Duration::from_millis(10), ..Pace::default() };
    let mut config = config_for(sandbox.base_url());
    let token = deck.path("token");
    std::fs::write(&token, smsdeck::provider::sandbox::AUTH_TOKEN).unwrap();
    if let smsdeck::domain::provider::Provider::Twilio(account) =
        &mut config.environments.development.provider
    {
        account.auth_token = Some(smsdeck::domain::secret::SecretSource::File(token));
    }
    let engine = Engine::open_with(deck.paths(), config, clock.clone(), pace).await.unwrap();
    engine.by(&operator()).take_over().await;
    let mut changes = engine.changes();
    loop {
        let mut last = BTreeMap::new();
        for event in engine.events(EventQuery::latest(DEVELOPMENT, 1_000_000)).await.unwrap() {
            if let (Some(delivery), EventKind::Delivery(status)) = (event.delivery, event.kind) {
                last.insert(delivery, status);
            }
        }
        if last.values().all(|status| status.is_final()) {
            return engine;
        }
        changes.changed().await.unwrap();
    }
}

#[test]
fn whatever_moment_a_save_is_killed_at_the_config_is_the_old_or_the_new_one() {
    let deck = Deck::new();
    let paths = deck.paths();
    for _ in 0..how_many(20) {
        let mut saving = Saving::start(&deck);
        // A moment at random is what is tested; nothing waits for it.
        let share = getrandom::u32().unwrap() % 100;
        std::thread::sleep(Duration::from_millis(share.into()));
        saving.child.kill().unwrap();
        saving.child.wait().unwrap();
        if let Some(config) = load(&paths.config).unwrap() {
            let minutes = config.environments.test.code_validity.get();
            assert!([5, 9].contains(&minutes), "{minutes}");
        }
    }
    // Whom nobody kills gets through.
    let mut saving = Saving::start(&deck);
    saving.wait_for("saved");
    saving.child.kill().unwrap();
    saving.child.wait().unwrap();
    assert!(load(&paths.config).unwrap().is_some());
    // What the killed ones have left is gone after the next start.
    let folder = paths.config.parent().unwrap();
    let left = || {
        let folders = [folder.to_owned(), folder.join("config.ron.history")];
        let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap().flatten());
        files.filter(|it| it.file_name().to_string_lossy().starts_with(".smsdeck-")).count()
    };
    assert_eq!(deck.run(&["config", "check"]).code(), 0);
    assert_eq!(left(), 0);
}

/// A process that does nothing but save.
struct Saving {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Saving {
    /// Starts it, and waits until it is about to save.
    fn start(deck: &Deck) -> Self {
        let mut child = child_command("child_saves_for_ever", deck, "")
            .arg("--nocapture")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut saving = Self { child, lines };
        saving.wait_for("ready");
        saving
    }

    fn wait_for(&mut self, wanted: &str) {
        assert!(self.lines.any(|line| line.unwrap() == wanted), "it is never {wanted}");
    }
}

#[test]
#[ignore = "started as a process by the test above"]
fn child_saves_for_ever() {
    let Some((paths, _)) = as_child() else { return };
    eprintln!("ready");
    for count in 1.. {
        let config = load(&paths.config).unwrap().unwrap_or_else(Config::built_in);
        let before = &config.environments.test;
        let minutes = if before.code_validity.get() == 5 { 9 } else { 5 };
        let mut settings = before.clone();
        settings.code_validity = minutes.try_into().unwrap();
        save_environment(&paths, Environment::Test, before, &settings).unwrap();
        if count == 1 {
            eprintln!("saved");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_command_settles_what_an_earlier_one_left_unclear() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    deck.configure_for(sandbox.base_url());
    let cut = deck.run(&["send", "--env", "dev", "+573001239002"]);
    assert!(cut.out().contains("it may have been sent"), "{}", cut.out());
    assert_eq!(deck.run(&["send", "--env", "dev", "+573001234567"]).code(), 0);
    let config = config_for(sandbox.base_url());
    let engine = Engine::open(deck.paths(), config, Clock::System).await.unwrap();
    let events = engine.events(EventQuery::latest(DEVELOPMENT, 100)).await.unwrap();
    let found = "found in the provider's list: it was sent";
    assert!(events.iter().any(|event| event.detail.as_deref() == Some(found)));
}
