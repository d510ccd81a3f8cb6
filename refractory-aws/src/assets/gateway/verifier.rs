//! Whether a claim is true: the signature is made again, and compared. Pure.
use std::time::{Duration, UNIX_EPOCH};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use refractory_core::digest::sha256_hex;
use refractory_core::ports::AssetRequest;
use refractory_core::{Secret, Timestamp};
use subtle::ConstantTimeEq;

use super::authorization::{ALGORITHM, Authorization};
use super::object_path::{CanonicalQuery, ObjectPath};
use super::s3_error::S3Error;

/// How far the clocks of both sides may be apart: S3's own measure.
const SKEW: Duration = Duration::from_mins(15);

/// Where and when a claim is judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verifier<'a> {
    pub(super) region: &'a str,
    pub(super) now: Timestamp,
}

impl Verifier<'_> {
    /// Whether `ask`, which means `address`, was signed with `secret` as `claim` has it.
    pub(super) fn verify(
        &self,
        ask: &AssetRequest,
        address: &ObjectPath,
        claim: &Authorization<'_>,
        secret: &Secret,
    ) -> Result<(), S3Error> {
        let (now, at) = (self.now, claim.at);
        if now.since(at).max(at.since(now)) > SKEW {
            return Err(S3Error {
                status: 403,
                code: "RequestTimeTooSkewed",
                message: "The difference between the request time and the current time is too large.",
            });
        }
        let canonical = canonical(ask, address, claim);
        let digest = sha256_hex(&[canonical.as_bytes()]);
        let text = format!("{ALGORITHM}\n{}\n{}\n{digest}", claim.date, claim.scope);
        let day = UNIX_EPOCH + Duration::from_millis(at.0);
        let key = generate_signing_key(secret.expose(), day, self.region, "s3");
        let made = calculate_signature(key, text.as_bytes());
        if made.as_bytes().ct_eq(claim.signature.as_bytes()).into() {
            return Ok(());
        }
        Err(S3Error {
            status: 403,
            code: "SignatureDoesNotMatch",
            message: "The signature is not that of this request with this key. Requests are to be sent as they were signed.",
        })
    }
}

/// The question as it is signed.
fn canonical(ask: &AssetRequest, address: &ObjectPath, claim: &Authorization<'_>) -> String {
    let mut text =
        format!("{}\n{}\n{}\n", ask.method, address.path, CanonicalQuery::read(&ask.query).text());
    for name in &claim.signed {
        let values: Vec<_> = ask.values(name).map(collapsed).collect();
        text.extend([name, ":", &values.join(","), "\n"]);
    }
    let payload = ask.values("x-amz-content-sha256").next().unwrap_or_default();
    text + &format!("\n{}\n{payload}", claim.signed.join(";"))
}

/// A value without blanks around it, and one where there were several.
fn collapsed(value: &str) -> String {
    value.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
