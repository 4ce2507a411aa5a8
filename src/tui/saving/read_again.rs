//! Settings that were read again: takes what someone else has changed, and shows it.

use crate::domain::difference::{Difference, differences};
use crate::domain::settings::Field;
use crate::tui::keymap::{Action, Context};
use crate::tui::lifecycle::Phase;
use crate::tui::message::LoadedDeck;
use crate::tui::model::Model;

/// Takes newly read settings; says what someone else has changed in them.
pub fn take_deck(model: &mut Model, deck: LoadedDeck) {
    model.session.is_config_unusable = false;
    if model.modals.edit_settings() {
        // What the pop-up began with must not change beneath it; it is compared afterwards.
        model.waiting_deck = Some(Box::new(deck));
        return;
    }
    let session = &mut model.session;
    let is_first = session.phase != Phase::Ready;
    let mut news = Vec::new();
    session.app_name = deck.config.deck.app_name.into();
    session.segment_price = deck.config.deck.segment_price;
    session.unwritable = deck.unwritable;
    session.welcome = deck.welcome;
    let save = session.key(Context::Always, Action::Save);
    let (environments, tokens) = (deck.config.environments, deck.tokens);
    for (environment, settings) in environments.iter() {
        let token = tokens[environment].clone();
        let form = &mut session.tabs[environment].form;
        let mut changes = differences(form.saved(), settings);
        // The same place, with another token in it.
        let is_of_token = |change: &Difference| change.field == Field::AuthToken;
        if *form.token() != token && !changes.iter().any(is_of_token) {
            let (old, new) = (form.token().to_string(), token.to_string());
            changes.push(Difference { field: Field::AuthToken, number: None, old, new });
        }
        form.refresh(settings.clone(), token);
        let conflicts = form.conflicts();
        let both = conflicts.iter().map(|conflict| conflict.place.field.label());
        if !changes.is_empty() && !is_first {
            let changed = summary(&changes);
            let ask = both_changed(both.collect(), &save);
            news.push(format!("{environment} changed on disk: {changed}.{ask}"));
        }
    }
    if !news.is_empty() {
        session.complain(news.join(" "));
    }
}

/// The first of several changes, and how many more there are.
fn summary(changes: &[Difference]) -> String {
    match changes {
        [] => String::new(),
        [change] => change.to_string(),
        [change, more @ ..] => format!("{change} and {} more", more.len()),
    }
}

/// What is to be done about fields that were changed on both sides; `save` is the key of that.
fn both_changed(mut fields: Vec<&str>, save: &str) -> String {
    fields.dedup();
    if fields.is_empty() {
        return String::new();
    }
    format!(" Both of you changed {}; {save} lets you choose.", fields.join(", "))
}
