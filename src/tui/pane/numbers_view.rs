//! The pane of the From numbers, which sender serves which country: its keys, and its picture.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;

use super::empty::draw_empty;
use super::form_input::account_query;
use super::form_words::warnings;
use crate::domain::country::Country;
use crate::domain::from_numbers::{FromNumber, FromNumbers};
use crate::domain::lost_senders::lost_senders;
use crate::domain::sender::Sender;
use crate::domain::settings::Field;
use crate::tui::effect::Effect;
use crate::tui::fit::{cut, first_row, width};
use crate::tui::hidden::{draw_hidden, hidden};
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::mark::Mark;
use crate::tui::modal::Modal;
use crate::tui::modal::confirm::{ConfirmModal, Confirmed};
use crate::tui::modal::import::ImportModal;
use crate::tui::modal::number::NumberModal;
use crate::tui::modal::numbers_file::{Direction, NumbersFileModal};
use crate::tui::modal::stack::ModalStack;
use crate::tui::session::Session;
use crate::tui::theme::Theme;

/// Columns of the sender: `+44 7700 900123` and some.
const SENDER_WIDTH: u16 = 18;

/// Handles an input while the numbers have the focus.
pub fn on_input(session: &mut Session, modals: &mut ModalStack, input: &Input) -> Vec<Effect> {
    let tab = session.tab();
    let grid = tab.form.from_numbers();
    let selected = tab.numbers.selected(grid).cloned();
    if session.tab().numbers.is_filtering() {
        filter(session, input);
        return Vec::new();
    }
    match (input, selected) {
        (Input::Paste(_), _) => session.cannot_paste(),
        (Input::Action(Action::Filter), _) => session.tab_mut().numbers.start_filter(),
        (Input::Action(Action::Cancel), _) => session.tab_mut().numbers.clear_filter(),
        (Input::Action(Action::Up), _) => step(session, -1),
        (Input::Action(Action::Down), _) => step(session, 1),
        (Input::Action(Action::New), _) => {
            modals.open(Modal::Number(Box::new(NumberModal::new_number())));
        }
        (Input::Action(Action::ImportFile), _) => {
            modals.open(Modal::NumbersFile(NumbersFileModal::new(Direction::Import)));
        }
        (Input::Action(Action::ExportFile), _) => {
            modals.open(Modal::NumbersFile(NumbersFileModal::new(Direction::Export)));
        }
        (Input::Action(Action::Import), _) => {
            let (modal, effect) = ImportModal::ask(account_query(session), session);
            modals.open(Modal::Import(modal));
            return vec![effect];
        }
        (Input::Action(Action::Accept), Some(number)) => {
            let default = grid.is_default(&number.sender);
            modals.open(Modal::Number(Box::new(NumberModal::edit(&number, default))));
        }
        (Input::Action(Action::Remove), Some(number)) => {
            modals.open(ask_before_removal(session, &number));
        }
        (Input::Action(Action::MakeDefault), Some(number)) => make_default(session, &number.sender),
        _ => {}
    }
    Vec::new()
}

/// Handles an input while the filter is typed.
fn filter(session: &mut Session, input: &Input) {
    match input {
        Input::Action(Action::Accept) => session.tab_mut().numbers.keep_filter(),
        Input::Action(Action::Cancel) => session.tab_mut().numbers.clear_filter(),
        Input::Action(Action::Up) => step(session, -1),
        Input::Action(Action::Down) => step(session, 1),
        Input::Action(_) => {}
        Input::Key(_) | Input::Paste(_) => {
            if let Some(refused) = session.tab_mut().numbers.type_filter(input) {
                session.complain(format!("{refused}."));
            }
        }
    }
}

fn step(session: &mut Session, by: isize) {
    let tab = session.tab_mut();
    tab.numbers.step(by, tab.form.from_numbers());
}

