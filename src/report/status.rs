//! The health of an environment.

use std::time::Duration;

use serde::Serialize;

use super::moment::Moment;
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::fault::{Fault, Origin};
use crate::engine::{self, CredentialsStatus};
use crate::provider::ErrorCode;
use crate::store;

/// The health of an environment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status<'a> {
    /// The environment.
    pub environment: &'static str,
    /// The worst of the findings: `ok`, `warning` or `critical`.
    pub status: &'static str,
    /// Whether the environment is set up.
    pub set_up: bool,
    /// What the account answered about its credentials: `accepted`, `refused` or `unverified`;
    /// `None` where there are none.
    pub credentials: Option<&'static str>,
    /// What the account had left when it was last asked, with its currency.
    pub balance: Option<String>,
    /// When it was last asked.
    pub balance_at: Option<Moment>,
    /// Users who are locked out of codes now.
    pub locked: usize,
    /// Codes of the last hour.
    pub codes_last_hour: u32,
    /// Codes per hour over the previous week.
    pub usual_per_hour: u32,
    /// What became of the codes of the last hour.
    pub hour: Outcomes,
    /// What became of the codes of the last day.
    pub day: Outcomes,
    /// Time of the last delivery.
    pub last_delivered: Option<Moment>,
    /// When the oldest code without a final status was requested.
    pub oldest_open: Option<Moment>,
    /// Delivery results by country and sender.
    pub routes: Vec<Route<'a>>,
    /// Where the codes of the last day went.
    pub countries: Vec<CountryTraffic>,
    /// The findings, the worst first.
    pub findings: Vec<Finding<'a>>,
}

/// What became of codes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcomes {
    /// All of them.
    pub codes: u32,
    /// Those that arrived.
    pub delivered: u32,
    /// Those that did not, or of which no one knows.
    pub failed: u32,
    /// The share that arrived of those with a final status, in percent.
    pub delivery_rate: Option<u32>,
    /// Half of them arrived within so many seconds.
    pub median_seconds: Option<f64>,
    /// 95 of 100 arrived within so many seconds.
    pub p95_seconds: Option<f64>,
}

/// The delivery results of codes to a country from one sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Route<'a> {
    /// The ISO code of the country.
    pub country: Option<&'static str>,
    /// The sender.
    pub sender: &'a str,
    /// Codes of the last day.
    pub codes_last_day: u32,
    /// When one that arrived was last asked for.
    pub last_delivered: Option<Moment>,
    /// When one that did not arrive was last asked for.
    pub last_failed: Option<Moment>,
    /// The provider's error code of that one.
    pub last_error: Option<u32>,
}

/// Codes to one country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CountryTraffic {
    /// The ISO code of the country.
    pub country: Option<&'static str>,
    /// Codes of the last day.
    pub codes_last_day: u32,
    /// Codes a day over the week before.
    pub usual_per_day: u32,
    /// The share of codes that were never entered, in percent.
    pub unverified_percent: Option<u32>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding<'a> {
    /// Its stable name, by which it is acknowledged.
    pub key: &'a str,
    /// Who knows of it, if somebody does.
    pub acknowledged: Option<Acknowledged<'a>>,
    /// `ok`, `warning` or `critical`.
    pub severity: &'static str,
    /// What it is.
    pub text: &'a str,
    /// Whose fault it is: `ours`, `network`, `provider`, `carrier` or `recipient`, if that shows.
    pub origin: Option<&'static str>,
    /// What keeps codes from the provider, if it is about that.
    pub fault: Option<&'static str>,
    /// Since when.
    pub since: Option<Moment>,
    /// How many codes.
    pub count: Option<u32>,
    /// Of how many.
    pub of: Option<u32>,
    /// The ISO code of the country that it is about, or that most of its codes went to.
    pub country: Option<&'static str>,
    /// The sender that most of its codes came from.
    pub sender: Option<&'a str>,
    /// The provider's error code, if it is about one.
    pub error_code: Option<u32>,
    /// What kind of error that is.
    pub class: Option<&'static str>,
    /// What the error means.
    pub cause: Option<&'static str>,
    /// What to do about it.
    pub advice: Option<&'static str>,
}

/// Somebody knows of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Acknowledged<'a> {
    /// Who.
    pub by: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Until when.
    pub until: Moment,
}

impl<'a> From<&'a store::Acknowledgement> for Acknowledged<'a> {
    fn from(known: &'a store::Acknowledgement) -> Self {
        Self { by: &known.by, reason: &known.reason, until: Moment(known.until) }
    }
}

