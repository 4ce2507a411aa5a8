//! Reads the text of a phone number as people type, paste and copy it: which digits it has, and
//! whether it begins with a plus sign. Knows no numbering plan.

use super::digits::{digit_value, groups_digits};
use super::phone_error::PhoneError;

/// The longest text that is read as a phone number, in characters; libphonenumber's own bound.
const MAX_TYPED: usize = 250;

/// The most digits: the 15 of E.164, and room for an international prefix, a carrier and zeros.
const MAX_DIGITS: usize = 25;

/// Returns the digits of a typed number in ASCII, with a leading `+` where it has one.
///
/// # Errors
/// When it has no digit, too many, an extension, or a character that no number has.
pub(super) fn dialled(typed: &str) -> Result<String, PhoneError> {
    let typed = typed.trim();
    if typed.chars().count() > MAX_TYPED {
        return Err(PhoneError::TooLong);
    }
    let (number, context) = without_scheme(typed)?;
    let mut dialled = digits(number)?;
    if let Some(context) = context.filter(|_| !dialled.starts_with('+')) {
        dialled.insert_str(0, &digits(context)?);
    }
    match dialled.trim_start_matches('+').len() {
        0 => Err(PhoneError::Empty),
        count if count > MAX_DIGITS => Err(PhoneError::TooLong),
        _ => Ok(dialled),
    }
}

/// Takes the `tel:` of RFC 3966 off, and returns the number with its `phone-context`, if that is a
/// calling code. A context that is a domain says nothing about the number.
fn without_scheme(typed: &str) -> Result<(&str, Option<&str>), PhoneError> {
    let Some(scheme) = typed.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("tel:")) else {
        return Ok((typed, None));
    };
    let mut parts = typed[scheme.len()..].split(';');
    let number = parts.next().unwrap_or_default();
    let mut context = None;
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        if name.eq_ignore_ascii_case("ext") {
            return Err(PhoneError::Extension);
        }
        if name.eq_ignore_ascii_case("phone-context") && value.starts_with('+') {
            context = Some(value);
        }
    }
    Ok((number, context))
}

fn digits(text: &str) -> Result<String, PhoneError> {
    let mut digits = String::new();
    for letter in text.chars() {
        match digit_value(letter) {
            Some(value) => digits.push(char::from(b'0' + value)),
            None if matches!(letter, '+' | '\u{ff0b}' | '\u{fe62}') && digits.is_empty() => {
                digits.push('+');
            }
            None if groups_digits(letter) => {}
            None => return Err(PhoneError::Character(letter)),
        }
    }
    Ok(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_only_groups_or_styles_digits_is_ignored() {
        for typed in [
            "+573001234567",
            "\u{202a}+57 300 123 4567\u{202c}",
            "\u{2066}+57\u{a0}300\u{202f}123\u{3000}4567\u{2069}",
            "(+57) 300.123.4567",
            "(＋５７)　３００－１２３－４５６７",
            "+٥٧ ٣٠٠ ١٢٣ ٤٥٦٧",
            "+۵۷ ۳۰۰ ۱۲۳ ۴۵۶۷",
            "tel:+57-300-123-4567",
            "TEL:300-123-4567;phone-context=+57",
            "+57\t300\u{2013}123\u{2212}4567",
            "+5\u{fe0f}\u{20e3}7\u{fe0f}\u{20e3} 300 123\u{ad}4567",
            "\u{feff}+57[300]123~4567",
            "\u{200e}+57 300 123 4567\u{200f}",
        ] {
            assert_eq!(dialled(typed).as_deref(), Ok("+573001234567"), "{typed:?}");
        }
    }

    #[test]
    fn letters_extensions_and_a_plus_inside_are_refused() {
        for (typed, error) in [
            ("+57 300 CALLME", PhoneError::Character('C')),
            ("+57 300 123 4567 x12", PhoneError::Character('x')),
            ("+57 300 123 4567 ext. 12", PhoneError::Character('e')),
            ("+57 300 123 4567#12", PhoneError::Character('#')),
            ("+57 300 123 4567,12", PhoneError::Character(',')),
            ("tel:+573001234567;ext=12", PhoneError::Extension),
            ("57+3001234567", PhoneError::Character('+')),
            ("++573001234567", PhoneError::Character('+')),
            ("+57\u{1b}300", PhoneError::Character('\u{1b}')),
            ("+", PhoneError::Empty),
            ("()", PhoneError::Empty),
            ("\u{202a}\u{202c}", PhoneError::Empty),
        ] {
            assert_eq!(dialled(typed), Err(error), "{typed:?}");
        }
        assert_eq!(dialled(&"1".repeat(26)), Err(PhoneError::TooLong));
        assert_eq!(dialled(&" 1".repeat(200)), Err(PhoneError::TooLong));
    }
}
