//! What every store has to do, whichever database keeps it. These tests know only what [`Store`]
//! does: each runs on an empty store of every database, which [`deck::Deck`] makes.
//!
//! [`Store`]: super::Store

mod acknowledgements;
mod audit;
mod clocks;
mod credentials;
pub(super) mod deck;
mod destinations;
mod health;
mod leases;
mod limits;
mod log;
mod prune;
mod quota;
mod quota_rows;
mod report;
mod reserve;
mod traces;
mod unlock;
mod verify;
