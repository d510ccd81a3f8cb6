//! One range of bytes, as a browser asks for when it resumes or seeks.
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, RANGE};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::reply::Reply;

/// The part of a resource that an answer carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: u64,
    pub(crate) length: u64,
    whole: u64,
    asked: bool,
}

impl Range {
    /// What `headers` ask of a resource of `whole` bytes; `None` if it lies outside.
    pub(crate) fn asked(headers: &HeaderMap, whole: u64) -> Option<Self> {
        let all = Self { from: 0, length: whole, whole, asked: false };
        let Some(header) = headers.get(RANGE).and_then(|range| range.to_str().ok()) else {
            return Some(all);
        };
        // Several ranges, or another unit, may be ignored.
        let single = header.strip_prefix("bytes=").filter(|range| !range.contains(','));
        let Some((from, to)) = single.and_then(|range| range.split_once('-')) else {
            return Some(all);
        };
        let last = whole.checked_sub(1)?;
        let (from, to) = if from.is_empty() {
            (whole.saturating_sub(to.parse().ok()?), last)
        } else {
            (from.parse().ok()?, if to.is_empty() { last } else { to.parse().ok()? })
        };
        let to = u64::min(to, last);
        (from <= to).then(|| Self { from, length: to - from + 1, whole, asked: true })
    }

    /// Puts status and headers of this part on `reply`.
    pub(crate) fn label(self, mut reply: Reply) -> Reply {
        let headers = reply.headers_mut();
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(CONTENT_LENGTH, self.length.into());
        if self.asked {
            let to = self.from + self.length - 1;
            let text = format!("bytes {}-{to}/{}", self.from, self.whole);
            headers.extend(HeaderValue::try_from(text).ok().map(|value| (CONTENT_RANGE, value)));
            *reply.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
        reply
    }
}
