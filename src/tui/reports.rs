//! What the executor reports of the deck and of what it was asked to do: it goes into the model.
//! Answers to questions are not handled here: they go to the part that asked.

use std::path::PathBuf;

use super::effect::{Effect, EngineEffect, Work};
use super::keymap::{Action, Context};
use super::lifecycle::{EngineState, Phase, Pruning};
use super::message::{LoadedDeck, Message};
use super::model::Model;
use super::pane::form_input;
use super::pane::log_view::find_typed;
use super::saving::{on_edited, on_saved, on_unchecked_text, take_deck};
use super::session::Session;
use crate::config::below_home;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::span::later;
use crate::engine::{AccountQuery, AcknowledgeRequest, Status, Submission};
use crate::provider::AccountReport;
use crate::store::{Event, QuotaRow, Remedy};

/// Takes a report.
pub(super) fn on_report(model: &mut Model, report: Message) -> Vec<Effect> {
    let session = &mut model.session;
    match report {
        Message::EngineReady => return on_engine_ready(model),
        Message::Events(events) => return on_events(model, events),
        Message::Saved { save, outcome } => return on_saved(model, &save, outcome),
        Message::Edited(edited) => return on_edited(model, *edited),
        Message::UncheckedText { edited, reason } => {
            return on_unchecked_text(model, *edited, &reason);
        }
        Message::Loaded(deck) => on_loaded(model, *deck),
        Message::EditTaken(deck) => on_edit_taken(model, *deck),
        Message::Progress { work, count } => on_progress(model, work, count),
        Message::LoadFailed(reason) => session.phase = Phase::Broken(reason),
        Message::ConfigUnusable(reason) => on_config_unusable(session, &reason),
        Message::NotEdited { reason, kept } => on_not_edited(session, &reason, kept),
        Message::EngineFailed(reason) => on_engine_failed(session, reason),
        Message::StoreFailed(reason) => on_store_failed(session, &reason),
        Message::Quota(rows) => return on_quota(session, rows),
        Message::Status(all) => on_status(session, all),
        Message::Pruned => session.pruning = Pruning::Quiet,
        Message::Sent(result) => on_sent(session, result),
        Message::Unlocked { user, remedy, result } => on_unlocked(session, &user, remedy, result),
        Message::Acknowledged { request, result } => {
            return on_acknowledged(session, &request, result);
        }
        Message::Canceled(result) => on_canceled(session, result),
        Message::AccountChecked { query, result } => {
            return on_account_checked(session, &query, result);
        }
        // They are no reports.
        Message::Key(_)
        | Message::Paste(_)
        | Message::Mouse(_)
        | Message::PasteBroken(_)
        | Message::Resize(..)
        | Message::Tick
        | Message::Resumed
        | Message::Answered { .. } => {}
    }
    Vec::new()
}

fn on_loaded(model: &mut Model, deck: LoadedDeck) {
    take_deck(model, deck);
    model.session.phase = Phase::Ready;
}

fn on_edit_taken(model: &mut Model, deck: LoadedDeck) {
    take_deck(model, deck);
    model.session.say("Applied the edited config.");
    model.session.kept_edit = None;
    model.session.phase = Phase::Ready;
}

fn on_not_edited(session: &mut Session, reason: &str, kept: Option<PathBuf>) {
    let edit = session.key(Context::Console, Action::EditConfig);
    let more = kept.as_ref().map_or_else(String::new, |kept| {
        format!(" Your text is in {}; {edit} reopens it.", below_home(kept))
    });
    session.complain(format!("{reason}.{more}"));
    session.kept_edit = kept;
}

fn on_config_unusable(session: &mut Session, reason: &str) {
    session.complain(format!(
        "The config on disk is invalid; the previous settings stay in force: {reason}."
    ));
    session.is_config_unusable = true;
}

fn on_engine_ready(model: &mut Model) -> Vec<Effect> {
    let Model { session, modals, .. } = model;
    if matches!(session.engine, EngineState::Failed(_)) {
        session.say("The store is available again; codes can be sent.");
    }
    session.engine = EngineState::Ready;
    modals.ask_again(session)
}

fn on_engine_failed(session: &mut Session, reason: String) {
    session.complain(format!("Nothing can be sent: {reason}."));
    session.engine = EngineState::Failed(reason);
}

fn on_store_failed(session: &mut Session, reason: &str) {
    session.status_clock.on_answer();
    session.complain(format!("{reason}."));
}

fn on_quota(session: &mut Session, mut rows: PerEnvironment<Vec<QuotaRow>>) -> Vec<Effect> {
    for environment in Environment::ALL {
        let rows = std::mem::take(&mut rows[environment]);
        session.tabs[environment].quota.refresh(rows);
    }
    // It comes after every change, of which not each is an event, and after what there was at the
    // start.
    session.status_clock.start();
    session.status_clock.on_event(session.now)
}

