//! The picture of the settings form, its keys, and the sentence that explains a field.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::Widget;

use super::first_row;
use super::form::{FIELDS, Form};
use crate::config::TokenStatus;
use crate::domain::bounded::{CodesAllowed, TimeOut};
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::provider::AccountSid;
use crate::domain::secret::SecretSource;
use crate::domain::settings::Field;
use crate::domain::warnings::Warning;
use crate::engine::AccountQuery;
use crate::tui::effect::{Effect, TokenChange};
use crate::tui::fit::width;
use crate::tui::keymap::Action;
use crate::tui::layout::WIDE;
use crate::tui::modal::Modal;
use crate::tui::modal::account::AccountModal;
use crate::tui::modal::choice::ChoiceModal;
use crate::tui::modal::confirm::{ConfirmModal, Confirmed};
use crate::tui::modal::limits::LimitsModal;
use crate::tui::modal::text::TextModal;
use crate::tui::model::Model;
use crate::tui::update::Input;

/// Handles an input while the form has the focus.
pub fn on_input(model: &mut Model, input: &Input) -> Vec<Effect> {
    let field = model.tab().form.field();
    match input {
        Input::Action(Action::Up) => model.tab_mut().form.step(false),
        Input::Action(Action::Down) => model.tab_mut().form.step(true),
        Input::Action(Action::Cancel) => model.tab_mut().form.revert_line(field),
        Input::Action(Action::Accept) => open(model, field),
        Input::Action(Action::AccountDetails) if model.tab().form.is_on_sandbox() => {
            model.say("The Sandbox needs no account.");
        }
        Input::Action(Action::AccountDetails) => {
            let modal = AccountModal::new(model.tab().form.account());
            model.modals.push(Modal::Account(Box::new(modal)));
        }
        Input::Action(Action::Limits) => {
            let modal = LimitsModal::new(model.tab().form.limits());
            model.modals.push(Modal::Limits(Box::new(modal)));
        }
        Input::Action(Action::TestAccount) => {
            let query = account_query(model);
            model.say(format!("{}: asking {}…", model.environment, query.provider.name()));
            return vec![Effect::CheckAccount(Box::new(query))];
        }
        Input::Action(Action::Remove)
            if field == Field::AuthToken && model.tab().form.has_stored_token() =>
        {
            let lines = vec![
                format!("Remove the stored auth token of {}?", model.environment),
                "It goes with the next save; until then Esc in the field takes it back.".to_owned(),
            ];
            model.modals.push(Modal::Confirm(ConfirmModal::new(
                "Remove token",
                lines,
                Confirmed::RemoveToken,
            )));
        }
        Input::Action(_) => {}
        Input::Key(key) => {
            if let Some(text) = model.tab_mut().form.focused_text() {
                text.on_key(*key);
            }
        }
        Input::Paste(pasted) => {
            let refused = if let Some(text) = model.tab_mut().form.focused_text() {
                text.paste(pasted).err()
            } else {
                model.cannot_paste();
                return Vec::new();
            };
            if let Some(refused) = refused {
                model.complain(format!("{}: {refused}.", field.label()));
            }
        }
    }
    Vec::new()
}

/// The account as edited, with the token that is typed, if one is.
pub fn account_query(model: &Model) -> AccountQuery {
    let form = &model.tab().form;
    let token = match form.token_change() {
        TokenChange::Replace(token) => Some(token),
        TokenChange::Keep | TokenChange::Remove => None,
    };
    AccountQuery { environment: model.environment, provider: form.provider(), token }
}

/// Enter: a list or a text opens, other fields hand on to the next.
fn open(model: &mut Model, field: Field) {
    let form = &model.tab().form;
    let modal = match field {
        Field::DefaultCountry => Modal::Choice(ChoiceModal::countries(form.country())),
        Field::Provider => Modal::Choice(ChoiceModal::providers(form.is_on_sandbox())),
        Field::Message => Modal::Text(TextModal::message(form.message())),
        Field::Recipients => Modal::Text(TextModal::recipients(form.recipients())),
        _ => return model.tab_mut().form.step(true),
    };
    model.modals.push(modal);
}

const fn short_label(field: Field) -> &'static str {
    match field {
        Field::DefaultCountry => "Default country",
        Field::CodeValidity => "Code validity",
        Field::CodesAllowed => "Codes allowed",
        Field::TimeOut => "Time-out",
        Field::Message => "Message",
        other => other.label(),
    }
}

/// One row of the form: a field, or what is wrong with the field above.
enum Row {
    Field(Field),
    Error(String),
}

