//! What the executor reports: it goes into the model, and to the pop-up that has asked for it.

use super::effect::{Effect, Work};
use super::keymap::{Action, Context};
use super::message::Message;
use super::modal::Modal;
use super::model::{EngineState, Model, Phase, Pruning};
use super::saving::{on_edited, on_saved, take_deck};
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::passcode::Verdict;
use crate::engine::Submission;
use crate::provider::AccountReport;
use crate::store::{Event, EventKind, Remedy};

/// Takes a report.
pub(super) fn on_report(model: &mut Model, report: Message) -> Vec<Effect> {
    match report {
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
            if matches!(model.engine, EngineState::Failed(_)) {
                model.say("The store answers again: codes can be sent.");
            }
            model.engine = EngineState::Ready;
            let mut effects = ask_again(model);
            effects.extend(model.status_clock.on_event(model.now));
            effects
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
                model.tabs[environment].quota.refresh(rows);
            }
            Vec::new()
        }
        Message::ConfigUnusable(reason) => {
            model.complain(format!(
                "The settings on disk are not usable, the old ones stay: {reason}."
            ));
            model.is_config_unusable = true;
            Vec::new()
        }
        Message::StoreFailed(reason) => {
            model.status_clock.on_answer();
            model.complain(format!("{reason}."));
            Vec::new()
        }
        Message::Progress { work, count } => {
            on_progress(model, work, count);
            Vec::new()
        }
        Message::Pruned => {
            model.pruning = Pruning::Quiet;
            Vec::new()
        }
        Message::Sent(result) => on_sent(model, result),
        Message::Verified { ticket, result } => on_verified(model, ticket, result),
        Message::Saved { save, outcome } => on_saved(model, &save, outcome),
        Message::Unlocked { user, remedy, result } => {
            on_unlocked(model, &user, remedy, result);
            Vec::new()
        }
        Message::Status(mut all) => {
            model.status_clock.on_answer();
            for environment in Environment::ALL {
                model.tabs[environment].status = all[environment].take();
            }
            Vec::new()
        }
        Message::NotEdited { reason, kept } => {
            let edit = model.keys.name(Context::Console, Action::EditConfig);
            let more = kept.as_ref().map_or_else(String::new, |kept| {
                format!(" What was typed is in {}; {edit} goes on with it.", kept.display())
            });
            model.complain(format!("{reason}.{more}"));
            model.kept_edit = kept;
            Vec::new()
        }
        Message::Edited(edited) => on_edited(model, *edited),
        Message::EditTaken(deck) => {
            take_deck(model, *deck);
            model.say("What you have edited is in force.");
            model.kept_edit = None;
            model.phase = Phase::Ready;
            Vec::new()
        }
        Message::Canceled(result) => {
            match result {
                Ok(()) => model.say("Called back; it stays counted."),
                Err(reason) => model.complain(format!("{reason}.")),
            }
            Vec::new()
        }
        Message::AccountChecked { environment, result } => {
            on_account_checked(model, environment, result)
        }
        answer => on_answer(model, answer),
    }
}

/// Takes the answer to a question: into the part that has asked it, unless it has asked another
/// one since.
fn on_answer(model: &mut Model, answer: Message) -> Vec<Effect> {
    match answer {
        Message::Previewed { ticket, preview } => {
            for modal in &mut model.modals {
                if let Modal::Send(modal) = modal {
                    modal.on_preview(ticket, preview);
                    break;
                }
            }
        }
        Message::UserLoaded { ticket, story } => {
            for modal in &mut model.modals {
                if let Modal::User(modal) = modal {
                    modal.on_story(ticket, story);
                    break;
                }
            }
        }
        Message::SendersOffered { ticket, offered } => {
            for modal in &mut model.modals {
                if let Modal::Import(modal) = modal {
                    modal.on_offered(ticket, offered);
                    break;
                }
            }
        }
        Message::Handset { ticket, received } => {
            for modal in &mut model.modals {
                if let Modal::Handset(modal) = modal {
                    modal.on_received(ticket, received);
                    break;
                }
            }
        }
        Message::StoryLoaded { ticket, story } => {
            for modal in &mut model.modals {
                if let Modal::Delivery(modal) = modal {
                    modal.on_story(ticket, story);
                    break;
                }
            }
        }
        Message::WhatIfReady { ticket, news } => {
            let news = news.unwrap_or_else(|problem| vec![format!("{problem}.")]);
            for modal in &mut model.modals {
                if let Modal::Confirm(modal) = modal {
                    modal.on_news(ticket, &news);
                }
            }
        }
        Message::KeysFound { ticket, keys } => {
            for environment in Environment::ALL {
                model.tabs[environment].quota.on_keys(ticket, &keys);
            }
        }
        // Everything else is no answer.
        _ => {}
    }
    Vec::new()
}

