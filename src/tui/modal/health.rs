//! How an environment fares, on one page: what is wrong first, then the figures.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::{Flow, draw_reading, reading_room, wrap};
use crate::domain::country::Country;
use crate::domain::sender::Sender;
use crate::engine::{AccountQuery, Severity, Status};
use crate::provider::twilio::refuses_credentials;
use crate::store::{Fare, RouteHealth};
use crate::tui::effect::Effect;
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::pane::quota::cut;
use crate::tui::theme::Theme;
use crate::tui::update::Input;

/// The page, scrolled to a line.
#[derive(Debug, Default)]
pub struct HealthModal {
    scroll: usize,
}

type Line = (String, Style);

impl HealthModal {
    pub(super) fn on_input(&mut self, model: &Model, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::TestAccount) => {
                let provider = model.saved_settings().provider.clone();
                let query = AccountQuery { environment: model.environment, provider, token: None };
                return Flow::Stay(vec![Effect::CheckAccount(Box::new(query))]);
            }
            Input::Action(Action::Up) => self.scroll = self.scroll.saturating_sub(1),
            Input::Action(Action::Down) => self.scroll += 1,
            Input::Action(Action::PageUp) => self.scroll = self.scroll.saturating_sub(10),
            Input::Action(Action::PageDown) => self.scroll += 10,
            _ => {}
        }
        Flow::STAY
    }

    pub(super) fn draw(&self, model: &Model, buffer: &mut Buffer) -> Option<Position> {
        let room = reading_room(model);
        let lines = match &model.desk().status {
            None => vec![("Reading…".to_owned(), model.theme.dim())],
            Some(status) => lines(model, status, room),
        };
        let title = format!("Health · {}", model.environment);
        draw_reading(model, &title, &lines, self.scroll, buffer);
        None
    }
}

fn lines(model: &Model, status: &Status, room: usize) -> Vec<Line> {
    let theme = model.theme;
    let mut lines = findings(theme, status, room);
    lines.extend(account(model, status).into_iter().flat_map(|(text, style)| {
        wrap(&text, room).into_iter().map(move |line| (line, style)).collect::<Vec<_>>()
    }));
    lines.push(blank());
    let health = &status.health;
    lines.push((
        "Codes        asked  delivered  failed   rate  median     p95".to_owned(),
        theme.dim(),
    ));
    lines.push((fare("last hour", &health.hour), Style::new()));
    lines.push((fare("last day", &health.day), Style::new()));
    let present = health.codes_by_hour.last().copied().unwrap_or_default();
    lines.push((format!("By the hour  {}", sparkline(&health.codes_by_hour, theme)), Style::new()));
    lines.push((
        format!("             24 h; this hour {present}, usually {}", health.usual_per_hour),
        theme.dim(),
    ));
    if let Some(oldest) = health.oldest_open {
        let text = format!("Oldest code without an end: {} ago.", ago(oldest, model.now));
        lines.extend(wrap(&text, room).into_iter().map(|line| (line, Style::new())));
    }
    if !health.routes.is_empty() {
        lines.push(blank());
        lines.push(("Country from sender      codes  delivered    failed".to_owned(), theme.dim()));
        lines.extend(health.routes.iter().map(|route| of_route(model, route)));
    }
    if !status.destinations.countries.is_empty() {
        lines.push(blank());
        let head = "Country            a day  usually  never entered";
        lines.push((head.to_owned(), theme.dim()));
        for traffic in &status.destinations.countries {
            let share = traffic.unverified_share().map(|share| format!("{share} %"));
            let name = traffic.country.map_or("no country", Country::name);
            let text = format!(
                "{:<18} {:>5}  {:>7}  {:>13}",
                cut(name, 18),
                traffic.day,
                traffic.usual,
                share.unwrap_or_else(|| "-".to_owned())
            );
            lines.push((text, Style::new()));
        }
    }
    for block in &status.destinations.blocks {
        let text = format!(
            "Block {}: {} numbers side by side in {}, {} codes today.",
            block.name(),
            block.numbers,
            block.country.map_or("no country", Country::name),
            block.codes
        );
        lines.extend(wrap(&text, room).into_iter().map(|line| (line, Style::new())));
    }
    lines
}

