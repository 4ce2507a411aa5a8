//! Who did what.

use serde::Serialize;

use super::moment::Moment;
use crate::domain::environment::Environment;
use crate::store::AuditRow;

/// A row of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEntry<'a> {
    /// Its place, from 1.
    pub id: i64,
    /// When.
    pub at: Moment,
    /// Who, by way of what, from where.
    pub operator: &'a str,
    /// In which environment; `None`: in the whole deck.
    pub environment: Option<&'static str>,
    /// What.
    pub action: &'static str,
    /// What exactly, in words.
    pub detail: &'a str,
}

impl<'a> From<&'a AuditRow> for AuditEntry<'a> {
    fn from(AuditRow { id, entry, .. }: &'a AuditRow) -> Self {
        Self {
            id: *id,
            at: Moment(entry.at),
            operator: &entry.operator,
            environment: entry.environment.map(Environment::key),
            action: entry.action.key(),
            detail: &entry.detail,
        }
    }
}

/// An audit in which nothing is missing or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WholeAudit {
    /// Always `whole`; a broken one is an error.
    pub result: &'static str,
    /// Its rows.
    pub rows: i64,
}

impl WholeAudit {
    /// An audit of so many rows.
    pub const fn of(rows: i64) -> Self {
        Self { result: "whole", rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::names::names;

    #[test]
    fn the_names_of_the_audit_are_stable() {
        let entry = AuditEntry {
            id: 1,
            at: Moment(jiff::Timestamp::UNIX_EPOCH),
            operator: "console by ana",
            environment: None,
            action: "change",
            detail: "",
        };
        assert_eq!(names(&entry), "action at detail environment id operator");
        assert_eq!(names(&WholeAudit::of(3)), "result rows");
    }
}
