//! Who delivers the messages of an environment, and with which account.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::message_options::MessageOptions;
use super::secret::SecretSource;

/// The provider of one environment. A closed list: each provider is one client in
/// `provider/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provider {
    /// The built-in Twilio-compatible server on this machine; texts nobody.
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

/// What is needed to speak for a Twilio account; parts may still be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TwilioAccount {
    /// The account that messages are billed to.
    pub account_sid: Option<AccountSid>,
    /// An API key, used instead of the account's own token.
    pub api_key: Option<ApiKeySid>,
    /// Where the auth token is found, or the API key's secret if there is a key.
    pub auth_token: Option<SecretSource>,
    /// Another server than Twilio's own.
    pub base_url: Option<BaseUrl>,
    /// What Twilio does with messages besides delivering them.
    pub options: MessageOptions,
}

/// A Twilio account SID: `AC` and 32 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(extend("pattern" = "^AC[0-9a-fA-F]{32}$"))]
pub struct AccountSid(String);

/// A Twilio API key SID: `SK` and 32 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(extend("pattern" = "^SK[0-9a-fA-F]{32}$"))]
pub struct ApiKeySid(String);

/// Where a provider's API is reached: `https`, or `http` on this machine only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(extend("format" = "uri", "pattern" = "^https?://"))]
pub struct BaseUrl(Url);

/// Twilio's own address.
const TWILIO: &str = "https://api.twilio.com/";

/// The text is no SID of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is {prefix} and 32 hexadecimal digits{}", .instead.map(|kind| format!("; this looks like {kind}")).unwrap_or_default())]
pub struct SidError {
    what: &'static str,
    prefix: &'static str,
    instead: Option<&'static str>,
}

/// The text is no usable base URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// It does not parse.
    #[error("not a URL: write it as https://host")]
    Malformed,
    /// Plain http, and not to this machine.
    #[error("plain http is allowed only to this machine (127.0.0.1, [::1], localhost): use https")]
    Insecure,
    /// It carries a user, password, query or fragment.
    #[error("write only the scheme, host, port and path of the base URL")]
    Extra,
}

/// Tells what a SID with another prefix would be, to name the classic mix-ups.
fn resembles(text: &str) -> Option<&'static str> {
    match text.get(..2)? {
        "AC" => Some("an account SID"),
        "SK" => Some("an API key SID"),
        "MG" => Some("a Messaging Service SID"),
        "PN" => Some("a phone number SID"),
        "VA" => Some("a Verify service SID"),
        _ => None,
    }
}

fn check_sid(text: &str, prefix: &'static str, what: &'static str) -> Result<String, SidError> {
    let text = text.trim();
    let digits = text.strip_prefix(prefix).unwrap_or_default();
    if digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text.to_owned());
    }
    let instead = if text.starts_with(prefix) { None } else { resembles(text) };
    Err(SidError { what, prefix, instead })
}

impl AccountSid {
    /// Checks an account SID.
    ///
    /// # Errors
    /// When it is not `AC` and 32 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, SidError> {
        check_sid(text, "AC", "an account SID").map(Self)
    }

    /// The whole SID.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The beginning and the end, for narrow screens.
    pub fn shortened(&self) -> String {
        format!("{}…{}", &self.0[..6], &self.0[30..])
    }
}

impl ApiKeySid {
    /// Checks an API key SID.
    ///
    /// # Errors
    /// When it is not `SK` and 32 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, SidError> {
        check_sid(text, "SK", "an API key SID").map(Self)
    }

    /// The whole SID.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl BaseUrl {
    /// Twilio's own address.
    ///
    /// # Errors
    /// Never; a test rules it out.
    pub fn of_twilio() -> Result<Self, BaseUrlError> {
        Self::parse(TWILIO)
    }

    /// Checks a base URL.
    ///
    /// # Errors
    /// When it is no URL, carries more than a path, or is plain http to another machine.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let url = Url::parse(text.trim()).map_err(|_| BaseUrlError::Malformed)?;
        let loopback = match url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => return Err(BaseUrlError::Malformed),
        };
        let bare = url.username().is_empty() && url.password().is_none();
        if !bare || url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::Extra);
        }
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if loopback => Ok(Self(url)),
            "http" => Err(BaseUrlError::Insecure),
            _ => Err(BaseUrlError::Malformed),
        }
    }

    /// The URL as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The URL.
    pub const fn url(&self) -> &Url {
        &self.0
    }
}

impl Provider {
    /// Which provider it is.
    pub const fn kind(&self) -> ProviderKind {
        match self {
            Self::Sandbox => ProviderKind::Sandbox,
            Self::Twilio(_) => ProviderKind::Twilio,
        }
    }

    /// Makes it another provider, with an empty account; the same one stays as it is.
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

    /// Who holds the messages: tells an account from any other one, also on another server.
    /// `None` while no account is set.
    pub fn account(&self) -> Option<String> {
        match self {
            Self::Sandbox => Some(self.name().to_owned()),
            Self::Twilio(account) => {
                let server = account.base_url.as_ref().map_or(TWILIO, BaseUrl::as_str);
                account.account_sid.as_ref().map(|sid| format!("{} at {server}", sid.as_str()))
            }
        }
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

macro_rules! text_type {
    ($name:ident, $error:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.as_str().to_owned()
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }
    };
}

text_type!(AccountSid, SidError);
text_type!(ApiKeySid, SidError);
text_type!(BaseUrl, BaseUrlError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sid_has_its_prefix_and_32_hexadecimal_digits() {
        let sid = format!("AC{}", "0f".repeat(16));
        assert_eq!(AccountSid::parse(&format!(" {sid} ")).unwrap().as_str(), sid);
        assert_eq!(AccountSid::parse(&sid).unwrap().shortened(), "AC0f0f…0f0f");
        for wrong in ["", "AC", "AC123", &sid[..33], &format!("{sid}0"), &sid.replace('f', "g")] {
            assert!(AccountSid::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_sid_of_another_kind_is_named() {
        let key = format!("SK{}", "0f".repeat(16));
        assert_eq!(
            AccountSid::parse(&key).unwrap_err().to_string(),
            "an account SID is AC and 32 hexadecimal digits; this looks like an API key SID"
        );
        assert!(ApiKeySid::parse(&key).is_ok());
    }

    #[test]
    fn an_account_is_told_from_the_same_one_on_another_server() {
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

    #[test]
    fn plain_http_stays_on_this_machine() {
        for url in [
            "https://api.example.com",
            "http://127.0.0.1:4010",
            "http://[::1]:1",
            "http://localhost:4010/base",
        ] {
            assert!(BaseUrl::parse(url).is_ok(), "{url}");
        }
        assert_eq!(BaseUrl::parse("http://10.0.0.1"), Err(BaseUrlError::Insecure));
        assert_eq!(BaseUrl::parse("http://127.0.0.1.example.com"), Err(BaseUrlError::Insecure));
        assert_eq!(BaseUrl::parse("https://user:pw@host"), Err(BaseUrlError::Extra));
        assert_eq!(BaseUrl::parse("ftp://host"), Err(BaseUrlError::Malformed));
        assert_eq!(BaseUrl::parse("nonsense"), Err(BaseUrlError::Malformed));
    }
}
