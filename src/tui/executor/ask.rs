//! What the engine is asked, and its answers as messages.

use super::Executor;
use crate::domain::environment::{Environment, PerEnvironment};
use crate::engine::{CodeRequest, Engine};
use crate::tui::effect::{Effect, Work};
use crate::tui::message::Message;

impl Executor {
    /// Has the engine do what an effect wants of it, and answers what came of it.
    pub(super) async fn ask(&self, engine: &Engine, effect: Effect) -> Option<Message> {
        let acting = engine.by(&self.operator);
        let message = match effect {
            Effect::LoadQuota => quota(engine).await,
            Effect::LoadStatus => status(engine).await,
            Effect::Preview { ticket, request } => {
                let CodeRequest { environment, number, user } = request;
                let preview = engine.preview(environment, &number, user, None).await;
                Message::Previewed { ticket, preview: in_words(preview.map(Box::new)) }
            }
            Effect::Send(request) => Message::Sent(in_words(acting.request(request).await)),
            Effect::Verify { ticket, attempt } => {
                let result = in_words(acting.verify(*attempt).await);
                Message::Verified { ticket, result }
            }
            Effect::Unlock(request) => {
                let (user, remedy) = (request.user.label.clone(), request.remedy);
                let result = in_words(acting.unlock(*request).await);
                Message::Unlocked { user, remedy, result }
            }
            Effect::Handset { ticket, environment, number } => {
                let received = in_words(engine.handset(environment, &number).await);
                Message::Handset { ticket, received }
            }
            Effect::LoadUser { ticket, environment, row } => {
                let story = in_words(engine.user_story(environment, &row).await);
                Message::UserLoaded { ticket, story }
            }
            Effect::Cancel(delivery) => Message::Canceled(in_words(acting.cancel(delivery).await)),
            Effect::FindUser { ticket, environment, typed } => {
                Message::KeysFound { ticket, keys: engine.lookup_keys(environment, &typed) }
            }
            Effect::WhatIf { ticket, environment, rule } => {
                let on_progress = self.progress(Work::Asked(ticket));
                let news = engine.what_if(environment, rule, on_progress).await;
                let news = in_words(news.map(|found| found.sentences()));
                Message::WhatIfReady { ticket, news }
            }
            Effect::LoadStory { ticket, delivery } => {
                let story = in_words(engine.story(delivery).await);
                Message::StoryLoaded { ticket, story }
            }
            _ => return None,
        };
        Some(message)
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

/// How every environment fares.
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
