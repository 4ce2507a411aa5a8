//! Which countries get another sender, or none, when From numbers change.

use std::collections::BTreeMap;

use super::country::Country;
use super::from_numbers::FromNumbers;
use super::sender::Sender;

/// Says which countries lose the number that serves them, and what serves them then. A country that
/// moves from one number to another loses none.
pub fn lost_senders(old: &FromNumbers, new: &FromNumbers) -> Vec<String> {
    let mut lost: BTreeMap<Option<&Sender>, Vec<&str>> = BTreeMap::new();
    for country in old.rows().iter().flat_map(|row| &row.countries) {
        if new.serving(*country).is_none() {
            lost.entry(new.default_number()).or_default().push(Country::code(*country));
        }
    }
    let mut sentences: Vec<String> = lost
        .into_iter()
        .map(|(heir, codes)| match heir {
            Some(default) => {
                format!("{} will use the default number {default}.", codes.join(" "))
            }
            None => format!("Nothing can be sent to {} any more.", codes.join(" ")),
        })
        .collect();
    if old.default_number().is_some() && new.default_number().is_none() {
        sentences.push("Countries on no number lose their sender.".to_owned());
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::from_numbers::FromNumber;

    fn sender(text: &str) -> Sender {
        Sender::parse(text).unwrap()
    }

    fn grid(rows: &[(&str, &[&str])], default: Option<&str>) -> FromNumbers {
        let grid = rows.iter().fold(FromNumbers::default(), |grid, (number, countries)| {
            let countries = countries.iter().map(|code| code.parse().unwrap()).collect();
            grid.with(None, FromNumber { sender: sender(number), countries }, false).unwrap()
        });
        grid.with_default(default.map(sender).as_ref()).unwrap()
    }

    #[test]
    fn every_country_that_loses_its_number_is_named_with_what_serves_it_then() {
        let rows: &[(&str, &[&str])] =
            &[("+14155550100", &["CO", "MX"]), ("+14155550101", &["US"])];
        let (first, second) = (sender("+14155550100"), sender("+14155550101"));
        let whole = grid(rows, Some("+14155550101"));
        assert_eq!(
            lost_senders(&whole, &whole.without(&first).unwrap()),
            ["CO MX will use the default number +1 415 555 0101."]
        );
        let alone = whole.with_default(None).unwrap();
        assert_eq!(lost_senders(&whole, &alone), ["Countries on no number lose their sender."]);
        assert_eq!(
            lost_senders(&alone, &alone.without(&second).unwrap()),
            ["Nothing can be sent to US any more."]
        );
        let moved = grid(&[("+14155550102", &["CO", "MX", "US"])], None);
        assert_eq!(lost_senders(&alone, &moved), Vec::<String>::new());
        assert_eq!(
            lost_senders(&whole, &FromNumbers::default()),
            [
                "Nothing can be sent to CO MX US any more.",
                "Countries on no number lose their sender."
            ]
        );
    }
}
