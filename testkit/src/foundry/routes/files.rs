//! Static files: the program's own, and everything below `Data`.
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use http::{Method, StatusCode};
use url::Url;

use crate::foundry::http::{Range, Reply, Request, bytes, text};
use crate::foundry::state::FoundryState;

/// The file at `path`, without login and without a cookie; `None` where there is none.
pub(super) fn answer(table: &FoundryState, path: &str, request: &Request) -> Option<Reply> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let relative = safe(path)?;
    let own = table.program.public().join(&relative);
    let users = table.folder.data().join(&relative);
    let (file, of_users) = if own.is_file() { (own, false) } else { (users, true) };
    if !file.is_file() {
        return None;
    }
    let content = Bytes::from(std::fs::read(&file).ok()?);
    let disarmed = of_users && table.program.version.disarms_html();
    let Some(range) = Range::asked(request.headers(), content.len() as u64) else {
        return Some(text(StatusCode::RANGE_NOT_SATISFIABLE, ""));
    };
    let from = usize::try_from(range.from).ok()?;
    let length = usize::try_from(range.length).ok()?;
    let part = content.slice(from..from + length);
    Some(range.label(bytes(StatusCode::OK, kind(&file, disarmed), part)))
}

/// `path` decoded, if it stays below its root.
fn safe(path: &str) -> Option<PathBuf> {
    let decoded = Url::parse(&format!("file://{path}")).ok()?.to_file_path().ok()?;
    let relative = decoded.strip_prefix("/").ok()?.to_path_buf();
    let normal = relative.components().all(|part| matches!(part, Component::Normal(_)));
    (normal && relative != Path::new("")).then_some(relative)
}

fn kind(file: &Path, disarmed: bool) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html" | "htm") if disarmed => "text/plain; charset=utf-8",
        Some("html" | "htm") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("json") => "application/json; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("ogg") => "audio/ogg",
        Some("mp3") => "audio/mpeg",
        Some("webm") => "video/webm",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
