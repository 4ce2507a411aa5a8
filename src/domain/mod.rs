//! The rules and terms of the domain: pure functions and plain data.
//!
//! Nothing here does I/O, reads a clock (time is an argument) or awaits. Every other layer
//! may use this one; it uses none of them.

pub mod app_name;
pub mod balance;
pub mod bounded;
pub mod country;
pub mod country_group;
mod country_names;
mod country_table;
pub mod deck_store;
pub mod delivery;
pub mod difference;
pub mod digits;
pub mod environment;
pub mod fault;
pub mod field_table;
mod field_values;
pub mod figures;
pub mod from_numbers;
pub mod limits;
pub mod lost_senders;
pub mod merge;
pub mod message_options;
pub mod message_overrides;
pub mod message_text;
pub mod numbers_csv;
pub mod passcode;
pub mod phone;
mod phone_error;
mod phone_spellings;
mod phone_text;
pub mod plain_text;
pub mod price;
pub mod provider;
pub mod quota;
pub mod recipients;
pub mod refusal;
pub mod replay;
pub mod routing;
pub mod secret;
pub mod sender;
pub mod set_change;
pub mod settings;
pub mod span;
pub mod text;
pub mod thresholds;
pub mod user;
pub mod warnings;
