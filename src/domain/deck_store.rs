//! Which store belongs to a deck, and what distinguishes it from any other. Knows no file.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The identity of a store: 16 random bytes, written as 32 hexadecimal digits. The store holds it,
/// and `secrets.ron` names it, so that neither a different nor an empty store is taken for the one
/// that counts everybody's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct StoreId(pub [u8; 16]);

/// Why a text is not the identity of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the identity of a store has 32 hexadecimal digits")]
pub struct NotAStoreId;

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl From<StoreId> for String {
    fn from(id: StoreId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for StoreId {
    type Error = NotAStoreId;

    fn try_from(text: String) -> Result<Self, NotAStoreId> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NotAStoreId);
        }
        u128::from_str_radix(&text, 16).map(|id| Self(id.to_be_bytes())).map_err(|_| NotAStoreId)
    }
}

/// The store of a deck, as `secrets.ron` records it beside the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeckStore {
    /// The identity that the store must have.
    pub id: StoreId,
    /// Where the store is.
    pub path: PathBuf,
    /// Whether the settings named that place. Otherwise it is the default place of the process that
    /// first used it, and stays there for every other process, even one with another home folder.
    pub is_named: bool,
    /// Whether the store may still have to be made.
    pub is_new: bool,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_identity_is_read_as_it_was_written(bytes: [u8; 16]) {
            let id = StoreId(bytes);
            prop_assert_eq!(StoreId::try_from(id.to_string()), Ok(id));
        }
    }

    #[test]
    fn nothing_else_is_an_identity() {
        for text in
            ["", "0", "+0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdeg"]
        {
            assert_eq!(StoreId::try_from(text.to_owned()), Err(NotAStoreId), "{text}");
        }
    }
}
