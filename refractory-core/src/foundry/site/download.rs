//! Getting a release.
use std::path::Path;

use reqwest::StatusCode;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::client::{Jar, Site, checked, location, odd};
use super::{Account, TimedUrl};
use crate::foundry::http;
use crate::foundry::stream::{Downloading, save};
use crate::model::Version;
use crate::{Error, ErrorKind, ReleaseId, Result};

/// Releases are about a quarter of a gibibyte.
const LARGEST_RELEASE: u64 = 4 << 30;
/// From this one on there is an archive without a desktop program around it.
const FIRST_NODE_ARCHIVE: Version = Version::new(13, 338);

/// A release that was downloaded whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downloaded {
    /// The SHA-256 of its bytes.
    pub id: ReleaseId,
    /// Its bytes.
    pub size: u64,
}

impl Site {
    /// Checks a pasted timed URL against the hosts that releases may come from.
    ///
    /// # Errors
    ///
    /// `Invalid`.
    pub fn timed_url_from(&self, pasted: &str) -> Result<TimedUrl> {
        TimedUrl::new(pasted, &self.download_hosts)
    }

    /// Asks for a timed URL of `version`. It runs out within minutes.
    ///
    /// # Errors
    ///
    /// `Forbidden` (the session has ended, or the account holds no license), `NotFound` (no such release), `Invalid` (it leads to a host that is not allowed), `Unavailable`.
    pub async fn timed_url(&self, account: &Account, version: Version) -> Result<TimedUrl> {
        const DURING: &str = "asking for a download";
        let platform = if version >= FIRST_NODE_ARCHIVE { "node" } else { "linux" };
        let query = format!(
            "/releases/download?build={}&platform={platform}&response_type=json",
            version.build
        );
        let request = self.http.get(self.at(&query)?);
        let mut jar: Jar = account.jar.clone();
        let response = self.send(request, &mut jar, DURING).await?;
        match response.status() {
            status if status.is_redirection() => {
                let to = location(&response).ok_or_else(|| odd(DURING))?;
                // Whoever is not logged in is led to a page of the site.
                if to.starts_with('/') { Err(not_yours(DURING)) } else { self.timed_url_from(&to) }
            }
            StatusCode::NOT_FOUND => Err(Error::new(ErrorKind::NotFound, DURING)
                .advise(format!("foundryvtt.com has no download of release {version}."))),
            status if status.is_success() => {
                let body = http::body(response, 1 << 20, DURING).await?;
                let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
                let url = answer["url"].as_str().ok_or_else(|| not_yours(DURING))?;
                self.timed_url_from(url)
            }
            _ => Err(not_yours(DURING)),
        }
    }

    /// Downloads what `url` gives to the new file `path`, and tells `progress` about it.
    ///
    /// *Dropped*: nothing is left.
    ///
    /// # Errors
    ///
    /// `Invalid` (the URL has run out), `Exhausted` (no space), `Forbidden` (the file may not be written), `Unavailable`.
    pub async fn download(
        &self,
        url: &TimedUrl,
        path: &Path,
        mut progress: impl FnMut(Downloading) + Send,
    ) -> Result<Downloaded> {
        const DURING: &str = "downloading a release";
        let request = self.http.get(url.expose().clone());
        let response =
            request.send().await.map_err(|error| http::unreachable_error(DURING, error))?;
        let response = checked(response, DURING)?;
        if !response.status().is_success() {
            return Err(Error::new(ErrorKind::Invalid, DURING)
                .about("status", response.status().as_u16())
                .advise(
                    "This timed URL has expired: it works for a few minutes only. Copy a new one.",
                ));
        }
        let mut hasher = Sha256::new();
        let size = save(response, path, LARGEST_RELEASE, |piece, so_far| {
            hasher.update(piece);
            progress(so_far);
        })
        .await?;
        Ok(Downloaded { id: ReleaseId::new(&hex::encode(hasher.finalize()))?, size })
    }
}

fn not_yours(during: &'static str) -> Error {
    Error::new(ErrorKind::Forbidden, during).advise(
        "foundryvtt.com doesn't allow this account to download. The account needs a license. Sign in again.",
    )
}