fn make_default(session: &mut Session, sender: &Sender) {
    let grid = session.tab().form.from_numbers();
    let wanted = (!grid.is_default(sender)).then_some(sender);
    let is_on_no_country = grid.row(sender).is_some_and(|row| row.countries.is_empty());
    if wanted.is_none() && is_on_no_country {
        session.complain(format!(
            "{sender} has no countries, so it must stay the default. Add countries, or delete it."
        ));
        return;
    }
    match grid.with_default(wanted) {
        Ok(grid) => {
            session.tab_mut().form.set_from_numbers(grid);
            session.say_change(&match wanted {
                Some(sender) => format!("{sender} is now the default number."),
                None => "No number is the default now.".to_owned(),
            });
        }
        Err(error) => session.complain(format!("{error}.")),
    }
}

fn ask_before_removal(session: &Session, number: &FromNumber) -> Modal {
    let grid = session.tab().form.from_numbers();
    let mut lines = vec![format!("Delete {} from {}?", number.sender, session.environment)];
    if number.countries.is_empty() {
        lines.push("It has no countries.".to_owned());
    }
    let without = grid.without(&number.sender);
    lines.extend(without.iter().flat_map(|without| lost_senders(grid, without)));
    let confirmed = Confirmed::DeleteNumber(number.sender.clone());
    Modal::Confirm(ConfirmModal::new("Delete number", lines, confirmed))
}

/// Draws the numbers.
pub fn draw(session: &Session, area: Rect, buffer: &mut Buffer, focused: bool) {
    let theme = session.theme;
    let tab = session.tab();
    let grid = tab.form.from_numbers();
    let title = match tab.form.is_field_changed(Field::FromNumbers) {
        true if theme.plain => "From numbers changed",
        true => "From numbers •",
        false => "From numbers",
    };
    let title = match tab.numbers.filter_shown() {
        Some(typed) => {
            let (shown, all) = (tab.numbers.shown(grid).len(), grid.rows().len());
            format!("{title} · {typed} · {shown} of {all}")
        }
        None => with_base_url(session, title),
    };
    let block = theme.block(&title, focused, area.width);
    let inner = block.inner(area);
    block.render(area, buffer);
    if inner.is_empty() {
        return;
    }
    let summary = Rect { y: inner.bottom() - 1, height: 1, ..inner };
    draw_summary(session, grid, summary, buffer);
    let body = Rect { height: inner.height - 1, ..inner };
    if grid.rows().is_empty() {
        draw_no_numbers(session, body, buffer);
    } else {
        draw_list(session, grid, focused, (area, body), buffer);
    }
}

/// The title with a mark where another server than Twilio's own has the numbers.
fn with_base_url(session: &Session, title: &str) -> String {
    let provider = session.tab().form.provider();
    match provider.twilio().and_then(|account| account.base_url.as_ref()) {
        Some(_) => format!("{title} · other server"),
        None => title.to_owned(),
    }
}

/// Says how a first number is added.
fn draw_no_numbers(session: &Session, body: Rect, buffer: &mut Buffer) {
    let new = session.key(Context::Numbers, Action::New);
    let import = session.key(Context::Numbers, Action::Import);
    let lines = [
        "No From numbers yet.".to_owned(),
        format!("Press {new} (in this pane) to add one, or"),
        format!("{import} to import one from the account."),
    ];
    let room = body.width.saturating_sub(1).into();
    for (line, y) in lines.into_iter().zip(body.top()..body.bottom()) {
        buffer.set_stringn(body.x + 1, y, line, room, session.theme.dim());
    }
}