/// Draws the form and answers where the cursor stands.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer, focused: bool) -> Option<Position> {
    let form = &model.tab().form;
    let theme = model.theme;
    let warnings = warnings(model.environment, form);
    let title = title(model, &warnings);
    let block = theme.block(&title, focused);
    let inner = block.inner(area);
    block.render(area, buffer);

    let rows: Vec<Row> = FIELDS
        .into_iter()
        .flat_map(|field| [Some(Row::Field(field)), form.error(field).map(Row::Error)])
        .flatten()
        .collect();
    let on_focus = |row: &Row| matches!(row, Row::Field(field) if *field == form.field());
    let selected = rows.iter().position(on_focus).unwrap_or(0);
    let with_error = selected + usize::from(matches!(rows.get(selected + 1), Some(Row::Error(_))));
    let first = first_row(with_error, inner.height.into(), 0, rows.len());
    let label_width = if model.size.0 >= WIDE { 32 } else { 16 };
    let mut cursor = None;
    for (row, y) in rows.iter().skip(first).zip(inner.top()..inner.bottom()) {
        let line = Rect { y, height: 1, ..inner };
        match row {
            Row::Error(text) => {
                let text = theme.text(&format!("  ↑ {text}"));
                buffer.set_stringn(line.x, y, text, line.width.into(), theme.failure());
            }
            Row::Field(field) => {
                let has_focus = focused && *field == form.field();
                let warned = warnings.iter().any(|warning| warning.field == *field);
                draw_mark(model, *field, warned, has_focus, line, buffer);
                let label = if model.size.0 >= WIDE { field.label() } else { short_label(*field) };
                let style = if has_focus { theme.strong() } else { Style::new() };
                buffer.set_stringn(
                    line.x + 2,
                    y,
                    label,
                    line.width.saturating_sub(2).into(),
                    style,
                );
                let value = Rect {
                    x: (line.x + 2 + label_width).min(line.right()),
                    width: line.width.saturating_sub(2 + label_width),
                    ..line
                };
                cursor = draw_value(model, *field, has_focus, value, buffer).or(cursor);
            }
        }
    }
    cursor
}

fn title(model: &Model, warnings: &[Warning]) -> String {
    let is_production = model.environment == Environment::Production;
    let production = if is_production { "PRODUCTION " } else { "" };
    match warnings.iter().filter(|warning| warning.field != Field::FromNumbers).count() {
        _ if model.settings_are_locked().is_some() => format!("{production}settings · read-only"),
        0 => format!("{production}SMS settings"),
        1 => format!("{production}SMS settings · 1 warning"),
        count => format!("{production}SMS settings · {count} warnings"),
    }
}

/// The column before the label: `>` focus, `•` changed, `!` warning.
fn draw_mark(
    model: &Model,
    field: Field,
    warned: bool,
    has_focus: bool,
    line: Rect,
    buffer: &mut Buffer,
) {
    let theme = model.theme;
    let form = &model.tab().form;
    if has_focus {
        buffer.set_stringn(line.x, line.y, theme.text("›"), line.width.into(), theme.key());
    }
    if line.width < 2 {
        return;
    }
    if form.is_line_changed(field) {
        buffer.set_stringn(line.x + 1, line.y, theme.text("•"), 1, theme.warning());
    } else if warned {
        buffer.set_stringn(line.x + 1, line.y, "!", 1, theme.warning());
    }
}

fn draw_value(
    model: &Model,
    field: Field,
    has_focus: bool,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let form = &model.tab().form;
    let theme = model.theme;
    let wrong = form.error(field).is_some();
    let style = if wrong { theme.failure() } else { Style::new() };
    let text = form.text_field(field);
    if let Some(text) = text
        && (has_focus || wrong)
        && !(field == Field::AuthToken && text.is_empty())
    {
        return text.draw(area, buffer, style, theme.dot(), has_focus);
    }
    let style = if text.is_none() && matches!(field, Field::AccountSid | Field::AuthToken) {
        theme.dim()
    } else {
        style
    };
    let shown = theme.text(&fitting(shown(model, field), area.width.into()));
    buffer.set_stringn(area.x, area.y, shown, area.width.into(), style);
    (has_focus && text.is_some() && !area.is_empty()).then(|| area.as_position())
}

/// Leaves out the last parts of a value that do not fit.
fn fitting(mut value: String, room: usize) -> String {
    while width(&value) > room
        && let Some(cut) = value.rfind(" · ")
    {
        value.truncate(cut);
    }
    value
}

/// The value of a field for reading.
fn shown(model: &Model, field: Field) -> String {
    let form = &model.tab().form;
    let typed =
        form.text_field(field).map(|text| text.text().trim().to_owned()).unwrap_or_default();
    match field {
        Field::DefaultCountry => match form.country() {
            Some(country) => format!("+{} {}", country.calling_code(), country.name()),
            None => "–".to_owned(),
        },
        Field::CodeValidity | Field::TimeOut => format!("{typed} min"),
        Field::Provider if form.is_on_sandbox() => "Sandbox (built in)".to_owned(),
        Field::Provider => "Twilio".to_owned(),
        Field::AccountSid | Field::AuthToken if form.is_on_sandbox() => "not needed".to_owned(),
        Field::AccountSid if typed.is_empty() => "not set".to_owned(),
        Field::AccountSid => AccountSid::parse(&typed).map_or(typed, |sid| sid.shortened()),
        Field::AuthToken => token(model),
        Field::Message => form.segments(&model.app_name).to_string(),
        Field::Recipients => form.recipients().to_string(),
        _ => typed,
    }
}

