//! What the account of an environment has left: asked for from time to time, and kept in the store,
//! so that looking at the status asks nobody.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::client::Account;
use super::finding::{Finding, Severity};
use super::open::Engine;
use crate::domain::balance::Balance;
use crate::domain::environment::Environment;
use crate::domain::fault::Origin;
use crate::domain::secret::{Fingerprint, SecretSource};
use crate::domain::thresholds::Thresholds;
use crate::provider::{AccessError, AccountReport};
use crate::store::{BalanceReport, StoreError};

/// How old a balance may be before the account is asked again.
const KEPT_FOR: SignedDuration = SignedDuration::from_mins(15);

/// Time from the start of a process to the first question: a process that only looks in asks nobody.
const FIRST_AFTER: Duration = Duration::from_mins(1);

/// Time between two looks at how old the balances are.
const LOOK_EVERY: Duration = Duration::from_mins(5);

/// What to do about an account that runs out of money.
const ADD_FUNDS: &str = "add funds in the provider's console, or let it recharge by itself";

/// What an account had left, and when it said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownBalance {
    /// What it had left.
    pub balance: Balance,
    /// When it said so.
    pub at: Timestamp,
}

/// Returns the finding about an account that has nothing left, or little.
pub(super) fn of_balance(known: &KnownBalance, thresholds: Thresholds) -> Option<Finding> {
    let balance = &known.balance;
    let (severity, text) = if balance.is_negative() {
        (Severity::Critical, format!("the account is out of money: balance {balance}"))
    } else if balance.is_below(thresholds.balance.get()) {
        (Severity::Warning, format!("the account is running out of money: balance {balance}"))
    } else {
        return None;
    };
    let finding = Finding::new(severity, "balance", text).with_advice(ADD_FUNDS);
    Some(Finding { origin: Some(Origin::Ours), ..finding })
}

impl Engine {
    /// Asks the account of every environment what it has left, again and again, for as long as it is
    /// awaited. An account that another process has asked lately is left alone, and so is one whose
    /// token comes from a program that did not have to run yet: it may ask for a password.
    pub async fn keep_balances(&self) {
        let mut wait = FIRST_AFTER;
        loop {
            tokio::time::sleep(wait).await;
            wait = LOOK_EVERY;
            self.ask_balances().await;
        }
    }

    /// Asks those accounts whose balance is old, once.
    pub async fn ask_balances(&self) {
        for environment in Environment::ALL {
            if !self.has_account(environment) {
                continue;
            }
            let Some(account) = self.account_at_hand(environment).await else { continue };
            let known = self.known_balance(environment, account.fingerprint).await;
            let is_old = |known: KnownBalance| self.now().duration_since(known.at) >= KEPT_FOR;
            if known.is_ok_and(|known| known.is_none_or(is_old)) {
                let checked = account.client.check_access().await;
                self.learn_from_check(environment, account.fingerprint, &checked).await;
            }
        }
    }

    /// Whether an environment has an account that can be asked.
    pub(super) fn has_account(&self, environment: Environment) -> bool {
        let settings = self.settings(environment);
        settings.provider.twilio().is_some() && settings.missing().is_empty()
    }

    /// The account of an environment, unless a program would have to run for its token.
    pub(super) async fn account_at_hand(&self, environment: Environment) -> Option<Arc<Account>> {
        let provider = self.settings(environment).provider.clone();
        let clients = &self.inner.clients;
        if matches!(provider.token_source(), Some(SecretSource::Command(_))) {
            clients.account_in_use(environment, &provider)
        } else {
            clients.account(environment, &provider).await.ok()
        }
    }

    /// Records what an account has said when it was asked about its credentials.
    pub(super) async fn learn_from_check(
        &self,
        environment: Environment,
        fingerprint: Option<Fingerprint>,
        checked: &Result<AccountReport, AccessError>,
    ) {
        let Some(fingerprint) = fingerprint else { return };
        let refused = match checked {
            Ok(_) => None,
            Err(error) => match error.refusal() {
                Some(code) => Some(code),
                None => return,
            },
        };
        let balance = checked.as_ref().ok().and_then(|report| report.balance.value());
        if let (Some(balance), Ok(store)) = (balance, self.store()) {
            let (at, balance) = (self.now(), balance.clone());
            let report = BalanceReport { environment, fingerprint, at, balance };
            // It is asked for again, and a store that fails is noticed by the next send.
            let _ = store.report_balance(report).await;
        }
        // Where the store fails nothing is sent, whatever it says.
        let _ = self.report_credentials(environment, fingerprint, refused).await;
    }

    /// What the account behind these credentials has last said; without a fingerprint, what the
    /// account of the environment has.
    pub(super) async fn known_balance(
        &self,
        environment: Environment,
        fingerprint: Option<Fingerprint>,
    ) -> Result<Option<KnownBalance>, StoreError> {
        let known = self.store()?.balance(environment).await?;
        let is_same = |it: &BalanceReport| fingerprint.is_none_or(|of| of == it.fingerprint);
        Ok(known
            .filter(is_same)
            .map(|BalanceReport { balance, at, .. }| KnownBalance { balance, at }))
    }
}
