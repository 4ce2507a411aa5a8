//! What a send would do: shown before it is done.

use super::error::EngineError;
use super::open::Engine;
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::limits::OverLimit;
use crate::domain::message_text::MessagePreview;
use crate::domain::phone::{Accept, PhoneError, Recipient};
use crate::domain::routing::{Route, RouteRefusal, route};
use crate::domain::sender::Sender;
use crate::domain::settings::Settings;
use crate::domain::user::{User, UserId};
use crate::store::Standing;

/// What the settings make of a recipient, without asking the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The recipient as understood.
    pub recipient: Recipient,
    /// Who sends and why, or why no one does.
    pub route: Result<Route, RouteRefusal>,
    /// The message, without a code.
    pub message: MessagePreview,
    /// Whether the settings let this environment text the number.
    pub may_text: bool,
}

/// A plan with the user's quota.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// What the settings make of it.
    pub plan: Plan,
    /// Whether the user and the number may have a code now.
    pub standing: Standing,
    /// The limit that it would break, if any.
    pub over_limit: Option<OverLimit>,
    /// Whether limits are only recorded, and refuse nothing.
    pub limits_record_only: bool,
}

/// Works out what a send to a typed number would do, if it is one that is accepted.
/// `default_country` stands in for the setting, and a `named` sender for the routing.
///
/// # Errors
/// When the text is not a valid phone number.
pub fn plan(
    settings: &Settings,
    default_country: Option<Country>,
    app_name: &str,
    (typed, accept): (&str, Accept),
    named: Option<&Sender>,
) -> Result<Plan, PhoneError> {
    let recipient = Recipient::parse_accepting(typed, default_country, accept)?;
    let message = settings.message_for(recipient.number.country());
    Ok(Plan {
        route: route(&settings.from_numbers, &recipient, named),
        message: message.preview(settings.code_validity.get(), app_name),
        may_text: settings.may_text(&recipient.number),
        recipient,
    })
}

impl Engine {
    /// Previews a send to a typed number by the settings in force: nothing is sent, nothing is counted.
    /// `default_country` overrides the setting for this once, and a `named` sender the routing.
    ///
    /// # Errors
    /// When the text is not a valid phone number, or the store cannot be read.
    pub async fn preview(
        &self,
        environment: Environment,
        typed: (&str, Accept),
        user: Option<UserId>,
        (default_country, named): (Option<Country>, Option<&Sender>),
    ) -> Result<Preview, EngineError> {
        let config = self.config();
        let settings = &config.environments[environment];
        let country = default_country.or(settings.default_country);
        let plan = plan(settings, country, config.deck.app_name.as_str(), typed, named)?;
        let number = plan.recipient.number.clone();
        let user = user.map_or_else(|| User::Number(number.clone()), User::Id);
        let key = &self.inner.key;
        let rule = settings.quota_rule();
        let standing = self
            .store()?
            .standing(environment, key.user(&user), key.number(&number), rule, self.now())
            .await?;
        let (limits, limits_record_only) = (settings.limits.clone(), settings.limits.record_only);
        let over_limit = self
            .store()?
            .over_limit(environment, plan.recipient.number.country(), limits, self.now())
            .await?;
        Ok(Preview { plan, standing, over_limit, limits_record_only })
    }
}
