//! What smsdeck does: requests codes, verifies them, follows deliveries to their end.
//!
//! The engine joins the rules with the services (store, provider, config). It knows no
//! screen and no terminal; the console and the command line are two faces of it.

mod abuse;
mod account;
mod acknowledge;
mod acting;
mod adopt;
mod audit;
mod balance;
mod cancel;
mod change;
mod client;
mod credentials_status;
mod deck;
mod error;
mod file_watch;
mod find_user;
mod finding;
mod findings;
mod follow;
mod handset;
mod health;
mod leaseholder;
mod listings;
mod not_own_store;
mod open;
mod operator;
mod outage;
mod own_store;
mod pace;
mod pause;
mod plan;
mod poll;
mod poll_many;
mod reads;
mod reconcile;
mod request;
mod retry_budget;
mod scheduler;
mod status_details;
mod status_requests;
mod submit;
mod unlock;
mod verify;
mod what_if;

pub use account::{AccountProblem, AccountQuery};
pub use acknowledge::AcknowledgeRequest;
pub use acting::ActingEngine;
pub use adopt::{Adoption, StorePlace};
pub use balance::KnownBalance;
pub use cancel::CancelError;
pub use change::{
    ChangeError, Changed, Checking, Edit, EditConfig, EnvironmentSave, InvalidEdit, NotAudited,
    NotChanged, SettingsChange, TokenChange,
};
pub use credentials_status::CredentialsStatus;
pub use deck::Deck;
pub use error::{EngineError, NotReady, RequestError};
pub use file_watch::{ConfigWatch, FileWatch, watch_config};
pub use finding::{Finding, Severity};
pub use health::Status;
pub use not_own_store::NotOwnStore;
pub use open::Engine;
pub use operator::{Operator, ReadOnly};
pub use pace::Pace;
pub use plan::{Plan, Preview, plan};
pub use request::{CodeRequest, Submission};
pub use status_requests::StatusRequestsFail;
pub use unlock::UnlockRequest;
pub use verify::{CodeAttempt, Verified};
pub use what_if::WhatIf;

pub use crate::runtime::Clock;
