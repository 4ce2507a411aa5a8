//! Keys as people write them: `s`, `^S`, `Tab`, `F5`.

use crossterm::event::{KeyCode, KeyModifiers};

/// The keys that have names.
const NAMED: [(&str, KeyCode); 14] = [
    ("Shift-Tab", KeyCode::BackTab),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("Tab", KeyCode::Tab),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Del", KeyCode::Delete),
    ("Backspace", KeyCode::Backspace),
];

/// Letters that terminals send for another key when they are pressed with Control.
const ALIASES: [(char, &str); 5] =
    [('h', "Backspace"), ('i', "Tab"), ('j', "Enter"), ('m', "Enter"), ('[', "Esc")];

/// The name of a key.
pub(super) fn name(key: KeyCode, modifiers: KeyModifiers) -> String {
    match key {
        KeyCode::Char(letter) if modifiers.contains(KeyModifiers::CONTROL) => {
            format!("^{}", letter.to_ascii_uppercase())
        }
        KeyCode::Char(letter) => letter.to_string(),
        KeyCode::F(number) => format!("F{number}"),
        other => {
            let named = NAMED.iter().find(|(_, key)| *key == other);
            named.map_or("?", |(name, _)| name).to_owned()
        }
    }
}

/// Reads the name of a key, or says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<(KeyCode, KeyModifiers), String> {
    let mut letters = text.chars();
    let plain = match (letters.next(), letters.next(), letters.next()) {
        (Some(digit), None, _) if digit.is_ascii_digit() => {
            return Err("digits cannot be bound: people type phone numbers".to_owned());
        }
        (Some(letter), None, _) if !letter.is_control() && letter != ' ' => KeyCode::Char(letter),
        (Some('^'), Some(letter), None) if letter.is_ascii_alphabetic() || letter == '[' => {
            let letter = letter.to_ascii_lowercase();
            if let Some((_, same)) = ALIASES.iter().find(|(alias, _)| *alias == letter) {
                return Err(format!("terminals cannot distinguish {text} from {same}"));
            }
            return Ok((KeyCode::Char(letter), KeyModifiers::CONTROL));
        }
        (Some('F'), ..) if text[1..].parse().is_ok_and(|number| (1..=12).contains(&number)) => {
            KeyCode::F(text[1..].parse().unwrap_or(1))
        }
        _ => {
            let named = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
            named.map(|(_, key)| *key).ok_or_else(|| {
                let names = NAMED.map(|(name, _)| name).join(", ");
                format!("unknown key; use a letter, ^ and a letter, F1 to F12, {names}")
            })?
        }
    };
    Ok((plain, KeyModifiers::NONE))
}

#[cfg(test)]
mod tests {
    use super::super::table::BINDINGS;
    use super::*;

    #[test]
    fn every_key_of_the_table_reads_back_by_its_name() {
        for binding in BINDINGS {
            assert_eq!(parse(&binding.key_name()), Ok((binding.key, binding.modifiers)));
        }
    }

    #[test]
    fn what_is_no_key_is_said_why() {
        for (text, words) in [
            ("5", "phone numbers"),
            ("^M", "cannot distinguish ^M from Enter"),
            ("F13", "unknown key"),
            ("Hyper-x", "unknown key"),
            ("", "unknown key"),
            (" ", "unknown key"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
