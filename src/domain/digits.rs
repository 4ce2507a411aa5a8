//! The characters that people type in numbers and codes besides plain digits: digits of other
//! scripts, and what only groups digits or cannot be seen.

/// The zero of each decimal digit sequence of Unicode (general category Nd); the other nine digits
/// follow it.
const ZEROS: [char; 66] = [
    '0',
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{ff10}',
    '\u{104a0}',
    '\u{10d30}',
    '\u{11066}',
    '\u{110f0}',
    '\u{11136}',
    '\u{111d0}',
    '\u{112f0}',
    '\u{11450}',
    '\u{114d0}',
    '\u{11650}',
    '\u{116c0}',
    '\u{11730}',
    '\u{118e0}',
    '\u{11950}',
    '\u{11c50}',
    '\u{11d50}',
    '\u{11da0}',
    '\u{16a60}',
    '\u{16ac0}',
    '\u{16b50}',
    '\u{1d7ce}',
    '\u{1d7d8}',
    '\u{1d7e2}',
    '\u{1d7ec}',
    '\u{1d7f6}',
    '\u{1e140}',
    '\u{1e2f0}',
    '\u{1e950}',
    '\u{1fbf0}',
];

/// Returns the value of a decimal digit of any script, 0 to 9.
pub fn digit_value(letter: char) -> Option<u8> {
    let row = ZEROS.partition_point(|zero| *zero <= letter).checked_sub(1)?;
    u8::try_from(u32::from(letter) - u32::from(ZEROS[row])).ok().filter(|value| *value < 10)
}

/// Whether a character can be seen by no one: it only joins, separates, styles or turns the
/// direction of those beside it.
pub const fn is_invisible_mark(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether a character only groups the digits of a number: a space, hyphen or dash, dot, slash or
/// bracket of any script, or an invisible mark. These are the characters that libphonenumber
/// allows inside a number, but for the letter x.
pub const fn groups_digits(letter: char) -> bool {
    is_invisible_mark(letter)
        || letter.is_whitespace()
        || matches!(
            letter,
            '-' | '.' | '/' | '(' | ')' | '[' | ']' | '~'
                | '\u{58a}'
                | '\u{b7}'
                | '\u{2010}'..='\u{2015}'
                | '\u{2022}'
                | '\u{2043}'
                | '\u{2053}'
                | '\u{20e3}'
                | '\u{2212}'
                | '\u{223c}'
                | '\u{2800}'
                | '\u{30fb}'..='\u{30fc}'
                | '\u{fe58}'
                | '\u{fe63}'
                | '\u{ff08}'..='\u{ff09}'
                | '\u{ff0d}'..='\u{ff0f}'
                | '\u{ff3b}'
                | '\u{ff3d}'
                | '\u{ff5e}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_have_their_value() {
        for (letter, value) in [('0', 0), ('9', 9), ('٣', 3), ('۹', 9), ('５', 5), ('७', 7)] {
            assert_eq!(digit_value(letter), Some(value), "{letter}");
        }
        for letter in ['/', ':', 'a', '²', '½', '一', '\u{66a}', '\u{0}', '\u{10ffff}'] {
            assert_eq!(digit_value(letter), None, "{letter}");
        }
    }

    #[test]
    fn the_zeros_are_in_order() {
        assert!(ZEROS.is_sorted());
    }

    #[test]
    fn no_digit_and_no_letter_groups_digits() {
        for letter in '\0'..=char::MAX {
            let means_something = letter.is_ascii_alphanumeric() || digit_value(letter).is_some();
            assert!(!(means_something && groups_digits(letter)), "{letter:?}");
        }
    }
}
