//! Saving settings, from the key to the outcome, and what others have saved.

mod confirm;
mod edited_text;
mod outcome;
mod read_again;

pub(super) use confirm::{save, save_and_quit};
pub(super) use edited_text::{on_edited, on_unchecked_text};
pub(super) use outcome::on_saved;
pub(super) use read_again::take_deck;
