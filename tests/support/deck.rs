//! A deck in a folder of its own, and the real binary on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use smsdeck::config::{Config, Paths, render};
use smsdeck::domain::message_options::MessageOptions;
use smsdeck::domain::provider::{AccountSid, BaseUrl, Provider, TwilioAccount};
use smsdeck::domain::secret::SecretSource;
use smsdeck::engine::Operator;
use smsdeck::provider::sandbox::ACCOUNT_SID;

/// The path of the binary.
pub const SMSDECK: &str = env!("CARGO_BIN_EXE_smsdeck");

/// A home folder that goes away with it.
pub struct Deck {
    pub home: tempfile::TempDir,
}

impl Deck {
    pub fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn paths(&self) -> Paths {
        Paths {
            config: self.path(".config/smsdeck/config.ron"),
            secrets: self.path(".config/smsdeck/secrets.ron"),
            store: self.path(".local/state/smsdeck/deck.db"),
        }
    }

    /// Puts a config in place as a whole: a console may be reading it.
    pub fn configure(&self, text: &str) {
        let path = self.paths().config;
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let written = self.path("config being written");
        std::fs::write(&written, text).unwrap();
        std::fs::rename(written, path).unwrap();
    }

    /// Writes the built-in config with Development on a Sandbox that runs elsewhere.
    pub fn configure_for(&self, url: &BaseUrl) {
        self.configure(&render(&config_for(url)));
    }

    /// The binary with this home and nothing else of the environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(SMSDECK);
        command.args(arguments).env_clear().env("HOME", self.home.path()).env("TZ", "UTC");
        command.env("USER", "ana").env("TWILIO_TOKEN", smsdeck::provider::sandbox::AUTH_TOKEN);
        command.stdin(Stdio::null());
        command
    }

    /// Makes key and store, as a deck has them that was used before.
    pub fn make_store(&self) {
        self.open_store();
        assert!(self.paths().store.exists());
    }

    /// Opens the store to write it, and writes nothing.
    pub fn open_store(&self) {
        self.run(&["quota", "unlock", "--env", "dev", "nobody", "--reason", "to make the store"]);
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran(self.command(arguments).output().unwrap())
    }
}

/// The built-in settings with Development on a Twilio-compatible server at `url`.
pub fn config_for(url: &BaseUrl) -> Config {
    let mut config = Config::built_in();
    config.environments.development.provider = Provider::Twilio(Box::new(TwilioAccount {
        account_sid: Some(AccountSid::parse(ACCOUNT_SID).unwrap()),
        api_key: None,
        auth_token: Some(SecretSource::Env("TWILIO_TOKEN".to_owned())),
        base_url: Some(url.clone()),
        options: MessageOptions::default(),
    }));
    config
}

/// Somebody who may do everything.
pub fn operator() -> Operator {
    Operator::from("test by ana".to_owned())
}

/// How a command ended.
pub struct Ran(pub Output);

impl Ran {
    pub fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    pub fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    pub fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    /// The JSON objects of standard output.
    pub fn json(&self) -> Vec<Value> {
        self.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The code that the phone received.
    pub fn received_code(&self) -> String {
        let handset = self.json().into_iter().find(|line| line["status"] == "handset").unwrap();
        handset["text"].as_str().unwrap().chars().take(6).collect()
    }
}

/// Whether any file below a folder holds these bytes.
pub fn any_file_holds(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return any_file_holds(&path, bytes);
        }
        std::fs::read(&path).unwrap().windows(bytes.len()).any(|window| window == bytes)
    })
}

/// Runs a command that reads these bytes from its standard input.
pub fn fed(command: &mut Command, input: &[u8]) -> Ran {
    use std::io::Write;

    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that fails early reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input);
    Ran(child.wait_with_output().unwrap())
}
