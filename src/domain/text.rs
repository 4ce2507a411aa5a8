//! Text that comes from outside, made safe to show and to store.

/// Drops control characters (C0, C1, DEL) and invisible direction marks, so that text from a
/// provider, a file or a caller can neither move a terminal's cursor nor disguise itself, and
/// cuts it to `limit` characters.
///
/// Line breaks and tabs become single spaces.
pub fn printable(text: &str, limit: usize) -> String {
    text.chars()
        .map(|letter| if matches!(letter, '\n' | '\r' | '\t') { ' ' } else { letter })
        .filter(|letter| is_printable(*letter))
        .take(limit)
        .collect()
}

/// Whether a character can be shown as it is.
pub fn is_printable(letter: char) -> bool {
    !letter.is_control()
        && !matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_lose_their_power() {
        assert_eq!(printable("\x1b[2Jcleared\x07\u{9b}31m", 99), "[2Jcleared31m");
        assert_eq!(printable("two\r\nlines", 99), "two  lines");
        assert_eq!(printable("left\u{202e}right", 99), "leftright");
        assert_eq!(printable("abcdef", 3), "abc");
    }
}
