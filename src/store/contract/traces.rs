//! What counted for the quotas, read again to judge it by another rule.

use super::deck::{Deck, HERE, MINUTE, at, request};

#[tokio::test]
async fn traces_read_in_steps_equal_those_read_at_once() {
    for deck in Deck::of_every_store().await {
        let hour = 60 * MINUTE;
        // On the borders of the steps, and a millisecond beside them.
        for moment in [0, hour - 1, hour, hour + 1, 2 * hour, 3 * hour + 1] {
            deck.slot(request(moment)).await;
        }
        let read =
            async |after, until| deck.store.traces(HERE, at(after), at(until)).await.unwrap();
        let whole = read(-1, 4 * hour).await;
        assert_eq!(whole.len(), 6);
        let mut steps = read(-1, 0).await;
        for step in 0..4 {
            steps.extend(read(step * hour, (step + 1) * hour).await);
        }
        assert_eq!(steps, whole);
    }
}
