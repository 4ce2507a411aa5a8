//! Draws the model. It reads and never writes.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};

use super::fit::{cut, width, wrap};
use super::keymap::{Action, Binding, Context};
use super::layout::SMALLEST;
use super::model::Model;
use super::pane::{Pane, form_view, form_words, log_view, numbers_view, quota_view};
use super::session::{EngineState, Phase, Pruning};
use crate::domain::environment::Environment;
use crate::domain::provider::Provider;
use crate::engine::Severity;

/// Draws the whole screen.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    if let Some(cursor) = draw(model, frame.buffer_mut()) {
        frame.set_cursor_position(cursor);
    }
}

/// Draws the whole screen and answers where the cursor stands, if it shows.
pub fn draw(model: &Model, buffer: &mut Buffer) -> Option<Position> {
    let parts = model.session.arrangement();
    // A resize may be on its way: what does not fit the buffer is not drawn.
    let screen = Rect { x: 0, y: 0, width: model.session.size.0, height: model.session.size.1 };
    if buffer.area != screen {
        return None;
    }
    if parts.too_small {
        let text = format!("smsdeck needs {} x {}.", SMALLEST.0, SMALLEST.1);
        put(model, screen, 0, &text, Style::new(), buffer);
        let quit = model.session.key(Context::Broken, Action::Quit);
        let text = format!("Enlarge the window, or {quit}.");
        put(model, screen, 1, &text, model.session.theme.dim(), buffer);
        return None;
    }
    if model.session.theme.plain {
        put(model, parts.tabs, 0, &header(model), Style::new(), buffer);
    } else {
        draw_tabs(model, parts.tabs, buffer);
        draw_hint(model, parts.hint, buffer);
    }
    let mut cursor = None;
    match &model.session.phase {
        Phase::Loading => {
            put(model, screen, 2, " Reading the settings…", model.session.theme.dim(), buffer);
        }
        Phase::Broken(reason) => draw_broken(model, reason, screen, buffer),
        Phase::Ready if model.session.theme.plain && !model.modals.is_empty() => {}
        Phase::Ready => {
            let has_focus = |pane| model.session.focus == pane && model.modals.is_empty();
            if let Some(area) = parts.form {
                cursor = form_view::draw(&model.session, area, buffer, has_focus(Pane::Form));
            }
            if let Some(area) = parts.numbers {
                numbers_view::draw(&model.session, area, buffer, has_focus(Pane::Numbers));
            }
            if let Some(area) = parts.quota {
                quota_view::draw(&model.session, area, buffer, has_focus(Pane::Quota));
            }
            if let Some(area) = parts.log {
                log_view::draw(&model.session, area, buffer, has_focus(Pane::Log));
            }
        }
    }
    draw_line(model, parts.line, buffer);
    let cursor =
        if model.modals.is_empty() { cursor } else { model.modals.draw(&model.session, buffer) };
    draw_complaint(model, screen, buffer);
    cursor
}

fn put(model: &Model, area: Rect, row: u16, text: &str, style: Style, buffer: &mut Buffer) {
    if row < area.height {
        let text = model.session.theme.text(&cut(text, area.width.into()));
        buffer.set_stringn(area.x, area.y + row, text, area.width.into(), style);
    }
}

fn draw_broken(model: &Model, reason: &str, screen: Rect, buffer: &mut Buffer) {
    put(
        model,
        screen,
        2,
        " The settings cannot be read; nothing is sent and no file is touched.",
        model.session.theme.failure(),
        buffer,
    );
    let room = usize::from(screen.width.saturating_sub(2)).max(1);
    let edit = model.session.key(Context::Broken, Action::EditConfig);
    let text = format!(
        "{reason}\n\n{edit} opens it in your editor. `smsdeck config history` has the former \
         versions, and `smsdeck config restore` puts one of them back."
    );
    let lines = text.lines().flat_map(|line| wrap(line, room));
    for (line, row) in lines.zip(4..screen.height.saturating_sub(2)) {
        put(model, screen, row, &format!(" {line}"), Style::new(), buffer);
    }
}

