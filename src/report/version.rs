//! Former versions of the config.

use serde::Serialize;

/// A version of the config that was in force before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Version<'a> {
    /// Its name.
    pub version: &'a str,
    /// What was changed when it was replaced, in words.
    pub changed_then: &'a [String],
}

/// A config that is invalid, so that the last valid version is used instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InvalidConfig<'a> {
    /// What is wrong.
    pub out_of_order: &'a str,
}

/// A config that was invalid and has been repaired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repaired {
    /// Always true.
    pub mended: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::names::names;

    #[test]
    fn the_names_of_versions_are_stable() {
        assert_eq!(names(&Version { version: "", changed_then: &[] }), "changed_then version");
        assert_eq!(names(&InvalidConfig { out_of_order: "" }), "out_of_order");
        assert_eq!(names(&Repaired { mended: true }), "mended");
    }
}
