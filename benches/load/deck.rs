//! A deck that sends through the fast provider.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use smsdeck::config::{Config, Paths};
use smsdeck::domain::country::Country;
use smsdeck::domain::environment::Environment;
use smsdeck::domain::message_options::MessageOptions;
use smsdeck::domain::phone::Accept;
use smsdeck::domain::provider::{AccountSid, BaseUrl, Provider, TwilioAccount};
use smsdeck::domain::secret::SecretSource;
use smsdeck::domain::user::UserId;
use smsdeck::engine::{Clock, CodeRequest, Engine, Operator};
use smsdeck::provider::sandbox::ACCOUNT_SID;

/// Codes that each user asks for: as many as are allowed.
const CODES_OF_A_USER: usize = 3;

pub struct Deck {
    folder: tempfile::TempDir,
    pub engine: Engine,
    /// The first user who has not asked for a code yet.
    next_user: AtomicUsize,
}

impl Deck {
    /// Makes a deck whose store is below a folder.
    pub async fn new(below: &Path, url: &BaseUrl) -> Self {
        let folder = tempfile::tempdir_in(below).expect("a folder");
        let token = folder.path().join("token");
        write_private(&token, "0123456789abcdef0123456789abcdef");
        let mut config = Config::built_in();
        let settings = &mut config.environments.development;
        settings.default_country = Country::from_code("CO");
        settings.provider = Provider::Twilio(Box::new(TwilioAccount {
            account_sid: AccountSid::parse(ACCOUNT_SID).ok(),
            api_key: None,
            auth_token: Some(SecretSource::File(token)),
            base_url: Some(url.clone()),
            options: MessageOptions::default(),
        }));
        let at = |name| folder.path().join(name);
        let paths =
            Paths { config: at("config.ron"), secrets: at("secrets.ron"), store: at("deck.db") };
        let engine = Engine::open(paths, config, Clock::System).await.expect("the deck opens");
        Self { folder, engine, next_user: AtomicUsize::new(0) }
    }

    pub fn store(&self) -> PathBuf {
        self.folder.path().join("deck.db")
    }

    /// Bytes of the store, without what is still in its log.
    pub fn bytes(&self) -> u64 {
        std::fs::metadata(self.store()).map_or(0, |file| file.len())
    }

    /// Sends codes, so many at a time, and returns what that took.
    pub async fn send(&self, sends: usize, at_a_time: usize) -> Duration {
        let users = sends.div_ceil(CODES_OF_A_USER);
        let first = self.next_user.fetch_add(users, Ordering::SeqCst);
        let next = Arc::new(AtomicUsize::new(0));
        let begun = Instant::now();
        let tasks: Vec<_> = (0..at_a_time)
            .map(|_| {
                let (engine, next) = (self.engine.clone(), Arc::clone(&next));
                tokio::spawn(async move {
                    let operator = Operator::application("load".to_owned());
                    loop {
                        let send = next.fetch_add(1, Ordering::SeqCst);
                        if send >= sends {
                            return;
                        }
                        let user = first + send % users;
                        engine.by(&operator).request(request(user)).await.expect("a code");
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("a task");
        }
        begun.elapsed()
    }
}

/// A request of a user, each of whom has a number.
pub fn request(user: usize) -> CodeRequest {
    CodeRequest {
        environment: Environment::Development,
        number: format!("+57300{user:07}"),
        user: UserId::parse(&format!("user-{user}")).ok(),
        accept: Accept::Known,
        sender: None,
    }
}

fn write_private(path: &Path, text: &str) {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;

    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(path).expect("a file");
    file.write_all(text.as_bytes()).expect("room");
}
