//! Which store a deck uses.

use serde::Serialize;

use crate::engine::{Adoption, StorePlace};

/// Where the store is, and whether it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoreState {
    /// Where the settings have it.
    pub path: String,
    /// The identity on record: 32 hexadecimal digits.
    pub id: Option<String>,
    /// Where the store on record is.
    pub recorded_path: Option<String>,
    /// Why it is not used; `None` where it is.
    pub problem: Option<String>,
}

impl StoreState {
    /// What is known of a store.
    pub fn of(place: &StorePlace) -> Self {
        let StorePlace { path, recorded, problem } = place;
        Self {
            path: path.display().to_string(),
            id: recorded.as_ref().map(|recorded| recorded.id.to_string()),
            recorded_path: recorded.as_ref().map(|recorded| recorded.path.display().to_string()),
            problem: problem.as_ref().map(ToString::to_string),
        }
    }
}

/// A store that was adopted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdoptedStore {
    /// Where it is.
    pub adopted: String,
    /// Whether it was made for it.
    pub was_empty: bool,
    /// Where the store before was.
    pub former: Option<String>,
}

impl AdoptedStore {
    /// The outcome of an adoption.
    pub fn of(adoption: &Adoption) -> Self {
        Self {
            adopted: adoption.path.display().to_string(),
            was_empty: adoption.is_empty,
            former: adoption.former.as_ref().map(|former| former.display().to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::report::names::names;

    #[test]
    fn the_names_of_a_store_are_stable() {
        let path = PathBuf::from("/deck.db");
        let place = StorePlace { path: path.clone(), recorded: None, problem: None };
        assert_eq!(names(&StoreState::of(&place)), "id path problem recorded_path");
        let adoption = Adoption { path, is_named: false, is_empty: true, former: None };
        assert_eq!(names(&AdoptedStore::of(&adoption)), "adopted former was_empty");
    }
}
