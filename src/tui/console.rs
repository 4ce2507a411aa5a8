//! What the keys do that belong to the console as a whole, and to no pane and no pop-up.

use super::effect::{Effect, TerminalEffect, Work};
use super::keymap::{Action, Context};
use super::lifecycle::{EngineState, Pruning};
use super::modal::Modal;
use super::modal::check::CheckModal;
use super::modal::compare::CompareModal;
use super::modal::confirm::{ConfirmModal, Confirmed};
use super::modal::handset::HandsetModal;
use super::modal::health::HealthModal;
use super::modal::help::HelpModal;
use super::modal::history::HistoryModal;
use super::modal::palette::PaletteModal;
use super::modal::send::SendModal;
use super::modal::verify::VerifyModal;
use super::model::Model;
use super::pane::Pane;
use super::pane::changes::Reverted;
use super::saving::{save, save_and_quit};
use super::session::{READ_ONLY, Session};
use crate::domain::environment::Environment;
use crate::provider::Capability;

/// Whether an action is one of the console, and of no pane.
pub(super) const fn is_console(action: Action) -> bool {
    matches!(
        action,
        Action::Quit
            | Action::Suspend
            | Action::Repaint
            | Action::Help
            | Action::Palette
            | Action::Save
            | Action::SaveAndQuit
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
            | Action::History
            | Action::Undo
            | Action::Redo
            | Action::StopPruning
            | Action::EditConfig
    )
}

/// Does what an action of the console does.
pub(super) fn on_action(model: &mut Model, action: Action) -> Vec<Effect> {
    let session = &mut model.session;
    match action {
        Action::Quit => return quit(model),
        Action::Suspend => return vec![TerminalEffect::Suspend.into()],
        Action::Repaint => return vec![TerminalEffect::Repaint.into()],
        Action::Save => return save(model),
        Action::SaveAndQuit => return save_and_quit(model),
        Action::NextPane => focus(session, session.focus.next()),
        Action::PreviousPane => focus(session, session.focus.previous()),
        Action::NextEnvironment => step_environment(session, 1),
        Action::PreviousEnvironment => step_environment(session, 2),
        Action::Zoom => session.zoomed = !session.zoomed,
        Action::Undo | Action::Redo => revert(session, action),
        Action::StopPruning => return stop_pruning(session),
        Action::EditConfig => match session.settings_are_locked() {
            Some(reason) => session.complain(reason),
            None => return vec![TerminalEffect::Edit(session.kept_edit.take()).into()],
        },
        action => return open(model, action),
    }
    Vec::new()
}

/// Opens the pop-up that an action is about.
fn open(model: &mut Model, action: Action) -> Vec<Effect> {
    let Model { session, modals, .. } = model;
    let number = session.tab().last_number.clone();
    let mut effects = Vec::new();
    match action {
        Action::Help if !matches!(modals.top(), Some(Modal::Help(_))) => {
            let contexts = modals.contexts().unwrap_or_else(|| session.contexts());
            modals.open(Modal::Help(HelpModal::new(contexts)));
        }
        Action::Palette if !matches!(modals.top(), Some(Modal::Palette(_))) => {
            let palette = match modals.contexts() {
                Some(contexts) => PaletteModal::of_pop_up(session, &contexts),
                None => PaletteModal::of_console(session, &session.contexts()),
            };
            modals.open(Modal::Palette(palette));
        }
        Action::Health => {
            modals.open(Modal::Health(HealthModal::default()));
            effects = read_status(model);
        }
        Action::Check => {
            modals.open(Modal::Check(CheckModal::default()));
            effects = read_status(model);
        }
        Action::Compare => modals.open(Modal::Compare(CompareModal::new(session.environment))),
        Action::History => effects = open_history(model),
        Action::SendCode | Action::VerifyCode if session.read_only => session.complain(READ_ONLY),
        Action::SendCode => {
            let mut modal = SendModal::new(&number);
            effects = modal.ask(session);
            modals.open(Modal::Send(modal));
        }
        Action::VerifyCode => modals.open(Modal::Verify(VerifyModal::new(&number))),
        Action::Handset if session.provider_can(Capability::Handset) => {
            let mut modal = HandsetModal::new(&number);
            effects = modal.ask(session);
            modals.open(Modal::Handset(modal));
        }
        Action::Handset => {
            let environment = session.environment;
            session.say(format!(
                "{environment} sends to real phones; only the Sandbox has a handset."
            ));
        }
        _ => {}
    }
    effects
}

