//! The one function that changes the model. It routes; the parts decide.
//!
//! No clock, no channel, no terminal: the moment is an argument, and what is to be done
//! outside comes back as data.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;

use super::console;
use super::effect::{Effect, EngineEffect, TerminalEffect};
use super::flow::Flow;
use super::input::{Input, MouseInput};
use super::keymap::{Action, Context};
use super::lifecycle::Phase;
use super::message::Message;
use super::modal::verify::approval;
use super::model::Model;
use super::mouse::{Pointed, pointed};
use super::pane::typed_filter::TypedFilter;
use super::pane::{Pane, form_input, log_view, numbers_view, quota_view};
use super::question::{Answer, Ticket};
use super::reports::on_report;
use super::saving::take_deck;
use super::session::Session;
use super::tab::Tab;
use super::text_field::is_alt_key;
use crate::domain::environment::Environment;
use crate::domain::passcode::Verdict;

/// Keys that are kept while the console starts: more than anyone types meanwhile.
const MAX_TYPED_AHEAD: usize = 1_024;

/// Changes the model by one message at the moment `now`, and returns what is to be done.
pub fn update(model: &mut Model, now: Timestamp, message: Message) -> Vec<Effect> {
    model.session.now = now;
    let effects = take(model, message);
    if !model.modals.edit_settings()
        && let Some(deck) = model.waiting_deck.take()
    {
        take_deck(model, *deck);
    }
    effects
}

fn take(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::Key(_) | Message::Paste(_) if waits(model, &message) => {
            // No one types so far ahead; what is more is no typing.
            if model.typed_ahead.len() < MAX_TYPED_AHEAD {
                model.typed_ahead.push(message);
            }
            Vec::new()
        }
        Message::Key(key) => separate(model, key)
            .into_iter()
            .flat_map(|key| {
                let (open, notice) = (model.modals.len(), model.session.notice.clone());
                let effects = on_key(model, key);
                // A pop-up that opens has something else to say.
                if model.modals.len() > open && model.session.notice == notice {
                    model.session.notice = None;
                }
                effects
            })
            .collect(),
        Message::Mouse(input) => on_mouse(model, input),
        Message::Paste(text) => on_input(model, &Input::Paste(text)),
        Message::PasteBroken(is_broken) => {
            on_paste_broken(&mut model.session, is_broken);
            Vec::new()
        }
        Message::Resize(columns, rows) => {
            model.session.size = (columns, rows);
            vec![TerminalEffect::Repaint.into()]
        }
        Message::Resumed => vec![TerminalEffect::Repaint.into()],
        Message::Tick => on_tick(model),
        Message::Answered { ticket, answer } => on_answer(model, ticket, answer),
        report => {
            let mut effects = on_report(model, report);
            if !model.session.is_starting() {
                for typed in std::mem::take(&mut model.typed_ahead) {
                    effects.extend(take(model, typed));
                }
            }
            effects
        }
    }
}

fn on_paste_broken(session: &mut Session, is_broken: bool) {
    if is_broken {
        session
            .complain("The paste did not finish, so nothing was pasted. Press Ctrl-C to continue.");
    } else {
        session.say("Keyboard input resumed.");
    }
}

/// Whether an input is for later: it was typed before there was anything to type into. What only
/// wants to leave does not wait.
fn waits(model: &Model, input: &Message) -> bool {
    let leaves = |key: KeyEvent| {
        let always = model.session.keys.action(&[Context::Always], key) == Some(Action::Quit);
        let first = model.typed_ahead.is_empty();
        always || first && model.session.keys.action(&model.contexts(), key) == Some(Action::Quit)
    };
    model.session.is_starting() && !matches!(input, Message::Key(key) if leaves(*key))
}

/// Terminals send Alt and a letter as Escape and the letter. So do people who type ahead over a
/// slow line, and Alt means something only to a text field. Keys of many bytes are kept apart.
fn separate(model: &Model, key: KeyEvent) -> Vec<KeyEvent> {
    let is_letter =
        matches!(key.code, KeyCode::Char(_) | KeyCode::Enter | KeyCode::Tab | KeyCode::Backspace);
    let has_alt = is_letter && key.modifiers.contains(KeyModifiers::ALT);
    if !has_alt || model.takes_text() && is_alt_key(key) {
        return vec![key];
    }
    let rest = KeyEvent { modifiers: key.modifiers.difference(KeyModifiers::ALT), ..key };
    vec![KeyCode::Esc.into(), rest]
}

fn on_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    model.session.notice.take_if(|notice| notice.bad);
    if model.modals.is_empty() {
        // Typing on means that the user has changed their mind.
        model.is_closing = false;
    }
    let above = model.session.keys.action(&[Context::Always], key);
    if model.session.arrangement().too_small {
        // No one sees what a key would do here.
        let action = model.session.keys.action(&[Context::Broken, Context::Always], key);
        return if action == Some(Action::Quit) {
            console::on_action(model, Action::Quit)
        } else {
            Vec::new()
        };
    }
    if let Some(action) = above.filter(|action| action.works_above_pop_ups()) {
        return console::on_action(model, action);
    }
    let action = model.session.keys.action(&model.contexts(), key);
    if let Some(action) = action.filter(|action| action.works_above_pop_ups()) {
        return console::on_action(model, action);
    }
    if action.is_none() && above == Some(Action::Save) && !model.modals.is_empty() {
        return accept_and_save(model);
    }
    let input = action.map_or(Input::Key(key), Input::Action);
    on_input(model, &input)
}

