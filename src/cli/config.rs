//! `smsdeck config`: the settings, without the console.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::arguments::ConfigCommand;
use super::failure::Failure;
use super::output::Output;
use super::{Invocation, change, diff, set, transfer, versions};
use crate::config::{self, Config, TokenStatus};
use crate::domain::environment::Environment;
use crate::domain::figures::Figures;
use crate::domain::secret::SecretSource;
use crate::domain::settings::Settings;
use crate::engine::{AccountQuery, check_account};
use crate::provider::AccountReport;
use crate::tui::keymap;

pub(super) async fn run(
    invocation: &Invocation,
    command: ConfigCommand,
) -> Result<ExitCode, Failure> {
    match command {
        ConfigCommand::Path => path(invocation),
        ConfigCommand::Show => show(invocation),
        ConfigCommand::Set { field, value, dry_run } => {
            set::set(invocation, &field, &value, dry_run).await
        }
        ConfigCommand::Schema => {
            let schema = config::schema();
            invocation.output.line(&format!("{schema:#}"), &schema)?;
            Ok(ExitCode::SUCCESS)
        }
        ConfigCommand::Keys => {
            let text = keymap::template();
            invocation.output.line(text.trim_end(), &json!({ "keys": text }))?;
            Ok(ExitCode::SUCCESS)
        }
        ConfigCommand::Diff { a, b } => diff::diff(invocation, a, b),
        ConfigCommand::Copy { from, to, fields, numbers, dry_run } => {
            transfer::copy(invocation, (from, to), (&fields, &numbers), dry_run).await
        }
        ConfigCommand::History => versions::history(invocation),
        ConfigCommand::Restore { version, yes, dry_run } => {
            versions::restore(invocation, &version, dry_run, yes).await
        }
        ConfigCommand::Export => transfer::export(invocation),
        ConfigCommand::Import { file, dry_run } => {
            transfer::import(invocation, &file, dry_run).await
        }
        ConfigCommand::Check { file, online, log } => {
            let config = check(invocation, file.as_deref())?;
            keymap::read(&keymap::file_beside(&invocation.deck.paths().config))
                .map_err(|error| Failure::usage(error.to_string()))?;
            if log {
                unmapped_countries(invocation, &config).await?;
            }
            if online { ask_accounts(invocation, &config).await } else { Ok(ExitCode::SUCCESS) }
        }
    }
}

fn path(invocation: &Invocation) -> Result<ExitCode, Failure> {
    // Also of a config that is out of order: whoever mends it must find it.
    let config = change::present(invocation);
    let paths = invocation.deck.paths();
    let store = &paths.store_of(&config.deck);
    let there = |path: &Path| if path.exists() { "" } else { "  (not there yet)" };
    let text = format!(
        "config   {}{}\nsecrets  {}{}\nstore    {}{}",
        paths.config.display(),
        there(&paths.config),
        paths.secrets.display(),
        there(&paths.secrets),
        store.display(),
        there(store),
    );
    let object = json!({ "config": paths.config, "secrets": paths.secrets, "store": store });
    invocation.output.line(&text, &object)?;
    Ok(ExitCode::SUCCESS)
}

