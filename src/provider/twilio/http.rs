//! The HTTP clients under the provider clients.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect;

/// How long a connection may take, with its TLS.
const CONNECT: Duration = Duration::from_secs(5);

/// A client cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The system has no certificates, most likely.
    #[error("no secure connections can be made: {0}")]
    NotSetUp(String),
    /// The file of further certificates is of no use.
    #[error("deck.extra_ca {}: {reason}", .path.display())]
    ExtraCa {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("smsdeck/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        // Twilio's API never redirects, and credentials must not follow one elsewhere.
        .redirect(redirect::Policy::none())
}

/// A client for the internet: the system's certificates, those of `extra_ca` (PEM), and the
/// proxy of the environment (`HTTPS_PROXY`, `NO_PROXY`). Takes a while, as the certificates are
/// read.
///
/// # Errors
/// When the system has no certificates, or the file has none.
pub fn http_client(extra_ca: Option<&Path>) -> Result<reqwest::Client, HttpError> {
    // It is installed already from the second client on.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = builder();
    if let Some(path) = extra_ca {
        builder = builder.tls_certs_merge(certificates(path)?);
    }
    builder.build().map_err(not_set_up)
}

fn certificates(path: &Path) -> Result<Vec<reqwest::Certificate>, HttpError> {
    let unusable = |reason| HttpError::ExtraCa { path: path.to_owned(), reason };
    let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let certificates = reqwest::Certificate::from_pem_bundle(&pem)
        .map_err(|_| unusable("not a PEM file of certificates".to_owned()))?;
    if certificates.is_empty() {
        return Err(unusable("there is no certificate in it".to_owned()));
    }
    Ok(certificates)
}

fn not_set_up(error: impl std::fmt::Display) -> HttpError {
    HttpError::NotSetUp(error.to_string())
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
        .map_err(not_set_up)?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = builder().no_proxy().tls_backend_preconfigured(tls).build();
    client.map_err(not_set_up)
}
