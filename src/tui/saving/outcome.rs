//! The outcome of a save.

use super::read_again::take_deck;
use crate::domain::difference::differences;
use crate::engine::{EnvironmentSave, TokenChange};
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Context};
use crate::tui::message::SaveOutcome;
use crate::tui::model::Model;

/// Takes the outcome of a save. Also after a failure the form goes on from what is in the file
/// by then, and keeps what was typed.
pub fn on_saved(model: &mut Model, save: &EnvironmentSave, outcome: SaveOutcome) -> Vec<Effect> {
    let environment = save.environment;
    let SaveOutcome { deck, is_saved, has_token, problem } = outcome;
    let tab = &mut model.session.tabs[environment];
    tab.is_saving = false;
    if is_saved {
        tab.form.was_saved(&save.settings);
        if has_token {
            tab.form.accept_token(&save.token);
        }
        tab.refused = None;
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
            format!("{environment} saved.{changed} {undo} takes it back into the form.")
        } else {
            format!("{environment} saved.{changed}")
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
    Vec::new()
}
