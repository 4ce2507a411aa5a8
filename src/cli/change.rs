//! Commands that change settings: what changes is shown, checked by the same rules as in the
//! console, and written down in the audit.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::json;

use super::Invocation;
use super::failure::Failure;
use crate::config::{self, Config};
use crate::domain::difference::{Difference, differences, is_drift};
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::secret::{Secret, SecretSource};
use crate::domain::sender::Sender;
use crate::engine::{AccountQuery, Engine, check_account};
use crate::runtime::Runtime;

/// The largest secret or settings that are read from standard input or a file, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// A token that comes to an environment with a change.
type NewToken = (Environment, Secret);

/// Changes the config, or with `dry_run` only shows what would change.
pub(super) async fn apply(
    invocation: &Invocation,
    dry_run: bool,
    edit: impl FnOnce(&mut Config) -> Result<(), Failure>,
) -> Result<ExitCode, Failure> {
    apply_with(invocation, dry_run, None, edit).await
}

/// The same with a token, which is stored once the config is saved.
async fn apply_with(
    invocation: &Invocation,
    dry_run: bool,
    token: Option<NewToken>,
    edit: impl FnOnce(&mut Config) -> Result<(), Failure>,
) -> Result<ExitCode, Failure> {
    let of_token = token.as_ref().map(|(environment, _)| *environment);
    if dry_run {
        let old = invocation.config()?;
        let mut new = old.clone();
        edit(&mut new)?;
        return preview(invocation, &old, &new, of_token).await;
    }
    may_write(invocation)?;
    let changed = config::change(&invocation.paths, edit);
    let (old, new) = audited_if_failed(invocation, changed).await?;
    let stored = token.map_or(Ok(()), |(environment, token)| {
        config::store_token(&invocation.paths, environment, &token, Timestamp::now())
    });
    let stored = stored.map_err(|error| {
        let words = format!("the settings are saved, but the token is not: {error}");
        Failure::new("secrets", words)
    });
    let stored = audited_if_failed(invocation, stored).await;
    let forgotten = forget_tokens(invocation, &old, &new);
    // Written down before anything is printed: whoever reads the output may be gone.
    let of_token = of_token.filter(|_| stored.is_ok());
    let audited = audit(invocation, &old, &new, of_token).await;
    show(invocation, &old, &new, of_token, false)?;
    stored.and(forgotten).and(audited)?;
    Ok(ExitCode::SUCCESS)
}

/// Takes away the tokens that the settings no longer name.
pub(super) fn forget_tokens(
    invocation: &Invocation,
    old: &Config,
    new: &Config,
) -> Result<(), Failure> {
    config::forget_tokens(&invocation.paths, old, new).map(drop).map_err(|error| {
        let words = format!("saved, but a token that is no longer named stays: {error}");
        Failure::new("secrets", words)
    })
}

/// Asks the account whether it takes a token before it becomes the stored one. What cannot be asked
/// now is no reason to keep it out.
async fn not_refused(
    invocation: &Invocation,
    environment: Environment,
    token: &Secret,
) -> Result<(), Failure> {
    let config = invocation.config()?;
    let provider = config.environments[environment].provider.clone();
    if provider.account().is_none() {
        return Ok(());
    }
    let query = AccountQuery { environment, provider, token: Some(token.clone()) };
    match check_account(&invocation.paths, &config, &Runtime::of_this_machine(), query).await {
        Err(problem) if problem.is_refusal() => {
            let failure = Failure::new(problem.code(), format!("nothing was saved: {problem}"));
            audited_if_failed(invocation, Err(failure)).await
        }
        _ => Ok(()),
    }
}

/// Writes a save that failed into the audit, where it has one; wrong usage is no save.
pub(super) async fn audited_if_failed<T>(
    invocation: &Invocation,
    saved: Result<T, Failure>,
) -> Result<T, Failure> {
    if let Err(failure) = &saved
        && !failure.is_usage()
        && let Ok(engine) = invocation.engine().await
    {
        for environment in invocation.environments() {
            // What failed is told below; a store that fails too has no audit to tell of it.
            let _ = engine
                .by(&invocation.operator)
                .audit_failed_save(environment, failure.message())
                .await;
        }
    }
    saved
}

