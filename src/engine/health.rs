//! The status of an environment: its figures, and the findings about them.

use super::abuse::{of_destinations, of_wrong_tries};
use super::balance::{KnownBalance, of_balance};
use super::credentials_status::CredentialsStatus;
use super::error::EngineError;
use super::finding::{Finding, Severity};
use super::findings::{of_clock, of_credentials, of_health};
use super::open::Engine;
use super::status_requests::StatusRequestsFail;
use crate::config::{self, Exposed, TokenStatus};
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::limits::OverLimit;
use crate::domain::secret::SecretSource;
use crate::domain::settings::Settings;
use crate::domain::text::printable;
use crate::store::{Destinations, Health};

/// The status of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Whether the environment is set up.
    pub is_set_up: bool,
    /// What the account says of its credentials; `None` where there are none.
    pub credentials: Option<CredentialsStatus>,
    /// What the account had left when it was last asked; `None` where it never was.
    pub balance: Option<KnownBalance>,
    /// The outcomes of the last hours.
    pub health: Health,
    /// The destinations of the codes of the last day.
    pub destinations: Destinations,
    /// Since when this process cannot ask what became of messages; `None` while it can.
    pub status_requests: Option<StatusRequestsFail>,
    /// The number of users who get no code now.
    pub locked: usize,
    /// The findings, the worst first.
    pub findings: Vec<Finding>,
}

impl Status {
    /// Returns the worst severity of the findings that nobody has acknowledged.
    pub fn severity(&self) -> Severity {
        self.findings.iter().map(Finding::open_severity).max().unwrap_or(Severity::Fine)
    }
}

impl Engine {
    /// Determines the status of an environment from its settings and the last hours.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn status(&self, environment: Environment) -> Result<Status, EngineError> {
        let now = self.now();
        let health = self.store()?.health(environment, now).await?;
        let destinations = self.store()?.destinations(environment, now).await?;
        let provider = self.settings(environment).provider.kind();
        let credentials = self.credentials_status(environment).await?;
        let rows = self.quota_rows(environment).await?;
        let locked = rows.iter().filter(|row| row.is_locked()).count();
        let config = self.config();
        let settings = &config.environments[environment];
        let is_set_up = settings.missing().is_empty() && !settings.from_numbers.rows().is_empty();
        let mut findings = self.exposed_files(settings);
        if is_set_up {
            findings.extend(self.of_token(environment, settings));
        }
        findings.extend(credentials.and_then(of_credentials));
        findings.extend(of_clock(self.store()?.clock_skew().await?));
        findings.extend(self.reached_limits(environment, settings, &destinations).await?);
        let thresholds = config.deck.thresholds;
        let balance = self.balance_in_use(environment).await?;
        findings.extend(balance.as_ref().and_then(|known| of_balance(known, thresholds)));
        findings.extend(of_health(&health, provider, thresholds, now));
        let status_requests = self.inner.status_requests.failing(environment);
        findings.extend(status_requests.as_ref().map(StatusRequestsFail::finding));
        findings.extend(of_destinations(&destinations, thresholds));
        findings.extend(of_wrong_tries(&rows, thresholds));
        for known in self.store()?.acknowledgements(environment, now).await? {
            for finding in findings.iter_mut().filter(|finding| finding.key == known.finding) {
                finding.acknowledged = Some(known.clone());
            }
        }
        findings.sort_by_key(|it| std::cmp::Reverse((it.open_severity(), it.severity)));
        Ok(Status {
            is_set_up,
            credentials,
            balance,
            health,
            destinations,
            status_requests,
            locked,
            findings,
        })
    }

    /// Returns what the account in use has last said it has left.
    async fn balance_in_use(
        &self,
        environment: Environment,
    ) -> Result<Option<KnownBalance>, EngineError> {
        if !self.has_account(environment) {
            return Ok(None);
        }
        let account = self.account_at_hand(environment).await;
        let fingerprint = account.and_then(|account| account.fingerprint);
        Ok(self.known_balance(environment, fingerprint).await?)
    }

    /// Returns a finding for each file of the environment or the deck that others can read.
    fn exposed_files(&self, settings: &Settings) -> Vec<Finding> {
        let token = config::exposed_token(settings.provider.token_source());
        let files = config::exposed_files(&self.inner.paths, &self.config().deck);
        let exposed = token.into_iter().chain(files);
        exposed
            .map(|it| Finding::new(Severity::Warning, exposed_key(&it), it.to_string()))
            .collect()
    }

    /// Returns the finding about a token that cannot be had.
    fn of_token(&self, environment: Environment, settings: &Settings) -> Option<Finding> {
        let source = settings.provider.token_source();
        match config::token_status(&self.inner.paths, environment, source) {
            Ok(TokenStatus::Missing) => {
                let text = "the auth token is not in secrets.ron".to_owned();
                Some(Finding::new(Severity::Critical, "token-missing", text))
            }
            Err(error) => {
                Some(Finding::new(Severity::Critical, "token-unreadable", error.to_string()))
            }
            // A command may ask the user for a password, or cost money.
            Ok(TokenStatus::Elsewhere(SecretSource::Command(_))) => None,
            Ok(TokenStatus::Elsewhere(source)) => {
                let error = config::resolve(&self.inner.paths, environment, &source).err()?;
                // Other processes may have the variable in their environment.
                let text = format!("nothing can be sent from here: {error}");
                Some(Finding::new(Severity::Warning, "token-not-here", text))
            }
            Ok(_) => None,
        }
    }

    /// Returns a finding for each cap that refuses codes now.
    async fn reached_limits(
        &self,
        environment: Environment,
        settings: &Settings,
        destinations: &Destinations,
    ) -> Result<Vec<Finding>, EngineError> {
        if settings.limits.record_only || settings.limits.is_off() {
            return Ok(Vec::new());
        }
        let mut reached: Vec<OverLimit> = Vec::new();
        for traffic in &destinations.countries {
            let (country, limits) = (traffic.country, settings.limits.clone());
            let over = self.store()?.over_limit(environment, country, limits, self.now()).await?;
            // The cap of the environment is the same for all countries.
            reached.extend(over.filter(|over| !reached.contains(over)));
        }
        let finding = |over: OverLimit| {
            let severity = match over {
                OverLimit::Environment { .. } => Severity::Critical,
                OverLimit::CountryCap { .. } => Severity::Warning,
                // The operator wants no codes to go there.
                OverLimit::Country(_) => return None,
            };
            let key = match over {
                OverLimit::CountryCap { country, .. } => {
                    format!("limit-{}", country.map_or("none", Country::code))
                }
                _ => "limit-environment".to_owned(),
            };
            Some(Finding::new(severity, key, format!("{over}: codes are refused")))
        };
        Ok(reached.into_iter().filter_map(finding).collect())
    }
}

/// The stable name of the finding about a file that others can read.
fn exposed_key(exposed: &Exposed) -> String {
    let name = exposed.path.file_name().unwrap_or_default().to_string_lossy();
    format!("exposed-{}", printable(&name, MAX_NAME).replace(' ', "_"))
}

/// Characters of a file's name that the name of a finding takes.
const MAX_NAME: usize = 60;
