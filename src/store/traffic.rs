//! Where codes go, and how many of them are never entered: what tells people who sign in from an
//! abuser who makes money with every message.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Result};

use super::events::{EventKind, EventReason};
use super::values::{Millis, country, whole_number};
use crate::domain::country::Country;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::from_numbers::FromNumbers;
use crate::domain::refusal::Refusal;
use crate::domain::secret::LookupKey;

/// Blocks that are listed, those with the most numbers.
const MAX_BLOCKS: usize = 5;

/// Different numbers from which on a block is listed.
const MIN_NUMBERS: u32 = 3;

/// Days that the usual is taken from, at most.
const DAYS: u32 = 7;

/// Where the codes of an environment went within the last day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destinations {
    /// Country by country, those with the most codes first.
    pub countries: Vec<CountryTraffic>,
    /// Blocks of 1,000 numbers of which several had codes, those with the most numbers first.
    pub blocks: Vec<BlockTraffic>,
    /// Countries to which no code could go, as no From number serves them.
    pub refused: BTreeSet<Country>,
    /// Whether there were codes before the last day, so that there is something usual.
    pub has_history: bool,
}

/// The codes to one country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountryTraffic {
    /// The country; `None`: numbers of no country.
    pub country: Option<Country>,
    /// Codes within the last day.
    pub day: u32,
    /// Codes a day, on average over the week before or what there is of it, rounded up.
    pub usual: u32,
    /// Codes of the last day that were entered, or can be entered no more.
    pub settled: u32,
    /// Those of them that nobody ever entered.
    pub unverified: u32,
}

impl CountryTraffic {
    /// The share of settled codes that nobody entered, in percent, rounded down.
    pub fn unverified_share(&self) -> Option<u32> {
        (self.unverified * 100).checked_div(self.settled)
    }
}

/// The codes to one block of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockTraffic {
    /// What tells the block, as
    /// [`DeckKey::block`](crate::domain::secret::DeckKey::block).
    pub block: LookupKey,
    /// The country of its numbers.
    pub country: Option<Country>,
    /// Codes within the last day.
    pub codes: u32,
    /// Codes a day, on average over the week before, rounded up.
    pub usual: u32,
    /// Different numbers that the last day's codes went to.
    pub numbers: u32,
}

impl BlockTraffic {
    /// A short name of the block: four hexadecimal digits of what tells it.
    pub fn name(&self) -> String {
        format!("{:02x}{:02x}", self.block.0[0], self.block.0[1])
    }
}

impl Destinations {
    /// The countries that were asked for in the last day and are on none of these numbers: sent to
    /// from the default number, or refused.
    pub fn on_no_number(&self, numbers: &FromNumbers) -> BTreeSet<Country> {
        let texted = self.countries.iter().filter_map(|traffic| traffic.country);
        let asked = texted.chain(self.refused.iter().copied());
        asked.filter(|&country| numbers.serving(country).is_none()).collect()
    }
}

/// Countries that a From number was missing for since a moment.
fn refused(
    connection: &Connection,
    environment: Environment,
    since: Millis,
) -> Result<BTreeSet<Country>> {
    let refused = EventKind::Delivery(DeliveryStatus::Refused);
    let reason = EventReason::Refusal(Refusal::NoSender);
    let countries: Vec<Option<Country>> = connection
        .prepare_cached(
            "SELECT DISTINCT country FROM events
             WHERE environment = ?1 AND at >= ?2 AND kind = ?3 AND reason = ?4",
        )?
        .query_map((environment, since, refused, reason), |row| country(row, "country"))?
        .collect::<Result<_>>()?;
    Ok(countries.into_iter().flatten().collect())
}

