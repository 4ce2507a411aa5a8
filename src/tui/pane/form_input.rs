//! The keys of the settings form.

use crossterm::event::KeyCode;

use super::form::Form;
use crate::domain::environment::Environment;
use crate::domain::settings::Field;
use crate::engine::{AccountQuery, TokenChange};
use crate::tui::effect::{Effect, FileEffect};
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::Modal;
use crate::tui::modal::account::AccountModal;
use crate::tui::modal::choice::ChoiceModal;
use crate::tui::modal::confirm::{ConfirmModal, Confirmed};
use crate::tui::modal::limits::LimitsModal;
use crate::tui::modal::stack::ModalStack;
use crate::tui::modal::text::TextModal;
use crate::tui::session::Session;

/// Handles an input while the form has the focus.
pub fn on_input(session: &mut Session, modals: &mut ModalStack, input: &Input) -> Vec<Effect> {
    let field = session.tab().form.field();
    match input {
        Input::Action(Action::Up) => session.tab_mut().form.step(false),
        Input::Action(Action::Down) => session.tab_mut().form.step(true),
        Input::Action(Action::Cancel) => session.tab_mut().form.revert_line(field),
        Input::Action(Action::Accept) => open(session, modals, field),
        Input::Action(Action::AccountDetails) if session.tab().form.is_on_sandbox() => {
            session.say("The Sandbox needs no account.");
        }
        Input::Action(Action::AccountDetails) => {
            let modal = AccountModal::new(&session.tab().form.account());
            modals.open(Modal::Account(Box::new(modal)));
        }
        Input::Action(Action::Limits) => {
            let modal = LimitsModal::new(session.tab().form.limits());
            modals.open(Modal::Limits(Box::new(modal)));
        }
        Input::Action(Action::TestAccount) => {
            let query = account_query(session);
            session.say(format!("{}: asking {}…", session.environment, query.provider.name()));
            return vec![FileEffect::CheckAccount(Box::new(query)).into()];
        }
        Input::Action(Action::Remove)
            if field == Field::AuthToken && session.tab().form.has_stored_token() =>
        {
            modals.open(Modal::Confirm(ask_before_token_removal(session)));
        }
        Input::Key(key) if session.tab().form.takes_text() => session.tab_mut().form.on_key(*key),
        Input::Key(key) if matches!(key.code, KeyCode::Char(_)) => takes_no_text(session, field),
        Input::Action(_) | Input::Key(_) => {}
        Input::Paste(pasted) => {
            let form = &mut session.tab_mut().form;
            if !form.takes_text() {
                session.cannot_paste();
            } else if let Err(refused) = form.paste(pasted) {
                session.complain(format!("{}: {refused}.", field.label()));
            }
        }
    }
    Vec::new()
}

/// Says how a field is changed that no letter is typed into.
fn takes_no_text(session: &mut Session, field: Field) {
    let label = field.label();
    session.say(if session.tab().form.lacks(field) {
        format!("{label}: the Sandbox needs none.")
    } else {
        let open = session.key(Context::Form, Action::Accept);
        format!("{label}: {open} opens it.")
    });
}

fn ask_before_token_removal(session: &Session) -> ConfirmModal {
    let undo = session.key(Context::Form, Action::Cancel);
    let lines = vec![
        format!("Remove the stored auth token of {}?", session.environment),
        format!("It is removed at the next save; until then {undo} in the field keeps it."),
    ];
    ConfirmModal::new("Remove token", lines, Confirmed::RemoveToken)
}

/// The account as edited, with the token that is typed, if one is.
pub fn account_query(session: &Session) -> AccountQuery {
    query(&session.tab().form, session.environment)
}

fn query(form: &Form, environment: Environment) -> AccountQuery {
    let token = match form.token_change() {
        TokenChange::Replace(token) => Some(token),
        TokenChange::Keep | TokenChange::Remove => None,
    };
    AccountQuery { environment, provider: form.provider(), token }
}

/// Whether an account is still the one of a form, as edited or as saved.
pub fn has_account(form: &Form, asked: &AccountQuery) -> bool {
    let provider = form.saved().provider.clone();
    let saved = AccountQuery { environment: asked.environment, provider, token: None };
    *asked == query(form, asked.environment) || *asked == saved
}

/// Enter: a list or a text opens, other fields hand on to the next.
fn open(session: &mut Session, modals: &mut ModalStack, field: Field) {
    let form = &session.tab().form;
    let modal = match field {
        Field::DefaultCountry => Modal::Choice(ChoiceModal::countries(form.country())),
        Field::Provider => Modal::Choice(ChoiceModal::providers(form.is_on_sandbox())),
        Field::Message => Modal::Text(TextModal::message(form.message())),
        Field::Recipients => Modal::Text(TextModal::recipients(form.recipients())),
        _ => return session.tab_mut().form.step(true),
    };
    modals.open(modal);
}
