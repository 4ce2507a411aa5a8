//! The arguments of the commands that show and change settings: config and numbers.

use std::path::PathBuf;

use clap::Subcommand;

use super::consent::Consent;
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::sender::Sender;

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
    /// Restore a former version: the whole file, one environment (--env), or some of its fields;
    /// shows what changes, and asks.
    Restore {
        /// Its name, as `history` lists it.
        version: String,
        /// Restore only these fields of the environment, by their names in config.ron.
        #[arg(long, value_delimiter = ',', value_name = "FIELD,…")]
        fields: Vec<String>,
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
