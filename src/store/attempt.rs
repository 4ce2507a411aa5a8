//! A try at a code.

use jiff::Timestamp;

use crate::domain::environment::Environment;
use crate::domain::secret::LookupKey;

/// One try at a code, without the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Where it is tried.
    pub environment: Environment,
    /// The number that the code was sent to.
    pub number: LookupKey,
    /// The user who signs in; `None` takes the number's newest challenge, whichever user it belongs to.
    pub user: Option<LookupKey>,
    /// The masked number, for the log.
    pub recipient: String,
    /// When it is tried.
    pub at: Timestamp,
}
