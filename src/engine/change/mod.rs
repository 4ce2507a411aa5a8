//! A change of the settings, in one call for every face: the accounts are asked about new credentials,
//! the file is written, tokens are stored or removed, the new settings are put into force, and the
//! audit says so.

mod asked;
mod carry_out;
mod credentials;
mod invalid_edit;
mod outcome;
mod record;
mod write;

pub use asked::{Checking, Edit, EditConfig, EnvironmentSave, SettingsChange, TokenChange};
pub use invalid_edit::InvalidEdit;
pub use outcome::{ChangeError, Changed, NotAudited, NotChanged};
