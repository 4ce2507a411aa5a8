//! A finding: what is worth a warning in an environment, how bad it is, and who knows of it.

use jiff::Timestamp;

use crate::domain::country::Country;
use crate::domain::fault::{Fault, Origin};
use crate::provider::ErrorCode;
use crate::store::Acknowledgement;

/// The fewest codes for which a share or a comparison means something.
pub(super) const MIN_CODES: u32 = 20;

/// How bad a finding is; the exit code of monitoring plugins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is wrong.
    Fine,
    /// An operator should look.
    Warning,
    /// Codes do not go out.
    Critical,
}

impl Severity {
    /// The stable name in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// One finding about an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its stable name, by which it is acknowledged: the same cause has the same one.
    pub key: String,
    /// Who knows of it, if somebody does.
    pub acknowledged: Option<Acknowledgement>,
    /// How bad it is.
    pub severity: Severity,
    /// Whose fault it is, if that shows.
    pub origin: Option<Origin>,
    /// The provider's error code, if the finding is about one.
    pub error_code: Option<ErrorCode>,
    /// What keeps codes from the provider, if the finding is about that.
    pub fault: Option<Fault>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// How many codes, of how many.
    pub codes: Option<(u32, u32)>,
    /// The country that it is about, or that most of its codes went to.
    pub country: Option<Country>,
    /// The sender that most of its codes came from, as
    /// [`Sender::as_str`](crate::domain::sender::Sender::as_str).
    pub sender: Option<String>,
    /// What to do about it, where neither code nor fault tells, without a full stop.
    pub advice: Option<&'static str>,
    /// The finding in words, without times and without a full stop.
    pub text: String,
}

impl Finding {
    pub(super) fn new(severity: Severity, key: impl Into<String>, text: String) -> Self {
        Self {
            key: key.into(),
            acknowledged: None,
            severity,
            origin: None,
            error_code: None,
            fault: None,
            since: None,
            codes: None,
            country: None,
            sender: None,
            advice: None,
            text,
        }
    }

    /// How bad it is for those who do not know of it yet.
    pub fn open_severity(&self) -> Severity {
        if self.acknowledged.is_some() { Severity::Fine } else { self.severity }
    }

    pub(super) const fn with_advice(mut self, advice: &'static str) -> Self {
        self.advice = Some(advice);
        self
    }

    pub(super) fn with_code(mut self, code: ErrorCode) -> Self {
        self.error_code = Some(code);
        self.origin = Some(code.origin());
        self
    }

    /// Adds what has caused it: an error code, or else a fault.
    pub(super) fn with_cause(mut self, code: Option<ErrorCode>, fault: Option<Fault>) -> Self {
        self.fault = fault.filter(|_| code.is_none());
        self.origin = self.fault.map(Fault::origin);
        match code {
            Some(code) => self.with_code(code),
            None => self,
        }
    }

    pub(super) const fn with_codes(mut self, count: u32, of: u32, since: Timestamp) -> Self {
        self.codes = Some((count, of));
        self.since = Some(since);
        self
    }

    /// What to do about what is no error of the provider, without a full stop.
    pub fn own_advice(&self) -> Option<&'static str> {
        self.fault.map(Fault::advice).or(self.advice)
    }

    /// Explains the error code, or says what to do.
    pub fn explanation(&self) -> Option<String> {
        let to_do = || self.own_advice().map(|advice| format!("What to do: {advice}."));
        self.error_code.map(ErrorCode::explanation).or_else(to_do)
    }
}

/// The name of a country, for a sentence.
pub(super) fn place(country: Option<Country>) -> &'static str {
    country.map_or("numbers of no country", Country::name)
}
