//! No field is left out: every loop over the table does to each of them what it does to all.

use std::collections::BTreeMap;

use super::*;
use crate::domain::difference::differences;
use crate::domain::limits::Cap;
use crate::domain::merge::merge;
use crate::domain::message_options::{MessageOptions, RiskCheck};
use crate::domain::phone::PhoneNumber;
use crate::domain::provider::{AccountSid, ApiKeySid, BaseUrl, TwilioAccount};
use crate::domain::secret::SecretSource;

/// Settings with nothing that a new environment has. What is added to [`Settings`] must be
/// added here too, with another value than the built-in one.
pub(crate) fn others() -> Settings {
    let digits = "0123456789abcdef0123456789abcdef";
    let account = TwilioAccount {
        account_sid: AccountSid::parse(&format!("AC{digits}")).ok(),
        api_key: ApiKeySid::parse(&format!("SK{digits}")).ok(),
        auth_token: Some(SecretSource::Stored),
        base_url: BaseUrl::parse("http://127.0.0.1:4010").ok(),
        options: MessageOptions { risk_check: Some(RiskCheck::Enable), ..Default::default() },
    };
    let message = MessageTemplate::parse("{code} it is").unwrap();
    let mut message_overrides = MessageOverrides::default();
    message_overrides.set("CO".parse().unwrap(), Some(message.clone()));
    let mut limits = Limits::default();
    limits.environment.day = Cap::new(9);
    let countries = Country::from_code("DE").into_iter().collect();
    let number = FromNumber { sender: Sender::parse("72404").unwrap(), countries };
    Settings {
        default_country: Country::from_code("CO"),
        code_validity: Bounded::nearest(9),
        codes_allowed: Bounded::nearest(9),
        time_out: Bounded::nearest(9),
        provider: Provider::Twilio(Box::new(account)),
        from_numbers: FromNumbers::new(vec![number], None).unwrap(),
        message,
        message_overrides,
        recipients: Recipients::Only([PhoneNumber::parse("+573001234567").unwrap()].into()),
        limits,
    }
}

fn built_in() -> Settings {
    Settings::built_in(Environment::Development)
}

/// The built-in settings with one field as the others have it, and with their provider where the
/// field is a part of the account.
fn with(field: Field) -> (Settings, Settings) {
    let mut base = built_in();
    if field.is_of_account() {
        base.provider = Provider::Twilio(Box::default());
    }
    let mut changed = base.clone();
    field.row().value.copy(&others(), &mut changed);
    (base, changed)
}

#[test]
fn the_table_reaches_everything_that_settings_have() {
    let mut settings = built_in();
    for field in Field::ALL {
        field.row().value.copy(&others(), &mut settings);
    }
    assert_eq!(settings, others());
}

#[test]
fn every_field_is_compared_and_shown() {
    for &field in Field::ALL {
        let (base, changed) = with(field);
        let found = differences(&base, &changed);
        assert!(!found.is_empty(), "{field:?} is not compared");
        assert!(found.iter().all(|it| it.field == field), "{field:?}: {found:?}");
        assert!(found.iter().all(|it| it.old != it.new), "{field:?}: {found:?}");
    }
}

#[test]
fn every_field_is_merged() {
    for &field in Field::ALL {
        let (base, changed) = with(field);
        let none = BTreeMap::new();
        for (mine, theirs) in [(&changed, &base), (&base, &changed)] {
            let merged = merge(&base, mine, theirs, &none);
            assert_eq!((merged.settings, merged.conflicts), (changed.clone(), vec![]), "{field:?}");
        }
    }
}

#[test]
fn every_field_has_a_name_a_label_and_an_explanation_of_its_own() {
    for &field in Field::ALL {
        let row = field.row();
        assert_eq!(Field::from_key(row.key), Some(field));
        assert!(!row.label.is_empty() && row.short_label.len() <= row.label.len(), "{field:?}");
        assert!(row.explanation.ends_with('.'), "{field:?}");
        let same_label = Field::ALL.iter().filter(|other| other.label() == row.label);
        assert_eq!(same_label.count(), 1, "{field:?}");
    }
}

#[test]
fn what_is_typed_into_a_line_is_read_back() {
    for &field in Field::ALL {
        let value = field.row().value;
        let (mut settings, changed) = with(field);
        if let Some(typed) = value.typed(&changed) {
            value.parse(&typed, &mut settings).unwrap();
            assert_eq!(settings, changed, "{field:?}");
            assert!(value.parse("nonsense?", &mut settings).is_err(), "{field:?}");
            assert_eq!(settings, changed, "{field:?}");
        }
    }
}

#[test]
fn only_the_named_numbers_are_texted_by_a_live_account() {
    let friend = PhoneNumber::parse("+573001234567").unwrap();
    let stranger = PhoneNumber::parse("+573007654321").unwrap();
    let mut settings = Settings::built_in(Environment::Test);
    settings.recipients = Recipients::Only(BTreeSet::from([friend.clone()]));
    assert!(settings.may_text(&friend) && !settings.may_text(&stranger));
    settings.provider = Provider::Sandbox;
    assert!(settings.may_text(&stranger));
}
