//! The values of the form that are chosen from a list, or edited in a pop-up.

use super::Form;
use crate::domain::country::Country;
use crate::domain::from_numbers::FromNumbers;
use crate::domain::limits::Limits;
use crate::domain::message_overrides::{Audience, MessageOverrides};
use crate::domain::message_text::MessageTemplate;
use crate::domain::provider::{ProviderKind, TwilioAccount};
use crate::domain::recipients::Recipients;
use crate::domain::settings::{Field, Settings};

impl Form {
    /// Chooses the provider.
    pub fn choose_provider(&mut self, provider: ProviderKind) {
        self.edit(None, |draft| draft.provider = provider);
    }

    /// Chooses the default country.
    pub fn choose_country(&mut self, country: Country) {
        let chosen = Settings { default_country: Some(country), ..self.draft().clone() };
        self.edit(None, |draft| draft.fill(Field::DefaultCountry, &chosen));
    }

    /// The default country as typed; `None` where nothing or nonsense is typed.
    pub fn country(&self) -> Option<Country> {
        let is_wrong = self.draft.error(Field::DefaultCountry).is_some();
        self.draft().default_country.filter(|_| !is_wrong)
    }

    /// Sets the text for a country or a language, or takes it away.
    pub fn set_own_message(&mut self, audience: Audience, message: Option<MessageTemplate>) {
        self.set(|settings| settings.message_overrides.set(audience, message));
    }

    /// The texts for some countries or languages.
    pub const fn message_overrides(&self) -> &MessageOverrides {
        &self.draft().message_overrides
    }

    /// The message text.
    pub const fn message(&self) -> &MessageTemplate {
        &self.draft().message
    }

    /// Replaces the message text.
    pub fn set_message(&mut self, message: MessageTemplate) {
        self.set(|settings| settings.message = message);
    }

    /// Whom the environment may text.
    pub const fn recipients(&self) -> &Recipients {
        &self.draft().recipients
    }

    /// Replaces whom the environment may text.
    pub fn set_recipients(&mut self, recipients: Recipients) {
        self.set(|settings| settings.recipients = recipients);
    }

    /// The From numbers as edited.
    pub const fn from_numbers(&self) -> &FromNumbers {
        &self.draft().from_numbers
    }

    /// Replaces the From numbers.
    pub fn set_from_numbers(&mut self, from_numbers: FromNumbers) {
        self.set(|settings| settings.from_numbers = from_numbers);
    }

    /// The limits as edited.
    pub const fn limits(&self) -> &Limits {
        &self.draft().limits
    }

    /// Replaces the limits.
    pub fn set_limits(&mut self, limits: Limits) {
        self.set(|settings| settings.limits = limits);
    }

    /// The account as edited, also while the Sandbox is chosen.
    pub fn account(&self) -> TwilioAccount {
        self.draft.account()
    }

    /// Replaces what has no line of its own in the form: API key, base URL, message options.
    pub fn set_account(&mut self, account: TwilioAccount) {
        self.set(|settings| {
            settings.provider.set_twilio(|present| {
                let (account_sid, auth_token) =
                    (present.account_sid.take(), present.auth_token.take());
                *present = TwilioAccount { account_sid, auth_token, ..account };
            });
        });
    }
}
