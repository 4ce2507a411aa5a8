//! What is typed on standard input, or comes out of another program: lines of bounded length, with
//! or without a byte order mark, and not always text.

use std::io::{self, BufRead, Read};

use super::failure::Failure;
use crate::domain::plain_text;

/// The longest line, in bytes; nothing that a line is read for has as many.
const MAX_LINE: u64 = 4096;

/// A line that is no text, or is far too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InvalidLine {
    /// The line, or its beginning, with marks in the place of what is no text.
    pub(super) shown: String,
    /// What is wrong.
    pub(super) reason: String,
}

/// Returns the lines of an input. An invalid line is an item of its own, and the next one follows;
/// an error ends them.
pub(super) fn lines(
    mut input: impl BufRead,
) -> impl Iterator<Item = io::Result<Result<String, InvalidLine>>> {
    let mut is_first = true;
    std::iter::from_fn(move || {
        let line = next_line(&mut input, std::mem::take(&mut is_first));
        line.transpose()
    })
}

/// The first line of standard input; empty if there is none.
///
/// # Errors
/// When it cannot be read, or is no text.
pub(super) fn first_line() -> Result<zeroize::Zeroizing<String>, Failure> {
    let line = match next_line(&mut io::stdin().lock(), true)? {
        None => String::new(),
        Some(Ok(line)) => line,
        // What it holds is not repeated: it may be a code or a token.
        Some(Err(line)) => {
            return Err(Failure::usage(format!("standard input: {}", line.reason)));
        }
    };
    Ok(line.into())
}

/// What an argument stands for: `-` for the next line of standard input, so that a number or an id
/// stays out of the list of processes.
///
/// # Errors
/// When standard input cannot be read, has no line, or is no text.
pub(super) fn argument(typed: String) -> Result<String, Failure> {
    if typed != "-" {
        return Ok(typed);
    }
    let line = first_line()?;
    match line.trim() {
        "" => Err(Failure::usage("standard input is empty".to_owned())),
        line => Ok(line.to_owned()),
    }
}

fn next_line(
    input: &mut impl BufRead,
    is_first: bool,
) -> io::Result<Option<Result<String, InvalidLine>>> {
    let mut bytes = Vec::new();
    input.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let invalid = |bytes: &[u8], reason: String| {
        let shown = String::from_utf8_lossy(bytes).trim_end().to_owned();
        Ok(Some(Err(InvalidLine { shown, reason })))
    };
    if bytes.last() != Some(&b'\n') && bytes.len() as u64 == MAX_LINE {
        input.skip_until(b'\n')?;
        return invalid(&bytes, format!("the line is longer than {MAX_LINE} bytes"));
    }
    let end = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let line = end.strip_suffix(b"\r").unwrap_or(end);
    match std::str::from_utf8(line) {
        Ok(line) if is_first => Ok(Some(Ok(plain_text::without_mark(line).to_owned()))),
        Ok(line) => Ok(Some(Ok(line.to_owned()))),
        Err(error) => invalid(line, format!("byte {} is not UTF-8", error.valid_up_to() + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> Vec<Result<String, String>> {
        let lines = lines(input).map(|line| line.unwrap());
        lines.map(|line| line.map_err(|line| format!("{}: {}", line.shown, line.reason))).collect()
    }

    #[test]
    fn an_invalid_line_is_reported_and_the_next_ones_are_read() {
        let read = read(b"\xef\xbb\xbf+1\r\n+2\xff3\n\n\xff\n+4");
        let fine = |text: &str| Ok(text.to_owned());
        assert_eq!(
            read,
            [
                fine("+1"),
                Err("+2\u{fffd}3: byte 3 is not UTF-8".to_owned()),
                fine(""),
                Err("\u{fffd}: byte 1 is not UTF-8".to_owned()),
                fine("+4"),
            ]
        );
        assert_eq!(self::read(b""), []);
    }

    #[test]
    fn a_line_without_an_end_takes_no_more_memory_than_another() {
        let mut input = vec![b'1'; 100_000];
        input.extend_from_slice(b"\n+2\n");
        let read = read(&input);
        assert_eq!(read.len(), 2);
        assert!(read[0].as_ref().is_err_and(|line| line.len() < 5_000));
        assert_eq!(read[1], Ok("+2".to_owned()));
    }
}
