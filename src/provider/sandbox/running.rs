//! A running Sandbox: where it listens, and how it starts and ends.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::messages::Messages;
use super::server;
use crate::domain::provider::BaseUrl;
use crate::runtime::Runtime;

/// A running Sandbox, which ends when this is dropped.
pub struct Sandbox {
    base_url: BaseUrl,
    address: SocketAddr,
    server: JoinHandle<()>,
}

/// Why a Sandbox cannot run.
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
        /// The operating system's error.
        source: io::Error,
    },
    /// The address does not make a URL.
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

    /// Starts a Sandbox with a clock and random numbers of its own.
    ///
    /// # Errors
    /// When the address is not loopback, or is in use.
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

    /// The base URL for clients.
    pub const fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// The address that it listens on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the server ends by itself, which happens only after a fault.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_never_listens_beyond_this_machine() {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
            let refused = Sandbox::start(address.parse().unwrap()).await;
            assert!(matches!(refused, Err(SandboxError::NotLoopback(_))), "{address}");
        }
    }

    #[tokio::test]
    async fn an_address_in_use_is_an_error() {
        let first = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        let second = Sandbox::start(first.address()).await;
        assert!(matches!(second, Err(SandboxError::Listen { .. })));
    }
}
