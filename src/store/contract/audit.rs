//! What operators and sends leave in the audit.

use super::deck::{Deck, request};
use crate::store::AuditAction;

#[tokio::test]
async fn a_send_is_in_the_audit_and_a_refusal_is_not() {
    for deck in Deck::of_every_store().await {
        for _ in 0..5 {
            deck.ask(request(0)).await;
        }
        let rows = deck.store.audit_rows(1, 99).await.unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0].entry.action, AuditAction::Send);
        assert_eq!(rows[0].entry.detail, "user-1 at +57 ••• ••• 0001 from 72404");
        deck.unlock(1).await;
        let last = deck.store.audit_rows(4, 1).await.unwrap().remove(0);
        assert_eq!(last.entry.action, AuditAction::Unlock);
        let newest = deck.store.newest_audit_rows(2).await.unwrap();
        assert_eq!(newest.iter().map(|row| row.id).collect::<Vec<_>>(), [4, 3]);
        assert_eq!(newest[0], last);
        assert_eq!(deck.store.verify_audit().await.unwrap(), Ok(4));
    }
}
