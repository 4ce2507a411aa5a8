//! The picture of the From number pop-up.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::choice::country_line;
use super::frame::{mark_hidden, open_box, write, write_field};
use super::number::{NumberModal, NumberPart, Pick};
use crate::domain::country::Country;
use crate::domain::country_group::NamedCountries;
use crate::domain::from_numbers::FromNumbers;
use crate::domain::sender::Sender;
use crate::tui::fit::first_row;
use crate::tui::fit::{width, wrap};
use crate::tui::mark::Mark;
use crate::tui::session::Session;
use crate::tui::theme::Theme;

/// Columns of the labels.
const LABEL: u16 = 11;

/// Draws the pop-up and returns where the cursor stands.
pub(super) fn draw(
    modal: &NumberModal,
    session: &Session,
    buffer: &mut Buffer,
) -> Option<Position> {
    let theme = session.theme;
    let title = if modal.replaces.is_some() { "Edit From number" } else { "New From number" };
    let inner = open_box(session, title, (68, 20), buffer);
    let focused = modal.part == NumberPart::Sender;
    let sender_cursor =
        write_field(inner, 0, ("Sender", LABEL), (&modal.sender, focused), session, buffer);
    let (description, style) = match Sender::parse(modal.sender.text()) {
        Ok(sender) => (sender.description(), theme.dim()),
        Err(_) if modal.sender.is_empty() => {
            ("number with +, short code, name, or MG…".to_owned(), theme.dim())
        }
        Err(error) => (error.to_string(), theme.failure()),
    };
    let value = |row: u16| Rect {
        x: inner.x + LABEL.min(inner.width),
        y: inner.y + row.min(inner.height.saturating_sub(1)),
        width: inner.width.saturating_sub(LABEL),
        height: u16::from(row < inner.height),
    };
    // What is wrong is shown whole, however many lines it takes.
    let mut row = 1;
    for line in wrap(&description, value(1).width.into()) {
        write(value(row), 0, &line, style, theme, buffer);
        row += 1;
    }

    let label_style = if modal.part == NumberPart::Chosen { theme.strong() } else { Style::new() };
    write(inner, row, "Countries", label_style, theme, buffer);
    draw_chosen(modal, session, value(row), buffer);
    row += 1;
    let remark = modal.remark.as_deref().map(|remark| wrap(remark, inner.width.into()));
    for line in remark.iter().flatten() {
        write(inner, row, line, theme.warning(), theme, buffer);
        row += 1;
    }
    // The list moves only where a remark needs more than the line that is kept for it.
    row = row.max(4).min(inner.height);
    let buttons = button_rows(inner);
    let picker =
        Rect { y: inner.y + row, height: inner.height.saturating_sub(row + buttons + 1), ..inner };
    let picker_cursor = draw_picker(modal, session, picker, buffer);
    draw_buttons(modal, session, inner, buffer);
    sender_cursor.or(picker_cursor)
}

/// The chosen countries in one row, scrolled to the selected one.
fn draw_chosen(modal: &NumberModal, session: &Session, area: Rect, buffer: &mut Buffer) {
    let theme = session.theme;
    if modal.countries.is_empty() {
        let text =
            if modal.default { "None; it is the default" } else { "None yet – search below" };
        return write(area, 0, text, theme.dim(), theme, buffer);
    }
    let focused = modal.part == NumberPart::Chosen;
    // Names where they fit, codes otherwise; the selected country is always named.
    let names: Vec<String> = modal
        .countries
        .iter()
        .map(|country| format!("{} {}", country.code(), country.name()))
        .collect();
    let fits =
        names.iter().map(|name| width(name) + 3).sum::<usize>() <= usize::from(area.width) + 2;
    let skip = if fits || !focused { 0 } else { modal.chosen.saturating_sub(1) };
    let mut parts: Vec<(String, Style)> = Vec::new();
    if skip > 0 {
        parts.push(("… ".to_owned(), theme.dim()));
    }
    parts.extend(chosen_parts(modal, theme, (&names, fits, focused), skip, area.width.into()));
    let mut x = area.x;
    for (text, style) in parts {
        if area.height == 0 || x >= area.right() {
            return;
        }
        let room = (area.right() - x).into();
        (x, _) = buffer.set_stringn(x, area.y, theme.text(&text), room, style);
    }
}

/// The chosen countries from one on, as many as fit into so many columns, and how many do not.
fn chosen_parts(
    modal: &NumberModal,
    theme: Theme,
    (names, fits, focused): (&[String], bool, bool),
    skip: usize,
    room: usize,
) -> Vec<(String, Style)> {
    let mut parts = Vec::new();
    let total = modal.countries.len();
    let mut taken = if skip > 0 { 2 } else { 0 };
    for (index, country) in modal.countries.iter().enumerate().skip(skip) {
        let is_selected = focused && index == modal.chosen;
        let style = if is_selected { theme.selected() } else { Style::new() };
        let pointer = if is_selected { theme.mark(Mark::Part) } else { "" };
        let name = if fits || is_selected { names[index].as_str() } else { country.code() };
        let separator = if index + 1 < total { " · " } else { "" };
        let left = total - index;
        let more = format!("+{left}");
        let needed = width(pointer) + width(name) + width(separator);
        // Room for the count of those that do not fit any more.
        let reserved = if left > 1 { width(&more) } else { 0 };
        if !fits && taken + needed + reserved > room {
            parts.push((more, theme.dim()));
            break;
        }
        taken += needed;
        parts.push((format!("{pointer}{name}"), style));
        parts.push((separator.to_owned(), theme.dim()));
    }
    parts
}

