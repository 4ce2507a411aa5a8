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
use crate::domain::sender::Sender;
use crate::domain::span::parse_span;
use crate::domain::user::UserId;
use crate::provider::sandbox::fate_table;

/// Configure, send and watch the SMS codes of a sign-in in three environments. Without a command,
/// opens the console.
#[derive(Debug, Parser)]
#[command(name = "smsdeck", version = VERSION.as_str(), max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 success, 1 failure, 2 usage error or invalid input, 3 refused by quota, routing or recipients, 4 no receipt in time (send)."
)]
pub struct Arguments {
    /// The command; none opens the console.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Config file [default: `SMSDECK_CONFIG` or the usual location].
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Environment: development, test or production (dev, prod).
    #[arg(long = "env", short = 'e', global = true, value_name = "ENVIRONMENT")]
    pub environment: Option<Environment>,

    /// Print one JSON object per line.
    #[arg(long, global = true)]
    pub json: bool,

    /// Read-only: send, verify, unlock and save nothing.
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
    /// Open the console on a temporary demo deck; sends to no one, keeps nothing.
    #[arg(long, conflicts_with_all = ["config", "json"])]
    pub demo: bool,

    /// Show the console line by line, for screen readers.
    #[arg(long)]
    pub plain: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send a code and follow it to its final status.
    Send(SendOptions),
    /// Verify a code.
    Verify(VerifyOptions),
    /// Show what a send would do: country, sender, reason, segments, quota. Sends nothing. Exits
    /// with 0 if the code would be sent, 2 for an invalid number, 3 if it would be refused; with
    /// several numbers, 2 takes precedence.
    Route(RouteOptions),
    /// Show the health of each environment: findings with cause and advice, rates, locked users.
    /// Exits with 0 if healthy, 1 for a warning, 2 if critical.
    Status(StatusOptions),
    /// Show what happened to codes.
    Log(LogOptions),
    /// Show and unlock users and their codes.
    #[command(subcommand)]
    Quota(QuotaCommand),
    /// Show, change and check settings.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// List and change From numbers.
    #[command(subcommand)]
    Numbers(NumbersCommand),
    /// Show who changed, sent or unlocked what.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Show the store that counts codes; `adopt` switches to another one.
    Store {
        /// The command; none shows the store.
        #[command(subcommand)]
        command: Option<StoreCommand>,
    },
    /// Run the Twilio-compatible Sandbox for other programs on this machine.
    #[command(after_long_help = fate_table())]
    Sandbox(SandboxOptions),
    /// Print the manual page: smsdeck man | man -l -
    Man,
    /// Print shell completions.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// `smsdeck send`
#[derive(Debug, Args)]
pub struct SendOptions {
    /// Phone number, or - to read it from standard input. Without +, the environment's default
    /// country code is added.
    pub number: String,

    /// User ID whose codes are counted [default: the number].
    #[arg(long, value_parser = UserId::parse)]
    pub user: Option<UserId>,

    /// From number to send from, instead of the one that routing picks.
    #[arg(long, value_name = "SENDER", value_parser = Sender::parse)]
    pub from: Option<Sender>,

    /// Accept a number of a possible length that is in no known range: new ranges open faster than
    /// the metadata is updated.
    #[arg(long)]
    pub allow_unknown: bool,

    /// Exit once the provider has accepted the message.
    #[arg(long)]
    pub no_wait: bool,

    /// How long to wait for the final status, such as 30s or 2m; some carriers send no receipts.
    #[arg(long, value_name = "TIME", value_parser = parse_span, default_value = "30s")]
    pub timeout: SignedDuration,
}

/// `smsdeck verify`
#[derive(Debug, Args)]
pub struct VerifyOptions {
    /// Phone number that the code was sent to, or - to read it from standard input.
    pub number: String,

    /// The code, or - to read it from standard input, which keeps it out of process lists.
    pub code: String,

    /// User ID, if the code was requested with one.
    #[arg(long, value_parser = UserId::parse)]
    pub user: Option<UserId>,
}

/// `smsdeck route`
#[derive(Debug, Args)]
pub struct RouteOptions {
    /// Phone number, or - to read one number per line from standard input.
    pub number: String,

    /// User ID whose quota is shown [default: the number].
    #[arg(long, value_parser = UserId::parse)]
    pub user: Option<UserId>,

    /// Default country code to use instead of the environment's: CO, 57 or +57.
    #[arg(long, value_name = "COUNTRY")]
    pub default_country: Option<Country>,

    /// From number to send from, instead of the one that routing picks.
    #[arg(long, value_name = "SENDER", value_parser = Sender::parse)]
    pub from: Option<Sender>,

    /// Accept a number of a possible length that is in no known range: new ranges open faster than
    /// the metadata is updated.
    #[arg(long)]
    pub allow_unknown: bool,
}

/// `smsdeck store`
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Use the store at a path from now on, or an empty one if there is none. Asks first, as codes
    /// count as recorded there.
    Adopt {
        /// Path of the store [default: the one in the settings].
        path: Option<PathBuf>,
        /// Do not ask for confirmation.
        #[arg(long)]
        yes: bool,
    },
}

/// `smsdeck sandbox`
#[derive(Debug, Args)]
pub struct SandboxOptions {
    /// Loopback address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:4010", value_name = "ADDRESS")]
    pub listen: SocketAddr,
}
