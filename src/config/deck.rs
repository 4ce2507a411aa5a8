//! The settings of the whole deck, and the table with a row for each of their fields.

use std::path::PathBuf;

use crate::domain::app_name::AppName;
use crate::domain::bounded::Bounded;
use crate::domain::field_table::{FieldValue, Lens, Row, field_table};
use crate::domain::price::Price;
use crate::domain::thresholds::Thresholds;

/// What holds for the whole deck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeckSettings {
    /// Stands for `{app}` in messages.
    pub app_name: AppName,
    /// Another place for the store than the usual one.
    pub store: Option<PathBuf>,
    /// Days after which sends and events are forgotten, 2 to 3650. No quota looks back further
    /// than a day.
    pub retention_days: RetentionDays,
    /// Whether user ids are stored and shown as they are given; otherwise a short name made with the
    /// deck's key stands for each.
    pub show_user_ids: bool,
    /// A file of certificates (PEM) that are trusted besides the system's.
    pub extra_ca: Option<PathBuf>,
    /// From when on something is worth a warning.
    pub thresholds: Thresholds,
    /// What one SMS costs, for the figures of `config check`.
    pub segment_price: Option<Price>,
}

/// Days that sends and events are kept.
pub type RetentionDays = Bounded<2, 3650>;

impl Default for DeckSettings {
    fn default() -> Self {
        let retention_days = RetentionDays::nearest(30);
        Self {
            app_name: AppName::default(),
            store: None,
            retention_days,
            show_user_ids: true,
            extra_ca: None,
            thresholds: Thresholds::default(),
            segment_price: None,
        }
    }
}

/// Where a value is in the settings of a deck.
type Setting<T> = Lens<DeckSettings, T>;

/// A row of the table. The settings of a deck have no labels but their names.
const fn row(
    below: Option<&'static str>,
    key: &'static str,
    explanation: &'static str,
    value: &'static dyn FieldValue<DeckSettings>,
) -> Row<DeckSettings> {
    Row { key, below, label: key, short_label: key, explanation, unit: "", value }
}

