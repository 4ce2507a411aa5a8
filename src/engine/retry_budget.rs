//! The retry budget: how often requests to a provider may be repeated.
//!
//! It is a share of all requests, not a number for each, so that retries cannot multiply the load
//! on a provider that fails.

/// Retries that can be saved up, for a short failure after a quiet time.
const MAX_RETRIES: u32 = 20;

/// First tries that earn one retry.
const TRIES_PER_RETRY: u32 = 2;

/// The budget of one environment in one process.
#[derive(Debug)]
pub(super) struct RetryBudget {
    /// First tries that were counted, of which `TRIES_PER_RETRY` pay for one retry.
    earned: u32,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self { earned: MAX_RETRIES * TRIES_PER_RETRY }
    }
}

impl RetryBudget {
    /// Counts a first try.
    pub(super) fn earn(&mut self) {
        self.earned = (self.earned + 1).min(MAX_RETRIES * TRIES_PER_RETRY);
    }

    /// Takes a retry; returns whether one was left.
    pub(super) fn take(&mut self) -> bool {
        let left = self.earned.checked_sub(TRIES_PER_RETRY);
        self.earned = left.unwrap_or(self.earned);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_provider_gets_at_most_half_as_many_retries_as_requests() {
        let mut budget = RetryBudget::default();
        let mut retries = 0;
        for _ in 0..1_000 {
            budget.earn();
            while budget.take() {
                retries += 1;
            }
        }
        assert_eq!(retries, MAX_RETRIES + 499);
    }

    #[test]
    fn only_a_limited_number_of_retries_is_saved_up() {
        let mut budget = RetryBudget::default();
        (0..1_000).for_each(|_| budget.earn());
        assert_eq!((0..1_000).filter(|_| budget.take()).count(), 20);
    }
}
