//! The HTTP clients under the provider clients, and what their failures mean.
//!
//! It knows no provider.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect;

use crate::domain::fault::Fault;
use crate::domain::text::printable;
use crate::files;

/// How long a connection may take, with its TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The largest file of certificates that is read, in bytes; a system's whole bundle has 250,000.
const MAX_CA_BYTES: u64 = 4 * 1024 * 1024;

/// How long a client waits for responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long a create may take. Twilio itself gives up near 26 s; giving up earlier here would
    /// leave a doubt that need not be.
    pub create: Duration,
    /// How long any other request may take.
    pub read: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { create: Duration::from_secs(30), read: Duration::from_secs(10) }
    }
}

/// Why an HTTP client cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The TLS library fails; most likely the system has no certificates.
    #[error("cannot make secure connections: {0}")]
    NotSetUp(String),
    /// The file of further certificates cannot be used.
    #[error("deck.extra_ca {}: {reason}", .path.display())]
    ExtraCa {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("smsdeck/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        // Twilio's API never redirects, and credentials must not follow one elsewhere.
        .redirect(redirect::Policy::none())
}

/// Makes a client for the internet: with the system's certificates, those of `extra_ca` (PEM),
/// and the proxy of the environment (`HTTPS_PROXY`, `NO_PROXY`). Takes a while, as it reads the
/// certificates.
///
/// # Errors
/// When the system has no certificates, or the file has none.
pub fn http_client(extra_ca: Option<&Path>) -> Result<reqwest::Client, HttpError> {
    // From the second client on, it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = builder();
    if let Some(path) = extra_ca {
        builder = builder.tls_certs_merge(certificates(path)?);
    }
    builder.build().map_err(not_set_up)
}

fn certificates(path: &Path) -> Result<Vec<reqwest::Certificate>, HttpError> {
    let unusable = |reason| HttpError::ExtraCa { path: path.to_owned(), reason };
    let pem = files::read(path, MAX_CA_BYTES).map_err(|error| unusable(error.to_string()))?;
    if pem.is_empty() {
        return Err(unusable("the file is empty".to_owned()));
    }
    // A byte order mark would hide the first certificate.
    let pem = pem.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&pem);
    let certificates = reqwest::Certificate::from_pem_bundle(pem)
        .map_err(|_| unusable("not a PEM file of certificates".to_owned()))?;
    if certificates.is_empty() {
        return Err(unusable("it contains no certificate".to_owned()));
    }
    Ok(certificates)
}

fn not_set_up(error: impl std::fmt::Display) -> HttpError {
    HttpError::NotSetUp(error.to_string())
}

/// Makes a client for servers on this machine: it trusts no certificate, as it never needs one,
/// and uses no proxy.
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

/// Whether a failed connection failed in its TLS.
pub(super) fn is_tls(error: &(dyn Error + 'static)) -> bool {
    // An io::Error leaves itself out of `source`, and gives what it was made of instead.
    let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    error.is::<rustls::Error>()
        || inner.is_some_and(|inner| is_tls(inner))
        || error.source().is_some_and(is_tls)
}

/// Tells what a request failed of.
pub(super) fn fault_of(error: &reqwest::Error) -> Fault {
    if is_tls(error) {
        Fault::Tls
    } else if error.is_timeout() && !error.is_connect() {
        Fault::TimedOut
    } else if error.is_connect() && is_lookup(error) {
        Fault::NoName
    } else if error.is_connect() || error.is_builder() {
        Fault::NoConnection
    } else {
        Fault::CutOff
    }
}

/// Whether a connection failed because the name was not found. No library has a type for that, but of
/// all that keeps a connection from being made only the lookup has no error number of the system.
fn is_lookup(error: &(dyn Error + 'static)) -> bool {
    let of_system = error.downcast_ref::<std::io::Error>();
    of_system.is_some_and(|error| error.raw_os_error().is_none())
        || error.source().is_some_and(is_lookup)
}

/// Describes a failed request without its URL, which may hold a phone number.
pub(super) fn failure_text(error: &reqwest::Error, timeout: Duration) -> String {
    if error.is_timeout() && !error.is_connect() {
        return format!("no response within {} s", timeout.as_secs());
    }
    let mut deepest: &dyn Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let what = if error.is_connect() { "no connection" } else { "the connection was cut" };
    format!("{what}: {}", printable(&deepest.to_string(), 120))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_found_behind_a_byte_order_mark_and_an_empty_file_is_said_to_be() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let file = tempfile::NamedTempFile::new().unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        for (text, count) in [
            (pem.clone(), 1),
            (format!("\u{feff}{pem}"), 1),
            (format!("\u{feff}{}", pem.replace('\n', "\r\n")), 1),
            (format!("{pem}{pem}"), 2),
        ] {
            std::fs::write(file.path(), text).unwrap();
            assert_eq!(certificates(file.path()).unwrap().len(), count);
        }
        let wrong = |text: &str| {
            std::fs::write(file.path(), text).unwrap();
            certificates(file.path()).unwrap_err().to_string()
        };
        assert!(wrong("").ends_with("the file is empty"));
        assert!(wrong("x").ends_with("it contains no certificate"));
    }
}
