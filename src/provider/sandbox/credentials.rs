//! The Sandbox's credentials. They are made up, and the same everywhere: they protect nothing.

use crate::provider::twilio::Credentials;

/// The Sandbox's account SID. Exists nowhere else.
pub const ACCOUNT_SID: &str = "AC5a4db0c5000000000000000000005a4d";

/// The Sandbox's auth token.
pub const AUTH_TOKEN: &str = "5a4db0c5000000000000000000000000";

/// Returns what a client of the Sandbox authenticates with.
pub fn account_credentials() -> Credentials {
    Credentials::unchecked(ACCOUNT_SID, ACCOUNT_SID, AUTH_TOKEN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::provider::AccountSid;
    use crate::domain::secret::Secret;

    #[test]
    fn the_made_up_credentials_are_well_formed() {
        assert!(AccountSid::parse(ACCOUNT_SID).is_ok());
        assert!(Secret::parse(AUTH_TOKEN).is_ok());
    }
}
