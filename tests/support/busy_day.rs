//! Settings, users and a log as a busy Production has them.

use std::time::Duration;

use jiff::Timestamp;
use smsdeck::config::{Config, TokenStatus};
use smsdeck::domain::country::Country;
use smsdeck::domain::delivery::DeliveryStatus;
use smsdeck::domain::environment::{Environment, PerEnvironment};
use smsdeck::domain::from_numbers::{FromNumber, FromNumbers};
use smsdeck::domain::provider::{AccountSid, Provider, ProviderKind, TwilioAccount};
use smsdeck::domain::quota::Quota;
use smsdeck::domain::secret::{LookupKey, SecretSource};
use smsdeck::domain::sender::Sender;
use smsdeck::domain::settings::Settings;
use smsdeck::engine::{Finding, Severity, Status};
use smsdeck::provider::ErrorCode;
use smsdeck::store::{
    BlockTraffic, CountryTraffic, DeliveryId, Destinations, Event, EventId, EventKind, Health,
    Newest, Outcomes, QuotaRow, RouteHealth, Subject,
};

/// 2026-11-23 12:04:31 UTC, a Monday at noon.
pub fn noon() -> Timestamp {
    "2026-11-23T12:04:31Z".parse().unwrap()
}

/// Production has a stored token.
pub fn tokens() -> PerEnvironment<TokenStatus> {
    PerEnvironment::from_fn(|environment| match environment {
        Environment::Production => TokenStatus::Stored {
            ending: "3f9a".to_owned(),
            since: "2026-11-11T00:00:00Z".parse().unwrap(),
        },
        _ => TokenStatus::NotSet,
    })
}

fn number(sender: &str, countries: &[&str]) -> FromNumber {
    FromNumber {
        sender: Sender::parse(sender).unwrap(),
        countries: countries.iter().map(|code| code.parse().unwrap()).collect(),
    }
}

/// The settings of the sketch: Production on Twilio with three numbers.
pub fn busy_config() -> Config {
    let mut config = Config::built_in();
    let account = TwilioAccount {
        account_sid: Some(AccountSid::parse("AC4f190000000000000000000000009b21").unwrap()),
        auth_token: Some(SecretSource::Stored),
        ..TwilioAccount::default()
    };
    let numbers = vec![
        number("+14155550100", &["CA", "US"]),
        number("+447700900123", &["GB", "GG", "IE"]),
        number("ACME", &["AT", "CH", "DE"]),
    ];
    config.environments.production = Settings {
        default_country: Some("CO".parse().unwrap()),
        provider: Provider::Twilio(Box::new(account)),
        from_numbers: FromNumbers::new(numbers, Some(Sender::parse("+14155550100").unwrap()))
            .unwrap(),
        ..Settings::built_in(Environment::Production)
    };
    config
}

/// Three users, the first of them locked.
pub fn quota_rows() -> Vec<QuotaRow> {
    let row = |user: &str, number: &str, seed: u8, quota| QuotaRow {
        user: Subject { key: LookupKey([seed; 32]), label: user.to_owned() },
        number: Subject { key: LookupKey([seed + 100; 32]), label: number.to_owned() },
        quota,
        last_sent: noon(),
        wrong_in_a_row: 0,
        country: Country::from_code("CO"),
        sender: "+14155550100".to_owned(),
    };
    let unlock_at = "2026-11-23T12:19:05Z".parse().unwrap();
    vec![
        row("jdoe", "+57 ••• ••• 4567", 1, Quota::Locked { used: 3, unlock_at }),
        row("m.ruiz", "+57 ••• ••• 8820", 2, Quota::Open { used: 1, left: 2 }),
        row("+44 ••• ••• 3456", "+44 ••• ••• 3456", 3, Quota::Open { used: 2, left: 1 }),
    ]
}