fn draw_list(
    session: &Session,
    grid: &FromNumbers,
    focused: bool,
    (pane, body): (Rect, Rect),
    buffer: &mut Buffer,
) {
    let theme = session.theme;
    let shown = session.tab().numbers.shown(grid);
    if shown.is_empty() {
        let clear = session.key(Context::Filter, Action::Cancel);
        let text = format!("No match. {clear} clears the filter.");
        return draw_empty(&text, theme.dim(), body, theme, buffer);
    }
    let head = Rect { height: 1.min(body.height), ..body };
    draw_row(theme, head, ("   Sender", "Countries"), theme.dim(), buffer);
    let list = Rect { y: body.y + head.height, height: body.height - head.height, ..body };
    let selected = session.tab().numbers.index(grid);
    let first = first_row(selected, list.height.into(), 0, shown.len());
    draw_hidden(theme, pane, hidden(first, list.height.into(), shown.len()), buffer);
    let numbers = shown.iter().enumerate().skip(first);
    for ((index, number), y) in numbers.zip(list.top()..list.bottom()) {
        let row = Rect { y, height: 1, ..list };
        let is_selected = focused && index == selected;
        let pointer = theme.mark_if(is_selected, Mark::Line);
        let default = theme.mark_if(grid.is_default(&number.sender), Mark::Default);
        let sender = format!("{pointer}{default} {}", number.sender);
        let room = usize::from(row.width.saturating_sub(SENDER_WIDTH + 3));
        let countries = named(number.countries.iter().copied(), room);
        let style = if is_selected { theme.selected() } else { Style::new() };
        draw_row(theme, row, (&sender, &countries), style, buffer);
    }
}

fn draw_row(
    theme: Theme,
    row: Rect,
    (sender, countries): (&str, &str),
    style: Style,
    buffer: &mut Buffer,
) {
    buffer.set_style(row, style);
    let (end, _) = buffer.set_stringn(row.x, row.y, theme.text(sender), row.width.into(), style);
    let column = row.x + SENDER_WIDTH + 3;
    // Words before the sender take more room than a mark.
    let at = if theme.plain { column.max(end + 2) } else { column };
    if at < row.right() {
        let room = usize::from(row.right() - at);
        buffer.set_stringn(at, row.y, theme.text(countries), room, style);
    }
}

/// Countries with their names where all of them fit into `room` columns, else their codes.
fn named(countries: impl Iterator<Item = Country> + Clone, room: usize) -> String {
    let names: Vec<String> =
        countries.clone().map(|it| format!("{} {}", it.code(), it.name())).collect();
    let text = names.join(", ");
    if !names.is_empty() && width(&text) <= room { text } else { codes(countries, room) }
}

/// Country codes that fit into `room` columns, the rest as a count.
pub fn codes(countries: impl Iterator<Item = Country> + Clone, room: usize) -> String {
    let total = countries.clone().count();
    let mut text = String::new();
    for (shown, country) in countries.enumerate() {
        let more = format!(" +{}", total - shown - 1);
        let tail = if shown + 1 < total { more.len() } else { 0 };
        if shown > 0 && text.len() + 3 + tail > room {
            return format!("{text} +{}", total - shown);
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(country.code());
    }
    if total == 0 { "none".to_owned() } else { text }
}

fn draw_summary(session: &Session, grid: &FromNumbers, line: Rect, buffer: &mut Buffer) {
    let theme = session.theme;
    let form = &session.tab().form;
    let warned = warnings(session.environment, form)
        .into_iter()
        .find(|warning| warning.field == Field::FromNumbers);
    let others = match grid.default_number() {
        Some(_) => "others: default",
        None => "others: refused",
    };
    let (text, style) = if let Some(warning) = warned {
        (format!("{} {}", theme.mark(Mark::Warning), warning.text), theme.warning())
    } else {
        let mapped = grid.mapped_countries();
        let noun = if mapped == 1 { "country" } else { "countries" };
        (format!("{mapped} {noun} mapped · {others}"), theme.dim())
    };
    buffer.set_stringn(
        line.x + 1,
        line.y,
        theme.text(&cut(&text, line.width.saturating_sub(1).into())),
        line.width.saturating_sub(1).into(),
        style,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_that_do_not_fit_are_counted() {
        let countries = Country::all().take(6);
        assert_eq!(codes(countries.clone(), 17), "AC AD AE AF AG AI");
        assert_eq!(codes(countries.clone(), 16), "AC AD AE AF +2");
        assert_eq!(codes(countries, 0), "AC +5");
        assert_eq!(codes(Country::all().take(0), 20), "none");
    }
}
