//! HTTPS to the store of uploads. Instances are reached without TLS, on the internal network.
use std::fmt;
use std::sync::{Arc, OnceLock};

use tokio_rustls::TlsConnector;

use super::failure::{Failure, Side};

/// How to speak HTTPS. Clones are handles to one.
#[derive(Clone)]
pub(super) struct Tls(TlsConnector);

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    pub(super) fn connector(&self) -> &TlsConnector {
        &self.0
    }

    /// The one in `kept`, made when it is first needed: an edge without uploads elsewhere needs no certificates.
    pub(super) fn of(kept: &OnceLock<Self>) -> Result<Self, Failure> {
        if let Some(made) = kept.get() {
            return Ok(made.clone());
        }
        let made = refractory_core::foundry::http::tls()
            .map_err(|error| Failure::new(Side::Us, false, "setting HTTPS up").caused_by(error))?;
        Ok(kept.get_or_init(|| Self(TlsConnector::from(Arc::new(made)))).clone())
    }
}

#[cfg(test)]
mod tests;
