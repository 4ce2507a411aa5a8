//! The arguments of the commands for whoever is on call: status, log, quota and audit.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::SignedDuration;

use crate::domain::country::Country;
use crate::domain::sender::Sender;
use crate::domain::span::parse_span;
use crate::store::{AuditAction, EventKind};

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
