//! Where codes went, and which of them were never entered.

use super::deck::{Deck, HERE, MINUTE, at, attempt, number, request, user};
use crate::domain::country::Country;
use crate::domain::passcode::Verdict;
use crate::domain::secret::LookupKey;
use crate::store::{CountryTraffic, Reservation};

#[tokio::test]
async fn destinations_count_unverified_codes_and_blocks_of_numbers() {
    for deck in Deck::of_every_store().await {
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
