//! The one function that changes the model. It routes; the parts decide.
//!
//! No clock, no channel, no terminal: the moment is an argument, and what is to be done
//! outside comes back as data.

use crossterm::event::KeyEvent;
use jiff::Timestamp;

use super::effect::Effect;
use super::keymap::{self, Action, Context};
use super::message::Message;
use super::modal::confirm::{ConfirmModal, Confirmed};
use super::modal::handset::HandsetModal;
use super::modal::help::HelpModal;
use super::modal::send::SendModal;
use super::modal::verify::VerifyModal;
use super::modal::{self, Modal};
use super::model::{EngineState, Model, Phase};
use super::pane::{Pane, form_view, log, numbers, quota};
use super::saving::{on_saved, save, take_deck};
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::passcode::Verdict;
use crate::domain::provider::Provider;
use crate::engine::Submission;
use crate::provider::AccountReport;
use crate::provider::twilio::refuses_credentials;
use crate::store::{Event, EventKind};

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
    match message {
        Message::Key(key) => on_key(model, key),
        Message::Paste(text) => on_input(model, &Input::Paste(text)),
        Message::Resize(columns, rows) => {
            model.size = (columns, rows);
            vec![Effect::Repaint]
        }
        Message::Resumed => vec![Effect::Repaint],
        Message::Tick => on_tick(model),
        Message::Loaded(deck) => {
            take_deck(model, *deck);
            model.phase = Phase::Ready;
            Vec::new()
        }
        Message::LoadFailed(reason) => {
            model.phase = Phase::Broken(reason);
            Vec::new()
        }
        Message::EngineReady => {
            model.engine = EngineState::Ready;
            ask_again(model)
        }
        Message::EngineFailed(reason) => {
            model.complain(format!("Nothing can be sent: {reason}."));
            model.engine = EngineState::Failed(reason);
            Vec::new()
        }
        Message::Events(events) => on_events(model, events),
        Message::Quota(mut rows) => {
            for environment in Environment::ALL {
                let rows = std::mem::take(&mut rows[environment]);
                model.desks[environment].quota.refresh(rows);
            }
            Vec::new()
        }
        Message::StoreFailed(reason) => {
            model.complain(format!("{reason}."));
            Vec::new()
        }
        Message::Previewed { generation, preview } => {
            for modal in &mut model.modals {
                if let Modal::Send(modal) = modal {
                    modal.on_preview(generation, preview);
                    break;
                }
            }
            Vec::new()
        }
        Message::Sent(result) => on_sent(model, result),
        Message::Verified { generation, result } => on_verified(model, generation, result),
        Message::Saved { save, deck, problem } => on_saved(model, &save, deck, problem),
        Message::Unlocked(result) => {
            match result {
                Ok(user) => model.say(format!("{user} has all codes again.")),
                Err(reason) => model.complain(reason),
            }
            Vec::new()
        }
        Message::UserLoaded { generation, story } => {
            for modal in &mut model.modals {
                if let Modal::User(modal) = modal {
                    modal.on_story(generation, story);
                    break;
                }
            }
            Vec::new()
        }
        Message::CalledBack(result) => {
            match result {
                Ok(()) => model.say("Called back; it stays counted."),
                Err(reason) => model.complain(format!("{reason}.")),
            }
            Vec::new()
        }
        Message::AccountChecked { environment, result } => {
            on_account_checked(model, environment, result)
        }
        Message::SendersOffered { generation, offered } => {
            for modal in &mut model.modals {
                if let Modal::Import(modal) = modal {
                    modal.on_offered(generation, offered);
                    break;
                }
            }
            Vec::new()
        }
        Message::Handset { generation, received } => {
            for modal in &mut model.modals {
                if let Modal::Handset(modal) = modal {
                    modal.on_received(generation, received);
                    break;
                }
            }
            Vec::new()
        }
    }
}

fn on_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    model.notice.take_if(|notice| notice.bad);
    let input = keymap::action(&model.contexts(), key).map_or(Input::Key(key), Input::Action);
    // These work above any pop-up too.
    if let Some(action @ (Action::Quit | Action::Suspend | Action::Repaint | Action::Help)) =
        keymap::action(&[Context::Always], key)
    {
        return on_console(model, action);
    }
    on_input(model, &input)
}

/// Hands an input to the topmost pop-up, or the console, or the focused pane.
fn on_input(model: &mut Model, input: &Input) -> Vec<Effect> {
    if !model.modals.is_empty() {
        return modal::on_input(model, input);
    }
    if model.phase != Phase::Ready {
        return match input {
            Input::Action(Action::Quit) => vec![Effect::Quit],
            _ => Vec::new(),
        };
    }
    if let Input::Action(action) = input
        && is_console(*action)
    {
        return on_console(model, *action);
    }
    match model.focus {
        Pane::Form => form_view::on_input(model, input),
        Pane::Numbers => numbers::on_input(model, input),
        Pane::Quota => quota::on_input(model, input),
        Pane::Log => log::on_input(model, input),
    }
}

