//! Makes text from outside safe to show and to store.

use std::path::Path;

use super::digits::digit_value;

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

/// Whether a character can be shown unchanged.
pub fn is_printable(letter: char) -> bool {
    !letter.is_control()
        && !matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Masks what may be a phone number or a code: every run of at least `min` digits of any script keeps
/// at most its last two. Single spaces, hyphens or dots may group the digits of a run.
pub fn masked_digits(text: &str, min: usize) -> String {
    masked_runs(text, min, |between| matches!(between, " " | "-" | "."))
}

/// Masks what may be a phone number in a user id: seven digits or more of any script, with anything
/// but letters between them. It errs on the side of masking too much: ids that differ only in long
/// numbers look alike.
pub fn masked_numbers(id: &str) -> String {
    masked_runs(id, 7, |between| !between.chars().any(char::is_alphanumeric))
}

fn masked_runs(text: &str, min: usize, groups: impl Fn(&str) -> bool) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_digit) {
        let (before, from) = rest.split_at(start);
        let (run, after) = from.split_at(run_length(from, &groups));
        masked.push_str(before);
        let digits = run.chars().filter(|letter| is_digit(*letter)).count();
        if digits >= min {
            masked.push('…');
            // Two of six digits would be a third of a code.
            let shown = if digits > 6 { 2 } else { 0 };
            masked.extend(run.chars().filter(|letter| is_digit(*letter)).skip(digits - shown));
        } else {
            masked.push_str(run);
        }
        rest = after;
    }
    masked.push_str(rest);
    masked
}

fn is_digit(letter: char) -> bool {
    digit_value(letter).is_some()
}

/// Returns the length in bytes of the digits at the beginning of a text, with what groups them.
fn run_length(text: &str, groups: impl Fn(&str) -> bool) -> usize {
    let mut end = 0;
    loop {
        end += text[end..].find(|letter| !is_digit(letter)).unwrap_or(text.len() - end);
        let Some(between) = text[end..].find(is_digit) else { return end };
        if !groups(&text[end..end + between]) {
            return end;
        }
        end += between;
    }
}

/// A path as it is typed in a shell.
pub fn shell_word(path: &Path) -> String {
    let path = path.to_string_lossy();
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "/._-+,:@%".contains(it);
    if path.chars().all(is_plain) {
        path.into_owned()
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

/// The text as a sentence that stands alone begins: with a capital, unless its first word is a name
/// in code (`config.ron`, `codes_allowed`) or the program's own.
pub fn capitalized(text: &str) -> String {
    let first_word = text.split_whitespace().next().unwrap_or_default();
    let inside = first_word.trim_end_matches(['.', ':', ',', ';']);
    if inside.contains(['.', '_', '/', '$', '`']) || inside == "smsdeck" {
        return text.to_owned();
    }
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_sentence_begins_with_a_capital_and_a_name_stays_as_it_is() {
        for (text, shown) in [
            ("nothing was saved", "Nothing was saved"),
            ("économie", "Économie"),
            ("config.ron: unknown field", "config.ron: unknown field"),
            ("codes_allowed: 3", "codes_allowed: 3"),
            ("smsdeck is busy", "smsdeck is busy"),
            ("done.", "Done."),
            ("", ""),
        ] {
            assert_eq!(capitalized(text), shown);
        }
    }

    #[test]
    fn escape_sequences_become_harmless() {
        assert_eq!(printable("\x1b[2Jcleared\x07\u{9b}31m", 99), "[2Jcleared31m");
        assert_eq!(printable("two\r\nlines", 99), "two  lines");
        assert_eq!(printable("left\u{202e}right", 99), "leftright");
        assert_eq!(printable("abcdef", 3), "abc");
    }

    #[test]
    fn digits_that_may_be_a_number_or_a_code_are_masked() {
        let masked = |text| masked_digits(text, 6);
        assert_eq!(masked("To +57 300 123-4567 is off"), "To +…67 is off");
        assert_eq!(masked("code 804713, error 30007"), "code …, error 30007");
        assert_eq!(masked("no digits – at all"), "no digits – at all");
        assert_eq!(masked("30003, 30005"), "30003, 30005");
    }

    proptest! {
        #[test]
        fn no_text_keeps_a_whole_number(
            before in "[^0-9]{0,20}", number in "[0-9]{7,15}", after in "[^0-9]{0,20}",
        ) {
            let text = format!("{before}{number}{after}");
            prop_assert!(!masked_digits(&text, 7).contains(&number));
        }
    }
}
