//! The settings form: what is typed, what is wrong with it, what has changed.

use std::collections::BTreeMap;

use super::draft::Draft;
use crate::config::TokenStatus;
use crate::domain::bounded::{CodeValidity, CodesAllowed, TimeOut};
use crate::domain::country::Country;
use crate::domain::from_numbers::FromNumbers;
use crate::domain::limits::Limits;
use crate::domain::merge::{Conflict, Merged, Place, Side, advance, merge};
use crate::domain::message_overrides::{Audience, MessageOverrides};
use crate::domain::message_text::{MessageTemplate, Segments};
use crate::domain::provider::{AccountSid, Provider, TwilioAccount};
use crate::domain::recipients::Recipients;
use crate::domain::secret::{Secret, SecretSource};
use crate::domain::settings::{Field, Settings};
use crate::tui::effect::TokenChange;
use crate::tui::text_field::TextField;

/// The fields, from top to bottom.
pub const FIELDS: [Field; 9] = [
    Field::DefaultCountry,
    Field::CodeValidity,
    Field::CodesAllowed,
    Field::TimeOut,
    Field::Provider,
    Field::AccountSid,
    Field::AuthToken,
    Field::Message,
    Field::Recipients,
];

/// The form of one environment: the saved settings, and what has been made of them.
#[derive(Debug)]
pub struct Form {
    saved: Settings,
    /// The settings from which the edits began. Others than the saved ones where somebody else has
    /// changed the same fields meanwhile.
    base: Settings,
    token: TokenStatus,
    /// The token from which a change of it began.
    base_token: TokenStatus,
    default_country: TextField,
    code_validity: TextField,
    codes_allowed: TextField,
    time_out: TextField,
    account_sid: TextField,
    account: TwilioAccount,
    new_token: TextField,
    removes_token: bool,
    on_sandbox: bool,
    message: MessageTemplate,
    message_overrides: MessageOverrides,
    recipients: Recipients,
    limits: Limits,
    from_numbers: FromNumbers,
    cursor: usize,
    undo: Vec<Draft>,
}

/// Fields that are merged part by part.
const PARTED: [Field; 4] =
    [Field::FromNumbers, Field::Limits, Field::MessageOverrides, Field::Recipients];

pub(super) fn is_disputed(merged: &Merged, field: Field) -> bool {
    merged.conflicts.iter().any(|conflict| conflict.place.field == field)
}

/// Changes that can be taken back.
const MAX_UNDO: usize = 100;

impl Form {
    /// A form that shows settings as saved.
    pub fn new(saved: Settings) -> Self {
        let mut form = Self {
            token: TokenStatus::NotSet,
            base_token: TokenStatus::NotSet,
            default_country: TextField::new("", 40),
            code_validity: TextField::new("", 6),
            codes_allowed: TextField::new("", 6),
            time_out: TextField::new("", 6),
            account_sid: TextField::new("", 64),
            account: TwilioAccount::default(),
            new_token: TextField::hidden(128),
            removes_token: false,
            on_sandbox: false,
            message: MessageTemplate::default(),
            message_overrides: MessageOverrides::default(),
            recipients: Recipients::Anyone,
            limits: Limits::default(),
            from_numbers: FromNumbers::default(),
            cursor: 0,
            undo: Vec::new(),
            base: saved.clone(),
            saved,
        };
        for field in all_fields() {
            form.revert(field);
        }
        form
    }

    /// The settings as saved, which are those in force.
    pub const fn saved(&self) -> &Settings {
        &self.saved
    }

    /// Takes newly read settings. What was edited here stays as typed; From numbers of both sides
    /// come together.
    pub fn refresh(&mut self, saved: Settings, token: TokenStatus) {
        let was_changed = self.is_changed();
        let keeps_token = self.token_change() == TokenChange::Keep;
        let unchanged: Vec<Field> =
            all_fields().filter(|&field| !self.is_field_changed(field)).collect();
        for draft in &mut self.undo {
            draft.rebase(&self.saved, &saved);
        }
        self.saved = saved;
        self.token = token;
        if keeps_token {
            self.base_token = self.token.clone();
        }
        for &field in &unchanged {
            self.revert(field);
        }
        if !was_changed {
            self.base = self.saved.clone();
        }
        self.refresh_parts();
        let same: Vec<Field> =
            all_fields().filter(|&field| !self.is_field_changed(field)).collect();
        advance(&mut self.base, &self.saved, &same);
        if was_changed && self.settings().is_ok() && self.conflicts().is_empty() {
            self.base = self.saved.clone();
        }
    }