const fn is_console(action: Action) -> bool {
    matches!(
        action,
        Action::Quit
            | Action::Suspend
            | Action::Repaint
            | Action::Help
            | Action::Save
            | Action::NextPane
            | Action::PreviousPane
            | Action::NextEnvironment
            | Action::PreviousEnvironment
            | Action::Zoom
            | Action::SendCode
            | Action::VerifyCode
            | Action::Handset
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
        Action::NextPane => model.focus = model.focus.next(),
        Action::PreviousPane => model.focus = model.focus.previous(),
        Action::NextEnvironment => step_environment(model, 1),
        Action::PreviousEnvironment => step_environment(model, 2),
        Action::Zoom => model.zoomed = !model.zoomed,
        Action::SendCode => {
            let mut modal = SendModal::new(&model.last_number);
            let generation = model.next_generation();
            let effects = modal.ask(model.environment, generation);
            model.modals.push(Modal::Send(modal));
            return effects;
        }
        Action::VerifyCode => {
            model.modals.push(Modal::Verify(VerifyModal::new(&model.last_number)));
        }
        Action::Handset if model.saved_settings().provider == Provider::Sandbox => {
            let mut modal = HandsetModal::new(&model.last_number);
            let generation = model.next_generation();
            let effects = modal.ask(model.environment, generation);
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

fn step_environment(model: &mut Model, by: usize) {
    let at = Environment::ALL.iter().position(|&other| other == model.environment).unwrap_or(0);
    model.environment = Environment::ALL[(at + by) % Environment::ALL.len()];
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

fn on_events(model: &mut Model, events: Vec<Event>) -> Vec<Effect> {
    let arrived = |event: &Event| {
        matches!(event.kind, EventKind::Delivery(DeliveryStatus::Sent | DeliveryStatus::Delivered))
    };
    let any_arrived = events.iter().any(arrived);
    for event in events {
        let desk = &mut model.desks[event.environment];
        if let EventKind::Delivery(status) = event.kind {
            let refuses = event.error_code.filter(|&code| refuses_credentials(code));
            if status == DeliveryStatus::Refused && event.delivery.is_some() {
                desk.refused = refuses;
            } else if status.is_with_provider() || status == DeliveryStatus::Delivered {
                desk.refused = None;
            }
        }
        desk.log.push(event);
    }
    let generation = model.next_generation();
    let environment = model.environment;
    match model.modals.last_mut() {
        Some(Modal::Handset(modal)) if any_arrived => modal.ask(environment, generation),
        _ => Vec::new(),
    }
}

/// Repeats what pop-ups asked before there was an engine to answer.
fn ask_again(model: &mut Model) -> Vec<Effect> {
    let generation = model.next_generation();
    let environment = model.environment;
    let ask = |modal: &mut Modal| match modal {
        Modal::Send(modal) => modal.ask(environment, generation),
        Modal::Handset(modal) => modal.ask(environment, generation),
        _ => Vec::new(),
    };
    model.modals.iter_mut().flat_map(ask).collect()
}

fn on_sent(model: &mut Model, result: Result<Submission, String>) -> Vec<Effect> {
    model.in_flight = model.in_flight.saturating_sub(1);
    match result {
        Err(reason) => model.complain(format!("Not sent: {reason}")),
        Ok(submission) if submission.status.is_failure() => {
            let counted = if submission.status.releases_slot() { "not counted" } else { "counted" };
            model.complain(format!(
                "The provider did not take the code; the log says why. It is {counted}."
            ));
        }
        Ok(submission) if submission.status == DeliveryStatus::Unknown => {
            model.complain(
                "The provider's answer is unclear: the code may have gone out, so it is counted.",
            );
        }
        Ok(submission) => match submission.quota.left() {
            0 => model.say("Code handed over. It was the last one until the time-out has passed."),
            1 => model.say("Code handed over; 1 more allowed."),
            left => model.say(format!("Code handed over; {left} more allowed.")),
        },
    }
    Vec::new()
}

fn on_account_checked(
    model: &mut Model,
    environment: Environment,
    result: Result<AccountReport, String>,
) -> Vec<Effect> {
    match result {
        Ok(AccountReport { status, balance }) => {
            model.desks[environment].refused = None;
            model.say(format!(
                "{environment}: credentials accepted. Account {status}, balance {balance}."
            ));
        }
        Err(reason) => model.complain(format!("{reason}.")),
    }
    Vec::new()
}

fn on_verified(model: &mut Model, generation: u64, result: Result<Verdict, String>) -> Vec<Effect> {
    let asked =
        |modal: &Modal| matches!(modal, Modal::Verify(modal) if modal.waits_for(generation));
    let asker = model.modals.iter().position(asked);
    if result == Ok(Verdict::Approved) {
        asker.map(|at| model.modals.remove(at));
        model.say("Approved. The user has all codes again.");
    } else if let Some(Modal::Verify(modal)) = asker.and_then(|at| model.modals.get_mut(at)) {
        modal.on_verdict(result);
    }
    Vec::new()
}

fn on_tick(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    model.notice.take_if(|notice| !notice.bad && notice.until <= now);
    if model.desk().quota.is_stale(now) { vec![Effect::LoadQuota] } else { Vec::new() }
}
