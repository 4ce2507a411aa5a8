//! Which users the quota shows: those whom a typed text means.

use super::typed_filter::TypedFilter;
use crate::domain::country::Country;
use crate::domain::secret::LookupKey;
use crate::store::QuotaRow;

/// A text, and what it means.
#[derive(Debug)]
pub struct QuotaFilter {
    /// The text.
    pub typed: TypedFilter,
    /// Under what the text is found, as a whole number or an id.
    keys: Vec<LookupKey>,
}

impl QuotaFilter {
    /// Begins to type.
    pub fn new() -> Self {
        Self { typed: TypedFilter::new(), keys: Vec::new() }
    }

    /// Takes under what the text is found.
    pub fn on_keys(&mut self, keys: Vec<LookupKey>) {
        self.keys = keys;
    }

    /// Whether a user is meant: by a part of the name or of the sender, by the whole number, or by
    /// the country's code or the beginning of its name.
    pub fn fits(&self, row: &QuotaRow) -> bool {
        let typed = self.typed.text.text().trim().to_lowercase();
        if typed.is_empty() {
            return true;
        }
        let of_country = row.country.is_some_and(|country: Country| {
            country.code().eq_ignore_ascii_case(&typed)
                || (typed.chars().count() > 2 && country.name().to_lowercase().starts_with(&typed))
        });
        of_country
            || self.keys.contains(&row.number.key)
            || self.keys.contains(&row.user.key)
            || row.user.label.to_lowercase().contains(&typed)
            || row.sender.to_lowercase().contains(&typed)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::quota::Quota;
    use crate::store::Subject;

    fn row() -> QuotaRow {
        QuotaRow {
            user: Subject { key: LookupKey([1; 32]), label: "JDoe".to_owned() },
            number: Subject {
                key: LookupKey([2; 32]), label: "+57 ••• ••• 4567".to_owned()
            },
            quota: Quota::Open { used: 1, left: 2 },
            last_sent: Timestamp::UNIX_EPOCH,
            wrong_in_a_row: 0,
            country: Country::from_code("CO"),
            sender: "ACME".to_owned(),
        }
    }

    #[test]
    fn a_user_is_found_by_name_country_sender_or_whole_number() {
        let mut filter = QuotaFilter::new();
        for (typed, fits) in [
            ("", true),
            ("jd", true),
            ("co", true),
            ("colom", true),
            ("acm", true),
            ("de", false),
            ("4567", false),
        ] {
            filter.typed.text.set(typed);
            assert_eq!(filter.fits(&row()), fits, "{typed}");
        }
        filter.typed.text.set("+573001234567");
        assert!(!filter.fits(&row()));
        filter.on_keys(vec![LookupKey([2; 32])]);
        assert!(filter.fits(&row()));
    }
}
