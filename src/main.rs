//! The `smsdeck` program: reads the arguments, and starts the face that they select. Everything
//! else is in the library, where tests can reach it.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use jiff::tz::TimeZone;
use smsdeck::cli::{
    self, Arguments, Failure, Invocation, KeysOfConsole, Output, ShowOptions, StatusFailure,
};
use smsdeck::config::{self, ConfigError, Paths};
use smsdeck::demo::Demo;
use smsdeck::domain::environment::Environment;
use smsdeck::domain::text::printable;
use smsdeck::engine::{Deck, Operator};
use smsdeck::person::person;
use smsdeck::process::{end_on_panic, forbid_core_dumps};
use smsdeck::runtime::Runtime;
use smsdeck::tui::{self, ConsoleOptions, keymap};

/// Characters of an operator's name that are kept.
const MAX_OPERATOR: usize = 240;

fn main() -> ExitCode {
    forbid_core_dumps();
    end_on_panic(1, || ());
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return misused(&error),
    };
    let output = Output::new(arguments.json);
    let status = StatusFailure::of(&arguments);
    if let Some(status) = status.clone() {
        // 1 would be a mere warning. If the file cannot be written, the exit code has to do.
        end_on_panic(2, move || drop(status.publish()));
    }
    start(arguments, output).unwrap_or_else(|failure| match status {
        Some(status) => status.report(failure, output),
        None => failure.report(output),
    })
}

/// Prints help or the version, or what is wrong with the arguments. An error is in JSON if `--json`
/// is among the raw arguments, as they could not be parsed.
fn misused(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        // If the file cannot be written, the exit code still says that something is wrong.
        drop(StatusFailure::of_invalid(std::env::args_os()).map(|status| status.publish()));
    }
    let wants_json = std::env::args_os().any(|argument| argument == "--json");
    if error.use_stderr() && wants_json {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        let message = first.trim_start_matches("error: ").to_owned();
        return Failure::usage(message).report(Output::new(true));
    }
    let text = error.render().to_string();
    if error.use_stderr() {
        cli::complain(text.trim_end());
    } else {
        // If the terminal is gone, there is no one to report to.
        let _ = Output::new(false).text(text.trim_end());
    }
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

/// Starts the console without a command, otherwise the command.
fn start(arguments: Arguments, output: Output) -> Result<ExitCode, Failure> {
    let paths = Paths::find(arguments.config.as_deref(), |name| std::env::var_os(name))?;
    // A name that was mistyped must not become a new deck with a key of its own.
    let named = arguments.config.is_some()
        || std::env::var_os("SMSDECK_CONFIG").is_some_and(|path| !path.is_empty());
    if named && arguments.uses_deck() && !paths.config.exists() {
        return Err(ConfigError::Missing { path: paths.config }.into());
    }
    if arguments.uses_deck() {
        config::check_owner(&paths)?;
        if !arguments.read_only {
            config::remove_leftovers(&paths);
        }
    }
    let Arguments { command, environment, read_only, show, .. } = arguments;
    let Some(command) = command else {
        return start_console(paths, environment, read_only, &show);
    };
    let options = [(show.demo, "--demo"), (show.plain, "--plain")];
    if let Some((_, option)) = options.iter().find(|(is_set, _)| *is_set) {
        let text = format!("{option} is for the console; omit the command");
        return Err(Failure::usage(text));
    }
    let operator = operator("command line", read_only);
    let deck = Deck::new(paths, Runtime::of_this_machine());
    let keys = KeysOfConsole { template: keymap::template, check: check_keys };
    cli::run(command, &Invocation { deck, environment, output, operator, keys })
}

/// What is wrong with the keys beside a config, if anything is.
fn check_keys(config: &Path) -> Result<(), String> {
    let keys = keymap::read(&keymap::file_beside(config));
    keys.map(drop).map_err(|error| error.to_string())
}

fn start_console(
    paths: Paths,
    environment: Option<Environment>,
    read_only: bool,
    show: &ShowOptions,
) -> Result<ExitCode, Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        let help = Arguments::command().render_help();
        return Err(Failure::usage(format!("the console needs a terminal\n\n{help}")));
    }
    if !show.plain && std::env::var_os("TERM").is_some_and(|kind| kind == "dumb") {
        let text = "this terminal (TERM=dumb) cannot position text; add --plain, or use a command";
        return Err(Failure::usage(text.to_owned()));
    }
    // The screen has the main thread; a slow terminal must not delay sends.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let options = ConsoleOptions {
        paths,
        environment: environment.unwrap_or(Environment::Development),
        operator: operator("console", read_only),
        plain: show.plain,
        runtime: Runtime::of_this_machine(),
        time_zone: TimeZone::system(),
    };
    let ended = runtime.block_on(async {
        if show.demo { run_demo(options).await } else { tui::run(options).await }
    });
    // A thread may still wait for a key that never comes.
    runtime.shutdown_background();
    ended.map(|()| ExitCode::SUCCESS).map_err(|error| Failure::new("console", error.to_string()))
}

/// Runs the console on the demonstration's deck, which goes away with it.
async fn run_demo(options: ConsoleOptions) -> anyhow::Result<()> {
    let demo = Demo::set_up(options.operator.read_only).await?;
    let options = ConsoleOptions {
        paths: demo.paths.clone(),
        operator: demo.operator.clone(),
        runtime: demo.runtime.clone(),
        time_zone: TimeZone::UTC,
        ..options
    };
    tui::run(options).await
}

/// Returns the face and the person for the audit, with the host.
fn operator(face: &str, read_only: bool) -> Operator {
    let person = person(|name| std::env::var(name).ok());
    let host = rustix::system::uname();
    let host = host.nodename().to_string_lossy();
    let asked_by = printable(&format!("{face} by {person} on {host}"), MAX_OPERATOR);
    Operator { asked_by, read_only, is_person: true }
}
