//! smsdeck: a console for the SMS side of multi-factor authentication.
//!
//! # Map of the crate
//!
//! A module uses only what is below it here, and no file uses one that uses it in turn;
//! `tests/architecture.rs` checks both.
//!
//! | layer | module | what it is |
//! |---|---|---|
//! | faces | [`tui`] | the console: a model, an `update` that returns effects, views |
//! | | [`cli`] | the command line, with its text and JSON output |
//! | output | [`report`] | everything that is output as data, one type per thing with stable names |
//! | | [`demo`] | a made-up deck to look at, for either face |
//! | engine | [`engine`] | what smsdeck does: request and verify codes, follow deliveries, change settings |
//! | services | [`provider`] | who delivers messages: Twilio, and the built-in Sandbox |
//! | | [`store`] | what is kept: codes, deliveries, events, the audit |
//! | | [`config`] | the settings file, its history, and the secrets beside it |
//! | runtime | [`runtime`] | the clock and the random numbers, which a test or the demo replaces |
//! | | [`person`] | who runs the process, as the system knows them |
//! | domain | [`domain`] | the terms and rules: no I/O, no clock, no async |
//!
//! A send goes down: a face calls the engine, which plans by the rules of the domain, reserves a
//! slot in the store, and passes the message to the provider. Its progress comes back up as events,
//! which the faces read from the store through the engine.

pub mod cli;
pub mod config;
pub mod demo;
pub mod domain;
pub mod engine;
pub mod files;
pub mod person;
pub mod process;
pub mod provider;
pub mod report;
pub mod runtime;
pub mod store;
pub mod tui;
