//! The keys. What a key does, the hint bar, the help and the palette all come from one table,
//! parts of which an operator's own file may replace.

mod action;
mod binding;
mod context;
mod file;
mod key;
mod keys;
mod table;

pub use action::Action;
pub use binding::Binding;
pub use context::{Context, takes_text};
pub use file::{KeysError, file_beside, read, template};
pub use keys::Keys;
pub use table::BINDINGS;