/// Does what a click or a turn of the wheel means.
fn on_mouse(model: &mut Model, input: MouseInput) -> Vec<Effect> {
    if model.session.is_starting() || model.session.arrangement().too_small {
        return Vec::new();
    }
    let mut effects = Vec::new();
    for pointed in pointed(model, input) {
        effects.extend(match pointed {
            Pointed::Show(environment) => {
                model.session.show(environment);
                Vec::new()
            }
            Pointed::Focus(pane) => {
                model.session.focus = pane;
                Vec::new()
            }
            Pointed::Press(key) => on_key(model, key),
            Pointed::Act(action) => perform(model, action),
            Pointed::Accept => match model.modals.accept(&mut model.session) {
                Some(flow) => follow(model, flow),
                None => Vec::new(),
            },
        });
    }
    effects
}

/// Saves from within a pop-up: accepts what is edited in it first. Where that is not possible it says
/// so.
fn accept_and_save(model: &mut Model) -> Vec<Effect> {
    let Some(flow) = model.modals.accept(&mut model.session) else {
        let save = model.session.key(Context::Always, Action::Save);
        model.session.complain(format!("Close this pop-up first; then {save} saves the settings."));
        return Vec::new();
    };
    let mut effects = follow(model, flow);
    if model.modals.is_empty() {
        effects.extend(console::on_action(model, Action::Save));
    }
    effects
}

/// Does what a key would do, without the key.
fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    if action.works_above_pop_ups() {
        return console::on_action(model, action);
    }
    on_input(model, &Input::Action(action))
}

/// Hands an input to the topmost pop-up.
fn on_modal_input(model: &mut Model, input: &Input) -> Vec<Effect> {
    if matches!(input, Input::Paste(_)) && !model.takes_text() {
        model.session.cannot_paste();
        return Vec::new();
    }
    let flow = model.modals.on_input(&mut model.session, input);
    follow(model, flow)
}

/// Hands an answer to the part that has asked for it, unless that is gone, or has asked something
/// else since.
fn on_answer(model: &mut Model, ticket: Ticket, answer: Result<Answer, String>) -> Vec<Effect> {
    let Model { session, modals, .. } = model;
    if modals.wait_for(ticket) {
        let flow = modals.on_answer(session, ticket, answer);
        return follow(model, flow);
    }
    let asker = |filter: fn(&Tab) -> Option<&TypedFilter>| {
        let waits = |tab| filter(tab).is_some_and(|it| it.waits_for(ticket));
        Environment::ALL.into_iter().find(|&it| waits(&session.tabs[it]))
    };
    if let Some(asker) = asker(|tab| tab.quota.typed()) {
        session.tabs[asker].quota.on_answer(answer);
    } else if let Some(asker) = asker(|tab| tab.log.typed()) {
        session.tabs[asker].log.on_answer(answer);
    } else if let Ok(Answer::Verdict(verified)) = answer
        && verified.verdict == Verdict::Approved
    {
        // Its pop-up was left meanwhile; the code has counted all the same.
        session.say(approval(&verified));
    }
    Vec::new()
}

/// Does what a pop-up wants besides what the stack has done.
fn follow(model: &mut Model, flow: Flow) -> Vec<Effect> {
    match flow {
        Flow::Stay(effects) | Flow::Close(effects) => effects,
        Flow::Perform(action) => perform(model, action),
        // The stack has opened them.
        Flow::Open(_) | Flow::Replace(_) | Flow::CloseAll => Vec::new(),
    }
}

/// Hands an input to the topmost pop-up, or the console, or the focused pane.
fn on_input(model: &mut Model, input: &Input) -> Vec<Effect> {
    if !model.modals.is_empty() {
        return on_modal_input(model, input);
    }
    if model.session.phase != Phase::Ready {
        return match input {
            Input::Action(Action::Quit) => vec![TerminalEffect::Quit.into()],
            Input::Action(action @ Action::EditConfig) => console::on_action(model, *action),
            _ => Vec::new(),
        };
    }
    if let Input::Action(action) = input
        && console::is_console(*action)
    {
        return console::on_action(model, *action);
    }
    let is_edit =
        matches!(model.session.focus, Pane::Form | Pane::Numbers) && changes_settings(input);
    if is_edit && let Some(reason) = model.session.settings_are_locked() {
        model.session.complain(reason);
        return Vec::new();
    }
    let Model { session, modals, .. } = model;
    match session.focus {
        Pane::Form => form_input::on_input(session, modals, input),
        Pane::Numbers => numbers_view::on_input(session, modals, input),
        Pane::Quota => quota_view::on_input(session, modals, input),
        Pane::Log => log_view::on_input(session, modals, input),
    }
}

/// Whether an input to the form or the numbers is more than a look.
const fn changes_settings(input: &Input) -> bool {
    match input {
        Input::Paste(_) => true,
        Input::Key(key) => {
            matches!(key.code, KeyCode::Char(_) | KeyCode::Backspace | KeyCode::Delete)
        }
        Input::Action(action) => matches!(
            action,
            Action::New
                | Action::Remove
                | Action::MakeDefault
                | Action::Import
                | Action::ImportFile
                | Action::Accept
                | Action::AccountDetails
                | Action::Limits
        ),
    }
}

fn on_tick(model: &mut Model) -> Vec<Effect> {
    let now = model.session.now;
    model.session.notice.take_if(|notice| !notice.bad && notice.until <= now);
    let mut effects = console::read_status(model);
    if model.session.tab().quota.is_stale(now) {
        effects.push(EngineEffect::LoadQuota.into());
    }
    effects
}
