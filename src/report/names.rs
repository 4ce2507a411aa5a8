//! The names in a report, for the tests that keep them stable.

use serde::Serialize;
use serde_json::Value;

/// Returns the names in a report in alphabetical order, with spaces between them.
pub(super) fn names(report: &impl Serialize) -> String {
    let Value::Object(object) = serde_json::to_value(report).unwrap() else {
        panic!("a report is an object")
    };
    let mut names: Vec<String> = object.into_iter().map(|(name, _)| name).collect();
    names.sort();
    names.join(" ")
}
