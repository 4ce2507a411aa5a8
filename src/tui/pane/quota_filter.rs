//! Which users the quota shows: those whom a typed text means.

use crate::domain::country::Country;
use crate::domain::secret::LookupKey;
use crate::store::QuotaRow;
use crate::tui::question::Ticket;
use crate::tui::text_field::TextField;

/// A text, and what it means.
#[derive(Debug)]
pub struct QuotaFilter {
    /// The text as typed.
    pub text: TextField,
    /// Whether it is being typed.
    pub is_typing: bool,
    /// Under what the text is found, as a whole number or an id.
    keys: Vec<LookupKey>,
    /// Which question about the number is awaited.
    ticket: Ticket,
}

impl QuotaFilter {
    /// Begins to type.
    pub fn new() -> Self {
        Self {
            text: TextField::new("", 80),
            is_typing: true,
            keys: Vec::new(),
            ticket: Ticket::default(),
        }
    }

    /// Forgets under what the text was found, as it is another one now.
    pub fn forget_keys(&mut self) {
        self.ticket = Ticket::default();
        self.keys.clear();
    }

    /// Waits for under what the text is found.
    pub const fn wait_for(&mut self, ticket: Ticket) {
        self.ticket = ticket;
    }

    /// Whether it waits for the answer to a question.
    pub fn waits_for(&self, ticket: Ticket) -> bool {
        self.ticket == ticket
    }

    /// Takes under what the text is found.
    pub fn on_keys(&mut self, keys: Vec<LookupKey>) {
        self.keys = keys;
    }

    /// Whether a user is meant: by a part of the name or of the sender, by the whole number, or by
    /// the country's code or the beginning of its name.
    pub fn fits(&self, row: &QuotaRow) -> bool {
        let typed = self.text.text().trim().to_lowercase();
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
            filter.text.set(typed);
            assert_eq!(filter.fits(&row()), fits, "{typed}");
        }
        filter.text.set("+573001234567");
        filter.forget_keys();
        assert!(!filter.fits(&row()));
        let (first, second) = (Ticket::default().next(), Ticket::default().next().next());
        filter.wait_for(second);
        assert!(!filter.waits_for(first) && filter.waits_for(second));
        filter.on_keys(vec![LookupKey([2; 32])]);
        assert!(filter.fits(&row()));
    }
}
