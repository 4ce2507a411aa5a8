//! The one function that changes the model. It routes; the parts decide.
//!
//! No clock, no channel, no terminal: the moment is an argument, and what is to be done
//! outside comes back as data.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;

use super::effect::{Effect, Work};
use super::keymap::{Action, Context};
use super::message::Message;
use super::modal::check::CheckModal;
use super::modal::compare::CompareModal;
use super::modal::confirm::{ConfirmModal, Confirmed};
use super::modal::handset::HandsetModal;
use super::modal::health::HealthModal;
use super::modal::help::HelpModal;
use super::modal::palette::PaletteModal;
use super::modal::send::SendModal;
use super::modal::verify::VerifyModal;
use super::modal::{self, Modal};
use super::model::{EngineState, Model, Phase, Pruning};
use super::pane::{Pane, form_input, log, numbers, quota};
use super::reports::on_report;
use super::saving::{save, take_deck};
use super::text_field::is_alt_key;
use crate::domain::environment::Environment;
use crate::provider::Capability;

/// Keys that are kept while the console starts: more than anybody types meanwhile.
const MAX_TYPED_AHEAD: usize = 1_024;

/// What reaches a part: a key that means something there, any other key, or a paste.
#[derive(Debug, Clone)]
pub enum Input {
    /// A key of the table.
    Action(Action),
    /// A key that the table does not bind there: text, perhaps.
    Key(KeyEvent),
    /// Pasted text.
    Paste(String),
}

/// Changes the model by one message at the moment `now`, and answers what is to be done.
pub fn update(model: &mut Model, now: Timestamp, message: Message) -> Vec<Effect> {
    model.now = now;
    let effects = take(model, message);
    if !model.edits_in_a_pop_up()
        && let Some(deck) = model.waiting_deck.take()
    {
        take_deck(model, *deck);
    }
    effects
}

fn take(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::Key(_) | Message::Paste(_) if waits(model, &message) => {
            // Nobody types so far ahead; what is more is no typing.
            if model.typed_ahead.len() < MAX_TYPED_AHEAD {
                model.typed_ahead.push(message);
            }
            Vec::new()
        }
        Message::Key(key) => separate(model, key)
            .into_iter()
            .flat_map(|key| {
                let (open, notice) = (model.modals.len(), model.notice.clone());
                let effects = on_key(model, key);
                // A pop-up that opens has something else to say.
                if model.modals.len() > open && model.notice == notice {
                    model.notice = None;
                }
                effects
            })
            .collect(),
        Message::Paste(text) => on_input(model, &Input::Paste(text)),
        Message::Resize(columns, rows) => {
            model.size = (columns, rows);
            vec![Effect::Repaint]
        }
        Message::Resumed => vec![Effect::Repaint],
        Message::Tick => on_tick(model),
        report => {
            let mut effects = on_report(model, report);
            if !model.is_starting() {
                for typed in std::mem::take(&mut model.typed_ahead) {
                    effects.extend(take(model, typed));
                }
            }
            effects
        }
    }
}

/// Whether an input is for later: it was typed before there was anything to type into. What only
/// wants to leave does not wait.
fn waits(model: &Model, input: &Message) -> bool {
    let leaves = |key: KeyEvent| {
        let always = model.keys.action(&[Context::Always], key) == Some(Action::Quit);
        let first = model.typed_ahead.is_empty();
        always || first && model.keys.action(&model.contexts(), key) == Some(Action::Quit)
    };
    model.is_starting() && !matches!(input, Message::Key(key) if leaves(*key))
}

/// Terminals send Alt and a letter as Escape and the letter. So do people who type ahead over a
/// slow line, and Alt means something only to a text field. Keys of many bytes are told apart.
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

fn undo(model: &mut Model) {
    if let Some(reason) = model.settings_are_locked() {
        return model.complain(reason);
    }
    if model.tab_mut().form.undo() {
        model.say("Taken back.");
    } else {
        let environment = model.environment;
        model.say(format!(
            "{environment}: nothing to take back. `smsdeck config history` has what was saved."
        ));
    }
}

