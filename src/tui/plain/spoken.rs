//! A row of the screen as words: what is told by marks and by columns is told in letters, for
//! those who hear it.

/// Stands in a row for the cursor, so that its place is found again in the words.
pub const CURSOR: char = '\u{1}';

/// Stands in a row for a space that somebody has typed.
pub const SPACE: char = '\u{2}';

/// Marks at the beginning of a row, with their words.
const MARKS: [(&str, &str); 8] = [
    ("›", ""),
    ("≠", "differs: "),
    ("+ ", ""),
    ("•", "changed: "),
    ("!! ", ""),
    ("!", "warning: "),
    ("* ", "default: "),
    ("↑ ", "error: "),
];

/// The words of a row, and whether it is the selected one.
pub fn words(row: &str) -> (String, bool) {
    let mut rest = row.trim_start();
    let mut words = String::new();
    while let Some((mark, word)) = MARKS.iter().find(|(mark, _)| rest.starts_with(mark)) {
        rest = rest[mark.len()..].trim_start();
        // What says so itself need not be said twice.
        let says_itself = !word.is_empty() && rest.starts_with(word.trim_end_matches(' '));
        words.push_str(if says_itself { "" } else { word });
    }
    words.push_str(&sentence(rest.trim_end()));
    (words, row.contains('›'))
}

/// Columns become a list, and masks say what they hide.
fn sentence(row: &str) -> String {
    let mut words = String::new();
    let mut rest = row;
    while let Some(letter) = rest.chars().next() {
        let taken = if rest.starts_with(" → ") {
            words.push_str(", now ");
            " → ".len()
        } else if rest.starts_with("[x]") {
            words.push_str("chosen:");
            "[x]".len()
        } else if rest.starts_with("[ ] ") {
            words.push_str("not chosen: ");
            "[ ] ".len()
        } else if rest.starts_with(" · ") {
            words.push_str(", ");
            " · ".len()
        } else if rest.starts_with("  ") {
            let follows = words.ends_with(|last: char| ",:;.>".contains(last) || last == CURSOR);
            words.push_str(if follows || words.is_empty() { " " } else { ", " });
            rest.len() - rest.trim_start_matches(' ').len()
        } else if letter == '•' {
            let mask = mask_length(rest);
            let after = rest[mask..].trim_start();
            let dots = rest[..mask].matches('•').count();
            if after.starts_with(CURSOR) {
                words.push_str(&dots.to_string());
                words.push_str(" hidden");
            } else {
                words.push_str(match dots {
                    1 => "changed",
                    _ if after.starts_with(|next: char| next.is_ascii_digit()) => "ending",
                    _ => "hidden",
                });
            }
            mask
        } else {
            match letter {
                '›' => words.push_str("selected "),
                '–' if row == "–" || row.ends_with(" –") => words.push_str("none"),
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

    fn said(row: &str) -> String {
        words(row).0
    }

    #[test]
    fn columns_and_masks_become_words() {
        let row = "›jdoe         +57 ••• ••• 4567     3 of 3   LOCKED  opens 12:19:05";
        let words = words(row);
        assert_eq!(words.0, "jdoe, +57 ending 4567, 3 of 3, LOCKED, opens 12:19:05");
        assert!(words.1);
        assert_eq!(said("Text     •••••• is your code."), "Text, hidden is your code.");
        assert_eq!(
            said(" 8 countries mapped · others: default"),
            "8 countries mapped, others: default"
        );
        assert_eq!(said("3 → 5"), "3, now 5");
    }

    #[test]
    fn marks_become_words() {
        assert_eq!(said(" * +1 415 555 0100   CA US"), "default: +1 415 555 0100, CA US");
        assert_eq!(said("›•Code validity period   6 min"), "changed: Code validity period, 6 min");
        assert_eq!(said(" ! Default country code  –"), "warning: Default country code, none");
        assert_eq!(said("  ↑ minutes, 1 to 10"), "error: minutes, 1 to 10");
        assert_eq!(said("From numbers •"), "From numbers changed");
        assert_eq!(said("Token  •••\u{1}"), "Token, 3 hidden\u{1}");
        let buttons = words("[x] default number      ›[ OK ]  [ Cancel ]");
        assert_eq!(
            buttons,
            ("chosen: default number, selected [ OK ], [ Cancel ]".to_owned(), true)
        );
        assert_eq!(said("!! critical: 9 of 40 codes"), "critical: 9 of 40 codes");
        assert_eq!(said("! warning: few"), "warning: few");
        assert_eq!(said(" !Account SID  not set"), "warning: Account SID, not set");
    }

    #[test]
    fn the_cursor_keeps_its_place() {
        assert_eq!(said("Number   +57\u{1}"), "Number, +57\u{1}");
        assert_eq!(said("Number   \u{1}"), "Number, \u{1}");
    }
}
