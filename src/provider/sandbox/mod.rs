//! The Sandbox: a Twilio-compatible server on this machine, and the phones that it texts.
//!
//! Real HTTP on loopback, so that the same client speaks to it as to Twilio. Messages live in
//! memory. It has no timers: a message's status follows from its age when it is asked for.

mod account;
mod callback;
mod drip;
mod fates;
mod message_requests;
mod messages;
mod responses;
mod server;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use fates::fate_table;

use super::{Credentials, FetchError};
use crate::domain::phone::PhoneNumber;
use crate::domain::provider::{AccountSid, BaseUrl};
use crate::domain::secret::Secret;
use crate::runtime::Runtime;
use messages::Messages;

/// The Sandbox's account. Made up: it exists nowhere else.
pub const ACCOUNT_SID: &str = "AC5a4db0c5000000000000000000005a4d";

/// The Sandbox's auth token. Made up, and the same everywhere: it protects nothing.
pub const AUTH_TOKEN: &str = "5a4db0c5000000000000000000000000";

/// A running Sandbox. It ends when this is dropped.
pub struct Sandbox {
    base_url: BaseUrl,
    address: SocketAddr,
    server: JoinHandle<()>,
}

/// The Sandbox cannot run.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The address is not of this machine's loopback.
    #[error(
        "the Sandbox listens on this machine only: {0} is not a loopback address (127.0.0.1 is)"
    )]
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    #[error("the Sandbox cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The address makes no URL.
    #[error("the Sandbox's address makes no URL: {0}")]
    Url(#[from] crate::domain::provider::BaseUrlError),
}

impl Sandbox {
    /// Starts a Sandbox; port 0 takes a free one. Never listens beyond this machine.
    ///
    /// # Errors
    /// When the address is not loopback, or is in use.
    pub async fn start(listen: SocketAddr) -> Result<Self, SandboxError> {
        Self::start_in(listen, &Runtime::of_this_machine()).await
    }

    /// Starts a Sandbox where time and chance are others than this machine's.
    ///
    /// # Errors
    /// As of [`Sandbox::start`].
    pub async fn start_in(listen: SocketAddr, runtime: &Runtime) -> Result<Self, SandboxError> {
        if !listen.ip().is_loopback() {
            return Err(SandboxError::NotLoopback(listen));
        }
        let error = |source| SandboxError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(error)?;
        let address = listener.local_addr().map_err(error)?;
        let base_url = BaseUrl::parse(&format!("http://{address}"))?;
        let origin = runtime.rng.u64().unwrap_or_default();
        let messages = Messages::new(origin, runtime.clock.clone());
        let messages = Arc::new(Mutex::new(messages));
        let server = tokio::spawn(server::serve(listener, messages));
        Ok(Self { base_url, address, server })
    }

    /// Where it is reached.
    pub const fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it is spoken to with; `None` never happens, as both constants are well-formed.
    pub fn credentials() -> Option<Credentials> {
        let account_sid = AccountSid::parse(ACCOUNT_SID).ok()?;
        let secret = Secret::parse(AUTH_TOKEN).ok()?;
        Some(Credentials { user: ACCOUNT_SID.to_owned(), account_sid, secret })
    }

    /// Waits until the server ends by itself, which it does only when something is wrong.
    pub async fn finished(mut self) {
        // A server that panicked has ended too.
        let _ = (&mut self.server).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What a phone has received.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandsetMessage {
    /// When it arrived.
    pub at: Timestamp,
    /// Who it came from.
    pub from: String,
    /// The text, with the code.
    pub body: String,
}

/// Without the text: there is a code in it.
impl fmt::Debug for HandsetMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandsetMessage").field("at", &self.at).finish_non_exhaustive()
    }
}

/// Reads what a phone has received from a Sandbox, oldest first.
///
/// # Errors
/// When no Sandbox answers there.
pub async fn handset(
    http: &reqwest::Client,
    base: &BaseUrl,
    number: &PhoneNumber,
) -> Result<Vec<HandsetMessage>, FetchError> {
    let mut url = base.url().clone();
    url.set_path(&format!("/sandbox/handset/{}", number.e164()));
    let unreachable =
        |error: reqwest::Error| FetchError::Unreachable(error.without_url().to_string());
    let response = http.request(Method::GET, url).send().await.map_err(unreachable)?;
    response.json().await.map_err(unreachable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_made_up_credentials_are_well_formed() {
        assert!(Sandbox::credentials().is_some());
    }

    #[tokio::test]
    async fn it_never_listens_beyond_this_machine() {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
            let refused = Sandbox::start(address.parse().unwrap()).await;
            assert!(matches!(refused, Err(SandboxError::NotLoopback(_))), "{address}");
        }
    }

    #[tokio::test]
    async fn an_address_in_use_is_said() {
        let first = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        let second = Sandbox::start(first.address()).await;
        assert!(matches!(second, Err(SandboxError::Listen { .. })));
    }
}
