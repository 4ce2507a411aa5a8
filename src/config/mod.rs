//! The files of a deck: `config.ron`, `secrets.ron`, and where they are.
//!
//! Reading and writing happen here and nowhere else; what the values mean is the domain's.

mod by_name;
mod contents;
mod deck;
mod edit;
mod error;
mod exposed;
mod history;
mod key_and_store;
mod load;
mod outside_change;
mod owner;
mod parse;
mod paths;
mod program_run;
mod replace;
mod ron_text;
mod save;
mod schema;
mod secret_programs;
mod secret_sources;
mod secrets;
#[cfg(test)]
mod tests;
mod transfer;
mod unnamed_tokens;
mod wire;
mod wire_limits;
mod wire_numbers;
mod wire_provider;
mod wire_recipients;
mod writable;

pub use by_name::{is_of_deck, is_token, with_value};
pub use contents::Config;
pub use deck::{DeckSettings, RetentionDays};
pub use error::{ConfigError, Hint};
pub use exposed::{Exposed, exposed_files, exposed_token};
pub use history::{VERSIONS, Version, remove_leftovers, versions};
pub use key_and_store::{KeyAndStore, bind_store, key_and_store, remembered_store, store_path};
pub use load::{input, load, text};
pub use outside_change::{OutsideChange, outside_change};
pub use owner::check_owner;
pub use parse::parse;
pub use paths::{Paths, below_home};
pub use replace::{Replaced, last_good, replace_text, restore};
pub use save::{change, changed_text, save_environment};
pub use schema::schema;
pub use secret_programs::forget_failures;
pub use secret_sources::resolve;
pub use secrets::{
    SecretsError, TokenStatus, remove_token, replace_token, store_token, token_status,
};
pub use transfer::{copied, exported, imported, of_environment};
pub use unnamed_tokens::{forget_tokens, unnamed_tokens};
pub use wire::{render, to_json};
pub use writable::unwritable;
