//! What settings would mean if they were saved: the last day judged again, and who is locked now.

use jiff::{SignedDuration, Timestamp};

use super::error::EngineError;
use super::open::Engine;
use crate::domain::environment::Environment;
use crate::domain::quota::QuotaRule;
use crate::domain::replay::{Replayed, Trace, replay};
use crate::store::{MAX_TRACES, QuotaQuery, QuotaRow};

/// What is read at once: between two of them every other job of the store has its turn.
const STEP: SignedDuration = SignedDuration::from_hours(1);

/// How far back is looked.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What another rule would mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WhatIf {
    /// The codes of the last 24 hours under that rule.
    pub day: Replayed,
    /// Users who are locked now and would be open.
    pub opens: usize,
    /// Users who are open now and would be locked.
    pub locks: usize,
    /// Whether there were so many codes that only the newest were judged.
    pub is_cut: bool,
}

impl WhatIf {
    /// The same in sentences.
    pub fn sentences(&self) -> Vec<String> {
        let Self { day: Replayed { sent, refused, users, passed }, opens, locks, is_cut } = *self;
        let of = if is_cut { "Of the newest" } else { "Of" };
        let plural = |count: usize, one: &str, many: &str| {
            format!("{count} {}", if count == 1 { one } else { many })
        };
        let mut lines = vec![match refused {
            0 => format!(
                "{of} {} in the last 24 h, none would have been refused.",
                plural(sent, "code", "codes")
            ),
            _ => format!(
                "{of} {} in the last 24 h, {} would have been refused, for {}.",
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
                "{} at once.",
                plural(opens, "locked user opens", "locked users open")
            ));
        }
        if locks > 0 {
            lines.push(format!("{} at once.", plural(locks, "user locks", "users lock")));
        }
        lines
    }
}

impl Engine {
    /// Works out what another rule would mean for an environment. `on_progress` is called with
    /// the number of codes read so far. Dropping the future stops it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn what_if(
        &self,
        environment: Environment,
        rule: QuotaRule,
        on_progress: impl Fn(usize),
    ) -> Result<WhatIf, EngineError> {
        let now = self.now();
        let from = now - DAY;
        let since = from.checked_sub(rule.memory()).unwrap_or(Timestamp::MIN);
        let traces = self.traces(environment, (since, now), on_progress).await?;
        let is_cut = traces.len() >= MAX_TRACES;
        let day = replay(&traces, rule, from);
        let present = self.settings(environment).quota_rule();
        let locked = |rows: Vec<QuotaRow>| -> Vec<_> {
            rows.into_iter().filter(|row| !row.quota.is_open()).map(|row| row.user.key).collect()
        };
        let store = self.store()?;
        let rows = |rule| store.quota_rows(QuotaQuery { environment, key: None, rule, now });
        let (before, after) = (locked(rows(present).await?), locked(rows(rule).await?));
        let opens = before.iter().filter(|user| !after.contains(user)).count();
        let locks = after.iter().filter(|user| !before.contains(user)).count();
        Ok(WhatIf { day, opens, locks, is_cut })
    }

    /// What has counted since a moment, oldest first, read step by step from the newest on.
    async fn traces(
        &self,
        environment: Environment,
        (since, now): (Timestamp, Timestamp),
        on_progress: impl Fn(usize),
    ) -> Result<Vec<Trace>, EngineError> {
        let mut steps = Vec::new();
        let mut read = 0;
        // What a clock that was ahead has left belongs to the newest.
        let mut until = Timestamp::MAX;
        let mut after = now;
        while after > since && read < MAX_TRACES {
            after = after.checked_sub(STEP).map_or(since, |after| after.max(since));
            let step = self.store()?.traces(environment, after, until).await?;
            read += step.len();
            on_progress(read);
            steps.push(step);
            until = after;
        }
        Ok(steps.into_iter().rev().flatten().collect())
    }
}
