//! How many repetitions a provider is burdened with: a share of the requests, not a number for
//! each, so that one that fails is not hammered by all who wait for it.

/// Repetitions that may be saved up, for a short trouble after a quiet time.
const MAX: u32 = 20;

/// First tries that earn one repetition.
const TRIES_PER_REPETITION: u32 = 2;

/// The budget of one environment in one process.
#[derive(Debug)]
pub(super) struct RetryBudget {
    /// In first tries, of which `TRIES_PER_REPETITION` make one repetition.
    earned: u32,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self { earned: MAX * TRIES_PER_REPETITION }
    }
}

impl RetryBudget {
    /// Counts a first try.
    pub(super) fn earn(&mut self) {
        self.earned = (self.earned + 1).min(MAX * TRIES_PER_REPETITION);
    }

    /// Takes a repetition, if one is left.
    pub(super) fn take(&mut self) -> bool {
        let left = self.earned.checked_sub(TRIES_PER_REPETITION);
        self.earned = left.unwrap_or(self.earned);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_provider_gets_at_most_half_as_many_repetitions_as_requests() {
        let mut budget = RetryBudget::default();
        let mut repetitions = 0;
        for _ in 0..1_000 {
            budget.earn();
            while budget.take() {
                repetitions += 1;
            }
        }
        assert_eq!(repetitions, MAX + 499);
    }

    #[test]
    fn no_more_is_saved_up_than_a_short_trouble_needs() {
        let mut budget = RetryBudget::default();
        (0..1_000).for_each(|_| budget.earn());
        assert_eq!((0..1_000).filter(|_| budget.take()).count(), 20);
    }
}
