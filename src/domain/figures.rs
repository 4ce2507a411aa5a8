//! The figures behind settings: how many codes one user can get and guess in a day, what that
//! costs at most, and which countries the From numbers leave out.

use std::collections::BTreeSet;

use super::country::Country;
use super::limits::Cap;
use super::price::Price;
use super::settings::Settings;

/// Minutes in a day.
const DAY: u32 = 24 * 60;

/// The figures behind settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Codes that one user can get within a day at most, by the quota's rule and the caps of the
    /// environment.
    pub codes_a_day: u32,
    /// The chance of guessing a code of one user within a day if all tries are used; 0 to 1.
    pub guessing_chance: f64,
    /// SMS that one code takes.
    pub segments: u32,
    /// Countries that are on a From number.
    pub mapped: BTreeSet<Country>,
    /// The only countries that may be texted, if there is such a limit.
    pub only_countries: Option<BTreeSet<Country>>,
    /// Whether a default number sends to all others.
    pub has_default: bool,
    /// Calling codes of which some countries are on a number and others are not.
    pub partly_mapped: Vec<PartlyMapped>,
}

/// A calling code that several countries share, not all of them on a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartlyMapped {
    /// The calling code.
    pub calling_code: u16,
    /// Its countries that are on a number.
    pub mapped: Vec<Country>,
    /// Its countries that are on none.
    pub left_out: Vec<Country>,
}

impl Figures {
    /// Computes the figures of settings. `app_name` replaces `{app}` in the message.
    pub fn of(settings: &Settings, app_name: &str) -> Self {
        let rounds = DAY.div_ceil(settings.time_out.get().into());
        let validity = settings.code_validity.get();
        let texts = settings.message_overrides.iter().map(|(_, message)| message);
        let texts = texts.chain([&settings.message]);
        // The longest one, as a user of any country may ask for codes.
        let segments = texts
            .map(|message| message.preview(validity, app_name).segments().count)
            .max()
            .unwrap_or_default();
        let rows = settings.from_numbers.rows().iter();
        let mapped: BTreeSet<Country> = rows.flat_map(|row| row.countries.clone()).collect();
        let limits = &settings.limits;
        let caps = [
            limits.environment.hour.map(|cap| cap.get().saturating_mul(24)),
            limits.environment.day.map(Cap::get),
        ];
        // Caps that are only recorded stop nothing.
        let caps = caps.into_iter().flatten().filter(|_| !limits.record_only);
        let by_rule = rounds * u32::from(settings.codes_allowed.get());
        Self {
            codes_a_day: caps.chain([by_rule]).min().unwrap_or(by_rule),
            only_countries: limits.only_countries.clone().filter(|_| !limits.record_only),
            guessing_chance: settings.guessing_chance_per_day(),
            segments: u32::try_from(segments).unwrap_or(u32::MAX),
            has_default: settings.from_numbers.default_number().is_some(),
            partly_mapped: partly_mapped(&mapped),
            mapped,
        }
    }

    /// Returns the highest cost of one user in a day, at a price per SMS.
    pub const fn cost_a_day(&self, price: Price) -> Price {
        let codes = self.codes_a_day as u64 * self.segments as u64;
        price.times(codes)
    }

    /// Returns the figures as sentences, without full stops.
    pub fn sentences(&self, price: Option<Price>) -> Vec<String> {
        let Self { codes_a_day, segments, .. } = self;
        let mut lines = vec![
            format!(
                "up to {codes_a_day} codes per user per day, {segments} SMS each, if none is verified"
            ),
            format!("chance of guessing a code in a day: {:.3} %", self.guessing_chance * 100.0),
        ];
        lines.extend(price.map(|price| {
            format!("up to {} per user per day, at {price} per SMS", self.cost_a_day(price))
        }));
        let others =
            if self.has_default { "all others use the default" } else { "no others get codes" };
        lines.push(match self.mapped.len() {
            1 => format!("1 country on a number, {others}"),
            count => format!("{count} countries on a number, {others}"),
        });
        lines.extend(self.only_countries.as_ref().map(|only| {
            let codes: Vec<&str> = only.iter().map(|country| country.code()).collect();
            format!("only {} get codes at all", codes.join(" "))
        }));
        lines.extend(self.partly_mapped.iter().map(|part| {
            let PartlyMapped { calling_code, mapped, left_out } = part;
            let codes = |countries: &[Country]| {
                let codes: Vec<&str> = countries.iter().map(|country| country.code()).collect();
                codes.join(" ")
            };
            let (count, missing) = (mapped.len(), left_out.len());
            let are = |count| if count == 1 { "is" } else { "are" };
            let (mapped, left_out) = (codes(mapped), codes(left_out));
            format!(
                "of +{calling_code} {mapped} {} on a number, {} {} not: {left_out}",
                are(count),
                missing,
                are(missing)
            )
        }));
        lines
    }
}

fn partly_mapped(mapped: &BTreeSet<Country>) -> Vec<PartlyMapped> {
    let codes: BTreeSet<u16> = mapped.iter().map(|country| country.calling_code()).collect();
    let of_code = |calling_code| {
        let all = Country::sharing_calling_code(calling_code).into_iter();
        let (here, left_out): (Vec<Country>, Vec<Country>) =
            all.partition(|country| mapped.contains(country));
        PartlyMapped { calling_code, mapped: here, left_out }
    };
    codes.into_iter().map(of_code).filter(|found| !found.left_out.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::environment::Environment;
    use crate::domain::from_numbers::{FromNumber, FromNumbers};
    use crate::domain::sender::Sender;

    #[test]
    fn the_worst_day_of_one_user_is_counted_and_priced() {
        let settings = Settings::built_in(Environment::Production);
        let figures = Figures::of(&settings, "Sign-in");
        // Three codes in each of 96 quarters of an hour.
        assert_eq!((figures.codes_a_day, figures.segments), (288, 1));
        let price = Price::try_from(0.05).unwrap();
        assert_eq!(figures.cost_a_day(price).to_string(), "14.40");
        // A cap of the whole environment is one of each user too, where it refuses anything.
        let mut capped = settings.clone();
        capped.limits.environment.day = Cap::new(10);
        capped.limits.only_countries = Some(["CO".parse().unwrap()].into());
        let figures = Figures::of(&capped, "Sign-in");
        assert_eq!(figures.codes_a_day, 10);
        let sentences = figures.sentences(None).join("\n");
        assert!(sentences.contains("only CO get codes at all"), "{sentences}");
        capped.limits.record_only = true;
        assert_eq!(Figures::of(&capped, "Sign-in").codes_a_day, 288);
    }

    #[test]
    fn countries_of_a_calling_code_are_listed_when_some_are_left_out() {
        let row = FromNumber {
            sender: Sender::parse("72404").unwrap(),
            countries: ["GB", "GG", "CO"].map(|code| code.parse().unwrap()).into(),
        };
        let from_numbers = FromNumbers::new(vec![row], None).unwrap();
        let settings = Settings { from_numbers, ..Settings::built_in(Environment::Production) };
        let figures = Figures::of(&settings, "");
        assert_eq!(figures.partly_mapped.len(), 1);
        let words = figures.sentences(None).pop().unwrap();
        assert_eq!(words, "of +44 GB GG are on a number, 2 are not: IM JE");
    }
}
