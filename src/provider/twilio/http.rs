//! The HTTP clients under the provider clients.

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect;

/// How long a connection may take, with its TLS.
const CONNECT: Duration = Duration::from_secs(5);

/// A client cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct HttpError(String);

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("smsdeck/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        // Twilio's API never redirects, and credentials must not follow one elsewhere.
        .redirect(redirect::Policy::none())
}

/// A client for the internet: the system's certificates, and the proxy of the environment.
/// Takes a while, as the certificates are read.
///
/// # Errors
/// When the system has no certificates.
pub fn http_client() -> Result<reqwest::Client, HttpError> {
    // It is installed already from the second client on.
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder().build().map_err(|error| HttpError(error.to_string()))
}

/// A client for servers on this machine: it trusts no certificate, as it never needs one,
/// and goes through no proxy.
///
/// # Errors
/// When the client cannot be built.
pub fn loopback_client() -> Result<reqwest::Client, HttpError> {
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .map_err(|error| HttpError(error.to_string()))?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = builder().no_proxy().tls_backend_preconfigured(tls).build();
    client.map_err(|error| HttpError(error.to_string()))
}
