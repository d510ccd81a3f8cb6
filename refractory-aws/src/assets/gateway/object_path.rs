//! What an address means: an upload, or its bucket. Pure.
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use super::s3_error::S3Error;

/// What S3 writes as it is, in a query and between the slashes of a path.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &VALUE.remove(b'/');

/// An upload of a bucket, or the bucket itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ObjectPath {
    /// The whole path, written in the one way that S3 signs.
    pub(super) path: String,
    /// The name of the upload, written in the same way and without a slash before it; empty for the bucket.
    pub(super) key: String,
}

impl ObjectPath {
    /// What `path` means, as an address below `bucket`.
    pub(super) fn read(path: &str, bucket: &str) -> Result<Self, S3Error> {
        let elsewhere = S3Error::denied("This address is not in the bucket of this table.");
        let below = path.strip_prefix('/').and_then(|path| path.strip_prefix(bucket));
        let below = below.ok_or(elsewhere)?;
        let key = match below.strip_prefix('/') {
            Some(key) => canonical(key, PATH),
            None if below.is_empty() => String::new(),
            None => return Err(elsewhere),
        };
        // S3 takes dots for dots, but not everything on the way there does: a name that would lead out is refused.
        if key.split('/').any(|segment| matches!(segment, "." | "..")) {
            let message = "The name of an upload may not lead out of its folder.";
            return Err(S3Error { status: 400, code: "InvalidURI", message });
        }
        let slash = if below.is_empty() { "" } else { "/" };
        Ok(Self { path: format!("/{bucket}{slash}{key}"), key })
    }

    pub(super) fn is_bucket(&self) -> bool {
        self.key.is_empty()
    }
}

/// A query, in the one way that S3 signs: names and values encoded, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CanonicalQuery(Vec<(String, String)>);

impl CanonicalQuery {
    pub(super) fn read(query: &str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (canonical(name, VALUE), canonical(value, VALUE))
        });
        let mut pairs: Vec<_> = pairs.collect();
        pairs.sort_unstable();
        Self(pairs)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|(known, value)| (known == name).then_some(value.as_str()))
    }

    pub(super) fn text(&self) -> String {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("&")
    }
}

fn canonical(text: &str, set: &'static AsciiSet) -> String {
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    percent_encode(&bytes, set).to_string()
}

#[cfg(test)]
mod tests;
