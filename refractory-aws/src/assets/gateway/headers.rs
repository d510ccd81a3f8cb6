//! Which headers go on to S3. Pure.
use refractory_core::ports::AssetRequest;

use super::s3_error::S3Error;

/// What a browser may say about the one upload that it reads.
const BROWSER_HEADERS: &[&str] =
    &["if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"];

/// What an upload is, as far as HTTP itself says so.
const CONTENT_HEADERS: &[&str] = &[
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "expires",
];

/// What S3 needs to know about a body, its checksum, and what the program notes about an upload.
const S3_HEADERS: &[&str] = &[
    "x-amz-decoded-content-length",
    "x-amz-mp-object-size",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];
const S3_HEADER_PREFIXES: &[&str] = &["x-amz-checksum-", "x-amz-meta-"];

/// Headers that the gateway sets itself or drops.
const REPLACED_HEADERS: &[&str] = &["x-amz-content-sha256", "x-amz-date", "x-amz-user-agent"];

/// Grants that change nothing: the bucket is its owner's, and the edge serves it. Foundry asks for the first.
const GRANTS: &[&str] =
    &["public-read", "private", "bucket-owner-full-control", "bucket-owner-read"];

type Headers = Vec<(String, String)>;

/// What a browser's question goes on with.
pub(super) fn browser_headers(ask: &AssetRequest) -> Headers {
    let kept = ask.headers.iter().filter(|(name, _)| BROWSER_HEADERS.contains(&name.as_str()));
    kept.cloned().collect()
}

/// What the program's question goes on with. What S3 would act upon and is not known here is refused, not left out: an
/// upload must be what its sender took it for.
pub(super) fn program_headers(ask: &AssetRequest) -> Result<Headers, S3Error> {
    let mut kept = Headers::new();
    for (name, value) in &ask.headers {
        let is_known = |names: &[&str]| names.contains(&name.as_str());
        let passes = is_known(BROWSER_HEADERS)
            || is_known(CONTENT_HEADERS)
            || is_known(S3_HEADERS)
            || S3_HEADER_PREFIXES.iter().any(|begin| name.starts_with(begin));
        if passes {
            kept.push((name.clone(), value.clone()));
        } else if name == "x-amz-acl" && !GRANTS.contains(&value.as_str()) {
            return Err(S3Error::denied(
                "Uploads can't be made public. Players read them at the table's own address.",
            ));
        } else if name.starts_with("x-amz-") && name != "x-amz-acl" && !is_known(REPLACED_HEADERS) {
            return Err(S3Error::not_implemented(
                "The request has a header of S3's that Refractory does not pass on.",
            ));
        }
    }
    Ok(kept)
}

/// The digest of the body for S3: the one that the program sent, if the body can be forwarded unchanged.
pub(super) fn payload(ask: &AssetRequest) -> Result<&str, S3Error> {
    let told = ask.values("x-amz-content-sha256").next();
    let told =
        told.ok_or(S3Error::invalid("Say the digest of the body in X-Amz-Content-Sha256."))?;
    let is_digest = told.len() == 64 && told.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest || matches!(told, "UNSIGNED-PAYLOAD" | "STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
        return Ok(told);
    }
    if told.starts_with("STREAMING-") {
        // Each chunk is signed over the one before it, and the first over a signature that is not the one S3 gets.
        return Err(S3Error::not_implemented(
            "Bodies that are signed chunk by chunk are not passed on. Send STREAMING-UNSIGNED-PAYLOAD-TRAILER or a digest.",
        ));
    }
    Err(S3Error::invalid("X-Amz-Content-Sha256 is no digest."))
}

#[cfg(test)]
mod tests;
