//! Why a store is not the one of the deck, in words for the operator who has to put it right.

use std::path::PathBuf;

use crate::store::StoreError;

/// Why a store is not used. Nothing is sent then.
#[derive(Debug, thiserror::Error)]
pub enum NotOwnStore {
    /// There is a store, but not the key that it was made with.
    #[error(
        "the deck's key is missing from {}, and {} needs it. Restore that file from a backup; to start over, move the store away first (no codes count then)",
        .secrets.display(), .store.display()
    )]
    KeyMissing {
        /// The file that should have the key.
        secrets: PathBuf,
        /// The store.
        store: PathBuf,
    },
    /// The store is not where it should be.
    #[error("{refusal}. To start with an empty one instead: {adopt}")]
    Missing {
        /// Where it should be.
        refusal: StoreError,
        /// The command that makes an empty one.
        adopt: String,
    },
    /// The store is another one.
    #[error("{refusal}. To use the one that is there: {adopt}")]
    Other {
        /// Where it is.
        refusal: StoreError,
        /// The command that adopts it.
        adopt: String,
    },
    /// The settings name another place than the one of the deck's store.
    #[error(
        "the settings name the store {}, but this deck's store is {}; nothing is sent. Change `deck.store` back, or move the store there; to use what is there instead: {adopt}",
        .named.display(), .recorded.display()
    )]
    OtherPlace {
        /// The place by the settings.
        named: PathBuf,
        /// The place of the store.
        recorded: PathBuf,
        /// The command that adopts what is there.
        adopt: String,
    },
    /// A store cannot be adopted at another place than the settings name.
    #[error("the settings name the store {}: change `deck.store` first", .named.display())]
    NamedElsewhere {
        /// The place by the settings.
        named: PathBuf,
    },
    /// There is no key yet, so no store can belong to it.
    #[error("this deck is unused; its first send creates its store")]
    NeverUsed,
}