fn on_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    model.notice.take_if(|notice| notice.bad);
    let above = model.keys.action(&[Context::Always], key);
    if model.arrangement().too_small {
        // Nobody sees what a key would do here.
        let action = model.keys.action(&[Context::Broken, Context::Always], key);
        return if action == Some(Action::Quit) {
            on_console(model, Action::Quit)
        } else {
            Vec::new()
        };
    }
    if let Some(action) = above.filter(|action| action.works_above_pop_ups()) {
        return on_console(model, action);
    }
    let action = model.keys.action(&model.contexts(), key);
    if let Some(action) = action.filter(|action| action.works_above_pop_ups()) {
        return on_console(model, action);
    }
    let input = action.map_or(Input::Key(key), Input::Action);
    on_input(model, &input)
}

/// Does what a key would do, without the key.
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    if action.works_above_pop_ups() {
        return on_console(model, action);
    }
    on_input(model, &Input::Action(action))
}

/// Hands an input to the topmost pop-up, or the console, or the focused pane.
fn on_input(model: &mut Model, input: &Input) -> Vec<Effect> {
    if !model.modals.is_empty() {
        return modal::on_input(model, input);
    }
    if model.phase != Phase::Ready {
        return match input {
            Input::Action(Action::Quit) => vec![Effect::Quit],
            Input::Action(action @ Action::EditConfig) => on_console(model, *action),
            _ => Vec::new(),
        };
    }
    if let Input::Action(action) = input
        && is_console(*action)
    {
        return on_console(model, *action);
    }
    let is_edit = matches!(model.focus, Pane::Form | Pane::Numbers) && changes_settings(input);
    if is_edit && let Some(reason) = model.settings_are_locked() {
        model.complain(reason);
        return Vec::new();
    }
    match model.focus {
        Pane::Form => form_input::on_input(model, input),
        Pane::Numbers => numbers::on_input(model, input),
        Pane::Quota => quota::on_input(model, input),
        Pane::Log => log::on_input(model, input),
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
                | Action::Accept
                | Action::AccountDetails
                | Action::Limits
        ),
    }
}

const fn is_console(action: Action) -> bool {
    matches!(
        action,
        Action::Quit
            | Action::Suspend
            | Action::Repaint
            | Action::Help
            | Action::Palette
            | Action::Save
            | Action::NextPane
            | Action::PreviousPane
            | Action::NextEnvironment
            | Action::PreviousEnvironment
            | Action::Zoom
            | Action::SendCode
            | Action::VerifyCode
            | Action::Handset
            | Action::Health
            | Action::Check
            | Action::Compare
            | Action::Undo
            | Action::StopPruning
            | Action::EditConfig
    )
}

