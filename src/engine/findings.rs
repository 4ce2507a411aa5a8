//! Findings: what is worth a warning in the figures of an environment, and how bad it is.

use jiff::{SignedDuration, Timestamp};

use super::credentials_status::CredentialsStatus;
use super::finding::{Finding, MIN_CODES, Severity, place};
use super::outage::{cause_key, of_newest, of_routes};
use crate::domain::provider::ProviderKind;
use crate::domain::sender::Sender;
use crate::domain::thresholds::Thresholds;
use crate::provider::{ErrorClass, ErrorCode};
use crate::store::{FailureCount, Health};

/// Returns the finding about credentials that are refused, or that no account was asked about.
pub(super) fn of_credentials(status: CredentialsStatus) -> Option<Finding> {
    match status {
        CredentialsStatus::Accepted { .. } => None,
        CredentialsStatus::Unverified => {
            let text = "credentials not tested with the account yet";
            Some(Finding::new(Severity::Fine, "unverified", text.to_owned()))
        }
        CredentialsStatus::Refused { code, at } => {
            let last = at.strftime("%Y-%m-%d %H:%M:%S UTC");
            let what = match code.class() {
                ErrorClass::InactiveAccount => "the account is suspended, closed or not active",
                _ => "the account rejects its credentials",
            };
            let text = format!("{what} (error {code}), last at {last}");
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
    let text = format!("{text}; quotas and codes use the time that really passed");
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
    let routes = match down {
        Some(_) => Vec::new(),
        None => of_routes(health, provider, thresholds),
    };
    let known: Vec<&Finding> = down.iter().chain(&routes).collect();
    let mut findings = of_failures(health, provider, thresholds, &known);
    findings.extend(routes);
    findings.extend(down);
    if let Some(oldest) = health.oldest_open {
        let minutes = now.duration_since(oldest).as_mins();
        if minutes >= thresholds.open_minutes.get().into() {
            let text = format!("the oldest pending code is {minutes} min old");
            let finding = Finding::new(Severity::Warning, "pending", text);
            findings.push(Finding { since: Some(oldest), ..finding });
        }
    }
    let (codes, usual) = (health.hour.codes, health.usual_per_hour);
    if usual > 0
        && codes >= MIN_CODES
        && codes >= usual.saturating_mul(thresholds.busy_factor.get().into())
    {
        let text = format!("{codes} codes in an hour, usually {usual}");
        findings.push(Finding::new(Severity::Warning, "busy", text));
    }
    findings
}

/// Returns the findings about what has failed in the last hour, cause by cause, but for those that
/// are reported already: of a country and a sender, where most of the failures were there.
fn of_failures(
    health: &Health,
    provider: ProviderKind,
    thresholds: Thresholds,
    known: &[&Finding],
) -> Vec<Finding> {
    let is_reported = |failure: &FailureCount| {
        let has_cause = |finding: &&&Finding| {
            let code = finding.error_code.map(|code| code.number);
            (code, finding.fault) == (failure.error_code, failure.fault)
        };
        let there = |finding: &Finding| match &finding.sender {
            // It is about every country and sender.
            None => failure.count,
            Some(own) => {
                let routes = failure.routes.iter();
                routes
                    .filter(|(country, sender, _)| (*country, sender) == (finding.country, own))
                    .map(|(_, _, count)| count)
                    .sum()
            }
        };
        let elsewhere = known.iter().filter(has_cause).fold(None, |rest: Option<u32>, finding| {
            Some(rest.unwrap_or(failure.count).saturating_sub(there(finding)))
        });
        let is_quiet = |rest| severity(rest, health, thresholds) == Severity::Fine;
        elsewhere.is_some_and(is_quiet)
    };
    let others = health.failures.iter().filter(|failure| !is_reported(failure));
    let mut findings: Vec<Finding> =
        others.map(|failure| of_failure(failure, health, provider, thresholds)).collect();
    let worst = findings.iter().map(|finding| finding.severity).max();
    let count = health.failures.iter().map(|failure| failure.count).sum();
    let all = severity(count, health, thresholds);
    if known.is_empty() && worst.is_some_and(|worst| worst < all) {
        let codes = health.hour.codes.max(count);
        let since = health.failures.iter().map(|failure| failure.first).min();
        let text = format!("{count} of {codes} codes in an hour failed, for several reasons");
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
                "{count} of {codes} codes in an hour failed without an error code or are unclear"
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
    let severity = severity(count, health, thresholds);
    let finding = Finding::new(severity, key, format!("{what}{place}"));
    let finding = finding.with_cause(code, failure.fault).with_codes(count, codes, failure.first);
    Finding { country, sender, ..finding }
}

/// Returns how bad it is that so many codes of an hour have failed: a few are bad luck of some users,
/// however many codes there are, and so is a share that is as usual.
fn severity(count: u32, health: &Health, thresholds: Thresholds) -> Severity {
    let codes = health.hour.codes.max(count);
    let usual = 2 * health.usual_failed_percent;
    let percent = u32::from(thresholds.warning_percent.get()).max(usual).min(100);
    if count >= thresholds.failures.get().into() && count * 100 >= codes * percent {
        Severity::Warning
    } else {
        Severity::Fine
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::country::Country;
    use crate::store::{CauseCount, Newest, Outcomes};

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
    fn the_cause_of_an_outage_is_reported_once() {
        let (since, error_code) = (Timestamp::UNIX_EPOCH, Some(30007));
        let health = Health {
            hour: Outcomes { codes: 40, ..Outcomes::default() },
            newest: Newest { codes: 25, failed: 20 },
            newest_cause: Some(CauseCount { error_code, fault: None, count: 20, first: since }),
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
    fn a_share_of_failures_that_is_as_usual_is_no_warning() {
        for (usual_failed_percent, severity) in [
            (0, Severity::Warning),
            (4, Severity::Warning),
            (5, Severity::Warning),
            (6, Severity::Fine),
            (80, Severity::Fine),
        ] {
            let hour = Outcomes { codes: 100, ..Outcomes::default() };
            let failures = vec![failure(Some(30003), 10)];
            let health = Health { hour, usual_failed_percent, failures, ..Health::default() };
            assert_eq!(found(&health)[0].severity, severity, "usually {usual_failed_percent} %");
        }
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
        assert_eq!(worst.text, "6 of 6 codes in an hour failed, for several reasons");
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
