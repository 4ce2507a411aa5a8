//! What settings would mean if they were saved: the last day judged anew, and who is locked now.

use jiff::SignedDuration;

use super::{Engine, EngineError};
use crate::domain::environment::Environment;
use crate::domain::quota::QuotaRule;
use crate::domain::replay::{Replayed, replay};

/// How far back is looked.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What another rule would mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rehearsal {
    /// The codes of the last 24 hours under that rule.
    pub day: Replayed,
    /// Users who are locked now and would be open.
    pub opens: usize,
    /// Users who are open now and would be locked.
    pub locks: usize,
}

impl Rehearsal {
    /// The same in sentences.
    pub fn sentences(&self) -> Vec<String> {
        let Self { day: Replayed { sent, refused, users, passed }, opens, locks } = *self;
        let plural = |count: usize, one: &str, many: &str| {
            format!("{count} {}", if count == 1 { one } else { many })
        };
        let mut lines = vec![match refused {
            0 => format!(
                "Of {} in the last 24 h, none would have been refused.",
                plural(sent, "code", "codes")
            ),
            _ => format!(
                "Of {} in the last 24 h, {} would have been refused, for {}.",
                plural(sent, "code", "codes"),
                refused,
                plural(users, "user", "users")
            ),
        }];
        if passed > 0 {
            lines.push(format!(
                "{} refused then would have been sent.",
                plural(passed, "request that was", "requests that were")
            ));
        }
        if opens > 0 {
            lines.push(format!(
                "{} open at once.",
                plural(opens, "locked user gets", "locked users get")
            ));
        }
        if locks > 0 {
            lines.push(format!("{} locked at once.", plural(locks, "user gets", "users get")));
        }
        lines
    }
}

impl Engine {
    /// Works out what another rule would mean for an environment.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn rehearse(
        &self,
        environment: Environment,
        rule: QuotaRule,
    ) -> Result<Rehearsal, EngineError> {
        let now = self.now();
        let from = now - DAY;
        let since = from.checked_sub(rule.memory()).unwrap_or(jiff::Timestamp::MIN);
        let traces = self.inner.store.traces(environment, since).await?;
        let day = replay(&traces, rule, from);
        let present = self.settings(environment).quota_rule();
        let locked = |rows: Vec<crate::store::QuotaRow>| -> Vec<_> {
            rows.into_iter().filter(|row| !row.quota.is_open()).map(|row| row.user.key).collect()
        };
        let before = locked(self.inner.store.quota_rows(environment, present, now).await?);
        let after = locked(self.inner.store.quota_rows(environment, rule, now).await?);
        let opens = before.iter().filter(|user| !after.contains(user)).count();
        let locks = after.iter().filter(|user| !before.contains(user)).count();
        Ok(Rehearsal { day, opens, locks })
    }
}
