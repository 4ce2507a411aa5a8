//! A change of the settings, as every face asks the engine for it.

mod support;

use smsdeck::config::{self, Config, Paths, TokenStatus};
use smsdeck::domain::bounded::Bounded;
use smsdeck::domain::environment::Environment;
use smsdeck::domain::settings::Settings;
use smsdeck::engine::{
    ChangeError, Checking, Deck, EnvironmentSave, InvalidEdit, Operator, SettingsChange,
    TokenChange,
};
use smsdeck::runtime::Runtime;
use smsdeck::store::{AuditAction, AuditRow};
use support::deck::{Deck as Files, operator};

const TEST: Environment = Environment::Test;

fn deck(files: &Files) -> Deck {
    Deck::new(files.paths(), Runtime::of_this_machine())
}

/// Sets the validity of Test's codes.
fn validity(minutes: u16) -> SettingsChange {
    SettingsChange::edit(Some(TEST), None, move |config| {
        config.environments.test.code_validity = Bounded::nearest(minutes);
        Ok(())
    })
}

fn saved_validity(paths: &Paths) -> Option<u16> {
    let config = config::load(&paths.config).unwrap()?;
    Some(config.environments.test.code_validity.get())
}

async fn audit(deck: &Deck) -> Vec<AuditRow> {
    let engine = deck.open(Config::built_in()).await.unwrap();
    engine.audit_rows(1, 100).await.unwrap()
}

#[tokio::test]
async fn a_change_is_saved_applied_and_audited_with_its_operator() {
    let files = Files::new();
    let deck = deck(&files);
    let engine = deck.open(Config::built_in()).await.unwrap();
    let changed = deck.change_settings(&operator(), validity(7), Checking::Required).await.unwrap();
    assert_eq!(changed.new.environments.test.code_validity.get(), 7);
    assert_eq!(saved_validity(&files.paths()), Some(7));
    assert_eq!(engine.settings(TEST).code_validity.get(), 7);
    let rows = audit(&deck).await;
    let actions: Vec<AuditAction> = rows.iter().map(|row| row.entry.action).collect();
    assert_eq!(actions, [AuditAction::Intent, AuditAction::Change]);
    for row in rows {
        assert_eq!(row.entry.environment, Some(TEST));
        assert_eq!(row.entry.operator, operator().asked_by);
        assert_eq!(row.entry.detail, "Code validity period: 5 min → 7 min");
    }
}

#[tokio::test]
async fn a_read_only_operator_changes_nothing_and_opens_no_store() {
    let files = Files::new();
    let onlooker = Operator { read_only: true, ..operator() };
    let refused =
        deck(&files).change_settings(&onlooker, validity(7), Checking::Required).await.unwrap_err();
    assert!(matches!(refused.error, ChangeError::ReadOnly(_)), "{refused:?}");
    assert!(!files.paths().config.exists() && !files.paths().store.exists());
}

#[tokio::test]
async fn a_preview_writes_nothing_and_opens_no_store() {
    let files = Files::new();
    let (old, new) = validity(7).preview(&files.paths()).unwrap();
    assert_ne!(old.environments.test.code_validity, new.environments.test.code_validity);
    assert!(!files.paths().config.exists() && !files.paths().store.exists());
}

#[tokio::test]
async fn settings_are_saved_without_a_usable_store_and_a_warning_says_so() {
    let files = Files::new();
    std::fs::create_dir_all(files.paths().store).unwrap();
    let changed =
        deck(&files).change_settings(&operator(), validity(7), Checking::Required).await.unwrap();
    assert_eq!(saved_validity(&files.paths()), Some(7));
    assert!(changed.not_audited.is_some());
}

#[tokio::test]
async fn an_invalid_config_is_repaired_by_a_text_and_the_audit_says_so() {
    let files = Files::new();
    files.configure("(version: 1,");
    let mut config = Config::built_in();
    config.environments.test.code_validity = Bounded::nearest(7);
    let (before, after) = ("(version: 1,".to_owned(), config::render(&config));
    let deck = deck(&files);
    let change = SettingsChange::Text { before, after };
    let changed = deck.change_settings(&operator(), change, Checking::Required).await.unwrap();
    assert!(changed.repaired && changed.not_audited.is_none());
    let rows = audit(&deck).await;
    let is_of_file = |row: &&AuditRow| row.entry.environment.is_none();
    let repaired = rows.iter().find(is_of_file).expect("it is the whole file's");
    assert!(repaired.entry.detail.contains("invalid config.ron"), "{repaired:?}");
    assert!(rows.iter().any(|row| row.entry.environment == Some(TEST)), "{rows:?}");
}

#[tokio::test]
async fn a_conflict_is_audited_as_a_failed_save_and_an_invalid_edit_is_not() {
    let files = Files::new();
    let deck = deck(&files);
    let baseline = Config::built_in().environments.test;
    deck.change_settings(&operator(), validity(7), Checking::Required).await.unwrap();
    let invalid =
        SettingsChange::edit(Some(TEST), None, |_| Err(InvalidEdit::Rule("no".to_owned())));
    let refused = deck.change_settings(&operator(), invalid, Checking::Required).await.unwrap_err();
    assert!(matches!(refused.error, ChangeError::Invalid(_)), "{refused:?}");
    let save = EnvironmentSave {
        environment: TEST,
        settings: Settings { code_validity: Bounded::nearest(3), ..baseline.clone() },
        baseline,
        token: TokenChange::Keep,
        known_token: TokenStatus::NotSet,
    };
    let change = SettingsChange::Environment(Box::new(save));
    let refused = deck.change_settings(&operator(), change, Checking::Required).await.unwrap_err();
    assert!(matches!(refused.error, ChangeError::Config(_)), "{refused:?}");
    assert_eq!(saved_validity(&files.paths()), Some(7));
    let actions: Vec<AuditAction> =
        audit(&deck).await.into_iter().map(|row| row.entry.action).collect();
    let [intent, change, failed] =
        [AuditAction::Intent, AuditAction::Change, AuditAction::FailedSave];
    assert_eq!(actions, [intent, change, intent, failed]);
}
