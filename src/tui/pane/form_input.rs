//! The keys of the settings form.

use crate::domain::settings::Field;
use crate::engine::{AccountQuery, TokenChange};
use crate::tui::effect::Effect;
use crate::tui::keymap::Action;
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
            let modal = AccountModal::new(&model.tab().form.account());
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
            model.tab_mut().form.on_key(*key);
        }
        Input::Paste(pasted) => {
            let form = &mut model.tab_mut().form;
            if !form.takes_text() {
                model.cannot_paste();
            } else if let Err(refused) = form.paste(pasted) {
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