    /// Brings both sides together in fields that have parts of their own, where none of the parts is
    /// disputed.
    fn refresh_parts(&mut self) {
        let mine = self.draft().parts(&self.base);
        let merged = merge(&self.base, &mine, &self.saved, &BTreeMap::new());
        for field in PARTED.into_iter().filter(|&field| !is_disputed(&merged, field)) {
            self.fill(field, &merged.settings);
            advance(&mut self.base, &self.saved, &[field]);
        }
    }

    /// What was changed here and, differently, by somebody else. Nothing is told of it while a field
    /// is wrong.
    pub fn conflicts(&self) -> Vec<Conflict> {
        self.merged(&BTreeMap::new()).map_or_else(Vec::new, |merged| merged.conflicts)
    }

    /// Both changes together, where somebody else has saved something since the edits began.
    fn merged(&self, sides: &BTreeMap<Place, Side>) -> Option<Merged> {
        let mine = self.has_news().then(|| self.settings().ok()).flatten()?;
        let mut merged = merge(&self.base, &mine, &self.saved, sides);
        // Another token in the same place as before: settings do not show that.
        let is_asked = |conflict: &Conflict| conflict.place == ACCOUNT;
        if self.is_token_disputed() && !merged.conflicts.iter().any(is_asked) {
            let mine = match self.token_change() {
                TokenChange::Remove => "removed",
                _ => "a new token",
            };
            let (mine, theirs) = (mine.to_owned(), self.token.to_string());
            merged.conflicts.push(Conflict { place: TOKEN, mine, theirs });
        }
        Some(merged)
    }

    /// Whether somebody else has saved something since the edits began.
    pub fn has_news(&self) -> bool {
        self.base != self.saved || self.is_token_disputed()
    }

    /// Whether the token is changed here, and was changed by somebody else since that began.
    fn is_token_disputed(&self) -> bool {
        !self.on_sandbox
            && self.token_change() != TokenChange::Keep
            && self.base_token != self.token
    }

    /// Settles what is in conflict as chosen. Where choices do not fit together nothing is settled,
    /// and what must be chosen besides comes back.
    pub fn settle(&mut self, sides: &BTreeMap<Place, Side>) -> Vec<Conflict> {
        let Some(merged) = self.merged(sides) else { return Vec::new() };
        let is_open = |conflict: &Conflict| !sides.contains_key(&conflict.place);
        let open: Vec<Conflict> = merged.conflicts.into_iter().filter(is_open).collect();
        if !open.is_empty() {
            return open;
        }
        // What is older would bring back what somebody else has changed.
        self.undo.clear();
        self.base = self.saved.clone();
        self.base_token = self.token.clone();
        let keeps_token = [TOKEN, ACCOUNT].iter().all(|it| sides.get(it) != Some(&Side::Theirs));
        for field in all_fields().filter(|&field| field != Field::AuthToken || !keeps_token) {
            self.fill(field, &merged.settings);
        }
        Vec::new()
    }

    /// Goes on from what was saved here: what was typed since then is a change of its own.
    pub fn was_saved(&mut self, settings: &Settings) {
        self.saved = settings.clone();
        self.base = settings.clone();
    }

    /// Forgets the typed token, if it is the one that has just been stored.
    pub fn accept_token(&mut self, stored: &TokenChange) {
        if *stored == self.token_change() || *stored == TokenChange::Remove {
            self.revert(Field::AuthToken);
        }
        // A mark that was meant for the token before must not come back for this one.
        for draft in &mut self.undo {
            draft.removes_token = false;
        }
    }

    /// Takes what a save from here has made of the token: it is nobody else's change.
    pub fn was_stored(&mut self, token: TokenStatus) {
        self.base_token = token.clone();
        self.token = token;
    }

