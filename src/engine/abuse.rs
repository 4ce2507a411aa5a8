//! Findings about abuse: codes that are guessed, and messages that somebody earns money with (SMS
//! pumping).

use super::finding::{Finding, MIN_CODES, Severity, place};
use crate::domain::country::Country;
use crate::domain::thresholds::Thresholds;
use crate::store::{BlockTraffic, CountryTraffic, Destinations, QuotaRow};

/// Returns the finding about users with many wrong tries in a row.
pub(super) fn of_wrong_tries(rows: &[QuotaRow], thresholds: Thresholds) -> Option<Finding> {
    const ADVICE: &str =
        "ask the user before you clear the tries, and check where the sign-ins come from";
    let many = u32::from(thresholds.wrong_tries.get());
    let guessed = || rows.iter().filter(|row| row.wrong_in_a_row >= many);
    let worst = guessed().max_by_key(|row| row.wrong_in_a_row)?;
    let (user, tries) = (&worst.user.label, worst.wrong_in_a_row);
    let text = match guessed().count() {
        1 => format!("someone may be guessing codes: {user} has {tries} wrong tries in a row"),
        count => format!(
            "someone may be guessing codes: {count} users have {many} or more wrong tries in a row, {user} the most ({tries})"
        ),
    };
    Some(Finding::new(Severity::Warning, "guessing", text).with_advice(ADVICE))
}

/// What to do about signs of SMS pumping.
const AGAINST_PUMPING: &str =
    "limit the country, or remove it from only_countries, until you know who is asking";

/// Returns the findings about the destinations of the last day: signs of SMS pumping.
pub(super) fn of_destinations(found: &Destinations, thresholds: Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut warn = |country: Option<Country>, key: String, text| {
        let finding = Finding::new(Severity::Warning, key, text).with_advice(AGAINST_PUMPING);
        findings.push(Finding { country, ..finding });
    };
    for traffic in &found.countries {
        let CountryTraffic { country, day, usual, settled, unverified } = *traffic;
        let place = place(country);
        let code = country.map_or("none", Country::code);
        // A country that is new is as unusual as one that has grown, unless all is new.
        if found.has_history
            && day >= MIN_CODES
            && day >= usual.saturating_mul(thresholds.busy_factor.get().into())
        {
            warn(
                country,
                format!("country-{code}-busy"),
                format!("{day} codes to {place} in a day, usually {usual}"),
            );
        }
        let share = traffic.unverified_share().unwrap_or_default();
        if settled >= MIN_CODES && share >= thresholds.unverified_percent.get().into() {
            warn(
                country,
                format!("country-{code}-unverified"),
                format!("{unverified} of {settled} codes to {place} in a day were never verified"),
            );
        }
    }
    for block in &found.blocks {
        let BlockTraffic { codes, usual, numbers, .. } = *block;
        // The phones of one company stand side by side too, and sign in every day.
        let is_new = codes >= usual.saturating_mul(thresholds.busy_factor.get().into());
        if numbers >= thresholds.block_numbers.get().into() && is_new {
            warn(
                block.country,
                format!("block-{}", block.name()),
                format!(
                    "{numbers} adjacent numbers in {} got {codes} codes in a day, usually {usual} (block {})",
                    place(block.country),
                    block.name()
                ),
            );
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::LookupKey;

    fn texts(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.text.as_str()).collect()
    }

    #[test]
    fn a_country_without_history_is_unusual_where_others_have_one() {
        let country = Country::from_code("LV");
        let countries =
            vec![CountryTraffic { country, day: 20, usual: 0, settled: 0, unverified: 0 }];
        for has_history in [true, false] {
            let found =
                Destinations { countries: countries.clone(), has_history, ..<_>::default() };
            let findings = of_destinations(&found, Thresholds::default());
            assert_eq!(findings.len(), usize::from(has_history));
        }
    }

    #[test]
    fn signs_of_sms_pumping_are_findings() {
        let country = Country::from_code("CO");
        let countries =
            vec![CountryTraffic { country, day: 60, usual: 4, settled: 50, unverified: 45 }];
        let block = LookupKey([0xa7; 32]);
        let seen = |codes, usual| BlockTraffic { block, country, codes, usual, numbers: 30 };
        let blocks = vec![seen(31, 2), seen(40, 30)];
        let found = of_destinations(
            &Destinations { countries, blocks, has_history: true, ..<_>::default() },
            Thresholds::default(),
        );
        assert_eq!(
            texts(&found),
            [
                "60 codes to Colombia in a day, usually 4",
                "45 of 50 codes to Colombia in a day were never verified",
                "30 adjacent numbers in Colombia got 31 codes in a day, usually 2 (block a7a7)",
            ]
        );
    }
}