fn on_progress(model: &mut Model, work: Work, count: usize) {
    let Work::Asked(ticket) = work else {
        // One that was on its way when it was stopped is no news.
        if model.pruning != Pruning::Stopped && count > 0 {
            model.pruning = Pruning::Running(count);
        }
        return;
    };
    for modal in &mut model.modals {
        match modal {
            Modal::Import(modal) => modal.on_progress(ticket, count),
            Modal::Confirm(modal) => modal.on_progress(ticket, count),
            _ => {}
        }
    }
}

fn on_events(model: &mut Model, events: Vec<Event>) -> Vec<Effect> {
    let touched: Vec<_> = events.iter().filter_map(|event| event.delivery).collect();
    let arrived = |event: &Event| {
        matches!(event.kind, EventKind::Delivery(DeliveryStatus::Sent | DeliveryStatus::Delivered))
    };
    let any_arrived = events.iter().any(arrived);
    for event in events {
        let code = model.error_code(&event);
        let tab = &mut model.tabs[event.environment];
        if let EventKind::Delivery(status) = event.kind {
            let refuses = code.filter(|code| code.class().refuses_credentials());
            if status == DeliveryStatus::Refused && event.delivery.is_some() {
                tab.refused = refuses.map(|code| code.number);
            } else if status.is_with_provider() || status == DeliveryStatus::Delivered {
                tab.refused = None;
            }
        }
        tab.log.push(event);
    }
    let ticket = model.next_generation();
    let environment = model.environment;
    let mut effects = match model.modals.last_mut() {
        Some(Modal::Handset(modal)) if any_arrived => modal.ask(environment, ticket),
        Some(Modal::Delivery(modal))
            if modal.delivery().is_some_and(|delivery| touched.contains(&delivery)) =>
        {
            modal.ask(ticket)
        }
        _ => Vec::new(),
    };
    if model.engine == EngineState::Ready {
        effects.extend(model.status_clock.on_event(model.now));
    }
    effects
}

/// Repeats what pop-ups asked before there was an engine to answer.
fn ask_again(model: &mut Model) -> Vec<Effect> {
    let ticket = model.next_generation();
    let environment = model.environment;
    let ask = |modal: &mut Modal| match modal {
        Modal::Send(modal) => modal.ask(environment, ticket),
        Modal::Handset(modal) => modal.ask(environment, ticket),
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
            model.tabs[environment].refused = None;
            model.tabs[environment].balance = Some(balance.to_string());
            model.say(format!(
                "{environment}: credentials accepted. Account {status}, balance {balance}."
            ));
        }
        Err(reason) => model.complain(format!("{reason}.")),
    }
    Vec::new()
}

fn on_verified(model: &mut Model, ticket: u64, result: Result<Verdict, String>) -> Vec<Effect> {
    let asked = |modal: &Modal| matches!(modal, Modal::Verify(modal) if modal.waits_for(ticket));
    let asker = model.modals.iter().position(asked);
    if result == Ok(Verdict::Approved) {
        asker.map(|at| model.modals.remove(at));
        model.say("Approved. The user has all codes again.");
    } else if let Some(Modal::Verify(modal)) = asker.and_then(|at| model.modals.get_mut(at)) {
        modal.on_verdict(result);
    }
    Vec::new()
}

fn on_unlocked(model: &mut Model, user: &str, remedy: Remedy, result: Result<bool, String>) {
    match (result, remedy) {
        (Err(reason), _) => model.complain(format!("{reason}.")),
        (Ok(false), Remedy::OneCode) => {
            model.complain(format!("One code back would not help {user}: r gives all."));
        }
        (Ok(false), _) => model.complain(format!("{user} had nothing to get back.")),
        (Ok(true), Remedy::AllCodes) => model.say(format!("{user} has all codes again.")),
        (Ok(true), Remedy::OneCode) => model.say(format!("{user} has one code back.")),
        (Ok(true), Remedy::WrongTries) => {
            model.say(format!("{user}: the wrong tries are forgiven."));
        }
    }
}