fn open_history(model: &mut Model) -> Vec<Effect> {
    let (modal, effect) = HistoryModal::ask(&mut model.session);
    model.modals.open(Modal::History(modal));
    vec![effect]
}

fn stop_pruning(session: &mut Session) -> Vec<Effect> {
    if !matches!(session.pruning, Pruning::Running(_)) {
        session.say("No pruning is in progress.");
        return Vec::new();
    }
    session.pruning = Pruning::Stopped;
    session.say("Pruning stopped; the next start resumes it.");
    vec![Effect::Stop(Work::Pruning)]
}

/// Undoes or redoes a change of the settings, and says which.
fn revert(session: &mut Session, action: Action) {
    if let Some(reason) = session.settings_are_locked() {
        return session.complain(reason);
    }
    let form = &mut session.tab_mut().form;
    let (verb, reverted) =
        if action == Action::Redo { ("Redid", form.redo()) } else { ("Undid", form.undo()) };
    let environment = session.environment;
    let Some(Reverted { changes, was_saved }) = reverted else {
        let history = session.key(Context::Console, Action::History);
        return session.say(if action == Action::Redo {
            format!("{environment}: nothing to redo.")
        } else {
            format!("{environment}: nothing to undo. {history} lists saved versions.")
        });
    };
    let what = match &changes[..] {
        [] => "a change".to_owned(),
        [change] => change.clone(),
        [change, more @ ..] => format!("{change}, and {} more", more.len()),
    };
    let save = session.key(Context::Always, Action::Save);
    session.say(if was_saved && session.tab().form.is_changed() {
        format!("{verb} {what}. It was saved; {save} saves this too.")
    } else {
        format!("{verb} {what}.")
    });
}

/// Gives the keys to another pane, whose first line says what it is about.
fn focus(session: &mut Session, pane: Pane) {
    session.focus = pane;
    session.notice = None;
}

fn step_environment(session: &mut Session, by: usize) {
    let at = Environment::ALL.iter().position(|&other| other == session.environment).unwrap_or(0);
    session.show(Environment::ALL[(at + by) % Environment::ALL.len()]);
}

fn quit(model: &mut Model) -> Vec<Effect> {
    let unsaved = model.session.unsaved();
    let mut lines = Vec::new();
    if !unsaved.is_empty() {
        let names: Vec<&str> = unsaved.iter().map(|environment| environment.name()).collect();
        lines.push(format!("Unsaved changes in {}.", names.join(" and ")));
    }
    if model.modals.hold_text() {
        lines.push("The open pop-up has text that is not accepted yet.".to_owned());
    }
    match model.session.in_flight {
        0 => {}
        1 => lines.push("A code is being sent.".to_owned()),
        count => lines.push(format!("{count} codes are being sent.")),
    }
    if lines.is_empty() {
        return vec![TerminalEffect::Quit.into()];
    }
    let asking = matches!(model.modals.top(), Some(Modal::Confirm(_)));
    if !asking {
        let confirmed = if unsaved.is_empty() {
            lines.push("Quit?".to_owned());
            Confirmed::Effect(Box::new(TerminalEffect::Quit.into()))
        } else {
            lines.push("Quit without saving?".to_owned());
            Confirmed::Quit
        };
        model.modals.open(Modal::Confirm(ConfirmModal::new("Quit", lines, confirmed)));
    }
    Vec::new()
}

/// Reads the status, if it is time to and there is someone to answer.
pub(super) fn read_status(model: &mut Model) -> Vec<Effect> {
    if model.session.engine != EngineState::Ready {
        return Vec::new();
    }
    let is_watched = model.watches_status();
    model.session.status_clock.read_if_due(model.session.now, is_watched)
}
