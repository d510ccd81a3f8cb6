//! Saving what is downloaded, piece by piece.
use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use reqwest::Response;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use super::http;
use crate::disk::{check_room, refused};
use crate::{Error, ErrorKind, Result};

/// How far a download has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Downloading {
    /// Bytes written.
    pub done: u64,
    /// Bytes to come in all, where the other side says so.
    pub total: Option<u64>,
}

/// Writes the body of `response` to the new file `path` and shows each piece to `see`. Says how
/// many bytes there were. A file that did not become whole is removed, also when the call is dropped.
pub(crate) async fn save(
    response: Response,
    path: &Path,
    limit: u64,
    mut see: impl FnMut(&[u8], Downloading) + Send,
) -> Result<u64> {
    const DURING: &str = "saving a download";
    let failed = |error| refused(error, DURING, path);
    let total = response.content_length();
    if total.is_some_and(|total| total > limit) {
        return Err(too_much(limit));
    }
    check_room(path.parent().unwrap_or(Path::new(".")), total.unwrap_or_default(), DURING)?;
    let mut file = File::create_new(path).await.map_err(failed)?;
    let unfinished = Unfinished(Some(path.to_owned()));
    let mut done = 0_u64;
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| http::unreachable_error(DURING, error))?;
        done += piece.len() as u64;
        if done > limit {
            return Err(too_much(limit));
        }
        file.write_all(&piece).await.map_err(failed)?;
        see(&piece, Downloading { done, total });
    }
    if total.is_some_and(|total| total != done) {
        return Err(Error::new(ErrorKind::Unavailable, DURING)
            .advise("The download was interrupted. Try again."));
    }
    file.flush().await.map_err(failed)?;
    file.sync_all().await.map_err(failed)?;
    unfinished.keep();
    Ok(done)
}

fn too_much(limit: u64) -> Error {
    Error::new(ErrorKind::Invalid, "saving a download")
        .about("limit", limit)
        .advise("The download is too large and was canceled. Check the URL.")
}

/// Removes a file that nobody wants in halves.
#[derive(Debug)]
pub(crate) struct Unfinished(Option<PathBuf>);

impl Unfinished {
    /// Stands for the file at `path`.
    pub(crate) fn at(path: &Path) -> Self {
        Self(Some(path.to_owned()))
    }

    /// It is finished.
    pub(crate) fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // Nothing more can be done about a file that does not go.
            let _ = std::fs::remove_file(path);
        }
    }
}
