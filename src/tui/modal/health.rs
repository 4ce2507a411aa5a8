//! The health of an environment, on one page: what is wrong first, then the figures.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::acknowledge::offered;
use super::page::{Page, Scroll, reading_room};
use crate::domain::country::Country;
use crate::domain::sender::Sender;
use crate::engine::{AccountQuery, CredentialsStatus, KnownBalance, Severity, Status};
use crate::provider::Capability;
use crate::store::{Outcomes, RouteHealth};
use crate::tui::effect::FileEffect;
use crate::tui::fit::{column, wrap};
use crate::tui::flow::{Flow, Popup};
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::mark::Mark;
use crate::tui::session::{READ_ONLY, Session};
use crate::tui::theme::Theme;

/// The page, scrolled to a line.
#[derive(Debug, Default)]
pub struct HealthModal {
    scroll: Scroll,
}

/// A line with its style.
type Line = (String, Style);

/// Columns that the tables need.
const TABLES: usize = 62;

impl HealthModal {
    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        match input {
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::TestAccount) => {
                let provider = session.saved_settings().provider.clone();
                let query =
                    AccountQuery { environment: session.environment, provider, token: None };
                return Flow::Stay(vec![FileEffect::CheckAccount(Box::new(query)).into()]);
            }
            Input::Action(Action::Acknowledge) if session.read_only => {
                session.complain(READ_ONLY);
            }
            Input::Action(Action::Acknowledge) => match offered(session) {
                findings if findings.is_empty() => session.say("Nothing to acknowledge."),
                findings => return Flow::Open(Popup::Acknowledge { findings }),
            },
            other => {
                let lines = page(session).len();
                self.scroll.on_input(other, lines);
            }
        }
        Flow::STAY
    }

    pub(super) fn draw(&self, session: &Session, buffer: &mut Buffer) -> Option<Position> {
        let lines = page(session);
        let title = format!("Health · {}", session.environment);
        let context = Context::Reading;
        Page { title: &title, lines: &lines, scroll: self.scroll.0, context }.draw(session, buffer);
        None
    }
}

fn page(session: &Session) -> Vec<Line> {
    match &session.tab().status {
        None => vec![("Reading…".to_owned(), session.theme.dim())],
        Some(status) => lines(session, status, reading_room(session)),
    }
}

fn lines(session: &Session, status: &Status, room: usize) -> Vec<Line> {
    let theme = session.theme;
    let wrapped = |(text, style): Line| {
        wrap(&text, room).into_iter().map(move |line| (line, style)).collect::<Vec<_>>()
    };
    let mut lines: Vec<Line> = findings(session, status).into_iter().flat_map(wrapped).collect();
    lines.extend(account(session, status).into_iter().flat_map(wrapped));
    lines.push(blank());
    let is_narrow = room < TABLES || theme.plain;
    let figures = [outcomes_table(status), hours(theme, status), routes(session, status)];
    let destinations = [countries(status)];
    for table in figures.into_iter().chain(destinations) {
        match table {
            Table { rows, .. } if rows.is_empty() => {}
            // A table that does not fit is put in sentences.
            Table { sentences, .. } if is_narrow => {
                lines.extend(sentences.into_iter().flat_map(wrapped));
                lines.push(blank());
            }
            Table { head, rows, .. } => {
                lines.push((head, theme.dim()));
                lines.extend(rows);
                lines.push(blank());
            }
        }
    }
    if let Some(oldest) = status.health.oldest_open {
        let text = format!("Oldest code still pending: {} ago.", ago(oldest, session.now));
        lines.extend(wrapped((text, Style::new())));
    }
    for block in &status.destinations.blocks {
        let text = format!(
            "Block {}: {} adjacent numbers in {}, {} codes in a day, usually {}.",
            block.name(),
            block.numbers,
            block.country.map_or("no country", Country::name),
            block.codes,
            block.usual
        );
        lines.extend(wrapped((text, Style::new())));
    }
    lines
}

/// Figures side by side, and the same in sentences for a narrow screen.
struct Table {
    head: String,
    rows: Vec<Line>,
    sentences: Vec<Line>,
}

fn outcomes_table(status: &Status) -> Table {
    let spans = [("last hour", &status.health.hour), ("last day", &status.health.day)];
    let sentence = |(name, outcomes): (&str, &Outcomes)| {
        let Outcomes { codes, delivered, failed, .. } = outcomes;
        let rate = rate(outcomes);
        let (median, p95) = (seconds(outcomes.median), seconds(outcomes.p95));
        let text = format!(
            "{name}: {codes} codes, {delivered} delivered, {failed} failed ({rate}), median {median}, p95 {p95}"
        );
        (text, Style::new())
    };
    Table {
        head: "Span         codes  delivered  failed   rate  median     p95".to_owned(),
        rows: spans.iter().map(|(name, span)| (outcomes(name, span), Style::new())).collect(),
        sentences: spans.into_iter().map(sentence).collect(),
    }
}

fn hours(theme: Theme, status: &Status) -> Table {
    let hours = &status.health.codes_by_hour;
    let present = hours.last().copied().unwrap_or_default();
    let line = sparkline(hours, theme);
    let words = format!("this hour {present}, usually {}", status.health.usual_per_hour);
    Table {
        head: "Codes per hour, last 24 h".to_owned(),
        rows: vec![(format!("{line}  {words}"), Style::new())],
        sentences: vec![(line, Style::new()), (words, Style::new())],
    }
}

fn routes(session: &Session, status: &Status) -> Table {
    let routes = &status.health.routes;
    Table {
        head: "Country from sender      codes  delivered    failed".to_owned(),
        rows: routes.iter().map(|route| of_route(session, route, false)).collect(),
        sentences: routes.iter().map(|route| of_route(session, route, true)).collect(),
    }
}

