//! The figures of `smsdeck status` in Prometheus' text format, for the textfile collector of its
//! node exporter.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use jiff::Timestamp;

use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::fault::Fault;
use crate::engine::{Severity, Status};
use crate::store::Times;

/// One family of figures: its name, what it is, and its samples as labels and value.
struct Family {
    name: &'static str,
    help: &'static str,
    samples: Vec<(String, f64)>,
}

/// The whole file.
pub(super) fn render(all: &[(Environment, Status)], now: Timestamp) -> String {
    let mut text = String::new();
    delivery_seconds(&mut text, all);
    for Family { name, help, samples } in states(all, now).into_iter().chain(counts(all)) {
        if samples.is_empty() {
            continue;
        }
        // A string takes all that is written to it.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in samples {
            let labels = if labels.is_empty() { labels } else { format!("{{{labels}}}") };
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    }
    text
}

/// The file where nothing can be read: all that is known is that it is critical.
pub(super) fn unreadable(environments: impl Iterator<Item = Environment>) -> String {
    let mut text =
        "# HELP smsdeck_status 0 ok, 1 warning, 2 critical.\n# TYPE smsdeck_status gauge\n"
            .to_owned();
    for environment in environments {
        // A string takes all that is written to it.
        let _ = writeln!(text, "smsdeck_status{{{}}} 2", label(environment));
    }
    text
}

/// How bad it is, as the exit code of monitoring plugins.
fn status(all: &[(Environment, Status)]) -> Family {
    let severity = |status: &Status| {
        Some(match status.severity() {
            Severity::Fine => 0.0,
            Severity::Warning => 1.0,
            Severity::Critical => 2.0,
        })
    };
    family("smsdeck_status", "0 ok, 1 warning, 2 critical.", each(all, severity))
}

/// Figures of which an environment has one.
fn states(all: &[(Environment, Status)], now: Timestamp) -> Vec<Family> {
    vec![
        status(all),
        family(
            "smsdeck_set_up",
            "Whether the environment is set up.",
            each(all, |status| Some(f64::from(u8::from(status.is_set_up)))),
        ),
        family(
            "smsdeck_locked_users",
            "Users who are locked out of codes now.",
            each(all, |status| u32::try_from(status.locked).ok().map(f64::from)),
        ),
        family(
            "smsdeck_usual_codes",
            "Codes per hour over the previous week.",
            each(all, |status| Some(status.health.usual_per_hour.into())),
        ),
        family(
            "smsdeck_account_balance",
            "The account's last known balance, in its currency.",
            each(all, |status| Some(status.balance.as_ref()?.balance.to_f64())),
        ),
        family(
            "smsdeck_oldest_open_seconds",
            "Age of the oldest code still pending.",
            each(all, |status| {
                Some(now.duration_since(status.health.oldest_open?).as_secs_f64().max(0.0))
            }),
        ),
        family(
            "smsdeck_last_delivered_timestamp_seconds",
            "Time of the last delivery.",
            each(all, |status| Some(seconds(status.health.last_delivered?))),
        ),
        family(
            "smsdeck_written_timestamp_seconds",
            "Time at which this file was written.",
            vec![(String::new(), seconds(now))],
        ),
    ]
}

/// Figures of which an environment has several, distinguished by a label.
fn counts(all: &[(Environment, Status)]) -> Vec<Family> {
    vec![
        family("smsdeck_codes", "Codes of the last hour by result.", many(all, codes)),
        family("smsdeck_findings", "Findings: 1 for each.", many(all, findings)),
        family(
            "smsdeck_failures",
            "Failures of the last hour by country, sender and the provider's error code.",
            many(all, failures),
        ),
        family(
            "smsdeck_country_codes",
            "Codes of the last day by country.",
            many(all, country_codes),
        ),
    ]
}

fn codes(status: &Status) -> Vec<(String, f64)> {
    let hour = &status.health.hour;
    vec![
        ("result=\"asked\"".to_owned(), hour.codes.into()),
        ("result=\"delivered\"".to_owned(), hour.delivered.into()),
        ("result=\"failed\"".to_owned(), hour.failed.into()),
    ]
}

