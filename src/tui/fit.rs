//! Text that is made to fit its place: cut, or broken into lines.

/// The beginning of a text, with an ellipsis where something is missing.
pub fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

/// The end of a text, with an ellipsis where something is missing.
pub fn cut_front(text: &str, room: usize) -> String {
    let length = text.chars().count();
    if length <= room {
        return text.to_owned();
    }
    let missing = length - room.saturating_sub(1).min(length);
    ['…'].into_iter().chain(text.chars().skip(missing)).collect()
}

/// Breaks a text into lines of at most `room` columns, between words where it can.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let length = word.chars().count();
        let used = lines.last().map_or(0, |line| line.chars().count());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("overlongword x", 4), ["overlongword", "x"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!((cut("four", 4).as_str(), cut("longer", 4).as_str()), ("four", "lon…"));
        assert_eq!(
            (cut_front("four", 4).as_str(), cut_front("longer", 4).as_str()),
            ("four", "…ger")
        );
    }
}
