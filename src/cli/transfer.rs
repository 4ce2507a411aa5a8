//! `smsdeck config copy`, `export` and `import`: settings from one environment or deck to another.

use std::path::Path;
use std::process::ExitCode;

use super::change::apply;
use super::consent::Consent;
use super::failure::Failure;
use super::invocation::Invocation;
use crate::config;
use crate::domain::environment::Environment;
use crate::domain::secret::SecretSource;
use crate::domain::sender::Sender;
use crate::engine::{Checking, InvalidEdit, SettingsChange};
use crate::report::Exported;

/// `config copy A B --fields … --numbers …`: never a secret, unless the token is named itself.
pub(super) async fn copy(
    invocation: &Invocation,
    (from, to): (Environment, Environment),
    (fields, numbers): (&[String], &[Sender]),
    (consent, checking): (Consent, Checking),
) -> Result<ExitCode, Failure> {
    if from == to {
        return Err(Failure::usage("an environment cannot be copied to itself".to_owned()));
    }
    let config = invocation.config()?;
    let source = config.environments[from].provider.token_source();
    let copies_token = fields.iter().any(|field| config::is_token(field));
    // Where it is not in `secrets.ron`, both read it from the same place.
    let token = match source.filter(|source| copies_token && **source == SecretSource::Stored) {
        Some(source) => Some(
            config::resolve(invocation.deck.paths(), from, source)
                .map_err(|error| Failure::new("secrets", error.to_string()))?,
        ),
        None => None,
    };
    let (fields, numbers) = (fields.to_vec(), numbers.to_vec());
    let change = SettingsChange::edit(Some(to), token.map(|token| (to, token)), move |config| {
        *config = config::copied(config, (config, from), to, &fields)?;
        let source = config.environments[from].from_numbers.clone();
        let target = &mut config.environments[to].from_numbers;
        for number in &numbers {
            if !source.rows().iter().any(|row| row.sender == *number) {
                return Err(InvalidEdit::Rule(format!("{number} is not a From number of {from}")));
            }
            *target = target
                .with_that_of(&source, Some(number))
                .map_err(|error| InvalidEdit::Rule(error.to_string()))?;
        }
        Ok(())
    });
    apply(invocation, consent, checking, change).await
}

/// `config export`: the settings of one environment, without secrets.
pub(super) fn export(invocation: &Invocation) -> Result<ExitCode, Failure> {
    let environment = invocation.environment()?;
    let text = config::exported(&invocation.config()?, environment).unwrap_or_default();
    let report = Exported { environment: environment.key(), settings: &text };
    invocation.output.line(&text, &report)?;
    Ok(ExitCode::SUCCESS)
}

/// `config import FILE`: the settings of one environment from such a text.
pub(super) async fn import(
    invocation: &Invocation,
    file: &Path,
    consent: Consent,
    checking: Checking,
) -> Result<ExitCode, Failure> {
    let environment = invocation.environment()?;
    let text = config::input(file)?;
    let file = file.to_owned();
    let change = SettingsChange::edit(Some(environment), None, move |config| {
        *config = config::imported(config, environment, &text, &file)?;
        Ok(())
    });
    apply(invocation, consent, checking, change).await
}
