//! Findings: what is worth a warning in the figures of an environment, and how bad it is.

use jiff::{SignedDuration, Timestamp};

use super::credentials_status::CredentialsStatus;
use crate::domain::country::Country;
use crate::domain::provider::ProviderKind;
use crate::domain::thresholds::Thresholds;
use crate::provider::ErrorCode;
use crate::store::{BlockTraffic, CountryTraffic, Destinations, FailureCount, Health};

/// The fewest codes for which a share or a comparison means something.
const MIN_CODES: u32 = 20;

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
    /// How bad it is.
    pub severity: Severity,
    /// The provider's error code, if the finding is about one.
    pub error_code: Option<ErrorCode>,
    /// The finding in words, without a full stop.
    pub text: String,
}

impl Finding {
    pub(super) const fn new(severity: Severity, text: String) -> Self {
        Self { severity, error_code: None, text }
    }

    pub(super) const fn with_code(mut self, code: ErrorCode) -> Self {
        self.error_code = Some(code);
        self
    }

    /// Explains the error code, if the finding has one.
    pub fn explanation(&self) -> Option<String> {
        self.error_code.map(ErrorCode::explanation)
    }
}

/// Returns the finding about credentials that are refused, or that no account was asked about.
pub(super) fn of_credentials(status: CredentialsStatus) -> Option<Finding> {
    match status {
        CredentialsStatus::Accepted { .. } => None,
        CredentialsStatus::Unverified => {
            let text = "unverified: the account was not asked about these credentials yet";
            Some(Finding::new(Severity::Fine, text.to_owned()))
        }
        CredentialsStatus::Refused { code, at } => {
            let last = at.strftime("%Y-%m-%d %H:%M:%S UTC");
            let text = format!("the account refuses its credentials, last at {last}");
            Some(Finding::new(Severity::Critical, text).with_code(code))
        }
    }
}

/// Returns the finding about a wall clock that was set by `skew` since the boot.
pub(super) fn of_clock(skew: SignedDuration) -> Option<Finding> {
    const SMALL: SignedDuration = SignedDuration::from_mins(1);
    let text = match skew.is_negative() {
        _ if skew.abs() <= SMALL => return None,
        true => format!(
            "this host's clock was set back by {} min since it was started",
            -skew.as_mins()
        ),
        false => format!(
            "this host's clock was set ahead by {} min since it was started",
            skew.as_mins()
        ),
    };
    let text = format!("{text}; quotas and codes go by the time that really passed");
    Some(Finding::new(Severity::Warning, text))
}

/// Returns the findings about the last hour. The error codes in it are the `provider`'s.
pub(super) fn of_health(
    health: &Health,
    provider: ProviderKind,
    thresholds: Thresholds,
    now: Timestamp,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = health
        .failures
        .iter()
        .map(|failure| of_failure(failure, health, provider, thresholds))
        .collect();
    let worst = findings.iter().map(|finding| finding.severity).max();
    let count = health.failures.iter().map(|failure| failure.count).sum();
    let codes = health.hour.codes.max(count);
    let all = severity(count, codes, thresholds);
    if worst.is_some_and(|worst| worst < all) {
        let text = format!("{count} of {codes} codes in an hour failed, in several ways");
        findings.push(Finding::new(all, text));
    }
    if let Some(oldest) = health.oldest_open {
        let minutes = now.duration_since(oldest).as_mins();
        if minutes >= thresholds.open_minutes.get().into() {
            let text = format!("the oldest code without an end is {minutes} min old");
            findings.push(Finding::new(Severity::Warning, text));
        }
    }
    let (codes, usual) = (health.hour.codes, health.usual_per_hour);
    if usual > 0
        && codes >= MIN_CODES
        && codes >= usual.saturating_mul(thresholds.busy_factor.get().into())
    {
        let text = format!("{codes} codes in an hour, where {usual} are usual");
        findings.push(Finding::new(Severity::Warning, text));
    }
    findings
}

fn of_failure(
    failure: &FailureCount,
    health: &Health,
    provider: ProviderKind,
    thresholds: Thresholds,
) -> Finding {
    let (count, codes) = (failure.count, health.hour.codes.max(failure.count));
    let text = match failure.error_code {
        Some(code) => format!("error {code}: {count} of {codes} codes in an hour"),
        None => format!(
            "{count} of {codes} codes in an hour failed without an error code, or are unclear"
        ),
    };
    let severity = severity(count, codes, thresholds);
    let error_code = failure.error_code.map(|code| ErrorCode::new(provider, code));
    Finding { severity, error_code, text }
}

/// Returns how bad it is that `count` of all codes of an hour have failed.
fn severity(count: u32, codes: u32, thresholds: Thresholds) -> Severity {
    let many = u32::from(thresholds.failures.get());
    // A large share is more than bad luck of some users.
    let is_large = count * 100 >= codes * u32::from(thresholds.failing_percent.get());
    match count {
        count if count >= 2 * many && is_large => Severity::Critical,
        count if count >= many => Severity::Warning,
        _ => Severity::Fine,
    }
}