    /// The token from which a change of it began.
    pub const fn base_token(&self) -> &TokenStatus {
        &self.base_token
    }

    /// Whether a save would let go of a Twilio account, as the Sandbox has none.
    pub fn drops_account(&self) -> bool {
        self.on_sandbox && saved_account(&self.saved) != TwilioAccount::default()
    }

    /// The field that has the cursor.
    pub fn field(&self) -> Field {
        FIELDS[self.cursor.min(FIELDS.len() - 1)]
    }

    /// Moves the cursor to a field.
    pub fn go_to(&mut self, field: Field) {
        self.cursor = FIELDS.iter().position(|&other| other == field).unwrap_or(self.cursor);
    }

    /// Moves the cursor up or down, stopping at the ends.
    pub fn step(&mut self, down: bool) {
        self.cursor = if down {
            (self.cursor + 1).min(FIELDS.len() - 1)
        } else {
            self.cursor.saturating_sub(1)
        };
    }

    /// Whether typing goes into the focused field.
    pub fn takes_text(&self) -> bool {
        self.text_field(self.field()).is_some()
    }

    /// The text that the focused field is edited in.
    pub fn focused_text(&mut self) -> Option<&mut TextField> {
        let field = self.field();
        self.text_field_mut(field)
    }

    /// The text that a field is edited in; `None` for choices and for fields that the
    /// chosen provider does not use.
    pub fn text_field(&self, field: Field) -> Option<&TextField> {
        match field {
            Field::DefaultCountry => Some(&self.default_country),
            Field::CodeValidity => Some(&self.code_validity),
            Field::CodesAllowed => Some(&self.codes_allowed),
            Field::TimeOut => Some(&self.time_out),
            Field::AccountSid if !self.on_sandbox => Some(&self.account_sid),
            Field::AuthToken if !self.on_sandbox => Some(&self.new_token),
            _ => None,
        }
    }

    fn text_field_mut(&mut self, field: Field) -> Option<&mut TextField> {
        match field {
            Field::DefaultCountry => Some(&mut self.default_country),
            Field::CodeValidity => Some(&mut self.code_validity),
            Field::CodesAllowed => Some(&mut self.codes_allowed),
            Field::TimeOut => Some(&mut self.time_out),
            Field::AccountSid if !self.on_sandbox => Some(&mut self.account_sid),
            Field::AuthToken if !self.on_sandbox => Some(&mut self.new_token),
            _ => None,
        }
    }

    /// Whether the provider is the Sandbox, as chosen here.
    pub const fn is_on_sandbox(&self) -> bool {
        self.on_sandbox
    }

    /// Chooses the provider.
    pub const fn choose_sandbox(&mut self, on_sandbox: bool) {
        self.on_sandbox = on_sandbox;
    }

    /// Chooses the default country.
    pub fn choose_country(&mut self, country: Country) {
        self.default_country.set(country.code());
    }

    /// The default country as typed; `None` where nothing or nonsense is typed.
    pub fn country(&self) -> Option<Country> {
        self.default_country.text().parse().ok()
    }

    /// The message text.
    pub const fn message(&self) -> &MessageTemplate {
        &self.message
    }

    /// The texts for some countries or languages.
    pub const fn message_overrides(&self) -> &MessageOverrides {
        &self.message_overrides
    }

    /// Sets the text for a country or a language, or takes it away.
    pub fn set_own_message(&mut self, audience: Audience, message: Option<MessageTemplate>) {
        self.message_overrides.set(audience, message);
    }

    /// Replaces the message text.
    pub fn set_message(&mut self, message: MessageTemplate) {
        self.message = message;
    }

    /// Whom the environment may text.
    pub const fn recipients(&self) -> &Recipients {
        &self.recipients
    }

    /// Replaces whom the environment may text.
    pub fn set_recipients(&mut self, recipients: Recipients) {
        self.recipients = recipients;
    }

    /// The From numbers as edited.
    pub const fn from_numbers(&self) -> &FromNumbers {
        &self.from_numbers
    }

    /// Replaces the From numbers.
    pub fn set_from_numbers(&mut self, from_numbers: FromNumbers) {
        self.from_numbers = from_numbers;
    }

