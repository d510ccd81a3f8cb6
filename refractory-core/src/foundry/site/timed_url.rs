//! An address that gives a release to whoever has it, for a few minutes.
use std::fmt;

use url::{Host, Url};

use crate::model::Version;
use crate::text::pasted;
use crate::{Error, ErrorKind, Result};

/// A timed URL that points to a host it may point to. Its signature never shows.
#[derive(Clone, PartialEq, Eq)]
pub struct TimedUrl(Url);

impl TimedUrl {
    /// Checks a pasted address against `hosts`: names, with their port where it is not the usual one.
    ///
    /// # Errors
    ///
    /// `Invalid`: it is no address, or leads somewhere else.
    pub fn new(raw: &str, hosts: &[String]) -> Result<Self> {
        let url = Url::parse(&pasted(raw)).map_err(|_| {
            refused("This is not a URL. Copy the timed URL of a release from your account on foundryvtt.com.".into())
        })?;
        let host = url.host_str().unwrap_or_default();
        let named = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        if !hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(&named)) {
            return Err(refused(format!(
                "Releases are downloaded only from {}, not from `{named}`. Copy the timed URL from your account on foundryvtt.com.",
                hosts.join(", ")
            )));
        }
        if !(url.scheme() == "https" || url.scheme() == "http" && is_here(&url)) {
            return Err(refused("A timed URL begins with `https://`. Copy it again.".into()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("A timed URL has no name or password. Copy it again.".into()));
        }
        Ok(Self(url))
    }

    /// The address itself: for the one request that needs it.
    pub fn expose(&self) -> &Url {
        &self.0
    }

    /// The version that its path names, where it names one.
    pub fn version(&self) -> Option<Version> {
        self.0.path_segments()?.next()?.parse().ok()
    }
}

/// Whether it leads to this machine, where nobody listens in between.
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn refused(sentence: String) -> Error {
    Error::new(ErrorKind::Invalid, "reading a timed URL").advise(sentence)
}

impl fmt::Debug for TimedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}?•••", self.0.host_str().unwrap_or_default(), self.0.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Vec<String> {
        vec!["r2.foundryvtt.com".into(), "127.0.0.1:8080".into()]
    }

    #[test]
    fn a_timed_url_names_its_version_and_hides_its_signature() {
        let raw = " https://r2.foundryvtt.com/13.351/FoundryVTT-Node-13.351.zip?verify=17-abc ";
        let url = TimedUrl::new(raw, &hosts()).unwrap();
        assert_eq!(url.version(), Some(Version::new(13, 351)));
        assert!(!format!("{url:?}").contains("abc"));
        assert!(TimedUrl::new("http://127.0.0.1:8080/13.351/x.zip", &hosts()).is_ok());
    }

    #[test]
    fn everywhere_else_is_refused() {
        for raw in [
            "",
            "13.351",
            "file:///etc/passwd",
            "http://r2.foundryvtt.com/13.351/x.zip",
            "https://r2.foundryvtt.com.example.org/x",
            "https://r2.foundryvtt.com:8443/x",
            "https://example.org/?r2.foundryvtt.com",
            "https://r2.foundryvtt.com@example.org/x",
            "https://me:pw@r2.foundryvtt.com/x",
            "http://127.0.0.1:9090/x",
            "http://169.254.169.254/latest/meta-data",
        ] {
            assert_eq!(
                TimedUrl::new(raw, &hosts()).unwrap_err().kind(),
                ErrorKind::Invalid,
                "{raw}"
            );
        }
    }
}
