//! Fuzzes the parsing of phone numbers: a number that is accepted is E.164, parses as the same
//! number again, and is masked.

#![no_main]

use libfuzzer_sys::fuzz_target;
use smsdeck::domain::country::Country;
use smsdeck::domain::phone::{PhoneNumber, Recipient};

fuzz_target!(|input: (&str, Option<(u8, u8)>)| {
    let (typed, country) = input;
    let country = country.and_then(|(first, second)| {
        let letter = |byte: u8| char::from(b'A' + byte % 26);
        Country::from_code(&String::from_iter([letter(first), letter(second)]))
    });
    match Recipient::parse(typed, country) {
        Ok(recipient) => {
            let number = recipient.number;
            let digits = number.e164().strip_prefix('+').expect("E.164 begins with a plus");
            assert!((2..=15).contains(&digits.len()), "{digits}");
            assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
            let again = PhoneNumber::parse(number.e164()).map(|again| again.e164().to_owned());
            assert_eq!(again.as_deref(), Ok(number.e164()));
            let shown = number.masked().chars().filter(char::is_ascii_digit).count();
            assert!(shown < digits.len(), "{}", number.masked());
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control), "{error:?}"),
    }
});
