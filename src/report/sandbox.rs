//! A Sandbox that runs alone.

use serde::Serialize;

/// Where a Sandbox listens, and with what it lets in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SandboxServer<'a> {
    /// Its address.
    pub url: &'a str,
    /// The account that it knows.
    pub account_sid: &'a str,
    /// Its token, which is no secret.
    pub auth_token: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::names::names;

    #[test]
    fn the_names_of_a_sandbox_are_stable() {
        let sandbox = SandboxServer { url: "", account_sid: "", auth_token: "" };
        assert_eq!(names(&sandbox), "account_sid auth_token url");
    }
}
