//! What the sentences of schema 4 and before meant. The one place that reads sentences: those that
//! earlier versions wrote, which no longer change.

use crate::domain::country::Country;
use crate::domain::limits::Span;
use crate::domain::refusal::Refusal;
use crate::domain::routing::SenderChoice;

/// How a sender was chosen, and the country whose calling code was applied. One code may be
/// shared by several countries; then it is the main one.
pub(super) fn choice(sentence: &str) -> (SenderChoice, Option<Country>) {
    let is_default = sentence.starts_with("default number, ");
    let choice = if is_default { SenderChoice::DefaultNumber } else { SenderChoice::Listed };
    let calling_code = sentence
        .split_once("; default country ")
        .and_then(|(_, rest)| rest.strip_suffix(" was applied"));
    let country = calling_code.and_then(|code| Country::from_typed(code).ok());
    (choice, country.map(|typed| typed.country))
}

/// Why a request was refused, and the country that the sentence names. What is none of our own
/// sentences came from a provider that could not be used.
pub(super) fn refusal(sentence: &str) -> (Refusal, Option<Country>) {
    let sent_all_the_same = "; sent all the same, as limits only record";
    let sentence = sentence.strip_suffix(sent_all_the_same).unwrap_or(sentence);
    let between = |before, after| sentence.strip_prefix(before)?.strip_suffix(after);
    if sentence.ends_with(" codes used") {
        (Refusal::Quota, None)
    } else if sentence.ends_with(" wrong tries in a row") {
        (Refusal::UserLocked, None)
    } else if sentence.contains(" is not among the recipients that ") {
        (Refusal::NotARecipient, None)
    } else if sentence == "the number belongs to no country, and no default number is set" {
        (Refusal::NoSender, None)
    } else if let Some(country) =
        between("no From number serves ", ", and no default number is set")
    {
        (Refusal::NoSender, with_code(country))
    } else if let Some(rest) = between("the default number ", " does not accept") {
        (Refusal::SenderNotAccepted, with_code(rest))
    } else if let Some(country) = between("", " is not among the countries that may be texted") {
        (Refusal::CountryNotAllowed, named(country))
    } else if let Some(cap) = between("the cap of ", " is reached") {
        reached(cap)
    } else {
        (Refusal::NotReady, None)
    }
}

/// The cap in `10 codes an hour` or `1 code a day to Colombia`.
fn reached(cap: &str) -> (Refusal, Option<Country>) {
    let (codes, country) = match cap.split_once(" to ") {
        Some((codes, country)) => (codes, Some(named(country))),
        None => (cap, None),
    };
    let span = if codes.ends_with(" an hour") { Span::Hour } else { Span::Day };
    match country {
        Some(country) => (Refusal::CountryCap(span), country),
        None => (Refusal::EnvironmentCap(span), None),
    }
}

/// The country in `… Colombia (CO)`.
fn with_code(text: &str) -> Option<Country> {
    let (_, code) = text.strip_suffix(')')?.rsplit_once('(')?;
    Country::from_code(code)
}

/// The country with this name.
fn named(name: &str) -> Option<Country> {
    Country::all().find(|country| country.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn country(code: &str) -> Option<Country> {
        Country::from_code(code)
    }

    #[test]
    fn every_sentence_of_a_refusal_has_its_meaning() {
        for (sentence, meaning) in [
            ("3 of 3 codes used", (Refusal::Quota, None)),
            ("100 wrong tries in a row", (Refusal::UserLocked, None)),
            (
                "+57 ••• ••• 4567 is not among the recipients that Test may text",
                (Refusal::NotARecipient, None),
            ),
            (
                "no From number serves Canada (CA), and no default number is set",
                (Refusal::NoSender, country("CA")),
            ),
            (
                "no From number serves Myanmar (Burma) (MM), and no default number is set",
                (Refusal::NoSender, country("MM")),
            ),
            (
                "the number belongs to no country, and no default number is set",
                (Refusal::NoSender, None),
            ),
            (
                "the default number ACME is a sender name, which Canada (CA) does not accept",
                (Refusal::SenderNotAccepted, country("CA")),
            ),
            (
                "Germany is not among the countries that may be texted",
                (Refusal::CountryNotAllowed, country("DE")),
            ),
            (
                "a number of no country is not among the countries that may be texted",
                (Refusal::CountryNotAllowed, None),
            ),
            ("the cap of 9 codes an hour is reached", (Refusal::EnvironmentCap(Span::Hour), None)),
            ("the cap of 1 code a day is reached", (Refusal::EnvironmentCap(Span::Day), None)),
            (
                "the cap of 1 code a day to Colombia is reached; sent all the same, as limits only record",
                (Refusal::CountryCap(Span::Day), country("CO")),
            ),
            (
                "the cap of 2 codes an hour to a number of no country is reached",
                (Refusal::CountryCap(Span::Hour), None),
            ),
            ("Test: Account SID is not set", (Refusal::NotReady, None)),
        ] {
            assert_eq!(refusal(sentence), meaning, "{sentence}");
        }
    }

    #[test]
    fn every_sentence_of_a_route_has_its_meaning() {
        for (sentence, meaning) in [
            ("CO is on 72404", (SenderChoice::Listed, None)),
            (
                "IE is on ACME; default country +353 was applied",
                (SenderChoice::Listed, country("IE")),
            ),
            ("default number, as no number lists CA", (SenderChoice::DefaultNumber, None)),
            (
                "default number, as no number lists CA; default country +1 was applied",
                (SenderChoice::DefaultNumber, country("US")),
            ),
            (
                "default number, as the number belongs to no country",
                (SenderChoice::DefaultNumber, None),
            ),
        ] {
            assert_eq!(choice(sentence), meaning, "{sentence}");
        }
    }
}
