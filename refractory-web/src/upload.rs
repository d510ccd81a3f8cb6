//! Takes a release archive from a browser, piece by piece, without ever holding it whole.
use std::path::PathBuf;
use std::time::Duration;

use actix_web::Error;
use actix_web::http::StatusCode;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use refractory_core::config::Size;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;

use crate::connections::body_problem;
use crate::problem::Problem;
use crate::shared::Shared;

/// Silence longer than this ends an upload.
const STALL_TIMEOUT: Duration = Duration::from_mins(1);

/// A received file. It is deleted when this is dropped.
#[derive(Debug)]
pub(crate) struct ReceivedFile(NamedTempFile);

impl ReceivedFile {
    /// Where it lies.
    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }
}

/// Writes `pieces` into a temporary file.
pub(crate) async fn receive<E: Into<Error>>(
    shared: &Shared,
    pieces: impl Stream<Item = Result<Bytes, E>>,
) -> Result<ReceivedFile, Problem> {
    let temporary = make_file(shared).map_err(|error| no_room(&error))?;
    let file = temporary.reopen().map_err(|error| no_room(&error))?;
    let mut file = tokio::fs::File::from_std(file);
    let limit = shared.config.upload_limit;
    let mut size: u64 = 0;
    let mut pieces = std::pin::pin!(pieces);
    while let Some(piece) = next(&mut pieces).await? {
        size = size.saturating_add(piece.len() as u64);
        if size > limit.bytes() {
            return Err(too_large(limit));
        }
        file.write_all(&piece).await.map_err(|error| no_room(&error))?;
    }
    file.flush().await.map_err(|error| no_room(&error))?;
    if size == 0 {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "No file was received. Choose the zip file of a Foundry release and try again.",
        ));
    }
    Ok(ReceivedFile(temporary))
}

async fn next<E: Into<Error>>(
    pieces: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
) -> Result<Option<Bytes>, Problem> {
    match tokio::time::timeout(STALL_TIMEOUT, pieces.next()).await {
        Ok(None) => Ok(None),
        Ok(Some(Ok(piece))) => Ok(Some(piece)),
        Ok(Some(Err(error))) => {
            let error = error.into();
            tracing::info!(%error, "an upload broke off");
            Err(body_problem(&error).unwrap_or_else(interrupted))
        }
        Err(_silence) => Err(Problem::too_slow()),
    }
}

fn make_file(shared: &Shared) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix("refractory-upload-").suffix(".zip");
    match &shared.config.upload_dir {
        Some(dir) => builder.tempfile_in(dir),
        None => builder.tempfile(),
    }
}

fn interrupted() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "The upload was interrupted and nothing was stored. Try again.",
    )
}

fn too_large(limit: Size) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!(
            "This file is larger than {limit}. Choose the zip file of a Foundry release, or raise `web.upload_limit`."
        ),
    )
}

fn no_room(error: &std::io::Error) -> Problem {
    tracing::error!(%error, "an upload could not be written");
    Problem::new(
        StatusCode::INSUFFICIENT_STORAGE,
        "The upload could not be stored: the disk is full or the upload folder can't be used. Free some space, or set `web.upload_dir`.",
    )
}