/// The times from the provider to the phone over the last hour, as a histogram. It is of an hour, so
/// its counts go down too: quantiles of it are meant without `rate`.
fn delivery_seconds(text: &mut String, all: &[(Environment, Status)]) {
    const NAME: &str = "smsdeck_delivery_seconds";
    let known = |status: &Status| status.health.hour.times.codes > 0;
    if !all.iter().any(|(_, status)| known(status)) {
        return;
    }
    // A string takes all that is written to it.
    let _ = writeln!(
        text,
        "# HELP {NAME} Delivery time by the provider's clock over the last hour.\n# TYPE {NAME} histogram"
    );
    for (environment, status) in all.iter().filter(|(_, status)| known(status)) {
        let (here, times) = (label(*environment), &status.health.hour.times);
        for (count, seconds) in times.within.iter().zip(Times::SECONDS) {
            let _ = writeln!(text, "{NAME}_bucket{{{here},le=\"{seconds}\"}} {count}");
        }
        let (count, total) = (times.codes, times.total.as_secs_f64());
        let _ = writeln!(text, "{NAME}_bucket{{{here},le=\"+Inf\"}} {count}");
        let _ = writeln!(text, "{NAME}_sum{{{here}}} {total}\n{NAME}_count{{{here}}} {count}");
    }
}

fn findings(status: &Status) -> Vec<(String, f64)> {
    let wrong = status.findings.iter().filter(|it| it.severity > Severity::Fine);
    let labels = wrong.map(|it| {
        let (key, severity) = (label_value(&it.key), it.severity.key());
        let known = it.acknowledged.is_some();
        format!("finding=\"{key}\",severity=\"{severity}\",acknowledged=\"{known}\"")
    });
    // Two caps of one country have one name.
    let labels: BTreeSet<String> = labels.collect();
    labels.into_iter().map(|labels| (labels, 1.0)).collect()
}

fn failures(status: &Status) -> Vec<(String, f64)> {
    let mut samples: BTreeMap<String, f64> = BTreeMap::new();
    for failure in &status.health.failures {
        let fault = failure.fault.map_or("none", Fault::key);
        let code = failure.error_code.map_or_else(|| fault.to_owned(), |code| code.to_string());
        for (country, sender, count) in &failure.routes {
            let (country, sender) = (country.map_or("none", Country::code), label_value(sender));
            let labels = format!("country=\"{country}\",sender=\"{sender}\",code=\"{code}\"");
            *samples.entry(labels).or_default() += f64::from(*count);
        }
    }
    samples.into_iter().collect()
}

/// A value as it stands between the quotes of a label (Prometheus, text-based format).
fn label_value(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn country_codes(status: &Status) -> Vec<(String, f64)> {
    let countries = status.destinations.countries.iter();
    countries
        .map(|traffic| {
            let code = traffic.country.map_or("none", Country::code);
            (format!("country=\"{code}\""), traffic.day.into())
        })
        .collect()
}

/// The sample of each environment that has one.
fn each(
    all: &[(Environment, Status)],
    value: impl Fn(&Status) -> Option<f64>,
) -> Vec<(String, f64)> {
    let samples = all.iter();
    samples
        .filter_map(|(environment, status)| Some((label(*environment), value(status)?)))
        .collect()
}

/// The samples of all environments, with the environment before the other label.
fn many(
    all: &[(Environment, Status)],
    values: impl Fn(&Status) -> Vec<(String, f64)>,
) -> Vec<(String, f64)> {
    let all = all.iter().map(|(environment, status)| (label(*environment), values(status)));
    all.flat_map(|(here, values)| {
        values.into_iter().map(move |(labels, value)| (format!("{here},{labels}"), value))
    })
    .collect()
}

const fn family(name: &'static str, help: &'static str, samples: Vec<(String, f64)>) -> Family {
    Family { name, help, samples }
}

fn label(environment: Environment) -> String {
    format!("environment=\"{}\"", environment.key())
}

/// Seconds since 1970, the unit of Prometheus.
fn seconds(moment: Timestamp) -> f64 {
    moment.duration_since(Timestamp::UNIX_EPOCH).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Destinations, FailureCount, Health};

    #[test]
    fn no_series_is_written_twice() {
        let failure = |fault, count| FailureCount {
            error_code: Some(30007),
            fault,
            count,
            first: Timestamp::UNIX_EPOCH,
            last: Timestamp::UNIX_EPOCH,
            routes: vec![(Country::from_code("CO"), "A\"C".to_owned(), count)],
        };
        let failures = vec![failure(None, 2), failure(Some(Fault::Busy), 3)];
        let status = Status {
            is_set_up: true,
            credentials: None,
            balance: None,
            status_requests: None,
            health: Health { failures, ..Health::default() },
            destinations: Destinations::default(),
            locked: 0,
            findings: Vec::new(),
        };
        let text = render(&[(Environment::Test, status)], Timestamp::UNIX_EPOCH);
        let found: Vec<&str> = text.lines().filter(|it| it.starts_with("smsdeck_fail")).collect();
        let labels = r#"environment="test",country="CO",sender="A\"C",code="30007""#;
        assert_eq!(found, [format!("smsdeck_failures{{{labels}}} 5")]);
    }
}
