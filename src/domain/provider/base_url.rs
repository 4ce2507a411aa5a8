//! Where the API of a provider is reached.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

/// Where a provider's API is reached: `https`, or `http` on this machine only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(extend("format" = "uri", "pattern" = "^https?://"))]
pub struct BaseUrl(Url);

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

impl BaseUrl {
    /// Twilio's own address, as text.
    pub const TWILIO: &str = "https://api.twilio.com/";

    /// Twilio's own address.
    ///
    /// # Errors
    /// Never; a test rules it out.
    pub fn of_twilio() -> Result<Self, BaseUrlError> {
        Self::parse(Self::TWILIO)
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

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<BaseUrl> for String {
    fn from(value: BaseUrl) -> Self {
        value.as_str().to_owned()
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = BaseUrlError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
