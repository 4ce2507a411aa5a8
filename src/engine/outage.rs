//! Findings that codes do not go out now: none at all, or none to one country from one sender.

use super::finding::{Finding, Severity, place};
use crate::domain::country::Country;
use crate::domain::fault::{Fault, Origin};
use crate::domain::provider::ProviderKind;
use crate::domain::sender::Sender;
use crate::domain::text::capitalized;
use crate::domain::thresholds::Thresholds;
use crate::provider::ErrorCode;
use crate::store::{CauseCount, Health, Newest, Outage, RouteFailures};

/// One code in so many goes to a country from a sender whose outage is critical.
const LARGE_ROUTE: u32 = 10;

/// Returns the finding that codes do not go out now: many of the newest have failed, and they are a
/// large share; or the last ones failed one after the other for a reason that all codes share.
pub(super) fn of_newest(
    health: &Health,
    provider: ProviderKind,
    thresholds: Thresholds,
) -> Option<Finding> {
    let Newest { codes, failed } = health.newest;
    let outage = health.outage.as_ref();
    let in_a_row = outage.map_or(0, |outage| outage.count);
    let as_code = |code: Option<u32>| code.map(|code| ErrorCode::new(provider, code));
    let (code, fault, since) = match (health.newest_cause, outage) {
        _ if is_a_blip(health, thresholds) => return None,
        (Some(cause), outage) if are_most(health.newest, thresholds) => {
            let since = outage.map_or(cause.first, |outage| outage.since.min(cause.first));
            (as_code(cause.error_code), cause.fault, since)
        }
        (_, Some(outage)) if concerns_all(outage, as_code(outage.error_code), thresholds) => {
            (as_code(outage.error_code), outage.fault, outage.since)
        }
        _ => return None,
    };
    let cause = cause_words(code, fault, provider);
    let (text, count, of) = if in_a_row >= failed {
        (format!("{cause}: the last {in_a_row} codes failed"), in_a_row, codes.max(in_a_row))
    } else {
        (format!("{cause}: {failed} of the last {codes} codes failed"), failed, codes)
    };
    let key = format!("down-{}", cause_key(code, fault));
    let finding = Finding::new(Severity::Critical, key, text);
    Some(finding.with_cause(code, fault).with_codes(count, of, since))
}

/// Whether so many of some codes have failed that it is no bad luck of a few users.
fn are_most(Newest { codes, failed }: Newest, thresholds: Thresholds) -> bool {
    let many = 2 * u32::from(thresholds.failures.get());
    failed >= many && failed * 100 >= codes * u32::from(thresholds.failing_percent.get())
}

/// Whether codes have failed one after the other for a reason that has nothing to do with whom they
/// were for: a quiet deck must not wait for many of them.
fn concerns_all(outage: &Outage, code: Option<ErrorCode>, thresholds: Thresholds) -> bool {
    let origin = code.map(ErrorCode::origin).or(outage.fault.map(Fault::origin));
    outage.of_cause >= thresholds.failures.get().into()
        && matches!(origin, Some(Origin::Network | Origin::Provider))
}

/// Whether the newest codes are but a moment of a busy deck, on which hardly any failed within
/// minutes.
fn is_a_blip(health: &Health, thresholds: Thresholds) -> bool {
    let Newest { codes, failed } = health.five_minutes;
    codes > 2 * Newest::MOST && failed * 100 < codes * u32::from(thresholds.warning_percent.get())
}

/// Returns the findings about countries and senders whose newest codes fail, for reasons that are not
/// their recipients'.
pub(super) fn of_routes(
    health: &Health,
    provider: ProviderKind,
    thresholds: Thresholds,
) -> Vec<Finding> {
    let failing = health.route_failures.iter();
    failing.filter_map(|route| of_route(route, health, provider, thresholds)).collect()
}

fn of_route(
    route: &RouteFailures,
    health: &Health,
    provider: ProviderKind,
    thresholds: Thresholds,
) -> Option<Finding> {
    let code = |cause: &CauseCount| cause.error_code.map(|code| ErrorCode::new(provider, code));
    let is_shared =
        |cause: &&CauseCount| code(cause).is_none_or(|code| code.origin() != Origin::Recipient);
    let causes = || route.causes.iter().filter(is_shared);
    let failed = causes().map(|cause| cause.count).sum();
    let worst = causes().next()?;
    if !are_most(Newest { codes: route.codes, failed }, thresholds) {
        return None;
    }
    let since = causes().map(|cause| cause.first).min()?;
    let cause = cause_words(code(worst), worst.fault, provider);
    let sender = Sender::parse(&route.sender)
        .map_or_else(|_| route.sender.clone(), |sender| sender.to_string());
    let (place, of) = (place(route.country), route.codes);
    let text = if failed == of {
        format!("{cause}: the last {of} codes to {place} from {sender} failed")
    } else {
        format!("{cause}: {failed} of the last {of} codes to {place} from {sender} failed")
    };
    let is_large = route.codes * LARGE_ROUTE >= health.hour.codes;
    let severity = if is_large { Severity::Critical } else { Severity::Warning };
    let country = route.country.map_or("none", Country::code);
    let finding = Finding::new(severity, format!("route-{country}-{}", route.sender), text);
    let finding = finding.with_cause(code(worst), worst.fault).with_codes(failed, of, since);
    Some(Finding { country: route.country, sender: Some(route.sender.clone()), ..finding })
}

