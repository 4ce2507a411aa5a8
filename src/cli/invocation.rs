//! What every command works with.

use std::path::Path;

use super::failure::Failure;
use super::output::Output;
use crate::config::{self, Config};
use crate::domain::environment::Environment;
use crate::engine::{Deck, Engine, Operator};

/// What every command works with.
pub struct Invocation {
    /// The deck.
    pub deck: Deck,
    /// The environment that was named, if one was.
    pub environment: Option<Environment>,
    /// Where results go.
    pub output: Output,
    /// Who runs the command.
    pub operator: Operator,
    /// What the command line needs to know about the console's keys.
    pub keys: KeysOfConsole,
}

/// What the command line needs to know about the console's keys, and cannot know by itself.
#[derive(Debug, Clone, Copy)]
pub struct KeysOfConsole {
    /// Returns the built-in keys in the shape of `keys.ron`.
    pub template: fn() -> String,
    /// Checks the keys beside a config, and returns what is wrong with them.
    pub check: fn(&Path) -> Result<(), String>,
}

impl Invocation {
    /// The environment, which commands that act require.
    pub(super) fn environment(&self) -> Result<Environment, Failure> {
        self.environment.ok_or_else(|| {
            Failure::usage(
                "no environment given: use --env development, test or production".to_owned(),
            )
        })
    }

    /// The environments that were asked for: the named one, or all.
    pub(super) fn environments(&self) -> impl Iterator<Item = Environment> {
        let only = self.environment;
        Environment::ALL.into_iter().filter(move |one| only.is_none_or(|only| only == *one))
    }

    /// The settings: those of the file, or the built-in ones.
    pub(super) fn config(&self) -> Result<Config, Failure> {
        Ok(config::load(&self.deck.paths().config)?.unwrap_or_else(Config::built_in))
    }

    /// The settings, or the last good version where the file is invalid: it can be repaired all
    /// the same.
    pub(super) fn config_or_last_good(&self) -> Config {
        self.config().unwrap_or_else(|_| config::last_good(self.deck.paths()))
    }

    /// The engine, which is opened when it is first needed. For an operator who may only look, only
    /// to read.
    pub(super) async fn engine(&self) -> Result<&Engine, Failure> {
        if self.operator.read_only {
            return self.engine_to_read().await;
        }
        let engine = self.deck.open(self.config()?).await?;
        // What cannot be written into the audit now is noticed again.
        let _ = self.deck.record_outside_change(&self.operator).await;
        Ok(engine)
    }

    /// The engine for a command that only reads: nothing is made for it.
    pub(super) async fn engine_to_read(&self) -> Result<&Engine, Failure> {
        Ok(self.deck.open_to_read(self.config()?).await?)
    }
}
