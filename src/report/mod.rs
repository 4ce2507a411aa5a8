//! Everything that smsdeck outputs as data: one serialized type per thing, with stable names.
//!
//! Faces fill these types and write them out; they invent no names of their own. Absent values
//! are `null`, moments are RFC 3339 in UTC with milliseconds. It knows no face, and how the data
//! travels (a line of JSON, a response) is none of its business.

mod account;
mod audit;
mod change;
mod check;
mod difference;
mod event;
mod moment;
#[cfg(test)]
mod names;
mod number;
mod problem;
mod quota;
mod route;
mod sandbox;
mod settings;
mod status;
mod store;
mod verify;
mod version;

pub use account::AccountCheck;
pub use audit::{AuditEntry, WholeAudit};
pub use change::{DryRun, NoChange, TokenChange, UnverifiedCredentials, WhatIf};
pub use check::{ExposedFile, Figures, SettingsWarning, UnmappedCountries};
pub use difference::{ChangeWarning, DeckDifference, Difference, DifferenceBetween};
pub use event::{HandsetMessage, LogEvent, SendEvent};
pub use moment::Moment;
pub use number::{FromNumber, NumbersCsv};
pub use problem::{ErrorReport, Problem, ProblemClass};
pub use quota::{Given, Quota, UserQuota};
pub use route::Route;
pub use sandbox::SandboxServer;
pub use settings::{ConsoleKeys, Exported, Places, Settings};
pub use status::{Finding, Status};
pub use store::{AdoptedStore, StoreState};
pub use verify::Verdict;
pub use version::{InvalidConfig, Repaired, Version};