fn on_status(session: &mut Session, mut all: PerEnvironment<Option<Box<Status>>>) {
    session.status_clock.on_answer();
    for environment in Environment::ALL {
        session.tabs[environment].status = all[environment].take();
    }
}

fn on_progress(model: &mut Model, work: Work, count: usize) {
    match work {
        Work::Asked(ticket) => model.modals.on_progress(ticket, count),
        // One that was on its way when it was stopped is no news.
        Work::Pruning if model.session.pruning != Pruning::Stopped && count > 0 => {
            model.session.pruning = Pruning::Running(count);
        }
        Work::Pruning => {}
    }
}

fn on_events(model: &mut Model, events: Vec<Event>) -> Vec<Effect> {
    let Model { session, modals, .. } = model;
    let mut effects = modals.on_events(session, &events);
    let is_concerned = |here: &Environment| events.iter().any(|it| it.environment == *here);
    let concerned: Vec<Environment> = Environment::ALL.into_iter().filter(is_concerned).collect();
    for event in events {
        session.tabs[event.environment].log.push(event);
    }
    for environment in concerned {
        effects.extend(find_typed(session, environment));
    }
    if session.engine == EngineState::Ready {
        effects.extend(session.status_clock.on_event(session.now));
    }
    effects
}

fn on_sent(session: &mut Session, result: Result<Submission, String>) {
    session.in_flight = session.in_flight.saturating_sub(1);
    match result {
        Err(reason) => session.complain(format!("Not sent: {reason}")),
        Ok(submission) if submission.status.is_failure() => {
            let counted = if submission.status.releases_slot() { "not counted" } else { "counted" };
            session.complain(format!(
                "The provider rejected the code; the log shows why. It is {counted}."
            ));
        }
        Ok(submission) if submission.status == DeliveryStatus::Unknown => {
            session.complain(
                "The provider's response is unclear: the code may have been sent, so it is counted.",
            );
        }
        Ok(submission) => match submission.quota.left() {
            0 => {
                session.say("Code sent. It was the last one until the time-out has passed.");
            }
            1 => session.say("Code sent; 1 more allowed."),
            left => session.say(format!("Code sent; {left} more allowed.")),
        },
    }
}

fn on_acknowledged(
    session: &mut Session,
    request: &AcknowledgeRequest,
    result: Result<bool, String>,
) -> Vec<Effect> {
    let AcknowledgeRequest { finding, lasting, .. } = request;
    match result {
        Err(reason) => session.complain(format!("{reason}.")),
        Ok(false) => session.complain(format!("{finding} is no longer a finding.")),
        Ok(true) if lasting.is_zero() => {
            session.say(format!("{finding} is no longer acknowledged."));
        }
        Ok(true) => {
            let until = session.time_to_come(later(session.now, *lasting));
            session.say(format!("Acknowledged {finding} until {until}."));
        }
    }
    vec![EngineEffect::LoadStatus.into()]
}

fn on_canceled(session: &mut Session, result: Result<(), String>) {
    match result {
        Ok(()) => session.say("Canceled; it stays counted."),
        Err(reason) => session.complain(format!("{reason}.")),
    }
}

fn on_account_checked(
    session: &mut Session,
    query: &AccountQuery,
    result: Result<AccountReport, String>,
) -> Vec<Effect> {
    let environment = query.environment;
    if !form_input::has_account(&session.tabs[environment].form, query) {
        // What it reported about other credentials does not hold for these.
        let again = session.key(Context::Form, Action::TestAccount);
        session.complain(format!(
            "{environment}: the account changed during the test. {again} tests again."
        ));
        return Vec::new();
    }
    match result {
        Ok(AccountReport { status, balance }) => {
            session.say(format!(
                "{environment}: credentials accepted. Account {status}, balance {balance}."
            ));
        }
        Err(reason) => session.complain(format!("{reason}.")),
    }
    session.status_clock.on_event(session.now)
}

fn on_unlocked(session: &mut Session, user: &str, remedy: Remedy, result: Result<bool, String>) {
    match (result, remedy) {
        (Err(reason), _) => session.complain(format!("{reason}.")),
        (Ok(false), Remedy::OneCode) => {
            let unlock = session.key(Context::Quota, Action::Unlock);
            session.complain(format!("One code back would not help {user}: {unlock} gives all."));
        }
        (Ok(false), _) => session.complain(format!("{user} has no codes to give back.")),
        (Ok(true), Remedy::AllCodes) => {
            session.say(format!("Unlocked {user}: all codes are available again."));
        }
        (Ok(true), Remedy::OneCode) => session.say(format!("Gave {user} one code back.")),
        (Ok(true), Remedy::WrongTries) => {
            session.say(format!("Cleared the wrong tries of {user}."));
        }
    }
}
