//! The arguments of the commands that show and change settings: config and numbers.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Subcommand;

use super::consent::Consent;
use crate::domain::country::{Country, CountryError};
use crate::domain::country_group::parse_list;
use crate::domain::environment::Environment;
use crate::domain::sender::Sender;

/// `smsdeck config`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the config for errors and risky settings; changes nothing.
    Check {
        /// File to check, instead of the one in use.
        file: Option<PathBuf>,
        /// Also test each account's credentials; sends nothing.
        #[arg(long)]
        online: bool,
        /// Also list countries in the log that are on no number.
        #[arg(long)]
        log: bool,
    },
    /// Show the paths of the deck's files.
    Path,
    /// Show the settings in force, without secrets.
    Show,
    /// Change one field by its name in the config, such as `codes_allowed`, `account_sid` or
    /// `limits.per_hour`.
    Set {
        /// Name of the field.
        field: String,
        /// Value, as in the config; quotes around text are optional. For `auth_token`, - reads it
        /// from standard input.
        #[arg(allow_hyphen_values = true)]
        value: String,
        /// Whether to ask.
        #[command(flatten)]
        consent: Consent,
        /// Save new credentials even if the account cannot be asked about them; they stay
        /// unverified until it accepts them.
        #[arg(long)]
        unchecked: bool,
    },
    /// Compare two environments; drift marks where only Production differs.
    Diff {
        /// First environment.
        a: Environment,
        /// Second environment.
        b: Environment,
    },
    /// Copy fields or From numbers to another environment; a token only if named explicitly.
    Copy {
        /// Source environment.
        from: Environment,
        /// Target environment.
        to: Environment,
        /// Fields by their names in the config, separated by commas. `from_numbers` is the whole
        /// grid with its default.
        #[arg(long, required_unless_present = "numbers", value_delimiter = ',')]
        fields: Vec<String>,
        /// Single From numbers with their countries, which move to them.
        #[arg(long, value_delimiter = ',', value_parser = Sender::parse)]
        numbers: Vec<Sender>,
        /// Whether to ask.
        #[command(flatten)]
        consent: Consent,
        /// Save new credentials even if the account cannot be asked about them; they stay
        /// unverified until it accepts them.
        #[arg(long)]
        unchecked: bool,
    },
    /// Print the JSON schema of the config.
    Schema,
    /// Print the built-in keys as a `keys.ron`: save it beside the config and edit it to change
    /// them.
    Keys,
    /// List earlier versions of the config, newest first.
    History,
    /// Restore an earlier version: the whole file, one environment (--env) or some fields. Shows
    /// the changes and asks first.
    Restore {
        /// Version, as `history` lists it.
        version: String,
        /// Restore only these fields of the environment, by their names in config.ron.
        #[arg(long, value_delimiter = ',', value_name = "FIELD,…")]
        fields: Vec<String>,
        /// Whether to ask.
        #[command(flatten)]
        consent: Consent,
        /// Save new credentials even if the account cannot be asked about them; they stay
        /// unverified until it accepts them.
        #[arg(long)]
        unchecked: bool,
    },
    /// Print the settings of one environment, without secrets.
    Export,
    /// Replace the settings of one environment with exported ones.
    Import {
        /// File, or - for standard input.
        file: PathBuf,
        /// Whether to ask.
        #[command(flatten)]
        consent: Consent,
        /// Save new credentials even if the account cannot be asked about them; they stay
        /// unverified until it accepts them.
        #[arg(long)]
        unchecked: bool,
    },
}

/// `smsdeck numbers`
#[derive(Debug, Subcommand)]
pub enum NumbersCommand {
    /// List the numbers; * marks the default.
    List,
    /// Print the numbers as CSV.
    Export,
    /// Replace all numbers with those of a CSV file; shows the changes and asks first.
    Import {
        /// CSV file with the columns sender, countries and default, or - for standard input.
        file: PathBuf,
        /// Whether to ask.
        #[command(flatten)]
        consent: Consent,
    },
    /// Add a number.
    Add {
        /// Number, short code, alphanumeric sender or Messaging Service SID.
        #[arg(value_parser = Sender::parse)]
        sender: Sender,
        /// Countries that it serves: CO,US or a group such as EU.
        #[arg(long, default_value = "")]
        countries: Countries,
        /// Make it the default number.
        #[arg(long)]
        default: bool,
        /// Move countries from other numbers.
        #[arg(long)]
        r#move: bool,
        /// Whether to ask.
        #[command(flatten)]
        consent: Consent,
    },
    /// Change a number or its countries.
    Edit {
        /// The number.
        #[arg(value_parser = Sender::parse)]
        sender: Sender,
        /// New sender to replace it with.
        #[arg(long, value_name = "SENDER", value_parser = Sender::parse)]
        new_sender: Option<Sender>,
        /// New countries: CO,US or a group such as EU.
        #[arg(long, conflicts_with = "no_countries")]
        countries: Option<Countries>,
        /// Remove all countries, which only the default number may lack.
        #[arg(long)]
        no_countries: bool,
        /// Move countries from other numbers.
        #[arg(long)]
        r#move: bool,
        /// Whether to ask.
        #[command(flatten)]
        consent: Consent,
    },
    /// Remove a number.
    Remove {
        /// The number.
        #[arg(value_parser = Sender::parse)]
        sender: Sender,
        /// Whether to ask.
        #[command(flatten)]
        consent: Consent,
    },
    /// Make a number the default for countries that no number claims.
    Default {
        /// The number.
        #[arg(value_parser = Sender::parse, required_unless_present = "none")]
        sender: Option<Sender>,
        /// Clear the default.
        #[arg(long)]
        none: bool,
        /// Whether to ask.
        #[command(flatten)]
        consent: Consent,
    },
}

/// Countries as they are typed: codes, names, calling codes and groups with commas between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Countries(pub Vec<Country>);

impl FromStr for Countries {
    type Err = CountryError;

    fn from_str(text: &str) -> Result<Self, CountryError> {
        parse_list(text).map(Self)
    }
}