/// ` smsdeck   Development   Test  [Production]        Twilio · saved`
fn draw_tabs(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = model.session.theme;
    let narrow = area.width < 60;
    let tabs = Environment::ALL.map(|environment| tab(model, environment, narrow));
    let name = " smsdeck ";
    let room = tabs.iter().map(|(text, _)| width(text)).sum::<usize>();
    let whole = name.len() + room;
    let state = state(model);
    // Where there is little room, whether it is saved says more than with whom.
    let short = state.rsplit(" · ").next().unwrap_or_default();
    let fits = room + width(&state) + 2 < usize::from(area.width);
    let state = theme.text(if fits { &state } else { short });
    let taken = u16::try_from(width(&state) + 1).unwrap_or(u16::MAX);
    // Everybody knows what runs here, and not how it fares.
    let name = if narrow || whole + usize::from(taken) >= area.width.into() { "" } else { name };
    let (mut x, _) = buffer.set_stringn(area.x, area.y, name, area.width.into(), theme.dim());
    for (text, style) in tabs {
        let room = area.right().saturating_sub(x).into();
        (x, _) = buffer.set_stringn(x, area.y, theme.text(&text), room, style);
    }
    if area.right().saturating_sub(x) > taken + 1 {
        let style = if matches!(model.session.engine, EngineState::Failed(_)) {
            theme.failure()
        } else {
            theme.dim()
        };
        buffer.set_stringn(area.right() - taken, area.y, state, taken.into(), style);
    }
}

/// `Production, 1 locked. Twilio, saved. Others: Development; Test, set up.`
fn header(model: &Model) -> String {
    let with_trouble = |environment: Environment| {
        let name = environment.name();
        let trouble = trouble(model, environment);
        trouble.map_or_else(
            || name.to_owned(),
            |word| format!("{name}, {}", word.trim_start_matches(['!', '•', ' '])),
        )
    };
    let others = Environment::ALL.into_iter().filter(|other| *other != model.session.environment);
    let others: Vec<String> = others.map(with_trouble).collect();
    let here = with_trouble(model.session.environment);
    format!("{here}. {}. Others: {}.", state(model), others.join("; "))
}

/// What stands for an environment in the row of tabs.
fn tab(model: &Model, environment: Environment, narrow: bool) -> (String, Style) {
    let here = environment == model.session.environment;
    let trouble = trouble(model, environment);
    let name = if narrow { environment.short_name() } else { environment.name() };
    let label = match (&trouble, narrow && !here) {
        (Some(word), false) => format!("{name} {word}"),
        (Some(_), true) => format!("{name} !"),
        (None, _) => name.to_owned(),
    };
    let text = if here { format!(" [{label}]") } else { format!("  {label} ") };
    let style = match (here, trouble) {
        (true, _) => model.session.theme.strong(),
        (false, Some(_)) => model.session.theme.warning(),
        (false, None) => Style::new(),
    };
    (text, style)
}

/// The word beside a tab, if something there wants attention.
fn trouble(model: &Model, environment: Environment) -> Option<String> {
    if model.session.phase != Phase::Ready {
        return None;
    }
    let tab = &model.session.tabs[environment];
    let saved = tab.form.saved();
    if !tab.form.conflicts().is_empty() {
        Some("! conflict".to_owned())
    } else if tab.form.is_changed() {
        Some("• unsaved".to_owned())
    } else if !saved.missing().is_empty() || saved.from_numbers.rows().is_empty() {
        Some("! set up".to_owned())
    } else if tab.refused.is_some() {
        Some("! refused".to_owned())
    } else if severity(model, environment) == Some(Severity::Critical) {
        Some("! failing".to_owned())
    } else if severity(model, environment) == Some(Severity::Warning) {
        Some("! look".to_owned())
    } else {
        match tab.quota.locked(model.session.now) {
            0 => None,
            locked => Some(format!("! {locked} locked")),
        }
    }
}

fn severity(model: &Model, environment: Environment) -> Option<Severity> {
    model.session.tabs[environment].status.as_ref().map(|status| status.severity())
}

/// Provider and state of the environment on screen.
fn state(model: &Model) -> String {
    match (&model.session.phase, &model.session.engine) {
        (Phase::Loading, _) => return "starting…".to_owned(),
        (Phase::Broken(_), _) => return "stopped".to_owned(),
        (_, EngineState::Failed(_)) => return "cannot send".to_owned(),
        (_, EngineState::Starting) => return "opening…".to_owned(),
        (_, EngineState::Ready) => {}
    }
    let saved = match model.session.tab().form.is_changed() {
        _ if model.session.is_config_unusable => "! file broken",
        _ if model.session.settings_are_locked().is_some() => "read-only",
        true => "unsaved",
        false => "saved",
    };
    let settings = model.session.saved_settings();
    let provider = match &settings.provider {
        Provider::Sandbox => "Sandbox",
        Provider::Twilio(_) if settings.missing().is_empty() => "Twilio",
        Provider::Twilio(_) => "Twilio, no account",
    };
    format!("{provider} · {saved}")
}