/// Shows what would change and what it would have meant. Writes nothing, so that a deck without a
/// store gets none by it.
pub(super) async fn preview(
    invocation: &Invocation,
    old: &Config,
    new: &Config,
    token: Option<Environment>,
) -> Result<ExitCode, Failure> {
    show(invocation, old, new, token, true)?;
    if invocation.paths.store_of(&old.deck).exists() && invocation.paths.secrets.exists() {
        what_if(invocation, old, new).await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What a changed rule would have meant in the last day.
async fn what_if(invocation: &Invocation, old: &Config, new: &Config) -> Result<(), Failure> {
    for (environment, before) in old.environments.iter() {
        let rule = new.environments[environment].quota_rule();
        if rule == before.quota_rule() {
            continue;
        }
        let found = invocation.engine().await?.what_if(environment, rule, drop).await?;
        let object = json!({
            "environment": environment.key(),
            "codes_last_day": found.day.sent,
            "would_refuse": found.day.refused,
            "for_users": found.day.users,
            "would_pass": found.day.passed,
            "locked_users_open": found.opens,
            "open_users_locked": found.locks,
        });
        invocation
            .output
            .line(&format!("{environment}: {}", found.sentences().join(" ")), &object)?;
    }
    Ok(())
}

/// Refuses whoever only looks, or may not write the file.
pub(super) fn may_write(invocation: &Invocation) -> Result<(), Failure> {
    invocation.operator.may_act()?;
    match config::unwritable(&invocation.paths.config) {
        Some(reason) => Err(Failure::new("config_unwritable", reason)),
        None => Ok(()),
    }
}

pub(super) fn changes<'a>(
    old: &'a Config,
    new: &'a Config,
) -> impl Iterator<Item = (Environment, Vec<Difference>)> + 'a {
    let environments = old.environments.iter();
    environments
        .map(|(environment, old)| (environment, differences(old, &new.environments[environment])))
}

pub(super) fn show(
    invocation: &Invocation,
    old: &Config,
    new: &Config,
    token: Option<Environment>,
    dry_run: bool,
) -> Result<(), Failure> {
    let mut is_same = token.is_none();
    for (environment, changes) in changes(old, new) {
        for change in changes {
            is_same = false;
            difference(invocation, environment, &change, dry_run)?;
        }
        let settings = &new.environments[environment];
        if *settings == old.environments[environment] {
            continue;
        }
        for warning in settings.warnings(environment) {
            let (field, text) = (warning.field.label(), &warning.text);
            let object =
                json!({ "environment": environment.key(), "field": field, "warning": text });
            invocation.output.line(&format!("warning: {environment}, {field}: {text}"), &object)?;
        }
    }
    for change in old.deck.differences(&new.deck) {
        is_same = false;
        let object = json!({ "deck": change, "dry_run": dry_run });
        invocation.output.line(&format!("Whole deck: {change}"), &object)?;
    }
    for environment in config::unnamed_tokens(old, new) {
        let removed = if dry_run { "would be removed" } else { "is removed" };
        let object = json!({ "environment": environment.key(), "token": removed });
        invocation.output.line(&format!("{environment}: the stored token {removed}."), &object)?;
    }
    if let Some(environment) = token {
        let stored = if dry_run { "would be stored" } else { "is stored" };
        let object = json!({ "environment": environment.key(), "token": stored });
        invocation.output.line(&format!("{environment}: the token {stored}."), &object)?;
    }
    if is_same {
        invocation.output.line("Nothing changes.", &json!({ "changed": false }))?;
    } else if dry_run {
        invocation.output.line("Nothing was written: --dry-run.", &json!({ "dry_run": true }))?;
    }
    Ok(())
}

fn difference(
    invocation: &Invocation,
    environment: Environment,
    change: &Difference,
    dry_run: bool,
) -> Result<(), Failure> {
    let object = json!({
        "environment": environment.key(),
        "field": change.field.key(),
        "label": change.field.label(),
        "old": change.old,
        "new": change.new,
        "dry_run": dry_run,
    });
    Ok(invocation.output.line(&format!("{environment}: {change}"), &object)?)
}

/// Writes down what was changed. A store that is out of order must not keep anybody from mending
/// the settings; that it is not written down is said.
pub(super) async fn audit(
    invocation: &Invocation,
    old: &Config,
    new: &Config,
    token: Option<Environment>,
) -> Result<(), Failure> {
    if old == new && token.is_none() {
        return Ok(());
    }
    let engine = for_audit(invocation).await?;
    let written = engine.by(&invocation.operator).audit_config(old, new, token).await;
    written.map_err(|error| not_audited(&error.to_string()))
}

/// The engine, for the audit of what is saved already.
async fn for_audit(invocation: &Invocation) -> Result<Engine, Failure> {
    invocation.engine().await.map_err(|failure| not_audited(failure.message()))
}

fn not_audited(why: &str) -> Failure {
    Failure::new("audit", format!("saved, but it is not in the audit: {why}"))
}

/// Writes down that a config that was out of order was mended.
pub(super) async fn audit_mended(
    invocation: &Invocation,
    old: &Config,
    new: &Config,
) -> Result<(), Failure> {
    let engine = for_audit(invocation).await?;
    let written = engine.by(&invocation.operator).audit_mended(old, new).await;
    written.map_err(|error| not_audited(&error.to_string()))
}

