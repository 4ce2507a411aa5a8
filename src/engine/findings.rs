//! Findings: what is worth a warning in the figures of an environment, and how bad it is.

use jiff::{SignedDuration, Timestamp};

use super::credentials_status::CredentialsStatus;
use super::finding::{Finding, MIN_CODES, Severity, place};
use crate::domain::fault::Fault;
use crate::domain::provider::ProviderKind;
use crate::domain::sender::Sender;
use crate::domain::thresholds::Thresholds;
use crate::provider::ErrorCode;
use crate::store::{FailureCount, Health, Newest};

/// Returns the finding about credentials that are refused, or that no account was asked about.
pub(super) fn of_credentials(status: CredentialsStatus) -> Option<Finding> {
    match status {
        CredentialsStatus::Accepted { .. } => None,
        CredentialsStatus::Unverified => {
            let text = "unverified: the account was not asked about these credentials yet";
            Some(Finding::new(Severity::Fine, "unverified", text.to_owned()))
        }
        CredentialsStatus::Refused { code, at } => {
            let last = at.strftime("%Y-%m-%d %H:%M:%S UTC");
            let text = format!("the account refuses its credentials, last at {last}");
            let key = format!("credentials-{code}");
            Some(Finding::new(Severity::Critical, key, text).with_code(code))
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
    Some(Finding::new(Severity::Warning, "clock", text))
}

/// Returns the findings about the last hour. The error codes in it are the `provider`'s.
pub(super) fn of_health(
    health: &Health,
    provider: ProviderKind,
    thresholds: Thresholds,
    now: Timestamp,
) -> Vec<Finding> {
    let down = of_newest(health, provider, thresholds);
    let mut findings = of_failures(health, provider, thresholds, down.as_ref());
    findings.extend(down);
    if let Some(oldest) = health.oldest_open {
        let minutes = now.duration_since(oldest).as_mins();
        if minutes >= thresholds.open_minutes.get().into() {
            let text = format!("the oldest code without an end is {minutes} min old");
            let finding = Finding::new(Severity::Warning, "pending", text);
            findings.push(Finding { since: Some(oldest), ..finding });
        }
    }
    let (codes, usual) = (health.hour.codes, health.usual_per_hour);
    if usual > 0
        && codes >= MIN_CODES
        && codes >= usual.saturating_mul(thresholds.busy_factor.get().into())
    {
        let text = format!("{codes} codes in an hour, where {usual} are usual");
        findings.push(Finding::new(Severity::Warning, "busy", text));
    }
    findings
}

/// Returns the finding that codes do not go out now: many of the newest have failed, and they are a
/// large share.
fn of_newest(health: &Health, provider: ProviderKind, thresholds: Thresholds) -> Option<Finding> {
    let Newest { codes, failed } = health.newest;
    let outage = health.outage.as_ref()?;
    let many = 2 * u32::from(thresholds.failures.get());
    if failed < many || failed * 100 < codes * u32::from(thresholds.failing_percent.get()) {
        return None;
    }
    let code = outage.error_code.map(|code| ErrorCode::new(provider, code));
    let cause = match (code, outage.fault) {
        (Some(code), _) => code.advice().map_or_else(
            || format!("Error {code}"),
            |known| format!("{} (error {code})", capitalized(known.cause)),
        ),
        (None, Some(fault)) => fault.words(provider.name()),
        (None, None) => "Codes fail without a word".to_owned(),
    };
    let text = if failed == codes {
        format!("{cause}: the last {} codes failed", outage.count.max(failed))
    } else {
        format!("{cause}: {failed} of the last {codes} codes failed")
    };
    let key = format!("down-{}", cause_key(code, outage.fault));
    let finding = Finding::new(Severity::Critical, key, text);
    Some(finding.with_cause(code, outage.fault).with_codes(failed, codes, outage.since))
}

/// Returns the findings about what has failed in the last hour, cause by cause, but for the one that
/// keeps codes back now: it is told already.
fn of_failures(
    health: &Health,
    provider: ProviderKind,
    thresholds: Thresholds,
    down: Option<&Finding>,
) -> Vec<Finding> {
    let is_told = |failure: &FailureCount| {
        down.is_some_and(|down| {
            let code = down.error_code.map(|code| code.number);
            (code, down.fault) == (failure.error_code, failure.fault)
        })
    };
    let others = health.failures.iter().filter(|failure| !is_told(failure));
    let mut findings: Vec<Finding> =
        others.map(|failure| of_failure(failure, health, provider, thresholds)).collect();
    let worst = findings.iter().map(|finding| finding.severity).max();
    let count = health.failures.iter().map(|failure| failure.count).sum();
    let codes = health.hour.codes.max(count);
    let all = severity(count, codes, thresholds);
    if down.is_none() && worst.is_some_and(|worst| worst < all) {
        let since = health.failures.iter().map(|failure| failure.first).min();
        let text = format!("{count} of {codes} codes in an hour failed, in several ways");
        let finding = Finding::new(all, "failures", text);
        findings.push(Finding { since, codes: Some((count, codes)), ..finding });
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
    let code = failure.error_code.map(|code| ErrorCode::new(provider, code));
    let what = match (code, failure.fault) {
        (Some(code), _) => format!("error {code}: {count} of {codes} codes in an hour"),
        (None, Some(fault)) => {
            format!("{}: {count} of {codes} codes in an hour", fault.words(provider.name()))
        }
        (None, None) => {
            format!(
                "{count} of {codes} codes in an hour failed without an error code, or are unclear"
            )
        }
    };
    let (country, sender, place) = match failure.routes.first() {
        Some((country, sender, most)) if *most * 2 > count && count > 1 => {
            let shown = Sender::parse(sender).map_or_else(|_| sender.clone(), |it| it.to_string());
            let place = format!(", {most} of them to {} from {shown}", place(*country));
            (*country, Some(sender.clone()), place)
        }
        _ => (None, None, String::new()),
    };
    let key = format!("failed-{}", cause_key(code, failure.fault));
    let severity = severity(count, codes, thresholds);
    let finding = Finding::new(severity, key, format!("{what}{place}"));
    let finding = finding.with_cause(code, failure.fault).with_codes(count, codes, failure.first);
    Finding { country, sender, ..finding }
}

/// Returns how bad it is that `count` of all codes of an hour have failed: a few are bad luck of some
/// users, however many codes there are.
fn severity(count: u32, codes: u32, thresholds: Thresholds) -> Severity {
    let is_share = count * 100 >= codes * u32::from(thresholds.warning_percent.get());
    if count >= thresholds.failures.get().into() && is_share {
        Severity::Warning
    } else {
        Severity::Fine
    }
}

/// The stable name of a cause.
fn cause_key(code: Option<ErrorCode>, fault: Option<Fault>) -> String {
    match (code, fault) {
        (Some(code), _) => code.number.to_string(),
        (None, Some(fault)) => fault.key().to_owned(),
        (None, None) => "unknown".to_owned(),
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::country::Country;
    use crate::domain::fault::Origin;
    use crate::store::{Outage, Outcomes};

    fn failure(error_code: Option<u32>, count: u32) -> FailureCount {
        let (first, last) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        FailureCount { error_code, fault: None, count, first, last, routes: Vec::new() }
    }

    fn found(health: &Health) -> Vec<Finding> {
        of_health(health, ProviderKind::Twilio, Thresholds::default(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_few_failures_of_many_codes_are_no_warning_and_a_share_of_few_is_one() {
        for (count, codes, severity) in [
            (2, 2, Severity::Fine),
            (3, 60, Severity::Warning),
            (3, 61, Severity::Fine),
            (5, 5_003, Severity::Fine),
            (300, 5_003, Severity::Warning),
        ] {
            let hour = Outcomes { codes, ..Outcomes::default() };
            let failures = vec![failure(Some(30003), count)];
            let health = Health { hour, failures, ..Health::default() };
            assert_eq!(found(&health)[0].severity, severity, "{count} of {codes}");
        }
    }

    #[test]
    fn sending_is_down_where_most_of_the_newest_codes_fail() {
        let since = Timestamp::UNIX_EPOCH;
        for (failed, codes, is_critical) in
            [(25, 25, true), (13, 25, true), (12, 25, false), (6, 6, true), (5, 5, false)]
        {
            let (fault, error_code) = (Some(Fault::NoConnection), None);
            let outage = Some(Outage { since, count: failed, error_code, fault });
            let newest = Newest { codes, failed };
            let hour = Outcomes { codes: 5_000, ..Outcomes::default() };
            let health = Health { hour, newest, outage, ..Health::default() };
            let critical = found(&health).into_iter().find(|it| it.severity == Severity::Critical);
            assert_eq!(critical.is_some(), is_critical, "{failed} of {codes}");
            if failed == 25 {
                let down = critical.unwrap();
                assert_eq!(down.text, "No connection to Twilio: the last 25 codes failed");
                assert_eq!((down.origin, down.since), (Some(Origin::Network), Some(since)));
                assert!(down.explanation().unwrap().contains("firewall"));
            }
        }
    }

    #[test]
    fn the_cause_of_an_outage_is_told_once() {
        let (since, error_code) = (Timestamp::UNIX_EPOCH, Some(30007));
        let health = Health {
            hour: Outcomes { codes: 40, ..Outcomes::default() },
            newest: Newest { codes: 25, failed: 20 },
            outage: Some(Outage { since, count: 20, error_code, fault: None }),
            failures: vec![failure(error_code, 30), failure(Some(30003), 1)],
            ..Health::default()
        };
        let found = found(&health);
        let about = |code: u32| {
            found.iter().filter(move |it| it.error_code.is_some_and(|it| it.number == code))
        };
        assert_eq!((about(30007).count(), about(30003).count()), (1, 1), "{found:?}");
    }

    #[test]
    fn failures_name_the_country_and_the_sender_that_most_of_them_share() {
        let routes = vec![(Country::from_code("CO"), "72404".to_owned(), 8)];
        let failures = vec![FailureCount { routes, ..failure(Some(30007), 10) }];
        let hour = Outcomes { codes: 20, ..Outcomes::default() };
        let found = found(&Health { hour, failures, ..Health::default() });
        assert_eq!(
            found[0].text,
            "error 30007: 10 of 20 codes in an hour, 8 of them to Colombia from 72404"
        );
        assert_eq!(found[0].sender.as_deref(), Some("72404"));
    }

    #[test]
    fn many_failures_of_different_kinds_add_up() {
        let failures = [30003, 30005, 30006].map(|code| failure(Some(code), 2)).to_vec();
        let hour = Outcomes { codes: 6, ..Outcomes::default() };
        let found = found(&Health { hour, failures, ..Health::default() });
        let worst = found.iter().max_by_key(|finding| finding.severity).unwrap();
        assert_eq!(worst.severity, Severity::Warning);
        assert_eq!(worst.text, "6 of 6 codes in an hour failed, in several ways");
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
}
