//! Files as smsdeck opens, locks and replaces them: only regular files, never through a link
//! that someone may have planted, and changed by handle.
//!
//! It knows nothing of what is in them.

mod leftovers;
mod lock;
mod private;
mod regular;
mod replace;
mod temporary;

pub use leftovers::{PrivateFolder, remove_leftovers};
pub use lock::Lock;
pub use private::{is_own, is_private, others_may_read, others_may_write, owner_of, user_name};
pub use regular::{Links, check_regular, open, read, read_input, read_open};
pub use replace::{Mode, publish, replace};