    /// Has the stored token taken away at the next save.
    pub fn remove_token(&mut self) {
        self.new_token.set("");
        self.removes_token = true;
    }

    /// Whether there is a stored token that could be taken away.
    pub const fn has_stored_token(&self) -> bool {
        matches!(self.token, TokenStatus::Stored { .. }) && !self.removes_token
    }

    /// What is shown of the token.
    pub const fn token(&self) -> &TokenStatus {
        &self.token
    }

    /// Whether the stored token is to be taken away.
    pub const fn is_removing_token(&self) -> bool {
        self.removes_token
    }

    /// What a save does to the stored token.
    pub fn token_change(&self) -> TokenChange {
        match Secret::parse(self.new_token.text()) {
            Ok(token) if !self.on_sandbox => TokenChange::Replace(token),
            _ if self.removes_token => TokenChange::Remove,
            // Nothing would use it any more, and nothing would show that it is still there.
            _ if self.drops_account() => match saved_account(&self.saved).auth_token {
                Some(SecretSource::Stored) => TokenChange::Remove,
                _ => TokenChange::Keep,
            },
            _ => TokenChange::Keep,
        }
    }

    /// What is edited now.
    pub fn draft(&self) -> Draft {
        let text = |field: &TextField| field.text().to_owned();
        Draft {
            typed_into: None,
            texts: [
                text(&self.default_country),
                text(&self.code_validity),
                text(&self.codes_allowed),
                text(&self.time_out),
                text(&self.account_sid),
            ],
            account: self.account.clone(),
            removes_token: self.removes_token,
            on_sandbox: self.on_sandbox,
            message: self.message.clone(),
            message_overrides: self.message_overrides.clone(),
            recipients: self.recipients.clone(),
            limits: self.limits.clone(),
            from_numbers: self.from_numbers.clone(),
        }
    }

    /// Remembers what was edited before an input, if the input has changed it. Letters typed into
    /// one field are one change.
    pub fn remember(&mut self, mut before: Draft, is_typing: bool) {
        if before == self.draft() {
            return;
        }
        before.typed_into = is_typing.then(|| self.field());
        let goes_on = before.typed_into.is_some()
            && self.undo.last().is_some_and(|last| last.typed_into == before.typed_into);
        if !goes_on {
            self.undo.push(before);
            let most = self.undo.len().saturating_sub(MAX_UNDO);
            self.undo.drain(..most);
        }
    }

    /// Whether there is a change to take back.
    pub fn can_undo(&self) -> bool {
        let present = self.draft();
        self.undo.iter().any(|draft| Draft { typed_into: None, ..draft.clone() } != present)
    }

    /// Takes the last change back; whether there was one.
    pub fn undo(&mut self) -> bool {
        // A field that was taken back meanwhile is as it was before already.
        let present = self.draft();
        let is_other = |draft: &Draft| Draft { typed_into: None, ..draft.clone() } != present;
        let draft = std::iter::from_fn(|| self.undo.pop()).find(is_other);
        let Some(draft) = draft else { return false };
        let fields = [
            &mut self.default_country,
            &mut self.code_validity,
            &mut self.codes_allowed,
            &mut self.time_out,
            &mut self.account_sid,
        ];
        for (field, text) in fields.into_iter().zip(&draft.texts) {
            field.set(text);
        }
        self.account = draft.account;
        self.removes_token = draft.removes_token;
        self.on_sandbox = draft.on_sandbox;
        self.message = draft.message;
        self.message_overrides = draft.message_overrides;
        self.recipients = draft.recipients;
        self.limits = draft.limits;
        self.from_numbers = draft.from_numbers;
        true
    }

    /// Takes the value of a field from settings of another environment.
    pub fn take_over(&mut self, field: Field, theirs: &Settings) {
        if matches!(
            field,
            Field::AccountSid | Field::ApiKey | Field::BaseUrl | Field::MessageOptions
        ) {
            // The Sandbox has no account; taking over that there is none is no change of provider.
            self.on_sandbox &= theirs.provider == Provider::Sandbox;
        }
        self.fill(field, theirs);
    }

