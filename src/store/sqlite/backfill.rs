//! Fills the columns of schema 5 in the rows of earlier ones, which kept only sentences.

use rusqlite::{Connection, Result};

use super::sentences::{choice, refusal};
use crate::domain::country::Country;

/// What a sentence said, by sentence; gone once the rows are filled.
const SENTENCES: &str = "
CREATE TEMP TABLE sentences (
    sentence TEXT PRIMARY KEY,
    reason   TEXT NOT NULL,
    country  TEXT
) STRICT, WITHOUT ROWID;
";

const FILL_DELIVERIES: &str = "
UPDATE deliveries SET (reason, default_country) =
    (SELECT reason, country FROM sentences WHERE sentence = deliveries.reason);
UPDATE events SET country = (SELECT country FROM deliveries WHERE id = events.delivery)
    WHERE delivery IS NOT NULL;
UPDATE events SET reason = (SELECT reason FROM deliveries WHERE id = events.delivery)
    WHERE delivery IS NOT NULL AND kind = 'reserved';
DELETE FROM sentences;
";

/// A sentence that names no country may be about a number that was texted before.
const FILL_REFUSALS: &str = "
UPDATE events SET (reason, country) =
    (SELECT sentences.reason, coalesce(events.country, sentences.country)
     FROM sentences WHERE sentence = events.detail)
    WHERE kind = 'would_refuse' OR (kind = 'refused' AND delivery IS NULL);
UPDATE events SET country =
    (SELECT deliveries.country FROM subjects
     JOIN deliveries ON deliveries.number = subjects.id AND counted_at IS NOT NULL
     WHERE subjects.environment = events.environment AND subjects.key = events.number_key LIMIT 1)
    WHERE kind = 'refused' AND delivery IS NULL AND country IS NULL AND number_key IS NOT NULL;
DROP TABLE sentences;
";

/// Gives reasons and countries to the rows of earlier schemas.
pub(super) fn fill(connection: &Connection) -> Result<()> {
    connection.execute_batch(SENTENCES)?;
    let sentences = "SELECT DISTINCT reason FROM deliveries";
    note_meanings(connection, sentences, |sentence| {
        let (choice, country) = choice(sentence);
        (choice.key(), country)
    })?;
    connection.execute_batch(FILL_DELIVERIES)?;
    let sentences = "SELECT DISTINCT detail FROM events WHERE detail IS NOT NULL
                     AND (kind = 'would_refuse' OR (kind = 'refused' AND delivery IS NULL))";
    note_meanings(connection, sentences, |sentence| {
        let (refusal, country) = refusal(sentence);
        (refusal.key(), country)
    })?;
    connection.execute_batch(FILL_REFUSALS)
}