fn findings(theme: Theme, status: &Status, room: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for finding in &status.findings {
        let (word, style) = match finding.severity {
            Severity::Fine => ("note", theme.dim()),
            Severity::Warning => ("! warning", theme.warning()),
            Severity::Critical => ("!! critical", theme.failure()),
        };
        let text = format!("{word}: {}.", finding.text);
        lines.extend(wrap(&text, room).into_iter().map(|line| (line, style)));
    }
    if lines.is_empty() {
        lines.push(("Nothing is wrong, as far as this host can see.".to_owned(), theme.good()));
    }
    lines
}

/// Whether the environment can send, and what is known of its account.
fn account(model: &Model, status: &Status) -> Vec<Line> {
    let theme = model.theme;
    let mut lines = Vec::new();
    if !status.is_set_up {
        lines.push((
            "Not set up: an account, a token or a From number is missing.".to_owned(),
            theme.warning(),
        ));
    }
    lines.push(match status.newest_answer {
        None => ("The account has not been asked yet.".to_owned(), theme.dim()),
        Some((at, Some(code))) if refuses_credentials(code) => {
            (format!("Credentials refused at {} (error {code}).", model.clock(at)), theme.failure())
        }
        Some((at, _)) => {
            (format!("Credentials accepted, last at {}.", model.clock(at)), Style::new())
        }
    });
    let balance = model.desk().balance.as_ref();
    lines.push(match balance {
        Some(balance) => (format!("Balance: {balance}."), Style::new()),
        None => ("Balance: not asked yet (^T).".to_owned(), theme.dim()),
    });
    lines
}

fn blank() -> Line {
    (String::new(), Style::new())
}

fn fare(name: &str, fare: &Fare) -> String {
    let rate = fare.delivery_rate().map_or_else(|| "-".to_owned(), |rate| format!("{rate} %"));
    format!(
        "{name:<11} {:>6} {:>10} {:>7} {rate:>6} {:>7} {:>7}",
        fare.codes,
        fare.delivered,
        fare.failed,
        seconds(fare.median),
        seconds(fare.p95)
    )
}

fn seconds(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".to_owned(), |time| format!("{:.1} s", time.as_secs_f64()))
}

fn of_route(model: &Model, route: &RouteHealth) -> Line {
    let sender = Sender::parse(&route.sender)
        .map_or_else(|_| route.sender.clone(), |sender| sender.to_string());
    let country = route.country.map_or("--", Country::code);
    let moment = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| model.clock(at));
    let error = route.last_error.map(|code| format!(" ({code})")).unwrap_or_default();
    let text = format!(
        "{country} {:<20} {:>6}  {:>9}  {:>8}{error}",
        cut(&sender, 20),
        route.codes,
        moment(route.last_delivered),
        moment(route.last_failed)
    );
    let failed_last = route.last_failed > route.last_delivered;
    (text, if failed_last { model.theme.warning() } else { Style::new() })
}

/// One character an hour, as high as its codes; digits where there are no blocks, 9 the most.
fn sparkline(codes: &[u32], theme: Theme) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = codes.iter().copied().max().unwrap_or_default().max(1);
    let height = |codes: u32, steps: u32| (codes * (steps - 1)).div_ceil(most);
    codes
        .iter()
        .map(|&codes| match (codes, theme.unicode()) {
            (0, _) => '.',
            (codes, true) => BLOCKS[height(codes, 8) as usize],
            (codes, false) => char::from_digit(height(codes, 10), 10).unwrap_or('9'),
        })
        .collect()
}

fn ago(moment: Timestamp, now: Timestamp) -> String {
    match now.duration_since(moment).as_secs().max(0) {
        seconds if seconds < 120 => format!("{seconds} s"),
        seconds if seconds < 7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}
