//! The arguments of the commands for people on call: status, log, quota and audit.

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
    /// Keep running and print the status again whenever it changes.
    #[arg(long)]
    pub watch: bool,

    /// Also write the figures to this file, for the textfile collector of Prometheus' node
    /// exporter; the file is replaced atomically.
    #[arg(long, value_name = "FILE")]
    pub prometheus: Option<PathBuf>,

    /// The command; none shows the status.
    #[command(subcommand)]
    pub command: Option<StatusCommand>,
}

/// `smsdeck status …`
#[derive(Debug, Subcommand)]
pub enum StatusCommand {
    /// Acknowledge a finding: it stays visible, but no longer affects the exit code.
    Ack(AckOptions),
}

/// `smsdeck status ack`
#[derive(Debug, Args)]
pub struct AckOptions {
    /// Name of the finding, in brackets after it.
    pub finding: String,

    /// Reason, for the audit.
    #[arg(long, required_unless_present = "end")]
    pub reason: Option<String>,

    /// Duration, such as 30m, 2h or 7d.
    #[arg(long = "for", value_name = "TIME", value_parser = parse_span, default_value = "8h")]
    pub lasting: SignedDuration,

    /// End the acknowledgement now.
    #[arg(long, conflicts_with_all = ["reason", "lasting"])]
    pub end: bool,
}

/// `smsdeck log`
#[derive(Debug, Args)]
pub struct LogOptions {
    /// Keep running and print new events of any process.
    #[arg(long, short)]
    pub follow: bool,

    /// Only this status, such as `failed`, `refused` or `wrong_code`.
    #[arg(long, value_parser = event_kind)]
    pub status: Option<EventKind>,

    /// Only this user, by ID or whole number.
    #[arg(long)]
    pub user: Option<String>,

    /// Only events newer than this, such as 30m, 2h or 7d.
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    pub since: Option<SignedDuration>,

    /// Only events older than this, such as 30m, 2h or 7d.
    #[arg(long, value_name = "TIME", value_parser = parse_span, conflicts_with = "follow")]
    pub until: Option<SignedDuration>,

    /// Only codes to this country, by code, calling code or name.
    #[arg(long)]
    pub country: Option<Country>,

    /// Only codes from this sender.
    #[arg(long, value_parser = Sender::parse)]
    pub sender: Option<Sender>,

    /// Only this error code of the provider.
    #[arg(long, value_name = "CODE")]
    pub error: Option<u32>,

    /// Maximum number of lines, the newest ones.
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
    /// List users whose codes still count, locked ones first.
    List {
        /// Only locked users.
        #[arg(long)]
        locked: bool,
    },
    /// Show one user, by ID or whole number.
    Show {
        /// User ID or whole number.
        user: String,
    },
    /// Unlock a user: give all codes back, with a reason for the audit.
    Unlock {
        /// User ID or whole number.
        user: String,
        /// Reason, for the audit.
        #[arg(long)]
        reason: String,
        /// Ticket reference, for the audit.
        #[arg(long)]
        ticket: Option<String>,
        /// Clear wrong tries instead, for a user whom they lock. Someone may be guessing: verify who
        /// is asking.
        #[arg(long)]
        wrong_tries: bool,
    },
    /// Give a user one code back, with a reason for the audit.
    GiveBack {
        /// User ID or whole number.
        user: String,
        /// Reason, for the audit.
        #[arg(long)]
        reason: String,
        /// Ticket reference, for the audit.
        #[arg(long)]
        ticket: Option<String>,
    },
}

/// `smsdeck audit`
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// List the rows, oldest first.
    List(AuditListOptions),
    /// Verify that no row was changed, removed or reordered.
    Verify,
}

/// `smsdeck audit list`
#[derive(Debug, Args)]
pub struct AuditListOptions {
    /// Only events newer than this, such as 30m, 2h or 7d.
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    pub since: Option<SignedDuration>,

    /// Only events older than this, such as 30m, 2h or 7d.
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    pub until: Option<SignedDuration>,

    /// Only operators whose name, user ID or address contains this.
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