fn on_console(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Quit => return quit(model),
        Action::Suspend => return vec![Effect::Suspend],
        Action::Repaint => return vec![Effect::Repaint],
        Action::Save => return save(model),
        Action::Help if !matches!(model.modals.last(), Some(Modal::Help(_))) => {
            let contexts = model.contexts();
            model.modals.push(Modal::Help(HelpModal::new(contexts)));
        }
        Action::Palette if !matches!(model.modals.last(), Some(Modal::Palette(_))) => {
            let palette = PaletteModal::new(model);
            model.modals.push(Modal::Palette(palette));
        }
        Action::NextPane => focus(model, model.focus.next()),
        Action::PreviousPane => focus(model, model.focus.previous()),
        Action::NextEnvironment => step_environment(model, 1),
        Action::PreviousEnvironment => step_environment(model, 2),
        Action::Zoom => model.zoomed = !model.zoomed,
        Action::Health => {
            model.modals.push(Modal::Health(HealthModal::default()));
            return read_status(model);
        }
        Action::StopPruning if matches!(model.pruning, Pruning::Running(_)) => {
            model.pruning = Pruning::Stopped;
            model.say("Stopped; the next start goes on forgetting what is old.");
            return vec![Effect::Stop(Work::Pruning)];
        }
        Action::StopPruning => model.say("Nothing is being forgotten just now."),
        Action::Undo => undo(model),
        Action::EditConfig => match model.settings_are_locked() {
            Some(reason) => model.complain(reason),
            None => return vec![Effect::Edit(model.kept_edit.take())],
        },
        Action::Compare => {
            model.modals.push(Modal::Compare(CompareModal::new(model.environment)));
        }
        Action::Check => {
            model.modals.push(Modal::Check(CheckModal::default()));
            return read_status(model);
        }
        Action::SendCode | Action::VerifyCode if model.read_only => {
            model.complain("This console only looks (--read-only).");
        }
        Action::SendCode => {
            let mut modal = SendModal::new(&model.tab().last_number);
            let ticket = model.next_generation();
            let effects = modal.ask(model.environment, ticket);
            model.modals.push(Modal::Send(modal));
            return effects;
        }
        Action::VerifyCode => {
            model.modals.push(Modal::Verify(VerifyModal::new(&model.tab().last_number)));
        }
        Action::Handset if model.provider_can(Capability::Handset) => {
            let mut modal = HandsetModal::new(&model.tab().last_number);
            let ticket = model.next_generation();
            let effects = modal.ask(model.environment, ticket);
            model.modals.push(Modal::Handset(modal));
            return effects;
        }
        Action::Handset => {
            let environment = model.environment;
            model.say(format!("{environment} texts real phones: only the Sandbox has a handset."));
        }
        _ => {}
    }
    Vec::new()
}

/// Gives the keys to another pane, whose first line says what it is about.
pub(super) fn focus(model: &mut Model, pane: Pane) {
    model.focus = pane;
    model.notice = None;
}

fn step_environment(model: &mut Model, by: usize) {
    let at = Environment::ALL.iter().position(|&other| other == model.environment).unwrap_or(0);
    show_environment(model, Environment::ALL[(at + by) % Environment::ALL.len()]);
}

/// Puts another environment on the screen.
pub(super) fn show_environment(model: &mut Model, environment: Environment) {
    model.environment = environment;
    // It was about the environment that is left.
    model.notice = None;
}

fn quit(model: &mut Model) -> Vec<Effect> {
    let unsaved = model.unsaved();
    let mut lines = Vec::new();
    if !unsaved.is_empty() {
        let names: Vec<&str> = unsaved.iter().map(|environment| environment.name()).collect();
        lines.push(format!("Changes in {} are not saved.", names.join(" and ")));
    }
    if model.modals.iter().any(|modal| matches!(modal, Modal::Number(_) | Modal::Text(_))) {
        lines.push("What is typed in the open pop-up is not accepted yet.".to_owned());
    }
    match model.in_flight {
        0 => {}
        1 => lines.push("A code is being handed to the provider.".to_owned()),
        count => lines.push(format!("{count} codes are being handed to the provider.")),
    }
    if lines.is_empty() {
        return vec![Effect::Quit];
    }
    let asking = matches!(model.modals.last(), Some(Modal::Confirm(_)));
    if !asking {
        lines.push("Quit all the same?".to_owned());
        let confirmed = Confirmed::Effect(Box::new(Effect::Quit));
        model.modals.push(Modal::Confirm(ConfirmModal::new("Quit", lines, confirmed)));
    }
    Vec::new()
}

/// Reads the status, if it is time to and there is somebody to answer.
fn read_status(model: &mut Model) -> Vec<Effect> {
    if model.engine != EngineState::Ready {
        return Vec::new();
    }
    let is_watched = model.watches_status();
    model.status_clock.read_if_due(model.now, is_watched)
}

fn on_tick(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    model.notice.take_if(|notice| !notice.bad && notice.until <= now);
    let mut effects = read_status(model);
    if model.tab().quota.is_stale(now) {
        effects.push(Effect::LoadQuota);
    }
    effects
}
