//! Text and lists that are made to fit their place: cut, filled up, broken into lines, scrolled. Room is counted in
//! columns of the terminal: a wide character takes two, a combining one none.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The beginning of a text, with an ellipsis where something is missing.
pub fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    // Without any room there is none for the ellipsis either.
    let Some(room) = room.checked_sub(1) else { return String::new() };
    let mut kept = within(text.graphemes(true), room);
    kept.push("…");
    kept.concat()
}

/// A text in so many lines at most, the last with an ellipsis where something is missing.
pub fn wrap_within(text: &str, room: usize, lines: usize) -> Vec<String> {
    let mut wrapped = wrap(text, room);
    if wrapped.len() > lines {
        let rest = wrapped.split_off(lines.saturating_sub(1)).join(" ");
        wrapped.extend((lines > 0).then(|| cut(&rest, room)));
    }
    wrapped
}

/// The end of a text, with an ellipsis where something is missing.
pub fn cut_front(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let Some(room) = room.checked_sub(1) else { return String::new() };
    let mut kept = within(text.graphemes(true).rev(), room);
    kept.push("…");
    kept.reverse();
    kept.concat()
}

/// As many of the letters, from the first on, as there is room for.
fn within<'a>(letters: impl Iterator<Item = &'a str>, room: usize) -> Vec<&'a str> {
    let mut used = 0;
    let fits = |letter: &&str| {
        used += width(letter);
        used <= room
    };
    letters.take_while(fits).collect()
}

/// A text in a column of a table: cut, or filled up with spaces.
pub fn column(text: &str, room: usize) -> String {
    let text = cut(text, room);
    let missing = room.saturating_sub(width(&text));
    format!("{text}{:missing$}", "")
}

/// Breaks a text into lines of at most `room` columns, between words where it can.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let length = width(word);
        let used = lines.last().map_or(0, |line| width(line));
        if used > 0 && used + 1 + length > room {
            lines.push(String::new());
        } else if used > 0
            && let Some(line) = lines.last_mut()
        {
            line.push(' ');
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
    }
    lines
}

/// A title in so many columns: parts after a dot are left out first, then whole words.
pub fn fit_title(title: &str, room: usize) -> String {
    let mut title = title.to_owned();
    while width(&title) > room {
        let Some(end) = title.rfind(" · ").or_else(|| title.rfind(' ')) else {
            return cut(&title, room);
        };
        title.truncate(end);
    }
    title
}

/// The first row to show so that `selected` is in sight, of a list that has `room` rows.
pub fn first_row(selected: usize, room: usize, offset: usize, count: usize) -> usize {
    let lowest = count.saturating_sub(room);
    let offset = offset.min(selected).min(lowest);
    if room > 0 && selected >= offset + room { selected + 1 - room } else { offset }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_does_not_fit_into_the_lines_ends_with_an_ellipsis() {
        assert_eq!(wrap_within("one two three", 5, 3), ["one", "two", "three"]);
        assert_eq!(wrap_within("one two three", 5, 2), ["one", "two …"]);
        assert_eq!(wrap_within("one two three", 5, 1), ["one …"]);
        assert_eq!(wrap_within("one two three", 5, 0), [""; 0]);
    }

    #[test]
    fn a_title_drops_parts_and_words_and_never_half_of_one() {
        let title = "PRODUCTION SMS settings · 2 warnings";
        for (room, fitted) in [
            (36, title),
            (35, "PRODUCTION SMS settings"),
            (22, "PRODUCTION SMS"),
            (13, "PRODUCTION"),
            (5, "PROD…"),
        ] {
            assert_eq!(fit_title(title, room), fitted);
        }
    }

    #[test]
    fn text_is_wrapped_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("overlongword x", 4), ["overlongword", "x"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!((cut("four", 0), cut_front("four", 0)), (String::new(), String::new()));
        assert_eq!((cut("four", 4).as_str(), cut("longer", 4).as_str()), ("four", "lon…"));
        assert_eq!(
            (cut_front("four", 4).as_str(), cut_front("longer", 4).as_str()),
            ("four", "…ger")
        );
    }

    #[test]
    fn wide_and_combining_characters_take_the_columns_that_they_show_in() {
        assert_eq!(column("田中太郎", 6), "田中… ");
        assert_eq!(column("田中太郎", 10), "田中太郎  ");
        // Each letter here is a letter and an accent.
        assert_eq!(column("a\u{301}o\u{308}u\u{308}", 4), "a\u{301}o\u{308}u\u{308} ");
        assert_eq!(cut("a\u{301}o\u{308}u\u{308}", 2), "a\u{301}…");
        assert_eq!(cut_front("田中太郎", 6), "…太郎");
    }

    proptest! {
        #[test]
        fn a_column_has_its_width_whatever_is_in_it(text in "\\PC{0,20}", room in 1_usize..30) {
            prop_assert_eq!(width(&column(&text, room)), room);
            prop_assert!(width(&cut_front(&text, room)) <= room);
        }
    }
}