/// Returns the findings about the destinations of the last day: signs of SMS pumping.
pub(super) fn of_destinations(found: &Destinations, thresholds: Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut warn = |text| findings.push(Finding::new(Severity::Warning, text));
    for traffic in &found.countries {
        let CountryTraffic { country, day, usual, settled, unverified } = *traffic;
        let place = place(country);
        // A country that is new is as unusual as one that has grown, unless all is new.
        if found.has_history
            && day >= MIN_CODES
            && day >= usual.saturating_mul(thresholds.busy_factor.get().into())
        {
            warn(format!("{day} codes to {place} in a day, where {usual} are usual"));
        }
        let share = traffic.unverified_share().unwrap_or_default();
        if settled >= MIN_CODES && share >= thresholds.unverified_percent.get().into() {
            warn(format!("{unverified} of {settled} codes to {place} in a day were never entered"));
        }
    }
    for block in &found.blocks {
        let BlockTraffic { codes, usual, numbers, .. } = *block;
        // The phones of one company stand side by side too, and sign in every day.
        let is_new = codes >= usual.saturating_mul(thresholds.busy_factor.get().into());
        if numbers >= thresholds.block_numbers.get().into() && is_new {
            warn(format!(
                "{numbers} numbers side by side in {} had {codes} codes in a day, where {usual} are usual (block {})",
                place(block.country),
                block.name()
            ));
        }
    }
    findings
}

fn place(country: Option<Country>) -> &'static str {
    country.map_or("numbers of no country", Country::name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::LookupKey;
    use crate::store::Outcomes;

    fn texts(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.text.as_str()).collect()
    }

    #[test]
    fn the_severity_of_failures_depends_on_their_number_and_share() {
        let now = Timestamp::UNIX_EPOCH;
        for (count, codes, severity) in [
            (2, 2, Severity::Fine),
            (3, 100, Severity::Warning),
            (6, 13, Severity::Warning),
            (6, 12, Severity::Critical),
        ] {
            let failures = vec![FailureCount { error_code: None, count, last: now }];
            let hour = Outcomes { codes, ..Outcomes::default() };
            let health = Health { hour, failures, ..Health::default() };
            let found = of_health(&health, ProviderKind::Twilio, Thresholds::default(), now);
            assert_eq!(found[0].severity, severity, "{count} of {codes}");
        }
    }

    #[test]
    fn many_failures_of_different_kinds_add_up() {
        let now = Timestamp::UNIX_EPOCH;
        let failure = |code| FailureCount { error_code: Some(code), count: 2, last: now };
        let failures = vec![failure(30003), failure(30005), failure(30006)];
        let hour = Outcomes { codes: 6, ..Outcomes::default() };
        let health = Health { hour, failures, ..Health::default() };
        let found = of_health(&health, ProviderKind::Twilio, Thresholds::default(), now);
        let worst = found.iter().max_by_key(|finding| finding.severity).unwrap();
        assert_eq!(worst.severity, Severity::Critical);
        assert_eq!(worst.text, "6 of 6 codes in an hour failed, in several ways");
    }

    #[test]
    fn a_country_without_history_is_unusual_where_others_have_one() {
        let country = Country::from_code("LV");
        let countries =
            vec![CountryTraffic { country, day: 20, usual: 0, settled: 0, unverified: 0 }];
        for has_history in [true, false] {
            let found =
                Destinations { countries: countries.clone(), has_history, ..<_>::default() };
            let findings = of_destinations(&found, Thresholds::default());
            assert_eq!(findings.len(), usize::from(has_history));
        }
    }

    #[test]
    fn an_hour_is_compared_with_the_usual_only_if_there_is_a_usual_one() {
        let now = Timestamp::UNIX_EPOCH;
        for (codes, usual, is_busy) in
            [(50, 10, true), (49, 10, false), (19, 1, false), (99, 0, false)]
        {
            let hour = Outcomes { codes, ..Outcomes::default() };
            let health = Health { hour, usual_per_hour: usual, ..Health::default() };
            let found = of_health(&health, ProviderKind::Twilio, Thresholds::default(), now);
            assert_eq!(!found.is_empty(), is_busy, "{codes}, usually {usual}");
        }
    }

    #[test]
    fn signs_of_sms_pumping_are_findings() {
        let country = Country::from_code("CO");
        let countries =
            vec![CountryTraffic { country, day: 60, usual: 4, settled: 50, unverified: 45 }];
        let block = LookupKey([0xa7; 32]);
        let seen = |codes, usual| BlockTraffic { block, country, codes, usual, numbers: 30 };
        let blocks = vec![seen(31, 2), seen(40, 30)];
        let found = of_destinations(
            &Destinations { countries, blocks, has_history: true, ..<_>::default() },
            Thresholds::default(),
        );
        assert_eq!(
            texts(&found),
            [
                "60 codes to Colombia in a day, where 4 are usual",
                "45 of 50 codes to Colombia in a day were never entered",
                "30 numbers side by side in Colombia had 31 codes in a day, where 2 are usual (block a7a7)",
            ]
        );
    }
}
