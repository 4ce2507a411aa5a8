//! What the settings form says: the value of a field for reading, and the sentence that explains it.

use super::form::Form;
use crate::config::TokenStatus;
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::field_table::Value;
use crate::domain::secret::SecretSource;
use crate::domain::settings::Field;
use crate::domain::warnings::Warning;
use crate::tui::keymap::{Action, Context};
use crate::tui::session::Session;
use crate::tui::text_field::TextField;

/// The value of a field for reading.
pub(super) fn shown(session: &Session, field: Field) -> String {
    let form = &session.tab().form;
    match field {
        Field::Provider => form.chosen_provider().brief(),
        field if form.lacks(field) => "not needed".to_owned(),
        Field::AuthToken => token(session),
        Field::Message => form.segments(&session.app_name).to_string(),
        field => field.row().brief(form.draft()),
    }
}

fn token(session: &Session) -> String {
    let form = &session.tab().form;
    if form.is_removing_token() {
        return "removed at save".to_owned();
    }
    if !form.text_field(Field::AuthToken).is_none_or(TextField::is_empty) {
        return "new, not saved".to_owned();
    }
    match form.token() {
        TokenStatus::NotSet => "not set".to_owned(),
        TokenStatus::Missing => "missing: enter it".to_owned(),
        TokenStatus::Elsewhere(source) => source.to_string(),
        TokenStatus::Stored { ending, since } => {
            let days = session.now.duration_since(*since).as_hours() / 24;
            let age = match days {
                ..=0 => "today".to_owned(),
                1 => "1 day old".to_owned(),
                days => format!("{days} days old"),
            };
            if ending.is_empty() {
                format!("set · {age}")
            } else {
                format!("set · ends {ending} · {age}")
            }
        }
    }
}

/// What is risky about the form as edited; of the saved settings while something is wrong.
pub fn warnings(environment: Environment, form: &Form) -> Vec<Warning> {
    form.settings().as_ref().unwrap_or(form.saved()).warnings(environment)
}

/// The sentence that explains the focused field: what is wrong, what is risky, or its rule.
pub fn explanation(session: &Session) -> String {
    let form = &session.tab().form;
    let field = form.field();
    if let Some(error) = form.error(field) {
        return format!("{}: {error}.", field.label());
    }
    let warned =
        warnings(session.environment, form).into_iter().find(|warning| warning.field == field);
    if let Some(warning) = warned {
        return format!("Warning: {}", warning.text);
    }
    let explanation = field.row().explanation;
    match field {
        Field::DefaultCountry => default_country(session, form),
        Field::CodesAllowed | Field::TimeOut => quota_rule(form, explanation),
        Field::Provider if form.is_on_sandbox() => {
            "The Sandbox simulates the provider and the phones on this machine; it sends to no one."
                .to_owned()
        }
        Field::Provider => "A Twilio account; messages reach real phones.".to_owned(),
        field if form.lacks(field) => "The Sandbox needs no account.".to_owned(),
        Field::AccountSid => {
            let key = session.key(Context::Form, Action::AccountDetails);
            format!("{explanation} {key}: API key and more.")
        }
        Field::AuthToken if is_read_from_elsewhere(form) => {
            "Read from elsewhere; a token typed here is stored in secrets.ron instead.".to_owned()
        }
        Field::AuthToken => {
            let key = session.key(Context::Form, Action::Remove);
            format!("Never shown. Type a new one to replace it; empty keeps it, {key} removes it.")
        }
        Field::Message => form.message().as_str().replace('\n', " "),
        _ => explanation.to_owned(),
    }
}

fn is_read_from_elsewhere(form: &Form) -> bool {
    use SecretSource::{Command, Env, File};
    matches!(form.token(), TokenStatus::Elsewhere(Env(_) | File(_) | Command(_)))
}

fn default_country(session: &Session, form: &Form) -> String {
    let Some(typed) = form
        .text_field(Field::DefaultCountry)
        .and_then(|text| Country::from_typed(text.text()).ok())
    else {
        let list = session.key(Context::Form, Action::Accept);
        return format!(
            "Empty: every number needs its country code. Type CO, 57 or +57; {list} lists all."
        );
    };
    let country = typed.country;
    if typed.shared_calling_code {
        let sharing = Country::sharing_calling_code(country.calling_code()).len();
        return format!(
            "+{} is shared by {sharing} countries; this is {country}.",
            country.calling_code()
        );
    }
    format!(
        "+{} ({}) is added to numbers without a country code.",
        country.calling_code(),
        country.name()
    )
}

/// The rule of the quota with the form's own figures; `otherwise` where one of them is wrong.
fn quota_rule(form: &Form, otherwise: &str) -> String {
    let is_wrong = |field| form.error(field).is_some();
    if is_wrong(Field::CodesAllowed) || is_wrong(Field::TimeOut) {
        return otherwise.to_owned();
    }
    let (allowed, minutes) = (form.draft().codes_allowed.get(), form.draft().time_out.get());
    let codes = if allowed == 1 { "1 code".to_owned() } else { format!("{allowed} codes") };
    format!("{codes} within {minutes} min, then none until {minutes} min after the last.")
}
