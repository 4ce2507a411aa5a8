//! The handset: what each phone has received from a Sandbox.

use std::fmt;

use jiff::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::domain::phone::PhoneNumber;
use crate::domain::provider::BaseUrl;
use crate::provider::error::ProviderError;

/// A message that a phone has received.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandsetMessage {
    /// When it arrived.
    pub at: Timestamp,
    /// Who it came from.
    pub from: String,
    /// The text, with the code.
    pub body: String,
}

/// Leaves out the text: there is a code in it.
impl fmt::Debug for HandsetMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandsetMessage").field("at", &self.at).finish_non_exhaustive()
    }
}

/// Reads what a phone has received from a Sandbox, oldest first.
///
/// # Errors
/// When no Sandbox responds there.
pub async fn handset(
    http: &reqwest::Client,
    base: &BaseUrl,
    number: &PhoneNumber,
) -> Result<Vec<HandsetMessage>, ProviderError> {
    let mut url = base.url().clone();
    url.set_path(&format!("/sandbox/handset/{}", number.e164()));
    let unreachable =
        |error: reqwest::Error| ProviderError::Unreachable(error.without_url().to_string());
    let response = http.request(Method::GET, url).send().await.map_err(unreachable)?;
    response.json().await.map_err(unreachable)
}
