//! What was edited in the form before a change, so that the change can be taken back; also after
//! somebody else has saved.

use std::collections::BTreeMap;

use super::form::{is_disputed, saved_account};
use crate::domain::country::Country;
use crate::domain::from_numbers::FromNumbers;
use crate::domain::limits::Limits;
use crate::domain::merge::merge;
use crate::domain::message_overrides::MessageOverrides;
use crate::domain::message_text::MessageTemplate;
use crate::domain::provider::{AccountSid, Provider, TwilioAccount};
use crate::domain::recipients::Recipients;
use crate::domain::settings::{Field, Settings};

/// What can be edited, as it was before a change. The typed token is left out: it is a secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The field that had the cursor, if text was typed into it.
    pub(super) typed_into: Option<Field>,
    pub(super) texts: [String; 5],
    pub(super) account: TwilioAccount,
    pub(super) removes_token: bool,
    pub(super) on_sandbox: bool,
    pub(super) message: MessageTemplate,
    pub(super) message_overrides: MessageOverrides,
    pub(super) recipients: Recipients,
    pub(super) limits: Limits,
    pub(super) from_numbers: FromNumbers,
}

impl Draft {
    /// Settings with its fields that have parts, and everything else as in others.
    pub(super) fn parts(&self, others: &Settings) -> Settings {
        Settings {
            message_overrides: self.message_overrides.clone(),
            recipients: self.recipients.clone(),
            limits: self.limits.clone(),
            from_numbers: self.from_numbers.clone(),
            ..others.clone()
        }
    }

    /// Goes on from what somebody else has saved: what was not changed here is as they have it.
    pub(super) fn rebase(&mut self, old: &Settings, new: &Settings) {
        for (text, (old, new)) in self.texts.iter_mut().zip(texts(old).into_iter().zip(texts(new)))
        {
            if *text == old {
                *text = new;
            }
        }
        let (was, is) = (saved_account(old), saved_account(new));
        let account = &mut self.account;
        follow(&mut account.api_key, &was.api_key, &is.api_key);
        follow(&mut account.base_url, &was.base_url, &is.base_url);
        follow(&mut account.options, &was.options, &is.options);
        let on_sandbox = |settings: &Settings| settings.provider == Provider::Sandbox;
        follow(&mut self.on_sandbox, &on_sandbox(old), &on_sandbox(new));
        follow(&mut self.message, &old.message, &new.message);
        let merged = merge(old, &self.parts(old), new, &BTreeMap::new());
        let settings = &merged.settings;
        let is_agreed = |field| !is_disputed(&merged, field);
        if is_agreed(Field::MessageOverrides) {
            self.message_overrides = settings.message_overrides.clone();
        }
        if is_agreed(Field::Recipients) {
            self.recipients = settings.recipients.clone();
        }
        if is_agreed(Field::Limits) {
            self.limits = settings.limits.clone();
        }
        if is_agreed(Field::FromNumbers) {
            self.from_numbers = settings.from_numbers.clone();
        }
    }
}

/// Follows a change, unless it was another one before.
fn follow<T: PartialEq + Clone>(value: &mut T, old: &T, new: &T) {
    if value == old {
        value.clone_from(new);
    }
}

/// What the fields say in which text is typed, in the order of [`Draft::texts`].
fn texts(settings: &Settings) -> [String; 5] {
    let sid = saved_account(settings).account_sid;
    [
        settings.default_country.map_or("", Country::code).to_owned(),
        settings.code_validity.get().to_string(),
        settings.codes_allowed.get().to_string(),
        settings.time_out.get().to_string(),
        sid.as_ref().map_or("", AccountSid::as_str).to_owned(),
    ]
}