fn draw_picker(
    modal: &NumberModal,
    session: &Session,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let theme = session.theme;
    let focused = modal.part == NumberPart::Picker;
    let cursor = write_field(area, 0, ("Add  > ", 7), (&modal.filter, focused), session, buffer);
    let list =
        Rect { y: area.y + 1.min(area.height), height: area.height.saturating_sub(1), ..area };
    let picks = modal.picks();
    if picks.is_empty() {
        write(
            list,
            0,
            "No match. Try a name, country code or calling code.",
            theme.dim(),
            theme,
            buffer,
        );
    }
    draw_picks(modal, session, &picks, list, buffer);
    cursor
}

/// The lines of the list from the one that keeps the selected line in sight, as many as fit.
fn draw_picks(
    modal: &NumberModal,
    session: &Session,
    picks: &[Pick],
    list: Rect,
    buffer: &mut Buffer,
) {
    let theme = session.theme;
    let focused = modal.part == NumberPart::Picker;
    let grid = session.tab().form.from_numbers();
    let first = first_row(modal.picked.unwrap_or(0), list.height.into(), 0, picks.len());
    let (mut row, mut below) = (0, picks.len().saturating_sub(first));
    for (index, pick) in picks.iter().enumerate().skip(first) {
        let is_selected = focused && Some(index) == modal.picked;
        match pick {
            Pick::Group(group) => {
                let lines = group_lines(modal, group, grid, list.width.into());
                let style = if is_selected { theme.selected() } else { Style::new() };
                for line in lines {
                    let pointer = theme.mark_if(is_selected && row == 0, Mark::Line);
                    write(list, row, &format!("{pointer}{line}"), style, theme, buffer);
                    row += 1;
                }
            }
            Pick::Country(country) => {
                let other = modal.elsewhere(*country, grid);
                draw_pick(modal, *country, other, is_selected, (list, row), theme, buffer);
                row += 1;
            }
        }
        if row > list.height {
            break;
        }
        below -= 1;
        if row == list.height {
            break;
        }
    }
    mark_hidden(session, list, (first, below), buffer);
}

/// What adding several countries at once adds, in lines.
fn group_lines(
    modal: &NumberModal,
    group: &NamedCountries,
    grid: &FromNumbers,
    room: usize,
) -> Vec<String> {
    let added = modal.addable(group, grid);
    let codes: Vec<&str> = added.iter().map(|country| country.code()).collect();
    let (count, all) = (added.len(), group.countries.len());
    let text = format!("+ {}: adds {count} of {all}: {}", group.title, codes.join(" "));
    wrap(&text, room.saturating_sub(2))
}

/// A country that can be picked: whether it is on this number, or on another one.
fn draw_pick(
    modal: &NumberModal,
    country: Country,
    other: Option<&Sender>,
    is_selected: bool,
    (list, row): (Rect, u16),
    theme: Theme,
    buffer: &mut Buffer,
) {
    let is_here = modal.countries.contains(&country);
    let (mark, place) = match other {
        _ if is_here => ("x", "  here".to_owned()),
        Some(sender) => ("-", format!("  on {sender}")),
        None => (theme.mark(Mark::Addable), String::new()),
    };
    let style = match (is_selected, is_here) {
        (true, _) => theme.selected(),
        (false, true) => theme.dim(),
        (false, false) => Style::new(),
    };
    if row >= list.height {
        return;
    }
    buffer.set_style(Rect { y: list.y + row, height: 1, ..list }, style);
    let pointer = theme.mark_if(is_selected, Mark::Line);
    let text = format!("{pointer}{mark} {}{place}", country_line(country));
    write(list, row, &text, style, theme, buffer);
}

/// Rows of the default mark and the buttons: two where they do not fit side by side.
const fn button_rows(inner: Rect) -> u16 {
    if inner.width >= 38 { 1 } else { 2 }
}

fn draw_buttons(modal: &NumberModal, session: &Session, inner: Rect, buffer: &mut Buffer) {
    let theme = session.theme;
    let Some(row) = inner.height.checked_sub(button_rows(inner)) else { return };
    let style = |part| if modal.part == part { theme.selected() } else { Style::new() };
    let mark = theme.mark(if modal.default { Mark::Chosen } else { Mark::NotChosen });
    let mark = format!(
        "{}{mark} default number",
        theme.mark_if(modal.part == NumberPart::Default, Mark::Line)
    );
    let line = Rect { y: inner.y + row, height: 1, ..inner };
    write(line, 0, &mark, style(NumberPart::Default), theme, buffer);
    let line = Rect { y: inner.bottom() - 1, ..line };
    let mut end = line.right();
    for (text, part) in [("[ Cancel ]", NumberPart::Cancel), ("[ OK ]", NumberPart::Ok)] {
        let text = format!("{}{text}", theme.mark_if(modal.part == part, Mark::Part));
        let room = u16::try_from(width(&text)).unwrap_or(u16::MAX);
        if let Some(x) = end.checked_sub(room).filter(|x| *x >= line.x) {
            write(Rect { x, width: room, ..line }, 0, &text, style(part), theme, buffer);
            end = x.saturating_sub(1);
        }
    }
}
