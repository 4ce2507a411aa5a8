//! The Twilio account of an environment: its credentials and its options.

use smsdeck::domain::environment::PerEnvironment;
use smsdeck::domain::provider::Provider;
use smsdeck::domain::provider::ProviderKind;
use smsdeck::engine::TokenChange;
use smsdeck::engine::{CredentialsStatus, Status};
use smsdeck::provider::ErrorCode;
use smsdeck::tui::message::Message;

use crate::SIZE;
use crate::support::busy_day::status;
use crate::support::screen::{Console, saves};

#[test]
fn the_auth_token_is_never_shown_and_goes_with_the_save() {
    let mut console = Console::busy(SIZE);
    console.press("@Auth_token");
    console.press("t0psecretvalue1234567890abcdef00");
    assert!(!console.screen().contains("t0psecret"));
    assert!(!format!("{:?}", console.model).contains("t0psecret"));
    let effects = console.press("^s production Enter");
    let saved = saves(&effects);
    assert!(matches!(&saved[0].token, TokenChange::Replace(_)));
    assert!(!format!("{effects:?}").contains("t0psecret"));
}

#[test]
fn an_empty_auth_token_field_keeps_the_stored_token() {
    let mut console = Console::busy(SIZE);
    let effects = console.press("@Code_validity Backspace 9 ^s production Enter");
    assert_eq!(saves(&effects)[0].token, TokenChange::Keep);
}

#[test]
fn switching_to_the_sandbox_warns_that_the_account_is_removed() {
    let mut console = Console::busy(SIZE);
    console.press("@Provider Enter Up Enter ^s");
    console.assert_shows("This removes the Twilio account and its stored");
    let effects = console.press("production Enter");
    let saved = saves(&effects);
    assert_eq!(saved[0].settings.provider, Provider::Sandbox);
    assert_eq!(saved[0].token, TokenChange::Remove);
}

#[test]
fn an_api_key_and_message_options_are_saved_with_the_account() {
    let mut console = Console::busy(SIZE);
    console.press("Tab Tab ^o SK12 Enter");
    console.assert_shows("an API key SID is SK and 32");
    let key = format!("SK{}", "0f".repeat(16));
    console.press(&format!("^a ^k {key} @Risk_check _ _ @Content_retention _ _ Enter"));
    let saved = saves(&console.press("^s production Enter"))[0].settings.clone();
    let Provider::Twilio(account) = &saved.provider else { panic!("{saved:?}") };
    assert_eq!(account.api_key.as_ref().map(|key| key.as_str().to_owned()), Some(key));
    assert_eq!(account.options.to_string(), "RiskCheck disable, ContentRetention discard");
    assert!(account.account_sid.is_some() && account.auth_token.is_some());
}

#[test]
fn refused_credentials_show_one_banner_until_they_are_accepted() {
    let mut console = Console::busy(SIZE);
    let code = ErrorCode::new(ProviderKind::Twilio, 20003);
    let at = console.now;
    let mut tell = |credentials| {
        let status = Status { credentials: Some(credentials), ..status() };
        let all = PerEnvironment {
            production: Some(Box::new(status)),
            ..PerEnvironment::from_fn(|_| None)
        };
        console.tell(Message::Status(all));
        console.screen()
    };
    let refused = tell(CredentialsStatus::Refused { code, at });
    assert!(refused.contains("The account rejects its credentials (error 20003)"), "{refused}");
    assert!(refused.contains("Production ! rejected"), "{refused}");
    assert!(!tell(CredentialsStatus::Accepted { since: at }).contains("rejects its credentials"));
}
