//! Signs in a text as words, for those who hear it: arrows, dots between parts, masks.

/// A text without signs that are only seen.
pub fn in_words(text: &str) -> String {
    let mut words = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let taken = if rest.starts_with(" → ") {
            words.push_str(", now ");
            " → ".len()
        } else if rest.starts_with(" · ") {
            words.push_str(", ");
            " · ".len()
        } else if letter == '•' {
            let mask = mask_length(rest);
            // A masked number is known by its end.
            let after = rest[mask..].trim_start();
            let is_number = after.starts_with(|next: char| next.is_ascii_digit());
            words.push_str(if is_number { "ending" } else { "hidden" });
            mask
        } else {
            match letter {
                '–' if text == "–" || text.ends_with(" –") => words.push_str("none"),
                other => words.push(other),
            }
            letter.len_utf8()
        };
        rest = &rest[taken..];
    }
    words
}

/// Bytes of the dots at the beginning, with the single spaces between them.
fn mask_length(text: &str) -> usize {
    let mut length = 0;
    loop {
        let rest = &text[length..];
        if rest.starts_with('•') {
            length += '•'.len_utf8();
        } else if rest.starts_with(" •") {
            length += 1;
        } else {
            return length;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_become_words() {
        for (text, words) in [
            ("+57 ••• ••• 4567", "+57 ending 4567"),
            ("•••••• is your code.", "hidden is your code."),
            ("8 countries mapped · others: default", "8 countries mapped, others: default"),
            ("3 → 5", "3, now 5"),
            ("–", "none"),
            ("1–10", "1–10"),
        ] {
            assert_eq!(in_words(text), words);
        }
    }
}
