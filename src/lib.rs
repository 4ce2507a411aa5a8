//! smsdeck: a console for the SMS side of multi-factor authentication.

pub mod cli;
pub mod config;
pub mod demo;
pub mod domain;
pub mod engine;
pub mod provider;
pub mod runtime;
pub mod store;
pub mod tui;
