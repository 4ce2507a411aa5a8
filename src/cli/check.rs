//! `smsdeck config check`: errors in the config, and what is risky about it.

use std::path::Path;
use std::process::ExitCode;

use super::failure::Failure;
use super::invocation::Invocation;
use super::output::Output;
use crate::config::{self, Config, TokenStatus};
use crate::domain::environment::Environment;
use crate::domain::figures;
use crate::domain::secret::SecretSource;
use crate::domain::settings::{Field, Settings};
use crate::engine::AccountQuery;
use crate::provider::AccountReport;
use crate::report::{AccountCheck, ExposedFile, Figures, SettingsWarning, UnmappedCountries};

/// Judges the config in use, or a file before it is put to use; `log` also looks into the store,
/// `online` also asks the accounts.
pub(super) async fn run(
    invocation: &Invocation,
    file: Option<&Path>,
    online: bool,
    log: bool,
) -> Result<ExitCode, Failure> {
    let place = file.unwrap_or(&invocation.deck.paths().config);
    let config = match file {
        Some(file) if file != Path::new("-") && !file.exists() => {
            return Err(Failure::usage(format!("no such file: {}", file.display())));
        }
        Some(file) => config::parse(&config::input(file)?, file)?,
        None => invocation.config()?,
    };
    let mut warnings = 0;
    for environment in invocation.environments() {
        let settings = &config.environments[environment];
        warnings += show_warnings(invocation.output, environment, settings)?;
        // A file that is only tried out has no secrets beside it yet.
        if file.is_none()
            && let Some(problem) = token_problem(invocation, environment, settings)
        {
            show_warning(invocation.output, environment, Field::AuthToken, &problem)?;
            warnings += 1;
        }
    }
    if file.is_none() {
        let exposed = config::exposed_files(invocation.deck.paths(), &config.deck);
        for exposed in &exposed {
            invocation.output.line(&format!("warning: {exposed}"), &ExposedFile::of(exposed))?;
        }
        warnings += exposed.len();
    }
    for environment in invocation.environments() {
        show_figures(invocation.output, environment, &config)?;
    }
    let count = match warnings {
        0 => "no warnings".to_owned(),
        1 => "1 warning".to_owned(),
        count => format!("{count} warnings"),
    };
    invocation.output.text(&format!("No errors, {count}: {}", place.display()))?;
    (invocation.keys.check)(&invocation.deck.paths().config).map_err(Failure::usage)?;
    if log {
        show_unmapped_countries(invocation, &config).await?;
    }
    if online { ask_accounts(invocation, &config).await } else { Ok(ExitCode::SUCCESS) }
}

/// Shows what is risky about settings, and returns how much it is.
fn show_warnings(
    output: Output,
    environment: Environment,
    settings: &Settings,
) -> Result<usize, Failure> {
    let warnings = settings.warnings(environment);
    for warning in &warnings {
        show_warning(output, environment, warning.field, &warning.text)?;
    }
    Ok(warnings.len())
}

fn show_warning(
    output: Output,
    environment: Environment,
    field: Field,
    message: &str,
) -> Result<(), Failure> {
    let field = field.label();
    let report = SettingsWarning::of(environment, field, message);
    Ok(output.line(&format!("warning: {environment}, {field}: {message}"), &report)?)
}

/// Why the token cannot be read from where the settings say it is.
fn token_problem(
    invocation: &Invocation,
    environment: Environment,
    settings: &Settings,
) -> Option<String> {
    let paths = invocation.deck.paths();
    match config::token_status(paths, environment, settings.provider.token_source()) {
        Err(error) => Some(error.to_string()),
        Ok(TokenStatus::Missing) => {
            Some("The token is not in secrets.ron; enter it in the console.".to_owned())
        }
        // A program is run only where the token is needed.
        Ok(TokenStatus::Elsewhere(ref place @ (SecretSource::Env(_) | SecretSource::File(_)))) => {
            let resolved = config::resolve(paths, environment, place);
            let problem = resolved.err().map(|error| format!("Cannot be read here: {error}."));
            problem.or_else(|| Some(format!("{}.", config::exposed_token(Some(place))?)))
        }
        Ok(_) => None,
    }
}

/// Shows the figures behind the settings: in JSON one object, in lines a sentence each.
fn show_figures(output: Output, environment: Environment, config: &Config) -> Result<(), Failure> {
    let figures =
        figures::Figures::of(&config.environments[environment], config.deck.app_name.as_str());
    let price = config.deck.segment_price;
    if output.is_json() {
        return Ok(output.line("", &Figures::of(environment, &figures, price))?);
    }
    for sentence in figures.sentences(price) {
        output.text(&format!("figure: {environment}: {sentence}"))?;
    }
    Ok(())
}

/// Shows the countries that were texted in the last day and are on no number.
async fn show_unmapped_countries(invocation: &Invocation, config: &Config) -> Result<(), Failure> {
    if !config::store_path(invocation.deck.paths(), &config.deck).exists() {
        // No one was texted; a look must not make a store.
        return Ok(());
    }
    let engine = invocation.engine_to_read().await?;
    for environment in invocation.environments() {
        let settings = &config.environments[environment];
        let found = engine.status(environment).await?.destinations;
        let countries = found.on_no_number(&settings.from_numbers);
        if !countries.is_empty() {
            let report = UnmappedCountries::of(environment, &countries);
            let codes = report.texted_on_no_number.join(" ");
            let text =
                format!("figure: {environment}: requested in the last day, on no number: {codes}");
            invocation.output.line(&text, &report)?;
        }
    }
    Ok(())
}

/// Asks each account that is set up, or the one of the environment that was named.
async fn ask_accounts(invocation: &Invocation, config: &Config) -> Result<ExitCode, Failure> {
    let mut exit = ExitCode::SUCCESS;
    if !invocation.operator.read_only && !invocation.deck.has_no_store_yet(config) {
        // What they say counts for everyone; without a store they are asked all the same.
        let _ = invocation.engine().await;
    }
    for (environment, settings) in config.environments.iter() {
        let is_asked = match invocation.environment {
            Some(only) => only == environment,
            None => settings.missing().is_empty(),
        };
        if !is_asked {
            continue;
        }
        let provider = settings.provider.clone();
        let query = AccountQuery { environment, provider, token: None };
        let checked = invocation.deck.check_account(config, query).await;
        let text = match &checked {
            Ok(AccountReport { status, balance }) => {
                format!("credentials accepted. Account {status}, balance {balance}.")
            }
            Err(problem) => {
                exit = ExitCode::FAILURE;
                format!("{problem}.")
            }
        };
        let report = AccountCheck::of(environment, &checked);
        invocation.output.line(&format!("online: {environment}: {text}"), &report)?;
    }
    Ok(exit)
}