    /// Takes back what was changed in a field.
    pub fn revert(&mut self, field: Field) {
        let saved = self.saved.clone();
        self.fill(field, &saved);
    }

    /// Takes back what was changed in the line of a field: that of the message has two.
    pub fn revert_line(&mut self, field: Field) {
        self.revert(field);
        if field == Field::Message {
            self.revert(Field::MessageOverrides);
        }
    }

    /// Whether the line of a field differs from what is saved.
    pub fn is_line_changed(&self, field: Field) -> bool {
        self.is_field_changed(field)
            || (field == Field::Message && self.is_field_changed(Field::MessageOverrides))
    }

    /// Puts what settings say into a field.
    fn fill(&mut self, field: Field, settings: &Settings) {
        match field {
            Field::DefaultCountry => {
                self.default_country.set(settings.default_country.map_or("", Country::code));
            }
            Field::CodeValidity => {
                self.code_validity.set(&settings.code_validity.get().to_string());
            }
            Field::CodesAllowed => {
                self.codes_allowed.set(&settings.codes_allowed.get().to_string());
            }
            Field::TimeOut => self.time_out.set(&settings.time_out.get().to_string()),
            Field::Provider => self.on_sandbox = settings.provider == Provider::Sandbox,
            Field::AccountSid => {
                let account = saved_account(settings);
                let sid = account.account_sid.as_ref().map_or("", AccountSid::as_str).to_owned();
                self.account_sid.set(&sid);
            }
            Field::AuthToken => {
                self.new_token.set("");
                self.removes_token = false;
            }
            Field::Message => self.message = settings.message.clone(),
            Field::MessageOverrides => self.message_overrides = settings.message_overrides.clone(),
            Field::Recipients => self.recipients = settings.recipients.clone(),
            Field::Limits => self.limits = settings.limits.clone(),
            Field::FromNumbers => self.from_numbers = settings.from_numbers.clone(),
            Field::ApiKey => self.account.api_key = saved_account(settings).api_key,
            Field::BaseUrl => self.account.base_url = saved_account(settings).base_url,
            Field::MessageOptions => self.account.options = saved_account(settings).options,
        }
    }

    /// Whether a field differs from what is saved.
    pub fn is_field_changed(&self, field: Field) -> bool {
        let saved = &self.saved;
        match field {
            // The Sandbox has none of these.
            Field::AccountSid
            | Field::AuthToken
            | Field::ApiKey
            | Field::BaseUrl
            | Field::MessageOptions
                if self.on_sandbox =>
            {
                false
            }
            Field::DefaultCountry => {
                let typed = self.default_country.text().trim();
                self.country() != saved.default_country
                    || (self.country().is_none() && !typed.is_empty())
            }
            Field::CodeValidity => {
                CodeValidity::parse(self.code_validity.text()) != Ok(saved.code_validity)
            }
            Field::CodesAllowed => {
                CodesAllowed::parse(self.codes_allowed.text()) != Ok(saved.codes_allowed)
            }
            Field::TimeOut => TimeOut::parse(self.time_out.text()) != Ok(saved.time_out),
            Field::Provider => self.on_sandbox != (saved.provider == Provider::Sandbox),
            Field::AccountSid => {
                let sid = saved_account(saved).account_sid;
                self.account_sid.text().trim() != sid.as_ref().map_or("", AccountSid::as_str)
            }
            Field::AuthToken => !self.new_token.is_empty() || self.removes_token,
            Field::Message => self.message != saved.message,
            Field::MessageOverrides => self.message_overrides != saved.message_overrides,
            Field::Recipients => self.recipients != saved.recipients,
            Field::Limits => self.limits != saved.limits,
            Field::FromNumbers => self.from_numbers != saved.from_numbers,
            Field::ApiKey => self.account.api_key != saved_account(saved).api_key,
            Field::BaseUrl => self.account.base_url != saved_account(saved).base_url,
            Field::MessageOptions => self.account.options != saved_account(saved).options,
        }
    }

    /// Whether anything differs from what is saved.
    pub fn is_changed(&self) -> bool {
        all_fields().any(|field| self.is_field_changed(field))
    }