/// `config set`: one field; a token from standard input only.
pub(super) async fn set(
    invocation: &Invocation,
    field: &str,
    value: &str,
    dry_run: bool,
) -> Result<ExitCode, Failure> {
    // What is the whole deck's belongs to no environment.
    let environment = match config::is_of_deck(field) {
        true if invocation.environment.is_some() => {
            return Err(Failure::usage(format!("{field} is the whole deck's: leave --env out")));
        }
        true => Environment::Development,
        false => invocation.environment()?,
    };
    let is_token = config::is_token(field);
    let token = if is_token && value == "-" {
        let mut typed = zeroize::Zeroizing::new(String::new());
        std::io::stdin().lock().take(4096).read_to_string(&mut typed)?;
        let token = Secret::parse(typed.lines().next().unwrap_or_default());
        Some(token.map_err(|error| Failure::usage(error.to_string()))?)
    } else if is_token
        && !["None", "Stored"].contains(&value)
        && !TOKEN_SOURCES.iter().any(|source| value.starts_with(source))
    {
        // The value is not repeated: it may be the secret.
        let words = "a token comes from standard input: config set auth_token - < FILE; or name where it is: Env(\"NAME\"), File(\"/path\"), Command([\"pass\", \"show\", \"x\"]), None";
        return Err(Failure::usage(words.to_owned()));
    } else {
        None
    };
    if let Some(token) = token.as_ref().filter(|_| !dry_run) {
        may_write(invocation)?;
        not_refused(invocation, environment, token).await?;
    }
    let value = if token.is_some() { "Stored" } else { value.trim() };
    apply_with(invocation, dry_run, token.map(|token| (environment, token)), |config| {
        *config = config::with_value(config, environment, field, value)?;
        Ok(())
    })
    .await
}

/// How the places begin that a token can be read from; nothing that looks like a token does.
const TOKEN_SOURCES: [&str; 3] = ["Env(\"", "File(\"", "Command(["];

/// `config diff A B`: what differs, and what was changed in Production alone.
pub(super) fn diff(
    invocation: &Invocation,
    a: Environment,
    b: Environment,
) -> Result<ExitCode, Failure> {
    let config = invocation.config()?;
    let found = differences(&config.environments[a], &config.environments[b]);
    let all = PerEnvironment::from_fn(|environment| &config.environments[environment]);
    for change in &found {
        let is_drift = [a, b].contains(&Environment::Production) && is_drift(change, &all);
        let object = json!({
            "field": change.field.key(),
            "label": change.field.label(),
            a.key(): change.old,
            b.key(): change.new,
            "drift": is_drift,
        });
        let mark = if is_drift { "  (drift: in Production only)" } else { "" };
        let Difference { field, old, new, .. } = change;
        let text = format!("{}: {a} {old} | {b} {new}{mark}", field.label());
        invocation.output.line(&text, &object)?;
    }
    if found.is_empty() && !invocation.output.is_json() {
        invocation.output.line(&format!("{a} and {b} are the same."), &json!(null))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `config copy A B --fields … --numbers …`: never a secret, unless the token is named itself.
pub(super) async fn copy(
    invocation: &Invocation,
    (from, to): (Environment, Environment),
    (fields, numbers): (&[String], &[Sender]),
    dry_run: bool,
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
            config::resolve(&invocation.paths, from, source)
                .map_err(|error| Failure::new("secrets", error.to_string()))?,
        ),
        None => None,
    };
    apply_with(invocation, dry_run, token.map(|token| (to, token)), |config| {
        *config = config::copied(config, (from, to), fields)?;
        let source = config.environments[from].from_numbers.clone();
        let target = &mut config.environments[to].from_numbers;
        for number in numbers {
            if !source.rows().iter().any(|row| row.sender == *number) {
                return Err(Failure::usage(format!("{number} is no From number of {from}")));
            }
            *target = target
                .with_that_of(&source, Some(number))
                .map_err(|error| Failure::usage(error.to_string()))?;
        }
        Ok(())
    })
    .await
}

/// The config, or where that is out of order, the last good one: it can be mended all the same.
pub(super) fn present(invocation: &Invocation) -> Config {
    invocation.config().unwrap_or_else(|_| config::last_good(&invocation.paths))
}

/// `config export`: the settings of one environment, without secrets.
pub(super) fn export(invocation: &Invocation) -> Result<ExitCode, Failure> {
    let environment = invocation.environment()?;
    let text = config::exported(&invocation.config()?, environment).unwrap_or_default();
    let object = json!({ "environment": environment.key(), "settings": text });
    invocation.output.line(&text, &object)?;
    Ok(ExitCode::SUCCESS)
}

/// `config import FILE`: the settings of one environment from such a text.
pub(super) async fn import(
    invocation: &Invocation,
    file: &Path,
    dry_run: bool,
) -> Result<ExitCode, Failure> {
    let environment = invocation.environment()?;
    let mut text = String::new();
    let unreadable =
        |error| Failure::new("import", format!("cannot read {}: {error}", file.display()));
    if file == Path::new("-") {
        std::io::stdin().lock().take(MAX_BYTES).read_to_string(&mut text)?;
    } else {
        let opened = std::fs::File::open(file).map_err(unreadable)?;
        opened.take(MAX_BYTES).read_to_string(&mut text).map_err(unreadable)?;
    }
    apply(invocation, dry_run, |config| {
        *config = config::imported(config, environment, &text, file)?;
        Ok(())
    })
    .await
}