/// The cause of failures, as a sentence begins with it.
fn cause_words(code: Option<ErrorCode>, fault: Option<Fault>, provider: ProviderKind) -> String {
    match (code, fault) {
        (Some(code), _) => code.advice().map_or_else(
            || format!("Error {code}"),
            |known| format!("{} (error {code})", capitalized(known.cause)),
        ),
        (None, Some(fault)) => fault.words(provider.name()),
        (None, None) => "Codes fail without a word".to_owned(),
    }
}

/// The stable name of a cause.
pub(super) fn cause_key(code: Option<ErrorCode>, fault: Option<Fault>) -> String {
    match (code, fault) {
        (Some(code), _) => code.number.to_string(),
        (None, Some(fault)) => fault.key().to_owned(),
        (None, None) => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::store::Outcomes;

    const SINCE: Timestamp = Timestamp::UNIX_EPOCH;

    const fn outage(count: u32, error_code: Option<u32>, fault: Option<Fault>) -> Outage {
        Outage { since: SINCE, count, of_cause: count, error_code, fault }
    }

    const fn cause(count: u32, error_code: Option<u32>, fault: Option<Fault>) -> CauseCount {
        CauseCount { error_code, fault, count, first: SINCE }
    }

    fn down(health: &Health) -> Option<Finding> {
        of_newest(health, ProviderKind::Twilio, Thresholds::default())
    }

    #[test]
    fn sending_is_down_where_most_of_the_newest_codes_fail() {
        for (failed, codes, is_critical) in
            [(25, 25, true), (13, 25, true), (12, 25, false), (6, 6, true), (5, 5, false)]
        {
            let newest = Newest { codes, failed };
            let hour = Outcomes { codes: 5_000, ..Outcomes::default() };
            // Also where one code has gone out among those that fail.
            let newest_cause = Some(cause(failed, Some(30007), None));
            let health = Health { hour, newest, newest_cause, ..Health::default() };
            assert_eq!(down(&health).is_some(), is_critical, "{failed} of {codes}");
        }
    }

    #[test]
    fn a_quiet_deck_is_down_after_a_few_codes_that_fail_for_everyone() {
        for (failed, fault, error_code, is_critical) in [
            (3, Some(Fault::NoConnection), None, true),
            (2, Some(Fault::NoConnection), None, false),
            (3, Some(Fault::ServerError), None, true),
            // These are about whom the codes were for.
            (3, None, Some(30003), false),
            (3, None, Some(21408), false),
        ] {
            let newest = Newest { codes: 25, failed };
            let outage = Some(outage(failed, error_code, fault));
            let found = down(&Health { newest, outage, ..Health::default() });
            assert_eq!(found.is_some(), is_critical, "{failed} {fault:?} {error_code:?}");
        }
        let newest = Newest { codes: 25, failed: 25 };
        let outage = Some(outage(30, None, Some(Fault::NoConnection)));
        let newest_cause = Some(cause(25, None, Some(Fault::NoConnection)));
        let health = Health { newest, newest_cause, outage, ..Health::default() };
        let found = down(&health).unwrap();
        assert_eq!(found.text, "No connection to Twilio: the last 30 codes failed");
        assert_eq!((found.origin, found.since), (Some(Origin::Network), Some(SINCE)));
        assert!(found.explanation().unwrap().contains("firewall"));
    }

    #[test]
    fn a_moment_of_failures_on_a_busy_deck_is_no_outage() {
        for (failed_in_minutes, is_critical) in [(25, false), (1_500, true)] {
            let health = Health {
                newest: Newest { codes: 25, failed: 25 },
                five_minutes: Newest { codes: 30_000, failed: failed_in_minutes },
                newest_cause: Some(cause(25, None, Some(Fault::TimedOut))),
                ..Health::default()
            };
            assert_eq!(down(&health).is_some(), is_critical, "{failed_in_minutes} in 5 minutes");
        }
    }

    #[test]
    fn one_country_that_fails_is_told_by_its_name() {
        let found = |codes, count, hour, error_code: u32| {
            let cause = cause(count, Some(error_code), None);
            let country = Country::from_code("CO");
            let sender = "72404".to_owned();
            let route = RouteFailures { country, sender, codes, causes: vec![cause] };
            let hour = Outcomes { codes: hour, ..Outcomes::default() };
            let health = Health { hour, route_failures: vec![route], ..Health::default() };
            of_routes(&health, ProviderKind::Twilio, Thresholds::default()).pop()
        };
        let critical = found(10, 8, 100, 30007).unwrap();
        assert!(
            critical
                .text
                .ends_with("(error 30007): 8 of the last 10 codes to Colombia from 72404 failed"),
            "{}",
            critical.text
        );
        assert_eq!(
            (critical.severity, critical.key.as_str()),
            (Severity::Critical, "route-CO-72404")
        );
        assert_eq!(found(25, 25, 5_000, 30007).unwrap().severity, Severity::Warning);
        assert!(found(10, 5, 100, 30007).is_none(), "too few");
        assert!(found(25, 12, 100, 30007).is_none(), "too small a share");
        assert!(found(10, 8, 100, 30003).is_none(), "it is the phones that are off");
    }
}
