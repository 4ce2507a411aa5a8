//! Forgetting what is old.

use jiff::SignedDuration;

use super::deck::{Deck, MINUTE, at, lease, request, rule};
use crate::store::Reservation;

#[tokio::test]
async fn a_clock_that_is_far_ahead_for_a_moment_wipes_nothing() {
    for deck in Deck::of_every_store().await {
        deck.slot(request(0)).await;
        let year = 365 * 24 * 60 * MINUTE;
        // This process has sent something by the wrong clock, and prunes.
        let ahead = Reservation { lease: lease(7, year), ..request(year) };
        deck.slot(ahead).await;
        deck.store.prune(7, SignedDuration::from_hours(48), at(year), drop).await.unwrap();
        assert_eq!(deck.quota(rule(3, 15), MINUTE).await.used(), 2);
    }
}
