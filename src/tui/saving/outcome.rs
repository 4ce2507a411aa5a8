//! The outcome of a save.

use super::confirm::save_and_quit;
use super::edited_text::ask_without_check;
use super::read_again::take_deck;
use crate::domain::difference::differences;
use crate::engine::{Checking, EnvironmentSave, TokenChange};
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Context};
use crate::tui::message::SaveOutcome;
use crate::tui::modal::confirm::Confirmed;
use crate::tui::model::Model;

/// Takes the outcome of a save. Also after a failure the form continues from what is in the file
/// by then, and keeps what was typed.
pub fn on_saved(model: &mut Model, save: &EnvironmentSave, outcome: SaveOutcome) -> Vec<Effect> {
    let environment = save.environment;
    let SaveOutcome { deck, is_saved, has_token, unchecked, problem } = outcome;
    let is_complete = is_saved && problem.is_none();
    let tab = &mut model.session.tabs[environment];
    tab.is_saving = false;
    if is_saved {
        tab.form.was_saved(&save.settings);
        if has_token {
            tab.form.accept_token(&save.token);
        }
        // Where two changes have met, what was before is no way back.
        let can_undo = tab.form.can_undo() && environment == model.session.environment;
        // Where letters are text, the key of undo is one.
        let undo = model.session.key(Context::Console, Action::Undo);
        let changes = differences(&save.baseline, &save.settings);
        let changed = match &changes[..] {
            [] => String::new(),
            [change] => format!(" {change}."),
            [change, more @ ..] => format!(" {change} and {} more.", more.len()),
        };
        model.session.say(if can_undo && !model.takes_text() {
            format!("Saved {environment}.{changed} {undo} undoes it in the form.")
        } else {
            format!("Saved {environment}.{changed}")
        });
    }
    if let Some(deck) = deck {
        if has_token && save.token != TokenChange::Keep {
            model.session.tabs[environment].form.was_stored(deck.tokens[environment].clone());
        }
        take_deck(model, *deck);
    }
    if let Some(problem) = problem {
        model.session.complain(problem);
    }
    if let Some(reason) = unchecked {
        let confirmed = Confirmed::Save(Box::new(save.clone()), Checking::Waived);
        ask_without_check(model, &reason, confirmed);
    }
    if model.is_closing && is_complete {
        return save_and_quit(model);
    }
    // The account may have accepted other credentials.
    model.session.status_clock.on_event(model.session.now)
}
