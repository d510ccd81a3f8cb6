//! Which headers go on to S3. Pure.
use refractory_core::ports::AssetRequest;

use super::refusal::Refusal;

/// What a browser may say about the one upload that it reads.
const READING: &[&str] =
    &["if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"];

/// What an upload is, as far as HTTP itself says so.
const WRITING: &[&str] = &[
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
const S3S: &[&str] = &[
    "x-amz-decoded-content-length",
    "x-amz-mp-object-size",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];
const S3S_BEGIN: &[&str] = &["x-amz-checksum-", "x-amz-meta-"];

/// What the door says itself, or nobody needs.
const OURS: &[&str] = &["x-amz-content-sha256", "x-amz-date", "x-amz-user-agent"];

/// Grants that change nothing: the bucket is its owner's, and the edge serves it. Foundry asks for the first.
const GRANTS: &[&str] =
    &["public-read", "private", "bucket-owner-full-control", "bucket-owner-read"];

type Headers = Vec<(String, String)>;

/// What a browser's question goes on with.
pub(super) fn of_browser(ask: &AssetRequest) -> Headers {
    let kept = ask.headers.iter().filter(|(name, _)| READING.contains(&name.as_str()));
    kept.cloned().collect()
}

/// What the program's question goes on with. What S3 would act upon and is not known here is refused, not left out: an
/// upload must be what its sender took it for.
pub(super) fn of_program(ask: &AssetRequest) -> Result<Headers, Refusal> {
    let mut kept = Headers::new();
    for (name, value) in &ask.headers {
        let is_known = |names: &[&str]| names.contains(&name.as_str());
        let passes = is_known(READING)
            || is_known(WRITING)
            || is_known(S3S)
            || S3S_BEGIN.iter().any(|begin| name.starts_with(begin));
        if passes {
            kept.push((name.clone(), value.clone()));
        } else if name == "x-amz-acl" && !GRANTS.contains(&value.as_str()) {
            return Err(Refusal::denied(
                "Uploads can't be made public. Players read them at the table's own address.",
            ));
        } else if name.starts_with("x-amz-") && name != "x-amz-acl" && !is_known(OURS) {
            return Err(Refusal::not_implemented(
                "The request has a header of S3's that Refractory does not pass on.",
            ));
        }
    }
    Ok(kept)
}

/// What S3 is told about a body's digest: what the program told us, where a body can pass as it comes.
pub(super) fn payload(ask: &AssetRequest) -> Result<&str, Refusal> {
    let told = ask.values("x-amz-content-sha256").next();
    let told =
        told.ok_or(Refusal::invalid("Say the digest of the body in X-Amz-Content-Sha256."))?;
    let is_digest = told.len() == 64 && told.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest || matches!(told, "UNSIGNED-PAYLOAD" | "STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
        return Ok(told);
    }
    if told.starts_with("STREAMING-") {
        // Each chunk is signed over the one before it, and the first over a signature that is not the one S3 gets.
        return Err(Refusal::not_implemented(
            "Bodies that are signed chunk by chunk are not passed on. Send STREAMING-UNSIGNED-PAYLOAD-TRAILER or a digest.",
        ));
    }
    Err(Refusal::invalid("X-Amz-Content-Sha256 is no digest."))
}

#[cfg(test)]
mod tests;