/// What just happened, or what the focused part is about.
fn draw_line(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = model.session.theme;
    let (text, style) = match &model.session.notice {
        _ if theme.plain && (model.session.phase != Phase::Ready || !model.modals.is_empty()) => {
            return;
        }
        // A notice is told by itself there, and a figure that grows is not told at all.
        _ if theme.plain => {
            // What is wrong with the field stands below it already.
            let form = &model.session.tab().form;
            let is_wrong = model.session.focus == Pane::Form && form.error(form.field()).is_some();
            let explanation = if is_wrong { String::new() } else { explanation(model) };
            (refused(model).unwrap_or(explanation), Style::new())
        }
        Some(notice) if notice.bad => return,
        Some(notice) => (notice.text.clone(), theme.good()),
        None if model.session.phase != Phase::Ready => return,
        None if !model.modals.is_empty() => return,
        None => match (refused(model), model.session.pruning) {
            (Some(banner), _) => (banner, theme.failure()),
            (None, Pruning::Running(rows)) => {
                let key = model.session.key(Context::Always, Action::StopPruning);
                let text = format!("Forgetting what is old: {rows} rows so far. {key} stops it.");
                (text, theme.dim())
            }
            (None, _) => (explanation(model), theme.dim()),
        },
    };
    put(model, area, 0, &format!(" {text}"), style, buffer);
}

/// What went wrong, in full: as many of the lowest lines as it takes, above everything else, as
/// half a sentence helps nobody. It goes with the next key.
fn draw_complaint(model: &Model, screen: Rect, buffer: &mut Buffer) {
    let Some(notice) =
        model.session.notice.as_ref().filter(|notice| notice.bad && !model.session.theme.plain)
    else {
        return;
    };
    let lines = wrap(&notice.text, usize::from(screen.width.saturating_sub(2)).max(1));
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(screen.height / 2);
    // One line leaves the keys in sight.
    let below = u16::from(height == 1);
    let y = screen.height.saturating_sub(height + below);
    let area = Rect { y, height, ..screen };
    Clear.render(area, buffer);
    for (line, row) in lines.iter().zip(0..height) {
        put(model, area, row, &format!(" {line}"), model.session.theme.failure(), buffer);
    }
}

/// The one banner for an account that refuses its credentials, instead of a failure per user.
fn refused(model: &Model) -> Option<String> {
    let code = model.session.tab().refused?;
    let test = model.session.key(Context::Form, Action::TestAccount);
    Some(format!(
        "The account refuses its credentials (error {code}): sending pauses. {test} tests them."
    ))
}

fn explanation(model: &Model) -> String {
    if let EngineState::Failed(reason) = &model.session.engine {
        return format!("Nothing can be sent: {reason}.");
    }
    match model.session.focus {
        Pane::Form => form_words::explanation(&model.session),
        Pane::Numbers => {
            "The recipient's country decides who sends; * is for countries on no number.".to_owned()
        }
        Pane::Quota => {
            let settings = model.session.saved_settings();
            let (allowed, minutes) = (settings.codes_allowed.get(), settings.time_out.get());
            let unlock = model.session.key(Context::Quota, Action::Unlock);
            format!(
                "{allowed} codes, then none until {minutes} min after the last. {unlock} gives a user all codes back."
            )
        }
        Pane::Log => {
            let open = model.session.key(Context::Log, Action::Accept);
            format!("Every step of every code. {open} tells the whole story of one.")
        }
    }
}

/// The keys that hold now, as many as fit; whatever there is no room for, help tells.
fn draw_hint(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = model.session.theme;
    let contexts = model.contexts();
    let mut x = area.x + 1;
    let bound = model
        .session
        .keys
        .iter()
        .filter(|binding| contexts.contains(&binding.context) && !binding.hint.is_empty());
    let width_of = |binding: &Binding| {
        let letters = binding.key_name().len() + binding.hint.len();
        u16::try_from(letters + 3).unwrap_or(u16::MAX)
    };
    let is_meant = |binding: &Binding| {
        model.session.keys.action(&contexts, binding.event()) == Some(binding.action)
    };
    let help = bound.clone().find(|binding| binding.action == Action::Help && is_meant(binding));
    let mut reserved = help.map_or(0, width_of);
    let mut shown: Vec<&str> = Vec::new();
    for binding in bound {
        let key = binding.key_name();
        if binding.action == Action::Help {
            reserved = 0;
        }
        let width = width_of(binding).saturating_add(reserved);
        // A key that means something else further in is not shown for what it means out here.
        if !is_meant(binding)
            || shown.contains(&binding.hint)
            || x.saturating_add(width) > area.right() + 2
        {
            continue;
        }
        shown.push(binding.hint);
        (x, _) =
            buffer.set_stringn(x, area.y, key, area.right().saturating_sub(x).into(), theme.key());
        (x, _) = buffer.set_stringn(
            x + 1,
            area.y,
            binding.hint,
            area.right().saturating_sub(x + 1).into(),
            Style::new(),
        );
        x += 2;
    }
}
