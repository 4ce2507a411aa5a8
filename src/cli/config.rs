//! `smsdeck config`: the settings, without the console.

use std::path::Path;
use std::process::ExitCode;

use super::arguments::ConfigCommand;
use super::failure::Failure;
use super::invocation::Invocation;
use super::output::complain;
use super::{check, diff, set, transfer, versions};
use crate::config::{self, Config, ConfigError};
use crate::engine::Checking;
use crate::report::{self, ConsoleKeys, Places};

pub(super) async fn run(
    invocation: &Invocation,
    command: ConfigCommand,
) -> Result<ExitCode, Failure> {
    match command {
        ConfigCommand::Path => path(invocation),
        ConfigCommand::Show => show(invocation),
        ConfigCommand::Set { field, value, consent, unchecked } => {
            set::set(invocation, (&field, &value), consent, checking(unchecked)).await
        }
        ConfigCommand::Schema => {
            let schema = config::schema();
            invocation.output.line(&format!("{schema:#}"), &schema)?;
            Ok(ExitCode::SUCCESS)
        }
        ConfigCommand::Keys => {
            let text = (invocation.keys.template)();
            invocation.output.line(text.trim_end(), &ConsoleKeys { keys: &text })?;
            Ok(ExitCode::SUCCESS)
        }
        ConfigCommand::Diff { a, b } => diff::diff(invocation, a, b),
        ConfigCommand::Copy { from, to, fields, numbers, consent, unchecked } => {
            let (ends, what) = ((from, to), (&fields[..], &numbers[..]));
            transfer::copy(invocation, ends, what, (consent, checking(unchecked))).await
        }
        ConfigCommand::History => versions::history(invocation),
        ConfigCommand::Restore { version, fields, consent, unchecked } => {
            versions::restore(invocation, (&version, &fields), consent, checking(unchecked)).await
        }
        ConfigCommand::Export => transfer::export(invocation),
        ConfigCommand::Import { file, consent, unchecked } => {
            transfer::import(invocation, &file, consent, checking(unchecked)).await
        }
        ConfigCommand::Check { file, online, log } => {
            check::run(invocation, file.as_deref(), online, log).await
        }
    }
}

/// What becomes of credentials that no account can be asked about.
const fn checking(unchecked: bool) -> Checking {
    if unchecked { Checking::Waived } else { Checking::Required }
}

fn path(invocation: &Invocation) -> Result<ExitCode, Failure> {
    // Also of an invalid config: anyone who repairs it must find it.
    let config = invocation.config_or_last_good();
    let paths = invocation.deck.paths();
    let store = &config::store_path(paths, &config.deck);
    let there = |path: &Path| if path.exists() { "" } else { "  (not created yet)" };
    let text = format!(
        "config   {}{}\nsecrets  {}{}\nstore    {}{}",
        paths.config.display(),
        there(&paths.config),
        paths.secrets.display(),
        there(&paths.secrets),
        store.display(),
        there(store),
    );
    let report = Places { config: &paths.config, secrets: &paths.secrets, store };
    invocation.output.line(&text, &report)?;
    Ok(ExitCode::SUCCESS)
}

/// The config in use. In place of an empty file it is what was there before, or the built-in one:
/// a shell empties the file that `config show > config.ron` writes before the command reads it.
fn config_to_show(invocation: &Invocation) -> Result<Config, Failure> {
    let paths = invocation.deck.paths();
    match config::load(&paths.config) {
        Err(error @ ConfigError::EmptyFile { .. }) => {
            let text = format!("smsdeck: {error}; showing the last valid settings");
            // Standard output may be a file, and this must not be in it.
            complain(&text);
            Ok(config::last_good(paths))
        }
        config => Ok(config?.unwrap_or_else(Config::built_in)),
    }
}

fn show(invocation: &Invocation) -> Result<ExitCode, Failure> {
    let config = config_to_show(invocation)?;
    let text = match invocation.environment {
        Some(environment) => config::of_environment(&config, environment).unwrap_or_default(),
        None => config::render(&config),
    };
    invocation.output.text(text.trim_end())?;
    if invocation.output.is_json() {
        for environment in invocation.environments() {
            invocation.output.line("", &report::Settings::of(&config, environment))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
