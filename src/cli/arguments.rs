//! The arguments as typed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Args, Parser, Subcommand};
use jiff::SignedDuration;

use super::consent::Consent;
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::phone::METADATA_VERSION;
use crate::domain::sender::Sender;
use crate::domain::span::parse_span;
use crate::domain::user::UserId;
use crate::provider::sandbox::fate_table;
use crate::store::{AuditAction, EventKind};

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

/// `smsdeck status`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct StatusOptions {
    /// Go on: say it again whenever it has changed, until interrupted.
    #[arg(long)]
    pub watch: bool,

    /// Also write the figures into this file, for the textfile collector of Prometheus' node
    /// exporter; it is replaced as a whole.
    #[arg(long, value_name = "FILE")]
    pub prometheus: Option<PathBuf>,

    /// What to do with a finding; nothing: show them.
    #[command(subcommand)]
    pub command: Option<StatusCommand>,
}

/// `smsdeck status …`
#[derive(Debug, Subcommand)]
pub enum StatusCommand {
    /// Acknowledge a finding: it stays visible and marked, but no longer counts for the exit code.
    Ack(AckOptions),
}

/// `smsdeck status ack`
#[derive(Debug, Args)]
pub struct AckOptions {
    /// The finding, by the name in brackets behind it.
    pub finding: String,

    /// Why, for those who read the audit.
    #[arg(long, required_unless_present = "end")]
    pub reason: Option<String>,

    /// For how long, such as 30m, 2h or 7d.
    #[arg(long = "for", value_name = "TIME", value_parser = parse_span, default_value = "8h")]
    pub lasting: SignedDuration,

    /// End the acknowledgement now.
    #[arg(long, conflicts_with_all = ["reason", "lasting"])]
    pub end: bool,
}

/// `smsdeck log`
#[derive(Debug, Args)]
pub struct LogOptions {
    /// Go on with what happens from now on, in whatever process.
    #[arg(long, short)]
    pub follow: bool,

    /// Only this status, such as `failed`, `refused` or `wrong_code`.
    #[arg(long, value_parser = event_kind)]
    pub status: Option<EventKind>,

    /// Only this user, by the id that codes were asked for with, or the whole number.
    #[arg(long)]
    pub user: Option<String>,

    /// Only what is not older, such as 30m, 2h or 7d.
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    pub since: Option<SignedDuration>,

    /// Only what is older, such as 30m, 2h or 7d.
    #[arg(long, value_name = "TIME", value_parser = parse_span, conflicts_with = "follow")]
    pub until: Option<SignedDuration>,

    /// Only codes to this country, by code, calling code or name.
    #[arg(long)]
    pub country: Option<Country>,

    /// Only what came from this sender.
    #[arg(long, value_parser = Sender::parse)]
    pub sender: Option<Sender>,

    /// Only this error of the provider.
    #[arg(long, value_name = "CODE")]
    pub error: Option<u32>,

    /// How many lines are shown at most, the newest ones.
    #[arg(long, default_value_t = 1_000, value_name = "COUNT")]
    pub lines: usize,
}

/// Reads the name of a status, with spaces or without.
fn event_kind(text: &str) -> Result<EventKind, String> {
    EventKind::from_key(&text.replace(' ', "_")).ok_or_else(|| {
        let keys: Vec<&str> = EventKind::all().map(EventKind::key).collect();
        format!("one of {}", keys.join(", "))
    })
}

/// `smsdeck quota`
#[derive(Debug, Subcommand)]
pub enum QuotaCommand {
    /// Users with codes that still matter, locked ones first.
    List {
        /// Only those who get no code now.
        #[arg(long)]
        locked: bool,
    },
    /// One user, by id or whole number.
    Show {
        /// The user's id, or their whole number.
        user: String,
    },
    /// Give a user all codes back, with a reason that stays in the audit.
    Unlock {
        /// The user's id, or their whole number.
        user: String,
        /// Why: whoever reads the audit will ask.
        #[arg(long)]
        reason: String,
        /// The ticket that it is about.
        #[arg(long)]
        ticket: Option<String>,
        /// Forgive wrong tries instead, of a user whom they lock. Somebody may be guessing: make
        /// sure who asks.
        #[arg(long)]
        wrong_tries: bool,
    },
    /// Give a user one code back, with a reason that stays in the audit.
    GiveBack {
        /// The user's id, or their whole number.
        user: String,
        /// Why: whoever reads the audit will ask.
        #[arg(long)]
        reason: String,
        /// The ticket that it is about.
        #[arg(long)]
        ticket: Option<String>,
    },
}

/// `smsdeck audit`
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// The rows, oldest first.
    List(AuditListOptions),
    /// Check that no row was changed, removed or reordered.
    Verify,
}

/// `smsdeck audit list`
#[derive(Debug, Args)]
pub struct AuditListOptions {
    /// Only what is not older, such as 30m, 2h or 7d.
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    pub since: Option<SignedDuration>,

    /// Only what is older, such as 30m, 2h or 7d.
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    pub until: Option<SignedDuration>,

    /// Only what somebody did whose name, user id or address has this in it.
    #[arg(long)]
    pub user: Option<String>,

    /// Only this action, such as `change` or `unlock`.
    #[arg(long, value_parser = audit_action)]
    pub action: Option<AuditAction>,
}

