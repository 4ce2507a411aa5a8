//! Stored tokens that the settings no longer name: nothing would show that they still exist, and
//! restoring a former version of the settings would put them into force again.

use super::contents::Config;
use super::paths::Paths;
use super::secrets::{SecretsError, remove_tokens};
use crate::domain::environment::Environment;
use crate::domain::secret::SecretSource;

/// The environments whose settings name a stored token before a change and none afterwards.
pub fn unnamed_tokens(old: &Config, new: &Config) -> Vec<Environment> {
    let is_stored = |config: &Config, environment: Environment| {
        config.environments[environment].provider.token_source() == Some(&SecretSource::Stored)
    };
    let all = Environment::ALL.into_iter();
    all.filter(|&it| is_stored(old, it) && !is_stored(new, it)).collect()
}

/// Removes these tokens once the change is saved, and returns the environments that had one.
///
/// # Errors
/// When the secrets cannot be read or written, or are open to others.
pub fn forget_tokens(
    paths: &Paths,
    old: &Config,
    new: &Config,
) -> Result<Vec<Environment>, SecretsError> {
    let unnamed = unnamed_tokens(old, new);
    if unnamed.is_empty() || !paths.secrets.exists() {
        return Ok(Vec::new());
    }
    remove_tokens(paths, unnamed)
}
