//! The arguments as typed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Args, Parser, Subcommand};
use jiff::SignedDuration;

pub use super::on_call_arguments::{
    AckOptions, AuditCommand, AuditListOptions, LogOptions, QuotaCommand, StatusCommand,
    StatusOptions,
};
pub use super::settings_arguments::{ConfigCommand, NumbersCommand};
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::phone::METADATA_VERSION;
use crate::domain::span::parse_span;
use crate::domain::user::UserId;
use crate::provider::sandbox::fate_table;

/// A console for the SMS codes of a sign-in: settings, quota and deliveries of three
/// environments. Without a command it opens the console.
#[derive(Debug, Parser)]
#[command(name = "smsdeck", version = VERSION.as_str(), max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 fine, 1 failed, 2 wrong usage or bad input, 3 refused by quota, routing or recipients."
)]
pub struct Arguments {
    /// What to do; nothing opens the console.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The config file, instead of `SMSDECK_CONFIG` or the usual places.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The environment: development, test or production (dev, prod).
    #[arg(long = "env", short = 'e', global = true, value_name = "ENVIRONMENT")]
    pub environment: Option<Environment>,

    /// One JSON object a line instead of text.
    #[arg(long, global = true)]
    pub json: bool,

    /// Only look: nothing is sent, verified, unlocked or saved.
    #[arg(long, global = true)]
    pub read_only: bool,

    /// How the console is shown.
    #[command(flatten)]
    pub show: ShowOptions,
}

/// The version, with that of what the program knows about phone numbers: that ages sooner.
static VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{} (phone metadata {METADATA_VERSION})", env!("CARGO_PKG_VERSION")));

impl Arguments {
    /// Whether any file of a deck is used: completions and the like are for everybody.
    pub const fn uses_deck(&self) -> bool {
        match &self.command {
            None => !self.show.demo,
            Some(
                Command::Config(ConfigCommand::Schema | ConfigCommand::Keys)
                | Command::Sandbox(_)
                | Command::Man
                | Command::Completions { .. },
            ) => false,
            Some(_) => true,
        }
    }
}

/// How the console is shown.
#[derive(Debug, Args)]
pub struct ShowOptions {
    /// Show the console on a deck made up for demonstrations: nobody is texted, nothing is kept.
    #[arg(long, conflicts_with_all = ["config", "json"])]
    pub demo: bool,

    /// Show the console line by line, for screen readers: no borders, one pane at a time.
    #[arg(long)]
    pub plain: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send a code to a number and follow it to its end.
    Send(SendOptions),
    /// Check a code.
    Verify(VerifyOptions),
    /// Show what a send would do: country, sender, why, segments, quota. Sends nothing. Exits with
    /// 0 if it would go out, 2 for an invalid number, 3 if it would be refused; of many numbers
    /// every line is reported, and 2 comes before 3.
    Route(RouteOptions),
    /// How each environment fares: set up, locked users, failures with cause and advice. Exits
    /// with 0 if all is well, 1 for a warning, 2 if codes do not go out.
    Status(StatusOptions),
    /// What happened to the codes.
    Log(LogOptions),
    /// Who has used how many codes.
    #[command(subcommand)]
    Quota(QuotaCommand),
    /// The settings, without the console.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// The From numbers of an environment.
    #[command(subcommand)]
    Numbers(NumbersCommand),
    /// Who changed, sent or unlocked what.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Where the store is that counts the codes, and whether it is used; `adopt` changes to another.
    Store {
        /// What to do with it; nothing: show it.
        #[command(subcommand)]
        command: Option<StoreCommand>,
    },
    /// Run the Twilio-compatible Sandbox alone, on this machine only.
    #[command(after_long_help = fate_table())]
    Sandbox(SandboxOptions),
    /// The manual page, for man(1): smsdeck man | man -l -
    Man,
    /// Completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// `smsdeck send`
#[derive(Debug, Args)]
pub struct SendOptions {
    /// The phone number, or - for the first line of standard input; without + the environment's
    /// default country code is applied.
    pub number: String,

    /// The user whose codes are counted; otherwise the number is the user.
    #[arg(long, value_parser = UserId::parse)]
    pub user: Option<UserId>,

    /// Take also a number of a possible length that is in no range known to be in use: the
    /// metadata ages, and ranges are opened all the time.
    #[arg(long)]
    pub allow_unknown: bool,

    /// End once the provider has the message, instead of following it to its end.
    #[arg(long)]
    pub no_wait: bool,

    /// How long to wait for the end, such as 30s or 2m: some carriers never give a receipt.
    #[arg(long, value_name = "TIME", value_parser = parse_span, default_value = "30s")]
    pub timeout: SignedDuration,
}

/// `smsdeck verify`
#[derive(Debug, Args)]
pub struct VerifyOptions {
    /// The phone number that the code was sent to, or - for the first line of standard input.
    pub number: String,

    /// The code, or - to read it from standard input, where no process list shows it.
    pub code: String,

    /// The user that the code was requested for, if one was given then.
    #[arg(long, value_parser = UserId::parse)]
    pub user: Option<UserId>,
}

/// `smsdeck route`
#[derive(Debug, Args)]
pub struct RouteOptions {
    /// The phone number, or - for one number a line on standard input.
    pub number: String,

    /// The user whose quota is asked for; otherwise the number is the user.
    #[arg(long, value_parser = UserId::parse)]
    pub user: Option<UserId>,

    /// Stands in for the environment's default country code: CO, 57 or +57.
    #[arg(long, value_name = "COUNTRY")]
    pub default_country: Option<Country>,

    /// Take also a number of a possible length that is in no range known to be in use: the
    /// metadata ages, and ranges are opened all the time.
    #[arg(long)]
    pub allow_unknown: bool,
}

/// `smsdeck store`
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Go on with the store that is at a place now, or with an empty one where there is none. Asks
    /// first: codes count by what it says.
    Adopt {
        /// Where it is; otherwise where the settings have it.
        path: Option<PathBuf>,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// `smsdeck sandbox`
#[derive(Debug, Args)]
pub struct SandboxOptions {
    /// Where to listen: an address of this machine's loopback; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:4010", value_name = "ADDRESS")]
    pub listen: SocketAddr,
}