    /// What is wrong with a field, if anything.
    pub fn error(&self, field: Field) -> Option<String> {
        match field {
            Field::DefaultCountry if self.default_country.text().trim().is_empty() => None,
            Field::DefaultCountry => Country::from_typed(self.default_country.text())
                .err()
                .map(|error| error.to_string()),
            Field::CodeValidity => whole_number::<1, 10>(&self.code_validity),
            Field::CodesAllowed => whole_number::<1, 20>(&self.codes_allowed),
            Field::TimeOut => whole_number::<1, 1440>(&self.time_out),
            Field::AccountSid if !self.on_sandbox && !self.account_sid.text().trim().is_empty() => {
                AccountSid::parse(self.account_sid.text()).err().map(|error| error.to_string())
            }
            Field::AuthToken if !self.on_sandbox && !self.new_token.is_empty() => {
                Secret::parse(self.new_token.text()).err().map(|error| error.to_string())
            }
            _ => None,
        }
    }

    /// The settings as edited.
    ///
    /// # Errors
    /// With the first field that is wrong.
    pub fn settings(&self) -> Result<Settings, Field> {
        if let Some(wrong) = FIELDS.into_iter().find(|&field| self.error(field).is_some()) {
            return Err(wrong);
        }
        Ok(Settings {
            default_country: self.country(),
            code_validity: CodeValidity::parse(self.code_validity.text())
                .map_err(|_| Field::CodeValidity)?,
            codes_allowed: CodesAllowed::parse(self.codes_allowed.text())
                .map_err(|_| Field::CodesAllowed)?,
            time_out: TimeOut::parse(self.time_out.text()).map_err(|_| Field::TimeOut)?,
            provider: self.provider(),
            from_numbers: self.from_numbers.clone(),
            message: self.message.clone(),
            message_overrides: self.message_overrides.clone(),
            recipients: self.recipients.clone(),
            limits: self.limits.clone(),
        })
    }

    /// What has no line of its own in the form: API key, base URL, message options.
    pub const fn account(&self) -> &TwilioAccount {
        &self.account
    }

    /// Replaces what has no line of its own; account SID and token are left alone.
    pub fn set_account(&mut self, account: TwilioAccount) {
        self.account = account;
    }

    /// The limits as edited.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Replaces the limits.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// The provider as edited.
    pub fn provider(&self) -> Provider {
        if self.on_sandbox {
            return Provider::Sandbox;
        }
        let account = saved_account(&self.saved);
        let auth_token = match self.token_change() {
            TokenChange::Replace(_) => Some(SecretSource::Stored),
            TokenChange::Remove => None,
            TokenChange::Keep => account.auth_token.clone(),
        };
        let account_sid = AccountSid::parse(self.account_sid.text()).ok();
        let edited = self.account.clone();
        Provider::Twilio(Box::new(TwilioAccount { account_sid, auth_token, ..edited }))
    }

    /// What the message costs, as edited.
    pub fn segments(&self, app_name: &str) -> Segments {
        let minutes =
            CodeValidity::parse(self.code_validity.text()).unwrap_or(self.saved.code_validity);
        Segments::of(&self.message.render("123456", minutes.get(), app_name))
    }
}

/// The token, as a place that two people have changed.
const TOKEN: Place = Place { field: Field::AuthToken, number: None };

/// The account as a whole, likewise.
const ACCOUNT: Place = Place { field: Field::AccountSid, number: None };

fn all_fields() -> impl Iterator<Item = Field> {
    let without_line = [
        Field::MessageOverrides,
        Field::FromNumbers,
        Field::ApiKey,
        Field::BaseUrl,
        Field::MessageOptions,
        Field::Limits,
    ];
    FIELDS.into_iter().chain(without_line)
}

pub(super) fn saved_account(settings: &Settings) -> TwilioAccount {
    match &settings.provider {
        Provider::Twilio(account) => (**account).clone(),
        Provider::Sandbox => TwilioAccount::default(),
    }
}

fn whole_number<const MIN: u16, const MAX: u16>(field: &TextField) -> Option<String> {
    let outside = crate::domain::bounded::Bounded::<MIN, MAX>::parse(field.text()).is_err();
    outside.then(|| format!("a whole number from {MIN} to {MAX}"))
}
