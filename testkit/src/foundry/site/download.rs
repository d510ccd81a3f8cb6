//! Links that are good for a while, and the archives behind them.
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{IF_MODIFIED_SINCE, LAST_MODIFIED};
use http::{HeaderMap, HeaderValue, StatusCode};
use refractory_core::{Clock, SystemClock, Timestamp};
use sha2::Sha256;

use super::cut_short::cut_short;
use crate::foundry::archive::{Layout, release_zip};
use crate::foundry::hash::random_hex;
use crate::foundry::http::{Range, Reply, bytes, text};
use crate::foundry::version::Version;

const MODIFIED: &str = "Wed, 01 Apr 2026 12:00:00 GMT";
const ZIP: &str = "application/zip";

/// The secret of this process's links.
static SECRET: LazyLock<String> = LazyLock::new(|| random_hex(32));

/// Path and query under which `version` can be fetched from now on.
pub(super) fn link(version: Version, layout: Layout) -> String {
    let name = match layout {
        Layout::Electron => "Linux",
        Layout::Node => "Node",
    };
    let path = format!("/{version}/FoundryVTT-{name}-{version}.zip");
    let now = seconds(SystemClock.now());
    format!("{path}?verify={now}-{}", proof(&path, now))
}

/// Whether `verify` was made for `path`, less than `life` ago.
pub(super) fn is_good(path: &str, verify: &str, life: Duration) -> bool {
    let Some((made, given)) = verify.split_once('-') else { return false };
    let Ok(made) = made.parse() else { return false };
    let age = seconds(SystemClock.now()).saturating_sub(made);
    given == proof(path, made) && age < life.as_secs()
}

/// The archive a path names.
pub(super) fn named(path: &str) -> Option<(Version, Layout)> {
    let (version, file) = path.strip_prefix('/')?.split_once('/')?;
    let layout = if file.contains("Node") { Layout::Node } else { Layout::Electron };
    file.strip_suffix(".zip")?;
    Some((version.parse().ok()?, layout))
}

/// The archive, or the part that is asked for.
pub(super) fn serve(version: Version, layout: Layout, headers: &HeaderMap, cut: bool) -> Reply {
    if headers.get(IF_MODIFIED_SINCE).is_some_and(|since| since == MODIFIED) {
        return text(StatusCode::NOT_MODIFIED, "");
    }
    let Ok(zip) = release_zip(version, layout) else {
        return text(StatusCode::INTERNAL_SERVER_ERROR, "");
    };
    let zip = Bytes::from(zip);
    let Some(range) = Range::asked(headers, zip.len() as u64) else {
        return text(StatusCode::RANGE_NOT_SATISFIABLE, "");
    };
    let at = |position| usize::try_from(position).unwrap_or(usize::MAX).min(zip.len());
    let part = zip.slice(at(range.from)..at(range.from + range.length));
    let whole = if cut {
        cut_short(ZIP, part.slice(..part.len() / 2))
    } else {
        bytes(StatusCode::OK, ZIP, part)
    };
    let mut reply = range.label(whole);
    reply.headers_mut().insert(LAST_MODIFIED, HeaderValue::from_static(MODIFIED));
    reply
}

fn proof(path: &str, made: u64) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{path}\n{made}").as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

fn seconds(moment: Timestamp) -> u64 {
    moment.0 / 1000
}