impl<'a> Status<'a> {
    /// The status of an environment.
    pub fn of(environment: Environment, status: &'a engine::Status) -> Self {
        let health = &status.health;
        Self {
            environment: environment.key(),
            status: status.severity().key(),
            set_up: status.is_set_up,
            credentials: status.credentials.map(CredentialsStatus::key),
            balance: status.balance.as_ref().map(|known| known.balance.to_string()),
            balance_at: status.balance.as_ref().map(|known| Moment(known.at)),
            locked: status.locked,
            codes_last_hour: health.hour.codes,
            usual_per_hour: health.usual_per_hour,
            hour: (&health.hour).into(),
            day: (&health.day).into(),
            last_delivered: health.last_delivered.map(Moment),
            oldest_open: health.oldest_open.map(Moment),
            routes: health.routes.iter().map(Route::from).collect(),
            countries: status.destinations.countries.iter().map(CountryTraffic::from).collect(),
            findings: status.findings.iter().map(Finding::from).collect(),
        }
    }
}

impl From<&store::Outcomes> for Outcomes {
    fn from(of: &store::Outcomes) -> Self {
        Self {
            codes: of.codes,
            delivered: of.delivered,
            failed: of.failed,
            delivery_rate: of.delivery_rate(),
            median_seconds: of.median.as_ref().map(Duration::as_secs_f64),
            p95_seconds: of.p95.as_ref().map(Duration::as_secs_f64),
        }
    }
}

impl<'a> From<&'a store::RouteHealth> for Route<'a> {
    fn from(of: &'a store::RouteHealth) -> Self {
        Self {
            country: of.country.map(Country::code),
            sender: &of.sender,
            codes_last_day: of.codes,
            last_delivered: of.last_delivered.map(Moment),
            last_failed: of.last_failed.map(Moment),
            last_error: of.last_error,
        }
    }
}

impl From<&store::CountryTraffic> for CountryTraffic {
    fn from(of: &store::CountryTraffic) -> Self {
        Self {
            country: of.country.map(Country::code),
            codes_last_day: of.day,
            usual_per_day: of.usual,
            unverified_percent: of.unverified_share(),
        }
    }
}

impl<'a> From<&'a engine::Finding> for Finding<'a> {
    fn from(of: &'a engine::Finding) -> Self {
        let known = of.error_code.and_then(ErrorCode::advice);
        Self {
            key: &of.key,
            acknowledged: of.acknowledged.as_ref().map(Acknowledged::from),
            severity: of.severity.key(),
            text: &of.text,
            origin: of.origin.map(Origin::key),
            fault: of.fault.map(Fault::key),
            since: of.since.map(Moment),
            count: of.codes.map(|(count, _)| count),
            of: of.codes.map(|(_, of)| of),
            country: of.country.map(Country::code),
            sender: of.sender.as_deref(),
            error_code: of.error_code.map(|code| code.number),
            class: known.map(|known| known.retry.key()),
            cause: known.map(|known| known.cause),
            advice: known.map(|known| known.advice).or_else(|| of.own_advice()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Finding as EngineFinding, Severity};
    use crate::report::names::names;

    #[test]
    fn the_names_of_a_status_are_stable() {
        let status = engine::Status {
            is_set_up: true,
            credentials: None,
            balance: None,
            status_requests: None,
            health: store::Health::default(),
            destinations: store::Destinations::default(),
            locked: 0,
            findings: Vec::new(),
        };
        let report = Status::of(Environment::Test, &status);
        assert_eq!(
            names(&report),
            "balance balance_at codes_last_hour countries credentials day environment findings hour last_delivered locked oldest_open routes set_up status usual_per_hour"
        );
        assert_eq!(report.status, "ok");
        assert_eq!(
            names(&report.hour),
            "codes delivered delivery_rate failed median_seconds p95_seconds"
        );
    }

    #[test]
    fn the_names_of_the_parts_of_a_status_are_stable() {
        let route = store::RouteHealth {
            country: None,
            sender: "72404".to_owned(),
            codes: 1,
            last_delivered: None,
            last_failed: None,
            last_error: None,
        };
        assert_eq!(
            names(&Route::from(&route)),
            "codes_last_day country last_delivered last_error last_failed sender"
        );
        let traffic =
            store::CountryTraffic { country: None, day: 4, usual: 2, settled: 4, unverified: 1 };
        let report = CountryTraffic::from(&traffic);
        assert_eq!(names(&report), "codes_last_day country unverified_percent usual_per_day");
        assert_eq!(report.unverified_percent, Some(25));
        let finding = EngineFinding {
            key: "down-tls".to_owned(),
            acknowledged: None,
            severity: Severity::Warning,
            origin: Some(Origin::Network),
            error_code: None,
            fault: Some(Fault::Tls),
            since: None,
            codes: Some((6, 25)),
            country: None,
            sender: None,
            advice: None,
            text: String::new(),
        };
        let report = Finding::from(&finding);
        assert_eq!(
            names(&report),
            "acknowledged advice cause class count country error_code fault key of origin sender severity since text"
        );
        assert_eq!((report.origin, report.fault), (Some("network"), Some("tls")));
    }
}