fn countries(status: &Status) -> Table {
    let mut table = Table {
        head: "Country         last day  usually     unverified".to_owned(),
        rows: Vec::new(),
        sentences: Vec::new(),
    };
    for traffic in &status.destinations.countries {
        let share = traffic.unverified_share().map(|share| format!("{share} %"));
        let share = share.unwrap_or_else(|| "-".to_owned());
        let name = traffic.country.map_or("no country", Country::name);
        let (day, usual) = (traffic.day, traffic.usual);
        let row = format!("{} {day:>5}  {usual:>7}  {share:>13}", column(name, 18));
        table.rows.push((row, Style::new()));
        let sentence = format!("{name}: {day} in a day, usually {usual}, {share} unverified");
        table.sentences.push((sentence, Style::new()));
    }
    table
}

fn findings(session: &Session, status: &Status) -> Vec<Line> {
    let theme = session.theme;
    let mut lines = Vec::new();
    for finding in &status.findings {
        let (mark, word, style) = match finding.severity {
            Severity::Fine => ("", "note", theme.dim()),
            Severity::Warning => (theme.mark(Mark::Attention), "warning", theme.warning()),
            Severity::Critical => (theme.mark(Mark::Alarm), "critical", theme.failure()),
        };
        let since = finding.since.map(|since| format!(", since {}", session.moment(since)));
        let origin = finding.origin.map(|origin| format!(" ({origin})"));
        let (since, origin) = (since.unwrap_or_default(), origin.unwrap_or_default());
        let text = format!("{mark} {word}: {}{since}{origin}.", finding.text);
        if let Some(known) = &finding.acknowledged {
            let until = session.time_to_come(known.until);
            let text = format!("{word}: {} [acknowledged until {until}]", finding.text);
            lines.push((text, theme.dim()));
            lines.push((format!("By {}: {}.", known.by, known.reason), theme.dim()));
            continue;
        }
        lines.push((text.trim_start().to_owned(), style));
        if let Some(words) = finding.explanation().filter(|_| finding.severity > Severity::Fine) {
            lines.push((words, Style::new()));
        }
    }
    if lines.is_empty() && status.is_set_up {
        lines.push(("No problems found.".to_owned(), theme.good()));
    }
    lines
}

/// Whether the environment can send, and what is known of its account.
fn account(session: &Session, status: &Status) -> Vec<Line> {
    let theme = session.theme;
    let mut lines = Vec::new();
    if !status.is_set_up {
        lines.push((
            "Not set up: an account, a token or a From number is missing.".to_owned(),
            theme.warning(),
        ));
    }
    lines.extend(status.credentials.map(|credentials| match credentials {
        CredentialsStatus::Unverified => {
            ("Credentials unverified: not tested with the account yet.".to_owned(), theme.warning())
        }
        CredentialsStatus::Refused { code, at } => (
            format!("Credentials rejected at {} (error {code}).", session.clock(at)),
            theme.failure(),
        ),
        CredentialsStatus::Accepted { since } => {
            (format!("Credentials accepted since {}.", session.clock(since)), Style::new())
        }
    }));
    // The Sandbox is no account.
    if status.credentials.is_some() && session.provider_can(Capability::ReportBalance) {
        let ask = session.key(Context::Health, Action::TestAccount);
        lines.push(match &status.balance {
            Some(KnownBalance { balance, at }) => {
                let at = session.moment(*at);
                (format!("Balance: {balance} at {at} ({ask} refreshes it)."), Style::new())
            }
            None => (format!("Balance: unknown ({ask} asks the account)."), theme.dim()),
        });
    }
    lines
}

fn blank() -> Line {
    (String::new(), Style::new())
}

fn outcomes(name: &str, outcomes: &Outcomes) -> String {
    let rate = rate(outcomes);
    format!(
        "{name:<11} {:>6} {:>10} {:>7} {rate:>6} {:>7} {:>7}",
        outcomes.codes,
        outcomes.delivered,
        outcomes.failed,
        seconds(outcomes.median),
        seconds(outcomes.p95)
    )
}

fn rate(outcomes: &Outcomes) -> String {
    outcomes.delivery_rate().map_or_else(|| "-".to_owned(), |rate| format!("{rate} %"))
}

fn seconds(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".to_owned(), |time| format!("{:.1} s", time.as_secs_f64()))
}

fn of_route(session: &Session, route: &RouteHealth, in_words: bool) -> Line {
    let sender = Sender::parse(&route.sender)
        .map_or_else(|_| route.sender.clone(), |sender| sender.to_string());
    let country = route.country.map_or("--", Country::code);
    let moment = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| session.clock(at));
    let error = route.last_error.map(|code| format!(" ({code})")).unwrap_or_default();
    let (delivered, failed) = (moment(route.last_delivered), moment(route.last_failed));
    let codes = route.codes;
    let text = if in_words {
        format!("{country} from {sender}: {codes}, delivered {delivered}, failed {failed}{error}")
    } else {
        let sender = column(&sender, 20);
        format!("{country} {sender} {codes:>6}  {delivered:>9}  {failed:>8}{error}")
    };
    let failed_last = route.last_failed > route.last_delivered;
    (text, if failed_last { session.theme.warning() } else { Style::new() })
}

/// Eighths of a line.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One character an hour, as high as its codes; digits where there are no blocks, 9 the most. For
/// those who hear it, the codes themselves.
fn sparkline(codes: &[u32], theme: Theme) -> String {
    if theme.plain {
        let codes: Vec<String> = codes.iter().map(u32::to_string).collect();
        return format!("Codes per hour, last 24 h: {}", codes.join(" "));
    }
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