fn token(model: &Model) -> String {
    let form = &model.tab().form;
    if form.is_removing_token() {
        return "removed at save".to_owned();
    }
    if !form.text_field(Field::AuthToken).is_none_or(super::super::text_field::TextField::is_empty)
    {
        return "new, not saved".to_owned();
    }
    match form.token() {
        TokenStatus::NotSet => "not set".to_owned(),
        TokenStatus::Missing => "missing: type it".to_owned(),
        TokenStatus::Elsewhere(source) => source.to_string(),
        TokenStatus::Stored { ending, since } => {
            let days = model.now.duration_since(*since).as_hours() / 24;
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

/// What is unwise about the form as edited; of the saved settings while something is wrong.
pub fn warnings(environment: Environment, form: &Form) -> Vec<Warning> {
    form.settings().as_ref().unwrap_or(form.saved()).warnings(environment)
}

/// The sentence that explains the focused field: what is wrong, what is unwise, or its rule.
pub fn explanation(model: &Model) -> String {
    let form = &model.tab().form;
    let field = form.field();
    if let Some(error) = form.error(field) {
        return format!("{}: {error}.", field.label());
    }
    let warned =
        warnings(model.environment, form).into_iter().find(|warning| warning.field == field);
    if let Some(warning) = warned {
        return format!("Warning: {}", warning.text);
    }
    match field {
        Field::DefaultCountry => default_country(form),
        Field::CodeValidity => {
            "Minutes, 1 to 10 (NIST SP 800-63B). At exactly the end a code is expired.".to_owned()
        }
        Field::CodesAllowed | Field::TimeOut => quota_rule(form),
        Field::Provider if form.is_on_sandbox() => {
            "The Sandbox plays the provider and the phones on this machine; it texts nobody."
                .to_owned()
        }
        Field::Provider => "A Twilio account; messages reach real phones.".to_owned(),
        Field::AccountSid | Field::AuthToken if form.is_on_sandbox() => {
            "The Sandbox needs no account.".to_owned()
        }
        Field::AccountSid => {
            "AC and 32 hexadecimal digits, from the Twilio console. ^O: API key and more."
                .to_owned()
        }
        Field::AuthToken => match form.token() {
            TokenStatus::Elsewhere(
                SecretSource::Env(_) | SecretSource::File(_) | SecretSource::Command(_),
            ) => {
                "Read from elsewhere; typing one here stores it in secrets.ron instead.".to_owned()
            }
            _ => "Never shown. Type a new one to replace it; empty keeps it, ^D removes it."
                .to_owned(),
        },
        Field::Message => form.message().as_str().replace('\n', " "),
        _ => "Whom this environment may text. The Sandbox ignores it.".to_owned(),
    }
}

fn default_country(form: &Form) -> String {
    let Some(typed) = form
        .text_field(Field::DefaultCountry)
        .and_then(|text| Country::from_typed(text.text()).ok())
    else {
        return "Empty: every number must bring its country code. Type CO, 57 or +57; Enter lists all.".to_owned();
    };
    let country = typed.country;
    if typed.shared_calling_code {
        let sharing = Country::sharing_calling_code(country.calling_code()).len();
        return format!(
            "+{} is shared by {sharing} countries; {country} is meant.",
            country.calling_code()
        );
    }
    format!(
        "+{} {country} is put before numbers that have no country code.",
        country.calling_code()
    )
}

/// The rule of the quota with the form's own figures.
fn quota_rule(form: &Form) -> String {
    let text =
        |field| form.text_field(field).map(|text| text.text().to_owned()).unwrap_or_default();
    let allowed = CodesAllowed::parse(&text(Field::CodesAllowed)).map_or(0, CodesAllowed::get);
    let minutes = TimeOut::parse(&text(Field::TimeOut)).map_or(0, TimeOut::get);
    if allowed == 0 || minutes == 0 {
        return "Codes allowed: 1 to 20. Time-out: 1 to 1440 minutes.".to_owned();
    }
    let ending = match allowed % 10 {
        1 if allowed != 11 => "st",
        2 if allowed != 12 => "nd",
        3 if allowed != 13 => "rd",
        _ => "th",
    };
    format!(
        "After the {allowed}{ending} code within {minutes} min, no more until {minutes} min after that {allowed}{ending} code."
    )
}
