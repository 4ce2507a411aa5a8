//! Replays past sends under another rule, to show what it would have refused.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::quota::QuotaRule;

/// An event that counts for a quota. Users and numbers are identified by a number each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    /// The moment from which it counts.
    pub at: Timestamp,
    /// The user.
    pub user: i64,
    /// The number.
    pub recipient: i64,
    /// The kind of event.
    pub kind: TraceKind,
}

/// The kinds of events that count for a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceKind {
    /// A code was sent.
    Sent,
    /// A right code or an operator reset the quota.
    Reset,
    /// A request was refused because the quota was used up.
    Refused,
}

/// The result of a replay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Codes that were sent.
    pub sent: usize,
    /// Codes of these that the rule would have refused.
    pub refused: usize,
    /// Users that would have been refused at least one code.
    pub users: usize,
    /// Codes that were refused and that the rule would have sent.
    pub passed: usize,
}

/// Replays sends under a rule. `traces` must be in order of time; those before `from` are not
/// judged, they only count.
pub fn replay(traces: &[Trace], rule: QuotaRule, from: Timestamp) -> Replayed {
    let mut sends: BTreeMap<i64, Vec<Timestamp>> = BTreeMap::new();
    let mut refused_users = BTreeSet::new();
    let mut found = Replayed::default();
    for trace in traces {
        let both = BTreeSet::from([trace.user, trace.recipient]);
        if trace.kind == TraceKind::Reset {
            for one in both {
                sends.remove(&one);
            }
            continue;
        }
        let is_open = |one: &i64| {
            let before = sends.get(one).map_or(&[][..], Vec::as_slice);
            rule.judge(before, trace.at).is_open()
        };
        let is_new = trace.at >= from;
        let passes = both.iter().all(is_open);
        match trace.kind {
            TraceKind::Refused if !is_new || !passes => continue,
            TraceKind::Refused => found.passed += 1,
            _ => {
                found.sent += usize::from(is_new);
                if is_new && !passes {
                    found.refused += 1;
                    refused_users.insert(trace.user);
                    continue;
                }
            }
        }
        for one in both {
            let counted = sends.entry(one).or_default();
            counted.push(trace.at);
            // No rule looks back further than this many sends.
            let most = usize::from(rule.allowed.get());
            if counted.len() > 2 * most {
                counted.drain(..most);
            }
        }
    }
    found.users = refused_users.len();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::bounded::Bounded;

    fn rule(allowed: u16, minutes: u16) -> QuotaRule {
        QuotaRule { allowed: Bounded::nearest(allowed), time_out: Bounded::nearest(minutes) }
    }

    fn trace(minute: i64, user: i64, kind: TraceKind) -> Trace {
        let at = Timestamp::from_second(minute * 60).unwrap();
        Trace { at, user, recipient: user + 100, kind }
    }

    #[test]
    fn a_stricter_rule_refuses_what_was_sent_until_a_reset() {
        let sent = |minute, user| trace(minute, user, TraceKind::Sent);
        let traces = [
            sent(0, 1),
            sent(1, 1),
            sent(2, 1),
            sent(3, 2),
            trace(4, 1, TraceKind::Reset),
            sent(5, 1),
            sent(6, 1),
            sent(30, 1),
        ];
        let zero = Timestamp::UNIX_EPOCH;
        assert_eq!(replay(&traces, rule(3, 15), zero), Replayed { sent: 7, ..Replayed::default() });
        let some = |sent, refused| Replayed { sent, refused, users: 1, passed: 0 };
        assert_eq!(replay(&traces, rule(2, 15), zero), some(7, 1));
        assert_eq!(replay(&traces, rule(1, 60), zero), some(7, 4));
        // A request that was refused would have been sent under a wider rule, and counts then.
        let refused = |minute| trace(minute, 2, TraceKind::Refused);
        let locked = [sent(0, 2), sent(1, 2), refused(2), refused(3)];
        let wider = replay(&locked, rule(3, 15), zero);
        assert_eq!(wider, Replayed { sent: 2, passed: 1, ..Replayed::default() });
        // Sends before the day in question only count.
        let later = Timestamp::from_second(6 * 60).unwrap();
        assert_eq!(replay(&traces, rule(1, 60), later), some(2, 2));
    }
}