field_table! {
    /// One of deck-wide settings.
    DeckField of DeckSettings {
        /// Replaces {app} in messages.
        AppName => row(None, "app_name", "Replaces {app} in messages.", &Setting {
            get: |it| it.app_name.clone(),
            set: |it, value| it.app_name = value,
        }),
        /// Another place for the store than the usual one.
        Store => row(None, "store", "Another place for the store than the usual one.", &Setting {
            get: |it| it.store.clone(),
            set: |it, value| it.store = value,
        }),
        /// Days after which sends and events are forgotten.
        RetentionDays => row(None, "retention_days", "Days after which sends and events are forgotten.", &Setting {
            get: |it| it.retention_days,
            set: |it, value| it.retention_days = value,
        }),
        /// Whether user ids are stored and shown as they are given.
        ShowUserIds => row(None, "show_user_ids", "Whether user ids are stored and shown as they are given.", &Setting {
            get: |it| it.show_user_ids,
            set: |it, value| it.show_user_ids = value,
        }),
        /// A file of certificates (PEM) that are trusted besides the system's.
        ExtraCa => row(None, "extra_ca", "A file of certificates (PEM) that are trusted besides the system's.", &Setting {
            get: |it| it.extra_ca.clone(),
            set: |it, value| it.extra_ca = value,
        }),
        /// What one SMS costs, for the figures of a check.
        SegmentPrice => row(None, "segment_price", "What one SMS costs, for the figures of a check.", &Setting {
            get: |it| it.segment_price,
            set: |it, value| it.segment_price = value,
        }),
        /// Failures of one kind within an hour that are worth a warning.
        Failures => row(Some("thresholds"), "failures", "Failures of one kind within an hour that are worth a warning.", &Setting {
            get: |it| it.thresholds.failures,
            set: |it, value| it.thresholds.failures = value,
        }),
        /// Percent of an hour's codes that fail in one way which are worth a warning.
        WarningPercent => row(Some("thresholds"), "warning_percent", "Percent of an hour's codes that fail in one way which are worth a warning.", &Setting {
            get: |it| it.thresholds.warning_percent,
            set: |it, value| it.thresholds.warning_percent = value,
        }),
        /// Percent of the newest codes that fail which are critical.
        FailingPercent => row(Some("thresholds"), "failing_percent", "Percent of the newest codes that fail which are critical.", &Setting {
            get: |it| it.thresholds.failing_percent,
            set: |it, value| it.thresholds.failing_percent = value,
        }),
        /// Minutes that a code may be without an end.
        OpenMinutes => row(Some("thresholds"), "open_minutes", "Minutes that a code may be without an end.", &Setting {
            get: |it| it.thresholds.open_minutes,
            set: |it, value| it.thresholds.open_minutes = value,
        }),
        /// Times the usual codes that are worth a warning.
        BusyFactor => row(Some("thresholds"), "busy_factor", "Times the usual codes that are worth a warning.", &Setting {
            get: |it| it.thresholds.busy_factor,
            set: |it, value| it.thresholds.busy_factor = value,
        }),
        /// Percent of a country's codes never entered that are worth a warning.
        UnverifiedPercent => row(Some("thresholds"), "unverified_percent", "Percent of a country's codes never entered that are worth a warning.", &Setting {
            get: |it| it.thresholds.unverified_percent,
            set: |it, value| it.thresholds.unverified_percent = value,
        }),
        /// Wrong tries of one user in a row that are worth a warning.
        WrongTries => row(Some("thresholds"), "wrong_tries", "Wrong tries of one user in a row that are worth a warning.", &Setting {
            get: |it| it.thresholds.wrong_tries,
            set: |it, value| it.thresholds.wrong_tries = value,
        }),
        /// Numbers of one block of 1,000 within a day that are worth a warning.
        BlockNumbers => row(Some("thresholds"), "block_numbers", "Numbers of one block of 1,000 within a day that are worth a warning.", &Setting {
            get: |it| it.thresholds.block_numbers,
            set: |it, value| it.thresholds.block_numbers = value,
        }),
        /// The balance of an account, in whole units of its currency, below which there is a warning.
        Balance => row(Some("thresholds"), "balance", "Balance of an account, in whole units of its currency, below which there is a warning.", &Setting {
            get: |it| it.thresholds.balance,
            set: |it, value| it.thresholds.balance = value,
        }),
    }
}

impl DeckSettings {
    /// What changes to other settings of the deck, in words: `retention_days: 30 → 60`.
    pub fn differences(&self, new: &Self) -> Vec<String> {
        let changed = DeckField::ALL.iter().map(|field| field.row());
        let changed = changed.filter(|row| !row.value.is_same(self, new));
        let line = |row: &Row<Self>| {
            let place = row.below.map(|below| format!("{below}.")).unwrap_or_default();
            format!("{place}{}: {} → {}", row.key, row.show(self), row.show(new))
        };
        changed.map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_of_the_deck_is_compared() {
        // What is added to the settings must be added here too, with another value than before.
        let others = DeckSettings {
            app_name: AppName::parse("Acme").unwrap(),
            store: Some("deck.db".into()),
            retention_days: Bounded::nearest(60),
            show_user_ids: false,
            extra_ca: Some("ca.pem".into()),
            thresholds: Thresholds {
                failures: Bounded::nearest(9),
                warning_percent: Bounded::nearest(9),
                failing_percent: Bounded::nearest(9),
                open_minutes: Bounded::nearest(9),
                busy_factor: Bounded::nearest(9),
                unverified_percent: Bounded::nearest(9),
                wrong_tries: Bounded::nearest(9),
                block_numbers: Bounded::nearest(9),
                balance: Bounded::nearest(9),
            },
            segment_price: Price::try_from(0.05).ok(),
        };
        let built_in = DeckSettings::default();
        let mut settings = built_in.clone();
        for field in DeckField::ALL {
            let before = settings.clone();
            field.row().value.copy(&others, &mut settings);
            assert_eq!(before.differences(&settings).len(), 1, "{field:?}");
        }
        assert_eq!(settings, others);
        let lines = built_in.differences(&others);
        assert!(lines.contains(&"retention_days: 30 → 60".to_owned()), "{lines:?}");
        assert!(lines.contains(&"thresholds.failures: 3 → 9".to_owned()), "{lines:?}");
    }
}
