//! A console without a terminal: keys in, effects and screens out.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use smsdeck::config::{Config, TokenStatus};
use smsdeck::domain::delivery::DeliveryStatus;
use smsdeck::domain::environment::{Environment, PerEnvironment};
use smsdeck::domain::from_numbers::{FromNumber, FromNumbers};
use smsdeck::domain::provider::{AccountSid, Provider, TwilioAccount};
use smsdeck::domain::quota::Quota;
use smsdeck::domain::secret::{LookupKey, SecretSource};
use smsdeck::domain::sender::Sender;
use smsdeck::domain::settings::Settings;
use smsdeck::engine::{Finding, Preview, Severity, Status, plan};
use smsdeck::store::{
    BlockTraffic, CountryTraffic, DeliveryId, Destinations, Event, EventId, EventKind, Health,
    Outcomes, QuotaRow, RouteHealth, Standing, Subject,
};
use smsdeck::tui::effect::Effect;
use smsdeck::tui::message::{LoadedDeck, Message, Places};
use smsdeck::tui::model::Model;
use smsdeck::tui::theme::Theme;
use smsdeck::tui::update::update;
use smsdeck::tui::view::view;

/// A model with a clock that only the test moves.
pub struct Console {
    pub model: Model,
    pub now: Timestamp,
}

/// 2026-11-23 12:04:31 UTC, a Monday at noon.
pub fn noon() -> Timestamp {
    "2026-11-23T12:04:31Z".parse().unwrap()
}

impl Console {
    /// A console of this size that has read these settings.
    pub fn with(size: (u16, u16), config: Config) -> Self {
        let theme = Theme { colour: true, unicode: true, plain: false };
        let model = Model::new(size, theme, TimeZone::UTC, noon());
        let mut console = Self { model, now: noon() };
        let tokens = tokens();
        let places = Places {
            config: "~/.config/smsdeck/config.ron".to_owned(),
            store: "~/.local/state/smsdeck/deck.db".to_owned(),
        };
        let welcome = (config == Config::built_in()).then_some(places);
        let deck = LoadedDeck { config, tokens, unwritable: None, welcome };
        console.tell(Message::Loaded(Box::new(deck)));
        console.tell(Message::EngineReady);
        console
    }

    /// A console on a fresh machine.
    pub fn fresh(size: (u16, u16)) -> Self {
        Self::with(size, Config::built_in())
    }

    /// A console that has seen a day's work.
    pub fn busy(size: (u16, u16)) -> Self {
        let mut console = Self::with(size, busy_config());
        console.tell(Message::Quota(PerEnvironment::from_fn(|environment| match environment {
            Environment::Production => quota_rows(),
            _ => Vec::new(),
        })));
        console.tell(Message::Events(events()));
        console.model.environment = Environment::Production;
        console
    }

    /// A console whose Production has so many users, none of them locked.
    pub fn with_users(size: (u16, u16), count: u32) -> Self {
        let mut console = Self::with(size, busy_config());
        let key = |index: u32| {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&index.to_be_bytes());
            LookupKey(key)
        };
        let row = |index| QuotaRow {
            user: Subject { key: key(index), label: format!("user{index:05}") },
            number: Subject {
                key: key(index + count), label: "+57 ••• ••• 4567".to_owned()
            },
            ..quota_rows().remove(1)
        };
        console.tell(Message::Quota(PerEnvironment::from_fn(|environment| match environment {
            Environment::Production => (0..count).map(row).collect(),
            _ => Vec::new(),
        })));
        console.model.environment = Environment::Production;
        console
    }

    /// A console that shows all about the first user.
    pub fn with_user(size: (u16, u16)) -> Self {
        let mut console = Self::busy(size);
        for effect in console.press("Enter") {
            let Effect::LoadUser { ticket, .. } = effect else { continue };
            console.tell(Message::UserLoaded { ticket, story: Ok(events()) });
        }
        console
    }

    /// A console that shows how Production fares.
    pub fn with_health(size: (u16, u16)) -> Self {
        let mut console = Self::busy(size);
        console.press("o");
        console.tell(Message::Status(PerEnvironment::from_fn(|environment| {
            (environment == Environment::Production).then(|| Box::new(status()))
        })));
        console
    }

    /// Hands over a message.
    pub fn tell(&mut self, message: Message) -> Vec<Effect> {
        update(&mut self.model, self.now, message)
    }

    /// Presses keys: names such as `Tab`, `^s` in spaces, anything else is typed letter by
    /// letter; `_` is a space. Answers the effects of all of them.
    pub fn press(&mut self, keys: &str) -> Vec<Effect> {
        keys.split_whitespace()
            .flat_map(parse)
            .flat_map(|key| {
                let effects = self.tell(Message::Key(key));
                for effect in &effects {
                    self.answer_preview(effect);
                }
                effects
            })
            .collect()
    }

    /// Answers a preview as the engine would for a user with two of three codes left.
    fn answer_preview(&mut self, effect: &Effect) {
        let Effect::Preview { ticket, request } = effect else { return };
        let settings = self.model.saved_settings();
        let preview = plan(settings, settings.default_country, "Sign-in", &request.number)
            .map(|plan| {
                let quota = Quota::Open { used: 1, left: 2 };
                Box::new(Preview {
                    plan,
                    standing: Standing { quota, tries_used_up: false },
                    over_limit: None,
                    limits_record_only: false,
                })
            })
            .map_err(|error| error.to_string());
        self.tell(Message::Previewed { ticket: *ticket, preview });
    }

    /// Draws the screen.
    pub fn draw(&self) -> TestBackend {
        let (width, height) = self.model.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| view(&self.model, frame)).unwrap();
        terminal.backend().clone()
    }

    /// The screen as text.
    pub fn screen(&self) -> String {
        self.draw().to_string()
    }
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