/// Reads the name of an action.
fn audit_action(text: &str) -> Result<AuditAction, String> {
    AuditAction::from_key(text).ok_or_else(|| {
        let keys = AuditAction::ALL.map(AuditAction::key);
        format!("one of {}", keys.join(", "))
    })
}

/// `smsdeck config`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Judge the config without touching it: errors, and what is unwise.
    Check {
        /// The file to judge, instead of the one in use.
        file: Option<PathBuf>,
        /// Also ask each account whether it accepts its credentials; sends nothing.
        #[arg(long)]
        online: bool,
        /// Also look into the store: which countries were texted that are on no number.
        #[arg(long)]
        log: bool,
    },
    /// Where the files are.
    Path,
    /// The settings in force, without secrets.
    Show,
    /// Change one field of an environment, by its name in the config, such as `codes_allowed`,
    /// `account_sid` or `limits.per_hour`.
    Set {
        /// The field.
        field: String,
        /// The value, as in the config; a text may be without its quotes. For `auth_token` a - reads
        /// it from standard input.
        #[arg(allow_hyphen_values = true)]
        value: String,
        /// What was said beforehand.
        #[command(flatten)]
        consent: Consent,
        /// Save new credentials also where the account cannot be asked about them; they are called
        /// unverified until it has accepted them.
        #[arg(long)]
        unchecked: bool,
    },
    /// What differs between two environments; what only Production has is marked as drift.
    Diff {
        /// One.
        a: Environment,
        /// The other.
        b: Environment,
    },
    /// Copy fields or From numbers from one environment to another; a token only if it is named itself.
    Copy {
        /// Where from.
        from: Environment,
        /// Where to.
        to: Environment,
        /// The fields, by their names in the config, with commas between them. `from_numbers` is
        /// the whole grid with its default.
        #[arg(long, required_unless_present = "numbers", value_delimiter = ',')]
        fields: Vec<String>,
        /// Single From numbers with their countries, which move to them.
        #[arg(long, value_delimiter = ',', value_parser = Sender::parse)]
        numbers: Vec<Sender>,
        /// What was said beforehand.
        #[command(flatten)]
        consent: Consent,
        /// Save new credentials also where the account cannot be asked about them; they are called
        /// unverified until it has accepted them.
        #[arg(long)]
        unchecked: bool,
    },
    /// The shape of the config as a JSON schema.
    Schema,
    /// The keys of the console as they are built in, in the shape of `keys.ron`: a beginning for
    /// keys of your own, beside the config.
    Keys,
    /// The versions that were in force before, the newest first.
    History,
    /// Put a former version of the whole file back, with all environments; shows what it changes,
    /// and asks.
    Restore {
        /// Its name, as `history` has it.
        version: String,
        /// What was said beforehand.
        #[command(flatten)]
        consent: Consent,
        /// Save new credentials also where the account cannot be asked about them; they are called
        /// unverified until it has accepted them.
        #[arg(long)]
        unchecked: bool,
    },
    /// Write the settings of one environment, without secrets.
    Export,
    /// Take the settings of one environment from such a text.
    Import {
        /// The file, or - for standard input.
        file: PathBuf,
        /// What was said beforehand.
        #[command(flatten)]
        consent: Consent,
        /// Save new credentials also where the account cannot be asked about them; they are called
        /// unverified until it has accepted them.
        #[arg(long)]
        unchecked: bool,
    },
}

/// `smsdeck numbers`
#[derive(Debug, Subcommand)]
pub enum NumbersCommand {
    /// All of them; * marks the default.
    List,
    /// Add a number.
    Add {
        /// The number, short code, name or Messaging Service SID.
        #[arg(value_parser = Sender::parse)]
        sender: Sender,
        /// The countries that it serves: CO,US.
        #[arg(long, value_delimiter = ',')]
        countries: Vec<Country>,
        /// Make it the default number.
        #[arg(long)]
        default: bool,
        /// Take countries from other numbers.
        #[arg(long)]
        r#move: bool,
        /// What was said beforehand.
        #[command(flatten)]
        consent: Consent,
    },
    /// Change a number or its countries.
    Edit {
        /// The number.
        #[arg(value_parser = Sender::parse)]
        sender: Sender,
        /// Another number in its place.
        #[arg(long, value_name = "SENDER", value_parser = Sender::parse)]
        new_sender: Option<Sender>,
        /// The countries that it serves from now on.
        #[arg(long, value_delimiter = ',', conflicts_with = "no_countries")]
        countries: Option<Vec<Country>>,
        /// It serves no country of its own any more, as the default number may.
        #[arg(long)]
        no_countries: bool,
        /// Take countries from other numbers.
        #[arg(long)]
        r#move: bool,
        /// What was said beforehand.
        #[command(flatten)]
        consent: Consent,
    },
    /// Remove a number.
    Remove {
        /// The number.
        #[arg(value_parser = Sender::parse)]
        sender: Sender,
        /// What was said beforehand.
        #[command(flatten)]
        consent: Consent,
    },
    /// Make a number the default for countries that no number claims.
    Default {
        /// The number.
        #[arg(value_parser = Sender::parse, required_unless_present = "none")]
        sender: Option<Sender>,
        /// None of them.
        #[arg(long)]
        none: bool,
        /// What was said beforehand.
        #[command(flatten)]
        consent: Consent,
    },
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
