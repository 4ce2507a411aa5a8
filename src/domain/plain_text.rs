//! Text as it comes from files and inputs: UTF-8, with or without a byte order mark, and with
//! either kind of line ends.

use std::borrow::Cow;

/// What some editors put before a text.
const MARK: char = '\u{feff}';

/// Why bytes are no text, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct NotText {
    /// Line of the first invalid byte, from 1.
    pub line: usize,
    /// Column of the first invalid byte, in characters from 1.
    pub column: usize,
    problem: &'static str,
}

/// The text of a file or an input, without a byte order mark.
///
/// # Errors
/// When it is not UTF-8.
pub fn decoded(bytes: Vec<u8>) -> Result<String, NotText> {
    // Windows calls this encoding "Unicode".
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let problem = "the text is UTF-16: save it as UTF-8";
        return Err(NotText { line: 1, column: 1, problem });
    }
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let end = error.utf8_error().valid_up_to();
        let valid = String::from_utf8_lossy(&error.as_bytes()[..end]);
        let valid = without_mark(&valid);
        let last = valid.rsplit('\n').next().unwrap_or_default();
        NotText {
            line: valid.matches('\n').count() + 1,
            column: last.chars().count() + 1,
            problem: "a byte here is not UTF-8: save the text as UTF-8",
        }
    })?;
    if text.starts_with(MARK) {
        text.remove(0);
    }
    Ok(text)
}

/// The text without a byte order mark before it.
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text)
}

/// Whether every line of a text, and there is more than one, ends as on Windows.
pub fn has_windows_lines(text: &str) -> bool {
    let ends = text.matches('\n').count();
    ends > 0 && text.matches("\r\n").count() == ends
}

/// The text with line feeds alone if [every line](has_windows_lines) ends as on Windows: what ends
/// the lines of a file is not part of what stands in it. A mixture is kept as it is.
pub fn with_line_feeds(text: &str) -> Cow<'_, str> {
    if has_windows_lines(text) { text.replace("\r\n", "\n").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_dropped_and_an_invalid_byte_has_its_place() {
        assert_eq!(decoded(b"\xef\xbb\xbf(a)".to_vec()).unwrap(), "(a)");
        let place = |bytes: &[u8]| {
            let error = decoded(bytes.to_vec()).unwrap_err();
            (error.line, error.column)
        };
        assert_eq!(place(b"\xe9"), (1, 1));
        assert_eq!(place(b"\xef\xbb\xbfa\n\xc3\xa9b\xff"), (2, 3));
        assert_eq!(place(b"ab\xc3"), (1, 3));
        let error = decoded(b"\xff\xfe(\0".to_vec()).unwrap_err();
        assert!(error.to_string().contains("UTF-16"), "{error}");
    }

    #[test]
    fn only_what_ends_every_line_is_a_line_end() {
        assert_eq!(with_line_feeds("a\r\nb\r\n"), "a\nb\n");
        assert_eq!(with_line_feeds("a\r\nb\n"), "a\r\nb\n");
        assert_eq!(with_line_feeds("a\rb"), "a\rb");
        assert!(!has_windows_lines("one line"));
    }
}