fn parse(word: &str) -> Vec<KeyEvent> {
    let plain = |code| vec![KeyEvent::new(code, KeyModifiers::NONE)];
    match word {
        "Tab" => plain(KeyCode::Tab),
        "BackTab" => plain(KeyCode::BackTab),
        "Enter" => plain(KeyCode::Enter),
        "Esc" => plain(KeyCode::Esc),
        "Up" => plain(KeyCode::Up),
        "Down" => plain(KeyCode::Down),
        "Left" => plain(KeyCode::Left),
        "Right" => plain(KeyCode::Right),
        "Home" => plain(KeyCode::Home),
        "End" => plain(KeyCode::End),
        "PageUp" => plain(KeyCode::PageUp),
        "PageDown" => plain(KeyCode::PageDown),
        "Delete" => plain(KeyCode::Delete),
        "Backspace" => plain(KeyCode::Backspace),
        "F1" => plain(KeyCode::F(1)),
        _ => match word.strip_prefix('^') {
            Some(letter) if letter.chars().count() == 1 => {
                let letter = letter.chars().next().unwrap();
                vec![KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)]
            }
            _ => word
                .chars()
                .map(|letter| if letter == '_' { ' ' } else { letter })
                .map(|letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE))
                .collect(),
        },
    }
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

fn quota_rows() -> Vec<QuotaRow> {
    let row = |user: &str, number: &str, seed: u8, quota| QuotaRow {
        user: Subject { key: LookupKey([seed; 32]), label: user.to_owned() },
        number: Subject { key: LookupKey([seed + 100; 32]), label: number.to_owned() },
        quota,
        last_sent: noon(),
        wrong_in_a_row: 0,
        country: smsdeck::domain::country::Country::from_code("CO"),
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
fn status() -> Status {
    let colombia = smsdeck::domain::country::Country::from_code("CO");
    let second = Duration::from_secs(1);
    let fare = |codes, delivered, failed| Outcomes {
        codes,
        delivered,
        failed,
        median: Some(2 * second),
        p95: Some(9 * second),
    };
    let mut codes_by_hour = [0; 24];
    codes_by_hour[3..]
        .copy_from_slice(&[1, 2, 4, 8, 12, 9, 7, 6, 5, 5, 6, 7, 9, 12, 14, 16, 12, 9, 6, 4, 40]);
    let health = Health {
        hour: fare(40, 30, 9),
        day: fare(194, 170, 21),
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
    let finding =
        |severity, error_code, text: &str| Finding { severity, error_code, text: text.to_owned() };
    Status {
        is_set_up: true,
        newest_answer: Some(("2026-11-23T12:04:28Z".parse().unwrap(), None)),
        health,
        destinations,
        locked: 1,
        findings: vec![
            finding(Severity::Critical, Some(30007), "error 30007: 9 of 40 codes in an hour"),
            finding(Severity::Warning, None, "40 codes in an hour, where 7 are usual"),
        ],
    }
}

fn events() -> Vec<Event> {
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
        detail: detail.map(str::to_owned),
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
