//! What the engine is to do and is asked, and what came of it as messages.

use super::reporter::Reporter;
use crate::domain::environment::{Environment, PerEnvironment};
use crate::engine::{CodeRequest, Engine, Operator};
use crate::store::EventQuery;
use crate::tui::effect::{EngineEffect, Work};
use crate::tui::message::Message;
use crate::tui::question::{Answer, Question};

/// Why nothing comes of an effect before the engine is open.
pub(super) const NOT_OPEN: &str = "the store is not open";

/// Has the engine carry out an effect, and returns what came of it.
pub(super) async fn carry_out(
    engine: &Engine,
    operator: &Operator,
    effect: EngineEffect,
    reporter: &Reporter,
) -> Message {
    let acting = engine.by(operator);
    match effect {
        EngineEffect::LoadQuota => quota(engine).await,
        EngineEffect::LoadStatus => status(engine).await,
        EngineEffect::Send(request) => Message::Sent(in_words(acting.request(request).await)),
        EngineEffect::Unlock(request) => {
            let (user, remedy) = (request.user.label.clone(), request.remedy);
            let result = in_words(acting.unlock(*request).await);
            Message::Unlocked { user, remedy, result }
        }
        EngineEffect::Acknowledge(request) => {
            let result = in_words(acting.acknowledge((*request).clone()).await);
            Message::Acknowledged { request, result }
        }
        EngineEffect::Cancel(delivery) => {
            Message::Canceled(in_words(acting.cancel(delivery).await))
        }
        EngineEffect::Ask { ticket, question } => {
            let on_progress = reporter.progress(Work::Asked(ticket));
            let answer = answer(engine, operator, question, on_progress).await;
            Message::Answered { ticket, answer }
        }
    }
}

/// What comes of an effect while there is no engine to carry it out.
pub(super) fn unanswered(effect: EngineEffect) -> Message {
    let reason = NOT_OPEN.to_owned();
    match effect {
        EngineEffect::LoadQuota | EngineEffect::LoadStatus => Message::StoreFailed(reason),
        EngineEffect::Send(_) => Message::Sent(Err(reason)),
        EngineEffect::Unlock(request) => Message::Unlocked {
            user: request.user.label,
            remedy: request.remedy,
            result: Err(reason),
        },
        EngineEffect::Acknowledge(request) => {
            Message::Acknowledged { request, result: Err(reason) }
        }
        EngineEffect::Cancel(_) => Message::Canceled(Err(reason)),
        EngineEffect::Ask { ticket, .. } => Message::Answered { ticket, answer: Err(reason) },
    }
}

/// Runs a question; a long one reports its progress.
async fn answer(
    engine: &Engine,
    operator: &Operator,
    question: Question,
    on_progress: impl Fn(usize),
) -> Result<Answer, String> {
    match question {
        Question::Preview(CodeRequest { environment, number, user, accept, sender }) => {
            let preview =
                engine.preview(environment, (&number, accept), user, (None, sender.as_ref())).await;
            in_words(preview).map(|preview| Answer::Preview(Box::new(preview)))
        }
        Question::Verify(attempt) => {
            in_words(engine.by(operator).verify(*attempt).await).map(Answer::Verdict)
        }
        Question::WhatIf { environment, rule } => {
            let found = engine.what_if(environment, rule, on_progress).await;
            in_words(found).map(|found| Answer::WhatIf(found.sentences()))
        }
        Question::FindUser { environment, typed } => {
            Ok(Answer::Keys(engine.lookup_keys(environment, &typed)))
        }
        Question::EventsOf { environment, typed } => {
            in_words(engine.events_of(environment, &typed).await).map(Answer::Story)
        }
        Question::Delivery(delivery) => {
            let story = engine.events(EventQuery::OfDelivery(delivery)).await;
            in_words(story).map(Answer::Story)
        }
        Question::User { environment, row } => {
            in_words(engine.user_story(environment, &row).await).map(Answer::Story)
        }
        Question::Handset { environment, number } => {
            in_words(engine.handset(environment, &number).await).map(Answer::Handset)
        }
    }
}

/// Who has used how many codes, everywhere.
pub(super) async fn quota(engine: &Engine) -> Message {
    let mut rows = PerEnvironment::from_fn(|_| Vec::new());
    for environment in Environment::ALL {
        match engine.quota_rows(environment).await {
            Ok(found) => rows[environment] = found,
            Err(error) => return Message::StoreFailed(error.to_string()),
        }
    }
    Message::Quota(rows)
}

/// The health of every environment.
async fn status(engine: &Engine) -> Message {
    let mut all = PerEnvironment::from_fn(|_| None);
    for environment in Environment::ALL {
        match engine.status(environment).await {
            Ok(status) => all[environment] = Some(Box::new(status)),
            Err(error) => return Message::StoreFailed(error.to_string()),
        }
    }
    Message::Status(all)
}

fn in_words<T, E: ToString>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}
