//! Credentials: checked before they are saved, and known by what the account answered about them.

mod support;

use smsdeck::config::render;
use smsdeck::domain::provider::BaseUrl;
use smsdeck::domain::secret::SecretSource;
use smsdeck::provider::Sandbox;
use smsdeck::provider::sandbox::{ACCOUNT_SID, AUTH_TOKEN};
use support::deck::{Deck, Ran, config_for};
use support::terminal::Terminal;
use support::wire::Refusal;

const NUMBER: &str = "+573001234567";
const OTHER_SID: &str = "AC11111111111111111111111111111111";
const WRONG: &str = "0123456789abcdef0123456789ab3f9a";

async fn sandbox() -> Sandbox {
    Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap()
}

fn set(deck: &Deck, arguments: &[&str]) -> Ran {
    deck.run(&[&["config", "set", "--yes", "--env", "dev"], arguments].concat())
}

fn audit(deck: &Deck) -> String {
    deck.run(&["audit", "list"]).out()
}

/// The settings of Development, without those of the others.
fn development(deck: &Deck) -> String {
    deck.run(&["config", "export", "--env", "dev"]).out()
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_credentials_are_saved_through_no_door() {
    let sandbox = sandbox().await;
    let deck = Deck::new();
    deck.configure_for(sandbox.base_url());
    let before = std::fs::read_to_string(deck.paths().config).unwrap();

    let key = format!("SK{}", "2".repeat(32));
    for arguments in [
        &["account_sid", OTHER_SID][..],
        &["account_sid", OTHER_SID, "--unchecked"],
        &["api_key", &key],
        &["auth_token", "Env(\"USER\")"],
    ] {
        let refused = set(&deck, arguments);
        assert_eq!(refused.code(), 1, "{arguments:?}: {}", refused.out());
        assert!(refused.err().contains("nothing was saved: Development"), "{}", refused.err());
    }
    let export = deck.path("export.ron");
    let text = development(&deck).replace(ACCOUNT_SID, OTHER_SID);
    std::fs::write(&export, text).unwrap();
    let import = ["config", "import", "--yes", "--env", "dev", export.to_str().unwrap()];
    // Without a token there is nothing to ask about, and nothing is sent.
    assert_eq!(deck.run(&import).code(), 0);
    assert_eq!(set(&deck, &["auth_token", "Env(\"TWILIO_TOKEN\")"]).code(), 1);
    let version = deck.run(&["config", "history", "--json"]).json()[0]["version"].clone();
    assert_eq!(deck.run(&["config", "restore", "--yes", version.as_str().unwrap()]).code(), 0);
    assert_eq!(std::fs::read_to_string(deck.paths().config).unwrap(), before);
    assert!(audit(&deck).contains("failed_save"), "{}", audit(&deck));
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_cannot_be_checked_are_saved_on_purpose_only_and_called_unverified() {
    let (nobody, sandbox) = (Refusal::new(), sandbox().await);
    let deck = Deck::new();
    deck.configure_for(sandbox.base_url());
    let at = |url: &str| format!("Twilio(base_url: \"{url}\")");
    let refused = set(&deck, &["provider", &at(&nobody.url())]);
    assert_eq!(refused.code(), 1, "{}", refused.out());
    assert!(refused.err().contains("could not test the new credentials"), "{}", refused.err());
    assert!(refused.err().contains("--unchecked"), "{}", refused.err());
    assert!(!development(&deck).contains(&nobody.url()));

    let saved = set(&deck, &["provider", &at(&nobody.url()), "--unchecked"]);
    assert_eq!(saved.code(), 0, "{}", saved.err());
    assert!(saved.out().contains("Development: saved unverified"), "{}", saved.out());
    assert!(audit(&deck).contains("Credentials saved unverified"), "{}", audit(&deck));
    let status = || deck.run(&["status", "--env", "dev", "--json"]).json()[0].clone();
    assert_eq!(status()["credentials"], "unverified");
    let terminal = Terminal::start(&deck, &[]);
    terminal.wait_for("Development ! unverified");

    assert_eq!(set(&deck, &["provider", &at(sandbox.base_url().as_str())]).code(), 0);
    assert_eq!(status()["credentials"], "accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_token_of_one_shell_pauses_no_other_and_a_check_ends_the_pause() {
    let sandbox = sandbox().await;
    let deck = Deck::new();
    let mut config = config_for(sandbox.base_url());
    config.environments.development.provider.set_twilio(|account| {
        account.auth_token = Some(SecretSource::Env("TOK".to_owned()));
    });
    deck.configure(&render(&config));
    let run = |token: &str, arguments: &[&str]| {
        Ran(deck.command(arguments).env("TOK", token).output().unwrap())
    };
    let send = ["send", "--env", "dev", "--no-wait", NUMBER];
    let status = |token| {
        let status = run(token, &["status", "--env", "dev", "--json"]);
        (status.code(), status.json()[0]["credentials"].as_str().unwrap().to_owned())
    };
    assert_eq!(status(WRONG).1, "unverified");
    assert_eq!(run(WRONG, &send).code(), 1);
    let paused = run(WRONG, &send);
    assert!(paused.err().contains("is paused"), "{}", paused.err());
    assert_eq!(status(WRONG), (2, "refused".to_owned()));
    // The shell with the right one does not notice.
    assert_eq!(run(AUTH_TOKEN, &send).code(), 0);
    assert_eq!(status(AUTH_TOKEN).1, "accepted");
    assert_eq!(status(WRONG), (2, "refused".to_owned()));

    // The account learns of the token: a check says so to everyone.
    let store = rusqlite::Connection::open(deck.paths().store).unwrap();
    store.execute("UPDATE credentials SET error_code = 20003", ()).unwrap();
    assert_eq!(status(AUTH_TOKEN), (2, "refused".to_owned()));
    assert_eq!(run(AUTH_TOKEN, &["config", "check", "--online", "--env", "dev"]).code(), 0);
    assert_eq!(status(AUTH_TOKEN).1, "accepted");
    assert_eq!(run(AUTH_TOKEN, &send).code(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_asks_before_it_saves_what_could_not_be_checked() {
    let nobody = Refusal::new();
    let deck = Deck::new();
    let mut config = config_for(&BaseUrl::parse(&nobody.url()).unwrap());
    config.environments.development.provider.set_twilio(|account| account.account_sid = None);
    deck.configure(&render(&config));
    let terminal = Terminal::start(&deck, &[]);
    terminal.wait_for("Development");
    terminal.go_to("Account SID");
    terminal.type_text(ACCOUNT_SID);
    terminal.type_text("\x13");
    let screen = terminal.wait_for("Save without checking?");
    assert!(screen.contains("could not test the new credentials"), "{screen}");
    assert!(!development(&deck).contains(ACCOUNT_SID));
    terminal.type_text("\x1b");
    terminal.wait_for("Nothing was saved.");
    assert!(!development(&deck).contains(ACCOUNT_SID));
    terminal.type_text("\x13");
    terminal.wait_for("Save without checking?");
    terminal.type_text("y");
    terminal.wait_for("Saved Development.");
    assert!(development(&deck).contains(ACCOUNT_SID));
    terminal.wait_for("Development ! unverified");
}
