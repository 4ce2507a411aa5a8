//! The top of the screen: the environments, whether something about one of them wants attention,
//! and the provider and the state of the one that is shown.

use std::fmt;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::fit::width;
use super::lifecycle::{EngineState, Phase};
use super::mark::Mark;
use super::session::Session;
use crate::domain::environment::Environment;
use crate::domain::provider::Provider;
use crate::engine::{CredentialsStatus, Severity};

/// Draws ` smsdeck   Development   Test  [Production]        Twilio · saved · UTC`.
pub(super) fn draw(session: &Session, area: Rect, buffer: &mut Buffer) {
    let theme = session.theme;
    let Bar { name, tabs, state } = bar(session, area);
    let taken = u16::try_from(width(&state) + 1).unwrap_or(u16::MAX);
    let (mut x, _) = buffer.set_stringn(area.x, area.y, name, area.width.into(), theme.dim());
    for (text, style) in tabs {
        let room = area.right().saturating_sub(x).into();
        (x, _) = buffer.set_stringn(x, area.y, theme.text(&text), room, style);
    }
    if area.right().saturating_sub(x) > taken + 1 {
        let style = if matches!(session.engine, EngineState::Failed(_)) {
            theme.failure()
        } else {
            theme.dim()
        };
        buffer.set_stringn(area.right() - taken, area.y, state, taken.into(), style);
    }
}

/// What the row of tabs consists of.
struct Bar {
    /// The name of the program; empty where there is no room for it.
    name: &'static str,
    tabs: [(String, Style); 3],
    /// Where the environment on screen stands.
    state: String,
}

fn bar(session: &Session, area: Rect) -> Bar {
    let narrow = area.width < 60;
    let tabs = Environment::ALL.map(|environment| tab(session, environment, narrow));
    let name = " smsdeck ";
    let room = tabs.iter().map(|(text, _)| width(text)).sum::<usize>();
    let whole = name.len() + room;
    let state = state(session);
    // Where there is little room, whether it is saved says more than with whom, and in which zone
    // the clocks are.
    let zone = session.zone();
    let texts =
        [format!("{state} · {zone}"), format!("{} · {zone}", state.word), state.to_string()];
    let fits = |text: &&String| room + width(text) + 2 < usize::from(area.width);
    let state = texts.iter().find(fits).map_or(state.word, String::as_str);
    let state = session.theme.text(state);
    let taken = width(&state) + 1;
    // Everyone knows what runs here, and not its state.
    let name = if narrow || whole + taken >= area.width.into() { "" } else { name };
    Bar { name, tabs, state }
}

/// The environment whose tab is at a column.
pub(super) fn environment_at(session: &Session, area: Rect, column: u16) -> Option<Environment> {
    let Bar { name, tabs, .. } = bar(session, area);
    let mut x = usize::from(area.x) + width(name);
    for (environment, (text, _)) in Environment::ALL.into_iter().zip(&tabs) {
        let end = x + width(&session.theme.text(text));
        if (x..end).contains(&usize::from(column)) {
            return Some(environment);
        }
        x = end;
    }
    None
}

/// `Production, 1 locked. Twilio, saved. Others: Development; Test, set up. Times: UTC.`
pub(super) fn header(session: &Session) -> String {
    let with_trouble = |environment: Environment| {
        let name = environment.name();
        let trouble = trouble(session, environment);
        trouble.map_or_else(|| name.to_owned(), |(_, word)| format!("{name}, {word}"))
    };
    let others = Environment::ALL.into_iter().filter(|other| *other != session.environment);
    let others: Vec<String> = others.map(with_trouble).collect();
    let here = with_trouble(session.environment);
    let zone = session.zone();
    format!("{here}. {}. Others: {}. Times: {zone}.", state(session), others.join("; "))
}

/// What stands for an environment in the row of tabs.
fn tab(session: &Session, environment: Environment, narrow: bool) -> (String, Style) {
    let here = environment == session.environment;
    let trouble = trouble(session, environment);
    let name = if narrow { environment.short_name() } else { environment.name() };
    let label = match (&trouble, narrow && !here) {
        (Some((mark, word)), false) => format!("{name} {} {word}", mark.sign()),
        (Some(_), true) => format!("{name} {}", Mark::Attention.sign()),
        (None, _) => name.to_owned(),
    };
    let text = if here { format!(" [{label}]") } else { format!("  {label} ") };
    let style = match (here, trouble) {
        (true, _) => session.theme.strong(),
        (false, Some(_)) => session.theme.warning(),
        (false, None) => Style::new(),
    };
    (text, style)
}

/// What stands beside a tab, if something there wants attention.
fn trouble(session: &Session, environment: Environment) -> Option<(Mark, String)> {
    if session.phase != Phase::Ready {
        return None;
    }
    let tab = &session.tabs[environment];
    let saved = tab.form.saved();
    let severity = tab.status.as_ref().map(|status| status.severity());
    let credentials = tab.status.as_ref().and_then(|status| status.credentials);
    let locked = tab.quota.locked(session.now);
    let word = if !tab.form.conflicts().is_empty() {
        "conflict"
    } else if tab.form.is_changed() {
        return Some((Mark::Changed, "unsaved".to_owned()));
    } else if !saved.missing().is_empty() || saved.from_numbers.rows().is_empty() {
        "set up"
    } else if let Some(CredentialsStatus::Refused { .. }) = credentials {
        "rejected"
    } else if severity == Some(Severity::Critical) {
        "failing"
    } else if credentials == Some(CredentialsStatus::Unverified) {
        "unverified"
    } else if severity == Some(Severity::Warning) {
        let findings = tab.status.iter().flat_map(|status| &status.findings);
        let count = findings.filter(|it| it.open_severity() == Severity::Warning).count();
        let text = if count == 1 { "1 warning".to_owned() } else { format!("{count} warnings") };
        return Some((Mark::Attention, text));
    } else if locked > 0 {
        return Some((Mark::Attention, format!("{locked} locked")));
    } else {
        return None;
    };
    Some((Mark::Attention, word.to_owned()))
}

/// What the environment on screen works with, and where it stands.
struct State {
    /// The provider, once the settings are there and the engine is open.
    provider: Option<&'static str>,
    /// Where it stands, in a word or two.
    word: &'static str,
}

/// `Twilio · saved`
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.provider {
            Some(provider) => write!(f, "{provider} · {}", self.word),
            None => f.write_str(self.word),
        }
    }
}

fn state(session: &Session) -> State {
    let alone = |word| State { provider: None, word };
    match (&session.phase, &session.engine) {
        (Phase::Loading, _) => return alone("starting…"),
        (Phase::Broken(_), _) => return alone("stopped"),
        (_, EngineState::Failed(_)) => return alone("cannot send"),
        (_, EngineState::Starting) => return alone("opening…"),
        (_, EngineState::Ready) => {}
    }
    let word = match session.tab().form.is_changed() {
        _ if session.is_config_unusable => "! invalid config",
        _ if session.settings_are_locked().is_some() => "read-only",
        true => "unsaved",
        false => "saved",
    };
    let settings = session.saved_settings();
    let provider = match &settings.provider {
        Provider::Sandbox => "Sandbox",
        Provider::Twilio(_) if settings.missing().is_empty() => "Twilio",
        Provider::Twilio(_) => "Twilio, no account",
    };
    State { provider: Some(provider), word }
}
