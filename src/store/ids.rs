//! The numbers by which rows are known outside the store. None is ever given twice, also after
//! rows have been pruned. They say nothing about the order in which things were committed: of two
//! processes, the one that is given the greater number may commit first. Anyone who reads the log in
//! order does so by a [`Cursor`](super::Cursor).

/// Identifies a delivery: one code on its way to one number. Its order is of no meaning; it is
/// there for ordered maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId(pub i64);

/// Identifies an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventId(pub i64);

/// Identifies a challenge: the codes from which a user may choose to prove one sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChallengeId(pub i64);
