//! The picture as lines of words.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use unicode_width::UnicodeWidthStr;

use crate::tui::fit::width;
use crate::tui::model::Model;
use crate::tui::view::draw;

/// Columns and rows of the picture that is read. Every label is spelled out at this size, and
/// hardly a page is longer.
pub const SIZE: (u16, u16) = (120, 60);

/// Stands in a row for the cursor, so that its place is found again in the words.
const CURSOR: char = '\u{1}';

/// Stands in a row for a space that someone has typed.
const SPACE: char = '\u{2}';

/// What is on the screen.
#[derive(Debug)]
pub(super) struct Page {
    /// The environments, and their health.
    pub header: String,
    /// Everything else, row by row; some are empty.
    pub lines: Vec<String>,
    /// The selected row.
    pub selected: Option<usize>,
    /// The row that is typed in.
    typed: Option<usize>,
    /// What it says, and the column of the cursor in it.
    pub prompt: Option<(String, usize)>,
}

impl Page {
    /// Draws the model, and reads it.
    pub fn of(model: &Model) -> Self {
        let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        let cursor = draw(model, &mut buffer);
        let mut page = Self {
            header: String::new(),
            lines: Vec::new(),
            selected: None,
            typed: None,
            prompt: None,
        };
        for y in 0..SIZE.1 {
            let at = cursor.filter(|cursor| cursor.y == y).map(|cursor| cursor.x);
            let row = row(&buffer, y, at);
            let mut line = list(row.trim_end_matches([' ', SPACE]).trim_start());
            line = line.replace(SPACE, " ");
            if y == 0 {
                page.header = line;
                continue;
            }
            if let Some(place) = line.find(CURSOR) {
                line.remove(place);
                page.prompt = Some((line.clone(), width(&line[..place])));
                page.typed = Some(page.lines.len());
            } else if page.selected.is_none() && has_focus(&buffer, y) {
                page.selected = Some(page.lines.len());
            }
            page.lines.push(line);
        }
        page
    }

    /// The row that has the focus: the one that is typed in, else the selected one.
    pub fn focus(&self) -> Option<usize> {
        self.typed.or(self.selected)
    }

    /// What a row says.
    pub fn at(&self, row: usize) -> Option<String> {
        self.lines.get(row).cloned()
    }

    /// What the selected row says.
    pub fn selected_line(&self) -> Option<String> {
        self.selected.and_then(|row| self.at(row))
    }

    /// Everything, where that is not too long.
    pub fn whole(&self, longest: usize, is_pane: bool) -> Vec<String> {
        [self.header.clone()].into_iter().chain(self.body(longest, is_pane)).collect()
    }

    /// What is below the header, in its order, where that is not too long; else the title, the line
    /// that explains a pane, and the selected row. What is typed in is left out: it is where one
    /// types.
    pub fn body(&self, longest: usize, is_pane: bool) -> Vec<String> {
        let rows = self.lines.iter().enumerate();
        let all = rows.filter(|(row, line)| !line.is_empty() && Some(*row) != self.typed);
        let all: Vec<(usize, &String)> = all.collect();
        if all.len() <= longest || self.focus().is_none() {
            let read_out = |(row, line): (usize, &String)| {
                let mark = if Some(row) == self.selected { "selected: " } else { "" };
                format!("{mark}{line}")
            };
            return all.into_iter().map(read_out).collect();
        }
        let is_apart = |row: &(usize, &String)| Some(row.0) != self.selected;
        let mut rest = all.into_iter().filter(is_apart).map(|(_, line)| line.clone());
        let title = rest.next();
        let explanation = rest.next_back().filter(|_| is_pane);
        title.into_iter().chain(explanation).chain(self.selected_line()).collect()
    }
}

/// A row of the picture, with a sign where the cursor stands.
fn row(buffer: &Buffer, y: u16, cursor: Option<u16>) -> String {
    let mut text = String::new();
    let mut x = 0;
    while x < buffer.area.width {
        if cursor == Some(x) {
            text.push(CURSOR);
        }
        let Some(cell) = buffer.cell((x, y)) else { break };
        // What is typed is underlined where the cursor is, and stays as it was typed.
        let is_typed = cursor.is_some() && cell.modifier.contains(Modifier::UNDERLINED);
        match cell.symbol() {
            " " if is_typed => text.push(SPACE),
            symbol => text.push_str(symbol),
        }
        // The column after a wide character is a part of it.
        x += u16::try_from(cell.symbol().width()).unwrap_or(1).max(1);
    }
    text
}

/// Whether a row is drawn as the one that has the focus.
fn has_focus(buffer: &Buffer, y: u16) -> bool {
    let cells = (0..buffer.area.width).filter_map(|x| buffer.cell((x, y)));
    cells.into_iter().any(|cell| cell.modifier.contains(Modifier::REVERSED))
}

/// The columns of a row as a list.
fn list(row: &str) -> String {
    let mut words = String::new();
    let mut rest = row;
    while let Some(letter) = rest.chars().next() {
        if rest.starts_with("  ") {
            let follows = words.ends_with(|last: char| ",:;.>".contains(last) || last == CURSOR);
            words.push_str(if follows || words.is_empty() { " " } else { ", " });
            rest = rest.trim_start_matches(' ');
        } else {
            words.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_a_list() {
        for (row, words) in [
            (
                "jdoe         +57 ending 4567     3 of 3   LOCKED  opens 12:19:05",
                "jdoe, +57 ending 4567, 3 of 3, LOCKED, opens 12:19:05",
            ),
            ("default:  +1 415 555 0100   CA US", "default: +1 415 555 0100, CA US"),
            ("Number   +57\u{1}", "Number, +57\u{1}"),
            ("Number   \u{1}", "Number, \u{1}"),
        ] {
            assert_eq!(list(row), words);
        }
    }
}