/// A day with failures, and a block of numbers that looks like abuse.
pub fn status() -> Status {
    let colombia = Country::from_code("CO");
    let second = Duration::from_secs(1);
    let outcomes = |codes, delivered, failed| Outcomes {
        codes,
        delivered,
        failed,
        median: Some(2 * second),
        p95: Some(9 * second),
        ..Outcomes::default()
    };
    let mut codes_by_hour = [0; 24];
    codes_by_hour[3..]
        .copy_from_slice(&[1, 2, 4, 8, 12, 9, 7, 6, 5, 5, 6, 7, 9, 12, 14, 16, 12, 9, 6, 4, 40]);
    let health = Health {
        hour: outcomes(40, 30, 9),
        day: outcomes(194, 170, 21),
        codes_by_hour,
        usual_per_hour: 7,
        failures: Vec::new(),
        routes: vec![RouteHealth {
            country: colombia,
            sender: "+14155550100".to_owned(),
            codes: 194,
            last_delivered: Some("2026-11-23T12:04:28Z".parse().unwrap()),
            last_failed: Some("2026-11-23T12:05:02Z".parse().unwrap()),
            last_error: Some(30007),
        }],
        oldest_open: Some("2026-11-23T11:49:00Z".parse().unwrap()),
        last_delivered: Some("2026-11-23T12:04:28Z".parse().unwrap()),
        usual_failed_percent: 0,
        newest_cause: None,
        five_minutes: Newest::default(),
        route_failures: Vec::new(),
        newest: Newest::default(),
        outage: None,
    };
    let destinations = Destinations {
        countries: vec![CountryTraffic {
            country: colombia,
            day: 194,
            usual: 170,
            settled: 180,
            unverified: 33,
        }],
        blocks: vec![BlockTraffic {
            block: LookupKey([0xa7; 32]),
            country: colombia,
            codes: 31,
            usual: 2,
            numbers: 30,
        }],
        has_history: true,
        ..Destinations::default()
    };
    let finding = |severity, code: Option<u32>, text: &str| Finding {
        key: code.map_or_else(|| "busy".to_owned(), |code| format!("failed-{code}")),
        acknowledged: None,
        severity,
        origin: code.map(|code| ErrorCode::new(ProviderKind::Twilio, code).origin()),
        error_code: code.map(|code| ErrorCode::new(ProviderKind::Twilio, code)),
        fault: None,
        since: None,
        codes: None,
        country: None,
        sender: None,
        advice: None,
        text: text.to_owned(),
    };
    Status {
        balance: None,
        status_requests: None,
        is_set_up: true,
        credentials: Some(smsdeck::engine::CredentialsStatus::Accepted {
            since: "2026-11-23T12:04:28Z".parse().unwrap(),
        }),
        health,
        destinations,
        locked: 1,
        findings: vec![
            finding(Severity::Critical, Some(30007), "error 30007: 9 of 40 codes in an hour"),
            finding(Severity::Warning, None, "40 codes in an hour, usually 7"),
        ],
    }
}

/// A minute of the log.
pub fn events() -> Vec<Event> {
    use DeliveryStatus::{Delivered, Failed, Queued, Refused, Reserved, Sent, Submitting};
    let event = |id: i64, time: &str, delivery: Option<i64>, kind, detail: Option<&str>| Event {
        id: EventId(id),
        at: format!("2026-11-23T{time}Z").parse().unwrap(),
        environment: Environment::Production,
        delivery: delivery.map(DeliveryId),
        kind,
        user: "jdoe".to_owned(),
        recipient: "+57 ••• ••• 4567".to_owned(),
        sender: delivery.map(|_| "+14155550100".to_owned()),
        sid: delivery.filter(|_| id > 2).map(|id| format!("SM{id:032}")),
        error_code: (kind == EventKind::Delivery(Failed)).then_some(30007),
        request_id: None,
        reason: None,
        country: None,
        detail: detail.map(str::to_owned),
        times: 1,
    };
    let delivery = EventKind::Delivery;
    vec![
        event(
            1,
            "12:04:26.900",
            Some(1),
            delivery(Reserved),
            Some("default number, as no number lists CO"),
        ),
        event(2, "12:04:26.950", Some(1), delivery(Submitting), None),
        event(3, "12:04:27.200", Some(1), delivery(Queued), None),
        event(4, "12:04:27.900", Some(1), delivery(Sent), None),
        event(5, "12:04:28.700", Some(1), delivery(Delivered), None),
        event(6, "12:04:29.000", None, EventKind::WrongCode, None),
        event(7, "12:04:31.000", None, delivery(Refused), Some("3 of 3 codes used")),
        event(8, "12:05:02.000", Some(2), delivery(Failed), None),
    ]
}