fn note_meanings(
    connection: &Connection,
    sentences: &str,
    meaning: impl Fn(&str) -> (&'static str, Option<Country>),
) -> Result<()> {
    let mut insert = connection.prepare("INSERT INTO sentences VALUES (?1, ?2, ?3)")?;
    let mut select = connection.prepare(sentences)?;
    let mut rows = select.query(())?;
    while let Some(row) = rows.next()? {
        let sentence: String = row.get(0)?;
        let (reason, country) = meaning(&sentence);
        insert.execute((sentence, reason, country.map(Country::code)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::open::open;
    use super::super::schema::left_by;

    use super::*;
    use crate::domain::environment::Environment;
    use crate::store::contract::deck::{manual, place, test_key};
    use crate::store::{Event, EventQuery, EventReason, Store};

    /// What schema 4 has left: three subjects, three deliveries, and every kind of event.
    const SCHEMA_4: &str = "
    INSERT INTO subjects (id, environment, key, label) VALUES
        (1, 'test', unhex(replace(hex(zeroblob(32)), '00', '01')), 'ana'),
        (2, 'test', unhex(replace(hex(zeroblob(32)), '00', '02')), '+57 ••• ••• 0002'),
        (3, 'test', unhex(replace(hex(zeroblob(32)), '00', '03')), '+1 ••• ••• 0003');
    INSERT INTO deliveries (id, environment, user, number, country, sender, reason, segments,
                            asked_by, at, counted_at, status) VALUES
        (1, 'test', 1, 2, 'CO', '72404', 'CO is on 72404; default country +57 was applied', 1,
         'ana', 1, 1, 'sent'),
        (2, 'test', 1, 3, 'CA', 'ACME', 'default number, as no number lists CA', 1,
         'ana', 1, NULL, 'refused'),
        (3, 'test', 1, 3, NULL, 'ACME', 'default number, as the number belongs to no country', 1,
         'ana', 1, 1, 'reserved');
    INSERT INTO events (at, environment, delivery, kind, user, recipient, detail, number_key)
    SELECT 1, 'test', delivery, kind, 'ana', '…', detail, unhex(replace(hex(zeroblob(32)), '00', number)) FROM (
        SELECT 1 AS line, 1 AS delivery, 'reserved' AS kind,
               'CO is on 72404; default country +57 was applied, 1 segment (ana)' AS detail,
               NULL AS number
        UNION SELECT 2, 1, 'sent', NULL, NULL
        UNION SELECT 3, 1, 'would_refuse',
               'the cap of 1 code a day to Colombia is reached; sent all the same, as limits only record', NULL
        UNION SELECT 4, 2, 'reserved', 'default number, as no number lists CA, 1 segment (ana)', NULL
        UNION SELECT 5, 2, 'refused', 'The provider has had 3 of 3 codes used', NULL
        UNION SELECT 6, 3, 'reserved', NULL, NULL
        UNION SELECT 7, NULL, 'refused', '3 of 3 codes used', '02'
        UNION SELECT 8, NULL, 'refused', '3 of 3 codes used', NULL
        UNION SELECT 9, NULL, 'refused', '100 wrong tries in a row', '09'
        UNION SELECT 10, NULL, 'refused',
               'no From number serves Canada (CA), and no default number is set', '03'
        UNION SELECT 11, NULL, 'refused', NULL, NULL
        UNION SELECT 12, NULL, 'verified', NULL, '02'
        UNION SELECT 13, NULL, 'wrong_code', 'tries left: 4', '02'
        UNION SELECT 14, NULL, 'expired_code', NULL, '02'
        UNION SELECT 15, NULL, 'unlocked', 'all codes by ana: 3 of 3 codes used', '02'
        UNION SELECT 16, NULL, 'forgave_tries', 'wrong tries forgiven by ana: x', '02'
        UNION SELECT 17, NULL, 'gave_back', 'one code by ana: x', '02'
        ORDER BY line);
    ";

    /// The reasons and countries of all events of an older store, once this version has opened it.
    async fn migrated(rows: &str) -> Vec<(Option<&'static str>, Option<&'static str>)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deck.db");
        left_by(4, &path, &test_key()).execute_batch(rows).unwrap();
        let store = Store::open(&place(&path), test_key(), manual()).await.unwrap();
        let events = store.events(EventQuery::latest(Environment::Test, 99)).await.unwrap();
        let meaning =
            |event: Event| (event.reason.map(EventReason::key), event.country.map(Country::code));
        events.into_iter().map(meaning).collect()
    }

    #[tokio::test]
    async fn every_event_of_schema_4_gets_its_reason_and_country() {
        let colombia = Some("CO");
        let expected = [
            (Some("listed"), colombia),
            (None, colombia),
            (Some("country_day_cap"), colombia),
            (Some("default_number"), Some("CA")),
            // What the provider refused has its error code.
            (None, Some("CA")),
            (Some("default_number"), None),
            // The number was texted before, so its country is known.
            (Some("quota"), colombia),
            (Some("quota"), None),
            (Some("user_locked"), None),
            (Some("no_sender"), Some("CA")),
            (None, None),
            // What people did has no reason of smsdeck's, whatever they wrote.
            (None, None),
            (None, None),
            (None, None),
            (None, None),
            (None, None),
            (None, None),
        ];
        assert_eq!(migrated(SCHEMA_4).await, expected);
    }

    #[test]
    fn every_delivery_of_schema_4_keeps_how_its_sender_was_chosen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deck.db");
        left_by(4, &path, &test_key()).execute_batch(SCHEMA_4).unwrap();
        let connection = open(&place(&path), &test_key(), &manual()).unwrap().connection;
        let kept: Vec<(String, Option<String>)> = connection
            .prepare("SELECT reason, default_country FROM deliveries ORDER BY id")
            .unwrap()
            .query_map((), |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_>>()
            .unwrap();
        let kept: Vec<(&str, Option<&str>)> =
            kept.iter().map(|(reason, country)| (reason.as_str(), country.as_deref())).collect();
        let by_default = ("default_number", None);
        assert_eq!(kept, [("listed", Some("CO")), by_default, by_default]);
    }
}
