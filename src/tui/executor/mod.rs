//! Carries out effects: each in a task, its outcome a message.

mod ask;
mod follow;
mod history;
mod numbers_file;
mod reporter;
mod save;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::sync::mpsc::Sender;
use tokio::task::{AbortHandle, JoinHandle};

use self::reporter::Reporter;
use super::effect::{EngineEffect, FileEffect, Work};
use super::keyboard::InputEvent;
use super::message::Message;
use super::question::{Answer, Question};
use crate::config::Paths;
use crate::engine::{AccountProblem, Deck, Operator};
use crate::runtime::Runtime;

/// How long the end of the console waits for saves.
const MAX_SAVE: Duration = Duration::from_secs(5);

/// How long the end of the console waits for the store.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Has the engine and the files; the tasks that it starts report over one bounded channel.
#[derive(Clone)]
pub struct Executor {
    deck: Deck,
    operator: Operator,
    /// Held from reading the settings until they are reported, so that an older reading never comes
    /// after a newer one.
    settings: Arc<Mutex<()>>,
    /// Work under way that can be stopped.
    works: Arc<std::sync::Mutex<BTreeMap<Work, AbortHandle>>>,
    /// Saves under way.
    saves: Arc<std::sync::Mutex<Vec<JoinHandle<()>>>>,
    reporter: Reporter,
}

impl Executor {
    /// An executor for the deck at these places.
    pub fn new(
        paths: Paths,
        runtime: Runtime,
        operator: Operator,
        events: Sender<InputEvent>,
    ) -> Self {
        let (settings, works, saves) = <_>::default();
        Self {
            deck: Deck::new(paths, runtime),
            operator,
            settings,
            works,
            saves,
            reporter: Reporter(events),
        }
    }

    /// Carries out an effect on the files.
    pub fn run_on_files(&self, effect: FileEffect) {
        let work = match &effect {
            FileEffect::ListSenders { ticket, .. } => Some(Work::Asked(*ticket)),
            _ => None,
        };
        let must_end = matches!(effect, FileEffect::Save(..) | FileEffect::TakeEdited(..));
        let this = self.clone();
        let task = tokio::spawn(async move { Box::pin(this.on_files(effect)).await });
        if let Some(work) = work {
            self.can_be_stopped(work, task.abort_handle());
        }
        if must_end {
            let mut saves = self.saves.lock().unwrap_or_else(PoisonError::into_inner);
            saves.retain(|save| !save.is_finished());
            saves.push(task);
        }
    }

    /// Has the engine carry out an effect. Before it is open, the effect comes back as a
    /// failure.
    pub fn run_on_engine(&self, effect: EngineEffect) {
        let work = match &effect {
            EngineEffect::Ask { ticket, question: Question::WhatIf { .. } } => {
                Some(Work::Asked(*ticket))
            }
            _ => None,
        };
        let this = self.clone();
        let task = tokio::spawn(async move {
            let message = match this.deck.engine() {
                Some(engine) => {
                    let carried_out =
                        ask::carry_out(engine, &this.operator, effect, &this.reporter);
                    Box::pin(carried_out).await
                }
                None => ask::unanswered(effect),
            };
            this.reporter.tell(message).await;
        });
        if let Some(work) = work {
            self.can_be_stopped(work, task.abort_handle());
        }
    }

    async fn on_files(&self, effect: FileEffect) {
        match effect {
            FileEffect::Load => self.load().await,
            FileEffect::Save(save, checking) => Box::pin(self.save(save, checking)).await,
            FileEffect::TakeEdited(edited, checking) => {
                Box::pin(self.take_edited(edited, checking)).await;
            }
            FileEffect::CheckAccount(query) => {
                let environment = query.environment;
                let config = self.deck.config_in_force();
                let result = self.deck.check_account(&config, (*query).clone()).await;
                let result = result.map_err(|problem| match problem {
                    AccountProblem::NotReady(problem) => problem.to_string(),
                    AccountProblem::Access(problem) => format!("{environment}: {problem}"),
                });
                self.reporter.tell(Message::AccountChecked { query, result }).await;
            }
            FileEffect::ReadNumbers { ticket, file } => {
                let answer = numbers_file::read(file).await;
                self.reporter.tell(Message::Answered { ticket, answer }).await;
            }
            FileEffect::WriteNumbers { ticket, file, grid } => {
                let answer = numbers_file::write(file, *grid).await;
                self.reporter.tell(Message::Answered { ticket, answer }).await;
            }
            FileEffect::ReadHistory(ticket) => {
                let answer = history::read(&self.deck).await;
                self.reporter.tell(Message::Answered { ticket, answer }).await;
            }
            FileEffect::ListSenders { ticket, query } => {
                let on_progress = self.reporter.progress(Work::Asked(ticket));
                let config = self.deck.config_in_force();
                let offered = self.deck.offered_senders(&config, *query, on_progress).await;
                let answer = offered.map(Answer::Senders).map_err(|problem| problem.to_string());
                self.reporter.tell(Message::Answered { ticket, answer }).await;
            }
        }
    }

    /// Waits for the saves under way, so that what is saved is also written down.
    pub async fn finish_saves(&self) {
        let saves = std::mem::take(&mut *self.saves.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async {
            for save in saves {
                // One that failed has reported it.
                let _ = save.await;
            }
        };
        // A network that does not answer must not keep anyone here.
        let _ = tokio::time::timeout(MAX_SAVE, all).await;
    }

    fn can_be_stopped(&self, work: Work, handle: AbortHandle) {
        let mut works = self.works.lock().unwrap_or_else(PoisonError::into_inner);
        works.retain(|_, work| !work.is_finished());
        works.insert(work, handle);
    }

    /// Stops work that is under way; nothing comes of it any more.
    pub fn stop(&self, work: Work) {
        let mut works = self.works.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = works.remove(&work) {
            handle.abort();
        }
    }

    /// Lets other processes follow what is still under way.
    pub async fn give_up(&self) {
        if let Some(engine) = self.deck.engine() {
            // No one is left to notice if it fails, and nothing is worth waiting long for.
            let _ = tokio::time::timeout(LAST_WORDS, engine.give_up()).await;
            let _ = tokio::time::timeout(LAST_WORDS, self.deck.close()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::environment::Environment;
    use crate::domain::phone::Accept;
    use crate::engine::CodeRequest;
    use crate::tui::question::Ticket;

    #[tokio::test]
    async fn what_needs_the_engine_before_it_is_open_comes_back_as_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        let home = |_: &str| Some(folder.path().as_os_str().to_owned());
        let paths = Paths::find(None, home).unwrap();
        let operator = Operator::from("a test".to_owned());
        let (sender, mut events) = tokio::sync::mpsc::channel(8);
        let executor = Executor::new(paths, Runtime::of_this_machine(), operator, sender);
        let environment = Environment::Development;
        let request = CodeRequest {
            environment,
            number: "+573001234567".to_owned(),
            user: None,
            accept: Accept::Known,
            sender: None,
        };
        let ticket = Ticket::default().next();
        let question = Question::Preview(request.clone());

        executor.run_on_engine(EngineEffect::Ask { ticket, question });
        let Some(InputEvent::Message(Message::Answered { ticket: answered, answer: Err(reason) })) =
            events.recv().await
        else {
            panic!("the question is not answered with a failure")
        };
        assert_eq!((answered, reason.as_str()), (ticket, "the store is not open"));

        executor.run_on_engine(EngineEffect::Send(request));
        let sent = events.recv().await;
        assert!(matches!(sent, Some(InputEvent::Message(Message::Sent(Err(_))))), "{sent:?}");
    }
}
