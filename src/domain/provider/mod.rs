//! Who delivers the messages of an environment, and with which account.

mod base_url;
mod sid;

pub use base_url::{BaseUrl, BaseUrlError};
pub use sid::{AccountSid, ApiKeySid, SidError};

use super::message_options::MessageOptions;
use super::secret::SecretSource;

/// The provider of one environment. A closed list: each provider is one client in
/// `provider/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provider {
    /// The built-in Twilio-compatible server on this machine; texts no one.
    Sandbox,
    /// A Twilio account.
    Twilio(Box<TwilioAccount>),
}

/// Which provider it is, without its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderKind {
    /// [`Provider::Sandbox`]
    Sandbox,
    /// [`Provider::Twilio`]
    Twilio,
}

impl ProviderKind {
    /// The name of the provider.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sandbox => "Sandbox",
            Self::Twilio => "Twilio",
        }
    }
}

/// What is needed to use a Twilio account; parts may still be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TwilioAccount {
    /// The account that messages are billed to.
    pub account_sid: Option<AccountSid>,
    /// An API key, used instead of account default token.
    pub api_key: Option<ApiKeySid>,
    /// Where the auth token is found, or the API key's secret if there is a key.
    pub auth_token: Option<SecretSource>,
    /// Another server than Twilio's own.
    pub base_url: Option<BaseUrl>,
    /// What Twilio does with messages besides delivering them.
    pub options: MessageOptions,
}

impl Provider {
    /// Which provider it is.
    pub const fn kind(&self) -> ProviderKind {
        match self {
            Self::Sandbox => ProviderKind::Sandbox,
            Self::Twilio(_) => ProviderKind::Twilio,
        }
    }

    /// Switches to another provider, with an empty account; does nothing for the same one.
    pub fn change_to(&mut self, kind: ProviderKind) {
        if self.kind() != kind {
            *self = match kind {
                ProviderKind::Sandbox => Self::Sandbox,
                ProviderKind::Twilio => Self::Twilio(Box::default()),
            };
        }
    }

    /// The name of the provider.
    pub const fn name(&self) -> &'static str {
        self.kind().name()
    }

    /// The Twilio account, if it has one.
    pub fn twilio(&self) -> Option<&TwilioAccount> {
        match self {
            Self::Sandbox => None,
            Self::Twilio(account) => Some(account),
        }
    }

    /// Changes the Twilio account, if it has one.
    pub fn set_twilio(&mut self, change: impl FnOnce(&mut TwilioAccount)) {
        if let Self::Twilio(account) = self {
            change(account);
        }
    }

    /// Whether messages may arrive at real phones.
    pub const fn reaches_people(&self) -> bool {
        matches!(self, Self::Twilio(_))
    }

    /// Another address than the provider's usual one.
    pub fn base_url(&self) -> Option<&BaseUrl> {
        self.twilio()?.base_url.as_ref()
    }

    /// Identifies the account that holds the messages, including its server. `None` while no
    /// account is set.
    pub fn account(&self) -> Option<String> {
        match self {
            Self::Sandbox => Some(self.name().to_owned()),
            Self::Twilio(account) => {
                let server = account.base_url.as_ref().map_or(BaseUrl::TWILIO, BaseUrl::as_str);
                account.account_sid.as_ref().map(|sid| format!("{} at {server}", sid.as_str()))
            }
        }
    }

    /// Whether both use the same account, with the same key and the token from the same place, at the
    /// same address.
    pub fn has_same_credentials(&self, other: &Self) -> bool {
        let key = |provider: &Self| provider.twilio().and_then(|account| account.api_key.clone());
        self.account() == other.account()
            && key(self) == key(other)
            && self.token_source() == other.token_source()
    }

    /// Where the auth token is found, if there is an account with one.
    pub fn token_source(&self) -> Option<&SecretSource> {
        self.twilio()?.auth_token.as_ref()
    }

    /// What the provider does with messages besides delivering them.
    pub fn message_options(&self) -> MessageOptions {
        self.twilio().map(|account| account.options).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_account_on_another_server_is_another_one() {
        let sid = AccountSid::parse(&format!("AC{}", "0f".repeat(16))).ok();
        let account = |account_sid, base_url| {
            let account = TwilioAccount { account_sid, base_url, ..TwilioAccount::default() };
            Provider::Twilio(Box::new(account)).account()
        };
        let twilio = BaseUrl::of_twilio().unwrap();
        let other = BaseUrl::parse("http://127.0.0.1:4010").ok();
        assert_eq!(account(None, None), None);
        assert_eq!(account(sid.clone(), None), account(sid.clone(), Some(twilio)));
        assert_ne!(account(sid.clone(), None), account(sid.clone(), other));
        assert_ne!(account(sid, None), Provider::Sandbox.account());
    }
}
