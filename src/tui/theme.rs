//! Colours and marks. Nothing is conveyed by color alone, so all of it may be missing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;
use ratatui::widgets::Block;

use super::fit::fit_title;
use super::mark::Mark;
use super::words::in_words;
use crate::domain::delivery::DeliveryStatus;
use crate::store::EventKind;

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Whether colours are wanted (no `NO_COLOR`) and can be shown.
    pub colour: bool,
    /// Whether the locale is UTF-8, so that lines and dots can be drawn.
    pub unicode: bool,
    /// Whether the picture is read out line by line: nothing is drawn but text.
    pub plain: bool,
}

/// Borders for terminals outside UTF-8.
const ASCII_BORDER: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

impl Theme {
    /// Reads `NO_COLOR`, the kind of terminal and the locale (`LC_ALL`, `LC_CTYPE`, `LANG`, the
    /// first that is set).
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
        let locale = locale.unwrap_or_default().to_ascii_uppercase();
        // DEC's terminals had no colours, and what stands in for them prints the codes.
        let is_monochrome = set("TERM").is_some_and(|kind| {
            let model = kind.strip_prefix("vt").unwrap_or_default();
            model.starts_with(|digit: char| digit.is_ascii_digit()) && !kind.contains("color")
        });
        Self {
            colour: set("NO_COLOR").is_none() && !is_monochrome,
            unicode: locale.contains("UTF-8") || locale.contains("UTF8"),
            plain: false,
        }
    }

    fn coloured(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    /// Secondary text.
    pub const fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Headings and what has the focus.
    pub const fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The selected row.
    pub const fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// All is well.
    pub fn good(self) -> Style {
        self.coloured(Color::Green)
    }

    /// Worth a look. Yellow letters cannot be read on white, nor white ones on yellow.
    pub fn warning(self) -> Style {
        if !self.colour {
            return Style::new();
        }
        Style::new().fg(Color::Black).bg(Color::Yellow)
    }

    /// Went wrong.
    pub fn failure(self) -> Style {
        self.coloured(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// Names of keys: bold, as no color of the terminal is readable on black and on white.
    pub const fn key(self) -> Style {
        self.strong()
    }

    /// The border of what has the focus.
    fn focus(self) -> Style {
        self.coloured(Color::Cyan)
    }

    /// A bordered box of a width; the one with the focus has a thick border and a bold title. Of a
    /// title that does not fit, whole words are left out.
    pub fn block(self, title: &str, focused: bool, width: u16) -> Block<'static> {
        let (set, style) = match (self.unicode, focused) {
            (true, true) => (border::THICK, self.focus()),
            (true, false) => (border::PLAIN, self.dim()),
            (false, _) => (ASCII_BORDER, if focused { self.focus() } else { self.dim() }),
        };
        let mark = if focused && !self.unicode { ">" } else { " " };
        if self.plain {
            return Block::new().title(self.text(title));
        }
        // Not in the border's colour, which is faint on white.
        let title_style = if focused { self.strong().fg(Color::Reset) } else { Style::new() };
        Block::bordered()
            .border_set(set)
            .border_style(style)
            .title(format!(
                "{mark}{} ",
                fit_title(&self.text(title), width.saturating_sub(4).into())
            ))
            .title_style(title_style)
    }

    /// A mark as it is shown here: a sign, or the words for it.
    pub const fn mark(self, mark: Mark) -> &'static str {
        if self.plain { mark.words() } else { mark.sign() }
    }

    /// A mark where it holds, and room for it where it does not.
    pub const fn mark_if(self, holds: bool, mark: Mark) -> &'static str {
        if holds { self.mark(mark) } else { " " }
    }

    /// Tells those who hear the picture that a line has the focus, as its looks do not.
    pub fn focus_line(self, line: Rect, buffer: &mut Buffer) {
        if self.plain {
            buffer.set_style(line, self.selected());
        }
    }

    /// A text as it can be shown here: in words, or without signs that need UTF-8.
    pub fn text(self, text: &str) -> String {
        let text = if self.plain { in_words(text) } else { text.to_owned() };
        if self.unicode {
            return text;
        }
        text.chars()
            .map(|letter| match letter {
                '•' | '●' => '*',
                '·' => '-',
                '…' => '~',
                '›' | '→' => '>',
                '↑' => '^',
                '≠' => '!',
                other if other.is_ascii() => other,
                _ => '?',
            })
            .collect()
    }

    /// Whether more than ASCII can be shown.
    pub const fn unicode(self) -> bool {
        self.unicode
    }

    /// The dot that stands for a hidden character.
    pub const fn dot(self) -> char {
        if self.unicode { '•' } else { '*' }
    }

    /// The sign that stands for a line break or a tab within a line; `None` for what is shown as it is.
    pub fn sign_of(self, character: &str) -> Option<&'static str> {
        let (unicode, ascii) = match character {
            "\n" => ("↵", "\\n"),
            "\r\n" => ("␍↵", "\\r\\n"),
            "\r" => ("␍", "\\r"),
            "\t" => ("→", "\\t"),
            _ => return None,
        };
        Some(if self.unicode { unicode } else { ascii })
    }

    /// The colour of an event, beside its word.
    pub fn event(self, kind: EventKind) -> Style {
        match kind {
            EventKind::Verified | EventKind::Delivery(DeliveryStatus::Delivered) => self.good(),
            EventKind::WrongCode
            | EventKind::ExpiredCode
            | EventKind::Unlocked
            | EventKind::ForgaveTries
            | EventKind::GaveBack
            | EventKind::WouldRefuse
            | EventKind::Delivery(DeliveryStatus::Unknown) => self.warning(),
            EventKind::Delivery(status) if status.is_failure() => self.failure(),
            EventKind::Delivery(_) => Style::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_decides_about_marks_and_no_color_about_colours() {
        let theme = |set: &[(&str, &str)]| {
            Theme::from_environment(|name| {
                set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(
            theme(&[("LANG", "en_GB.UTF-8")]),
            Theme { colour: true, unicode: true, plain: false }
        );
        assert_eq!(
            theme(&[("LANG", "en_GB.utf8"), ("LC_ALL", "C")]),
            Theme { colour: true, unicode: false, plain: false }
        );
        assert_eq!(
            theme(&[("NO_COLOR", "1")]),
            Theme { colour: false, unicode: false, plain: false }
        );
        assert!(theme(&[("NO_COLOR", "")]).colour);
        assert!(theme(&[("TERM", "linux")]).colour && !theme(&[("TERM", "vt100")]).colour);
        assert!(theme(&[("TERM", "vte-256color")]).colour);
    }

    #[test]
    fn without_utf8_every_mark_is_ascii() {
        let plain = Theme { colour: true, unicode: false, plain: false };
        assert_eq!(plain.text("+57 ••• ••• 4567 · AC…"), "+57 *** *** 4567 - AC~");
    }
}
