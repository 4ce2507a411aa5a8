//! The provider of an environment as `config.ron` has it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::message_options::{
    AddressRetention, ContentRetention, MessageOptions, RiskCheck,
};
use crate::domain::provider::{AccountSid, ApiKeySid, BaseUrl, Provider, TwilioAccount};
use crate::domain::secret::SecretSource;

/// Who delivers the messages.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Provider")]
pub(super) enum WireProvider {
    Sandbox,
    Twilio {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account_sid: Option<AccountSid>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        api_key: Option<ApiKeySid>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        auth_token: Option<SecretSource>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base_url: Option<BaseUrl>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        risk_check: Option<RiskCheck>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content_retention: Option<ContentRetention>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address_retention: Option<AddressRetention>,
    },
}

impl From<WireProvider> for Provider {
    fn from(wire: WireProvider) -> Self {
        match wire {
            WireProvider::Sandbox => Self::Sandbox,
            WireProvider::Twilio {
                account_sid,
                api_key,
                auth_token,
                base_url,
                risk_check,
                content_retention,
                address_retention,
            } => {
                let options = MessageOptions { risk_check, content_retention, address_retention };
                let account = TwilioAccount { account_sid, api_key, auth_token, base_url, options };
                Self::Twilio(Box::new(account))
            }
        }
    }
}

impl From<Provider> for WireProvider {
    fn from(provider: Provider) -> Self {
        match provider {
            Provider::Sandbox => Self::Sandbox,
            Provider::Twilio(account) => {
                let TwilioAccount { account_sid, api_key, auth_token, base_url, options } =
                    *account;
                let MessageOptions { risk_check, content_retention, address_retention } = options;
                Self::Twilio {
                    account_sid,
                    api_key,
                    auth_token,
                    base_url,
                    risk_check,
                    content_retention,
                    address_retention,
                }
            }
        }
    }
}