fn show(invocation: &Invocation) -> Result<ExitCode, Failure> {
    let config = invocation.config()?;
    if !invocation.output.is_json() {
        let text = match invocation.environment {
            Some(environment) => config::of_environment(&config, environment).unwrap_or_default(),
            None => config::render(&config),
        };
        invocation.output.line(text.trim_end(), &json!(null))?;
        return Ok(ExitCode::SUCCESS);
    }
    for environment in invocation.environments() {
        let mut object = config::to_json(&config, environment);
        let provider = config.environments[environment].provider.name();
        // The provider by its name, as everywhere else; its account beside it.
        let account = object["provider"].get_mut("Twilio").map(serde_json::Value::take);
        object["account"] = account.unwrap_or_default();
        object["provider"] = json!(provider);
        object["environment"] = json!(environment.key());
        invocation.output.line("", &object)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Judges the config in use, or a file before it is put to use.
fn check(invocation: &Invocation, file: Option<&Path>) -> Result<Config, Failure> {
    let place = file.unwrap_or(&invocation.deck.paths().config);
    let config = match config::load(place)? {
        Some(config) => config,
        None if file.is_some() => {
            return Err(Failure::usage(format!("there is no file {}", place.display())));
        }
        None => Config::built_in(),
    };
    let mut findings = 0;
    for environment in invocation.environments() {
        let settings = &config.environments[environment];
        for warning in settings.warnings(environment) {
            let field = warning.field.label();
            finding(invocation.output, environment, field, &warning.text)?;
            findings += 1;
        }
        // A file that is only tried out has no secrets beside it yet.
        if file.is_none() {
            let source = settings.provider.token_source();
            let problem = match config::token_status(invocation.deck.paths(), environment, source) {
                Err(error) => Some(error.to_string()),
                Ok(TokenStatus::Missing) => {
                    Some("The token is not in secrets.ron: type it in the console.".to_owned())
                }
                // A program is run only by whoever needs the token.
                Ok(TokenStatus::Elsewhere(
                    ref place @ (SecretSource::Env(_) | SecretSource::File(_)),
                )) => {
                    let resolved = config::resolve(invocation.deck.paths(), environment, place);
                    resolved.err().map(|error| format!("Not to be read here: {error}."))
                }
                Ok(_) => None,
            };
            if let Some(problem) = problem {
                finding(invocation.output, environment, "Auth token", &problem)?;
                findings += 1;
            }
        }
    }
    for environment in invocation.environments() {
        figures(invocation.output, environment, &config.environments[environment], &config)?;
    }
    if !invocation.output.is_json() {
        let what = match findings {
            0 => "No errors, no warnings".to_owned(),
            1 => "No errors, 1 warning".to_owned(),
            count => format!("No errors, {count} warnings"),
        };
        invocation.output.line(&format!("{what}: {}", place.display()), &json!(null))?;
    }
    Ok(config)
}

/// The figures behind the settings.
fn figures(
    output: Output,
    environment: Environment,
    settings: &Settings,
    config: &Config,
) -> Result<(), Failure> {
    let figures = Figures::of(settings, &config.deck.app_name);
    let price = config.deck.segment_price;
    let partly_mapped = figures.partly_mapped.iter().map(|part| {
        json!({ "calling_code": part.calling_code, "mapped": part.mapped, "left_out": part.left_out })
    });
    let object = json!({
        "environment": environment.key(),
        "codes_per_user_and_day": figures.codes_a_day,
        "guessing_chance_per_day": figures.guessing_chance,
        "segments": figures.segments,
        "cost_per_user_and_day": price.map(|price| f64::from(figures.cost_a_day(price))),
        "mapped_countries": figures.mapped,
        "only_countries": figures.only_countries,
        "partly_mapped": partly_mapped.collect::<Vec<_>>(),
    });
    if output.is_json() {
        return Ok(output.line("", &object)?);
    }
    for sentence in figures.sentences(price) {
        output.line(&format!("figure: {environment}: {sentence}"), &object)?;
    }
    Ok(())
}

/// The countries that were texted in the last day and are on no number.
async fn unmapped_countries(invocation: &Invocation, config: &Config) -> Result<(), Failure> {
    if !invocation.deck.paths().store_of(&config.deck).exists() {
        // Nobody was texted; a look must not make a store.
        return Ok(());
    }
    let engine = invocation.engine().await?;
    for environment in invocation.environments() {
        let settings = &config.environments[environment];
        let found = engine.status(environment).await?.destinations;
        let found = found.on_no_number(&settings.from_numbers);
        let codes: Vec<&str> = found.iter().map(|country| country.code()).collect();
        if !codes.is_empty() {
            let object = json!({ "environment": environment.key(), "texted_on_no_number": codes });
            let text = format!(
                "figure: {environment}: asked for in the last day, on no number: {}",
                codes.join(" ")
            );
            invocation.output.line(&text, &object)?;
        }
    }
    Ok(())
}

/// Asks each account that is set up, or the one of the environment that was named.
async fn ask_accounts(invocation: &Invocation, config: &Config) -> Result<ExitCode, Failure> {
    let mut exit = ExitCode::SUCCESS;
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
        let (text, object) =
            match check_account(invocation.deck.paths(), config, invocation.deck.runtime(), query)
                .await
            {
                Ok(AccountReport { status, balance }) => (
                    format!("credentials accepted. Account {status}, balance {balance}."),
                    json!({ "online": "ok", "status": status.text(), "balance": balance.text() }),
                ),
                Err(problem) => {
                    exit = ExitCode::FAILURE;
                    let object =
                        json!({ "online": problem.code(), "message": problem.to_string() });
                    (format!("{problem}."), object)
                }
            };
        let mut object = object;
        object["environment"] = json!(environment.key());
        invocation.output.line(&format!("online: {environment}: {text}"), &object)?;
    }
    Ok(exit)
}

fn finding(
    output: Output,
    environment: Environment,
    field: &str,
    message: &str,
) -> Result<(), Failure> {
    let object = json!({ "severity": "warning", "environment": environment.key(), "field": field, "message": message });
    Ok(output.line(&format!("warning: {environment}, {field}: {message}"), &object)?)
}
