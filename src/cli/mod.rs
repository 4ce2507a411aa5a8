//! The command line: the other face of the engine.
//!
//! Exit codes: 0 fine, 1 failed, 2 wrong usage or bad input, 3 refused by policy (quota,
//! routing, recipients); for `status` 0 fine, 1 warning, 2 critical.

mod arguments;
mod audit;
mod change;
mod check;
mod config;
mod diff;
mod failure;
mod log;
mod manual;
mod numbers;
mod output;
mod prometheus;
mod quota;
mod route;
mod sandbox;
mod send;
mod set;
mod show_changes;
mod status;
mod transfer;
mod verify;
mod versions;

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use jiff::tz::TimeZone;

use crate::config::{Config, ConfigError, Paths};
use crate::demo::Demo;
use crate::domain::environment::Environment;
use crate::engine::{Deck, Engine, Operator};
use crate::runtime::Runtime;
use crate::tui::{self, ConsoleOptions};
use arguments::{Arguments, Command, ShowOptions};
use failure::Failure;
use output::Output;

/// Runs the program: the console without a command, otherwise the command.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return misused(&error),
    };
    let output = Output::new(arguments.json);
    match run(arguments, output) {
        Ok(code) => code,
        Err(failure) => failure.report(output),
    }
}

/// Help and version as asked for, or what is wrong with the arguments: in JSON where that is
/// wanted, which cannot be told from arguments that were not understood.
fn misused(error: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().any(|argument| argument == "--json");
    if error.use_stderr() && wants_json {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        let message = first.trim_start_matches("error: ").to_owned();
        return Failure::usage(message).report(Output::new(true));
    }
    // With the terminal gone nobody is left to be told.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

fn run(arguments: Arguments, output: Output) -> Result<ExitCode, Failure> {
    let paths = Paths::find(arguments.config.as_deref(), |name| std::env::var_os(name))?;
    // A name that was mistyped must not become a new deck with a key of its own.
    if let Some(path) = arguments.config.as_ref().filter(|path| !path.exists()) {
        return Err(ConfigError::Missing { path: path.clone() }.into());
    }
    let Arguments { command, environment, read_only, show, .. } = arguments;
    let Some(command) = command else {
        return console(paths, environment, read_only, &show);
    };
    if let Some(way) =
        [(show.demo, "--demo"), (show.plain, "--plain")].iter().find(|(is_set, _)| *is_set)
    {
        let text = format!("{} is for the console: leave the command out", way.1);
        return Err(Failure::usage(text));
    }
    match &command {
        Command::Man => return manual::print(),
        Command::Completions { shell } => return Ok(manual::print_completions(*shell)),
        _ => {}
    }
    let operator = Operator { asked_by: asked_by("command line"), read_only };
    let deck = Deck::new(paths, Runtime::of_this_machine());
    let invocation = Invocation { deck, environment, output, operator };
    // One thread is enough to wait for one answer; the store has its own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Send(options) => send::run(&invocation, options).await,
            Command::Verify(options) => verify::run(&invocation, options).await,
            Command::Route(options) => route::run(&invocation, options).await,
            Command::Log(options) => log::run(&invocation, options).await,
            Command::Status(options) => status::run(&invocation, &options).await,
            Command::Quota(command) => quota::run(&invocation, command).await,
            Command::Audit(command) => audit::run(&invocation, &command).await,
            Command::Config(command) => config::run(&invocation, command).await,
            Command::Numbers(command) => numbers::run(&invocation, command).await,
            Command::Sandbox(options) => sandbox::run(&invocation, options).await,
            // They need no deck, and are done already.
            Command::Man | Command::Completions { .. } => Ok(ExitCode::SUCCESS),
        }
    })
}

fn console(
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
        let text = "this terminal (TERM=dumb) cannot place text: add --plain, or use a command";
        return Err(Failure::usage(text.to_owned()));
    }
    // The screen has the main thread; a slow terminal must not hold up what is sent.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let environment = environment.unwrap_or(Environment::Development);
    let ended = if show.demo {
        runtime.block_on(async {
            let demo = Demo::set_up(read_only).await?;
            let options = ConsoleOptions {
                paths: demo.paths.clone(),
                environment,
                operator: demo.operator.clone(),
                plain: show.plain,
                runtime: demo.runtime.clone(),
                time_zone: TimeZone::UTC,
            };
            tui::run(options).await
        })
    } else {
        runtime.block_on(tui::run(ConsoleOptions {
            paths,
            environment,
            operator: Operator { asked_by: asked_by("console"), read_only },
            plain: show.plain,
            runtime: Runtime::of_this_machine(),
            time_zone: TimeZone::system(),
        }))
    };
    // A thread may still wait for a key that never comes.
    runtime.shutdown_background();
    ended.map(|()| ExitCode::SUCCESS).map_err(|error| Failure::new("console", error.to_string()))
}

/// Face and operator for the log: whoever stands behind `sudo`, else the user, on which host, and
/// from which address they came.
fn asked_by(face: &str) -> String {
    let operator = ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let operator =
        operator.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
    // `SSH_CONNECTION` begins with the address of the other end (sshd(8)).
    let from = std::env::var("SSH_CONNECTION").ok();
    let from = from.as_deref().and_then(|connection| connection.split(' ').next());
    let from = from.map(|address| format!(" from {address}")).unwrap_or_default();
    let host = rustix::system::uname();
    let host = host.nodename().to_string_lossy();
    crate::domain::text::printable(&format!("{face} by {operator} on {host}{from}"), 160)
}

/// What every command works with.
struct Invocation {
    deck: Deck,
    environment: Option<Environment>,
    output: Output,
    operator: Operator,
}

impl Invocation {
    /// The environment, which commands that act must be told.
    fn environment(&self) -> Result<Environment, Failure> {
        self.environment.ok_or_else(|| {
            Failure::usage(
                "say which environment: --env development, test or production".to_owned(),
            )
        })
    }

    /// The environments that were asked for: the named one, or all.
    fn environments(&self) -> impl Iterator<Item = Environment> {
        let only = self.environment;
        Environment::ALL.into_iter().filter(move |one| only.is_none_or(|only| only == *one))
    }

    /// The settings: those of the file, or the built-in ones.
    fn config(&self) -> Result<Config, Failure> {
        Ok(crate::config::load(&self.deck.paths().config)?.unwrap_or_else(Config::built_in))
    }

    async fn engine(&self) -> Result<&Engine, Failure> {
        Ok(self.deck.open(self.config()?).await?)
    }
}
