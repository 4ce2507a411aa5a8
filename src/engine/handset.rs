//! Reading the phones that the Sandbox plays.

use super::error::EngineError;
use super::open::Engine;
use crate::domain::environment::Environment;
use crate::provider::{Capability, HandsetMessage, can, handset};

impl Engine {
    /// What a phone has received from this environment's own Sandbox, oldest first.
    ///
    /// # Errors
    /// When the environment is not on the Sandbox, or the number is not valid.
    pub async fn handset(
        &self,
        environment: Environment,
        number: &str,
    ) -> Result<Vec<HandsetMessage>, EngineError> {
        if !can(self.settings(environment).provider.kind(), Capability::Handset) {
            return Err(EngineError::NoHandset(environment));
        }
        let number = self.recipient(environment, number)?;
        let base = self.inner.clients.sandbox_url(environment).await?;
        Ok(handset(self.inner.clients.loopback().await?, &base, &number).await?)
    }
}