/// Reads where the codes went.
pub(super) fn destinations(
    connection: &Connection,
    environment: Environment,
    now: Timestamp,
) -> Result<Destinations> {
    let ago = |days: u32| {
        let span = SignedDuration::from_hours(i64::from(days) * 24);
        Millis(now.checked_sub(span).unwrap_or(Timestamp::MIN))
    };
    let first: Option<Millis> = connection
        .prepare_cached("SELECT min(at) FROM deliveries WHERE environment = ?1 AND at >= ?2")?
        .query_row((environment, ago(1 + DAYS)), |row| row.get(0))?;
    // Days that there are codes of; a deck may be young, or forget early.
    let days = first.map_or(0, |first| ago(1).0.duration_since(first.0).as_secs().max(0));
    let has_history = days > 0;
    let days = u32::try_from(days).unwrap_or(u32::MAX).div_ceil(24 * 60 * 60).max(1);
    // A code that works no more was entered if its challenge was; the newest code of a challenge
    // that was entered counts for all of them.
    let countries = connection
        .prepare_cached(
            "SELECT country,
                    count(*) FILTER (WHERE at >= ?2) AS day,
                    count(*) FILTER (WHERE at < ?2) AS before,
                    count(*) FILTER (WHERE at >= ?2 AND (used OR valid_until <= ?4)) AS settled,
                    count(*) FILTER (WHERE at >= ?2 AND NOT used AND valid_until <= ?4) AS unused
             FROM deliveries
             LEFT JOIN codes ON codes.delivery = deliveries.id
             LEFT JOIN challenges ON challenges.id = codes.challenge
             WHERE environment = ?1 AND at >= ?3 AND status NOT IN ('refused', 'not_sent')
             GROUP BY country HAVING day > 0 ORDER BY day DESC, country",
        )?
        .query_map((environment, ago(1), ago(1 + DAYS), Millis(now)), |row| {
            Ok(CountryTraffic {
                country: country(row, "country")?,
                day: row.get("day")?,
                usual: row.get::<_, u32>("before")?.div_ceil(days),
                settled: row.get("settled")?,
                unverified: row.get("unused")?,
            })
        })?
        .collect::<Result<_>>()?;
    let blocks = connection
        .prepare_cached(
            "SELECT block, country,
                    count(*) FILTER (WHERE at >= ?2) AS codes,
                    count(*) FILTER (WHERE at < ?2) AS before,
                    count(DISTINCT number) FILTER (WHERE at >= ?2) AS numbers
             FROM deliveries
             WHERE environment = ?1 AND at >= ?3 AND block IS NOT NULL
               AND status NOT IN ('refused', 'not_sent')
             GROUP BY block HAVING numbers >= ?4 ORDER BY numbers DESC, codes DESC LIMIT ?5",
        )?
        .query_map(
            (environment, ago(1), ago(1 + DAYS), MIN_NUMBERS, whole_number(MAX_BLOCKS)),
            |row| {
                Ok(BlockTraffic {
                    block: row.get("block")?,
                    country: country(row, "country")?,
                    codes: row.get("codes")?,
                    usual: row.get::<_, u32>("before")?.div_ceil(days),
                    numbers: row.get("numbers")?,
                })
            },
        )?
        .collect::<Result<_>>()?;
    let refused = refused(connection, environment, ago(1))?;
    Ok(Destinations { countries, blocks, refused, has_history })
}

#[cfg(test)]
mod tests {
    use super::super::Reservation;
    use super::super::test_deck::{Deck, HERE, MINUTE, at, attempt, number, request, user};
    use super::*;
    use crate::domain::passcode::Verdict;

    #[tokio::test]
    async fn codes_that_nobody_enters_and_numbers_side_by_side_are_seen() {
        let deck = Deck::new().await;
        let day = 24 * 60 * MINUTE;
        for days_ago in (1..8).rev() {
            deck.slot(request(8 * day - days_ago * day - MINUTE)).await;
        }
        for who in 1..5 {
            let to = Reservation {
                user: user(who),
                number: number(who),
                ..request(8 * day - 60 * MINUTE)
            };
            deck.slot(to).await;
        }
        let right = attempt(8 * day - 59 * MINUTE);
        assert_eq!(deck.attempt(right, 1).await, Verdict::Approved);
        let elsewhere = Reservation {
            country: Country::from_code("DE"),
            user: user(9),
            number: number(9),
            block: LookupKey([8; 32]),
            ..request(8 * day - MINUTE)
        };
        deck.slot(elsewhere).await;
        let found = deck.store.destinations(HERE, at(8 * day)).await.unwrap();
        let colombia = CountryTraffic {
            country: Country::from_code("CO"),
            day: 4,
            usual: 1,
            settled: 4,
            unverified: 3,
        };
        assert_eq!(found.countries[0], colombia);
        assert_eq!(found.countries[0].unverified_share(), Some(75));
        // Its code may still be entered.
        assert_eq!((found.countries[1].day, found.countries[1].settled), (1, 0));
        assert_eq!(found.countries[1].unverified_share(), None);
        assert_eq!(found.blocks.len(), 1);
        assert_eq!((found.blocks[0].numbers, found.blocks[0].name().as_str()), (4, "0707"));
        assert_eq!((found.blocks[0].codes, found.blocks[0].usual), (4, 1));
        assert!(found.has_history);
        // Of a deck that is two days old, one day is usual.
        let young = deck.store.destinations(HERE, at(15 * day - 1)).await.unwrap();
        assert_eq!((young.countries.len(), young.has_history), (0, true));
    }
}
