//! HTTP clients with time-outs, bounded bodies and no redirects.
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::{Error, ErrorKind, Result};

/// How long a client waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the next byte of an answer.
    pub silence: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), silence: Duration::from_secs(30) }
    }
}

/// A client for the outside world: HTTPS by the machine's own certificates, no redirects followed.
///
/// Building one reads the certificates: build one and clone it.
///
/// # Errors
///
/// `Unavailable`: the machine has no certificates.
pub fn client(timeouts: Timeouts) -> Result<Client> {
    build(Client::builder(), tls()?, timeouts)
}

/// How to speak HTTPS to the outside world, for whoever streams more than a client does: by the machine's own certificates.
///
/// Building it reads them: build one and share it.
///
/// # Errors
///
/// `Unavailable`: the machine has no certificates.
pub fn tls() -> Result<ClientConfig> {
    let tls = tls_builder()?.with_platform_verifier().map_err(|error| {
        Error::new(ErrorKind::Unavailable, "reading the machine's certificates")
            .caused_by(error)
            .advise("This machine has no root certificates. Install the `ca-certificates` package.")
    })?;
    Ok(tls.with_no_client_auth())
}

/// A client for programs in the same network: plain HTTP, and never through a proxy.
pub(crate) fn plain_client(timeouts: Timeouts) -> Result<Client> {
    let tls = tls_builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    build(Client::builder().no_proxy(), tls, timeouts)
}

type TlsBuilder = rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>;

fn tls_builder() -> Result<TlsBuilder> {
    // Named here, because a process-wide default would be the embedder's to choose.
    let ring: Arc<CryptoProvider> = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ErrorKind::Unexpected, "setting TLS up").caused_by(error))
}

fn build(builder: reqwest::ClientBuilder, tls: ClientConfig, timeouts: Timeouts) -> Result<Client> {
    builder
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        .connect_timeout(timeouts.connect)
        .read_timeout(timeouts.silence)
        .user_agent(concat!("refractory/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| {
            Error::new(ErrorKind::Unexpected, "building an HTTP client").caused_by(error)
        })
}

/// The body of `response`, if it is no longer than `limit` bytes.
pub(crate) async fn body(
    response: Response,
    limit: usize,
    during: &'static str,
) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| unreachable_error(during, error))?;
        if bytes.len() + piece.len() > limit {
            return Err(Error::new(ErrorKind::Unavailable, during)
                .about("limit", limit)
                .advise("The response was too large and was ignored."));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// A request that got no whole answer. The address stays out of it: it may hold a signature.
pub(crate) fn unreachable_error(during: &'static str, error: reqwest::Error) -> Error {
    Error::new(ErrorKind::Unavailable, during).caused_by(error.without_url())
}

/// Whether nothing listens where the request went.
pub(crate) fn is_refused(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return io.kind() == std::io::ErrorKind::ConnectionRefused;
        }
        cause = inner.source();
    }
    false
}

/// The value of the cookie `name` that `response` sets; empty where it takes it away.
pub(crate) fn cookie_set(response: &Response, name: &str) -> Option<String> {
    response.headers().get_all(reqwest::header::SET_COOKIE).iter().find_map(|header| {
        let pair = header.to_str().ok()?.split(';').next()?;
        let (key, value) = pair.split_once('=')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}
