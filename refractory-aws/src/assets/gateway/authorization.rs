//! What a signed question claims: whose key, when, and what of it is signed. Pure.
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use refractory_core::Timestamp;
use refractory_core::ports::AssetRequest;

use super::s3_error::S3Error;

/// The one algorithm that Foundry's client uses.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What a signed question claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Authorization<'a> {
    /// The id of the key.
    pub(super) key: &'a str,
    /// Date, region, service and end, as they stand in the header.
    pub(super) scope: &'a str,
    /// When, as it stands in the header.
    pub(super) date: &'a str,
    /// The same as a moment.
    pub(super) at: Timestamp,
    /// The names of the headers that are signed, in order.
    pub(super) signed: Vec<&'a str>,
    /// The signature, in hexadecimal digits.
    pub(super) signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// What `ask` claims, for `region`.
    pub(super) fn read(ask: &'a AssetRequest, region: &str) -> Result<Self, S3Error> {
        let only = |name: &'a str| {
            let mut values = ask.values(name);
            values.next().filter(|_| values.next().is_none())
        };
        let parts = only("authorization").and_then(|text| text.trim().strip_prefix(ALGORITHM));
        let parts = parts.filter(|parts| parts.starts_with(' ')).ok_or(S3Error::malformed(
            "Sign with AWS4-HMAC-SHA256 in the header Authorization, once.",
        ))?;
        let part = |name: &str| {
            let mut found = parts
                .split(',')
                .filter_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
            found.next().filter(|_| found.next().is_none())
        };
        let incomplete = S3Error::malformed(
            "The header Authorization needs Credential, SignedHeaders and Signature.",
        );
        let (key, scope) =
            part("Credential").and_then(|text| text.split_once('/')).ok_or(incomplete)?;
        let signed: Vec<_> = part("SignedHeaders").ok_or(incomplete)?.split(';').collect();
        let signature = part("Signature").ok_or(incomplete)?;
        let date = only("x-amz-date")
            .ok_or(S3Error::denied("Say when in the header X-Amz-Date, once."))?;
        let at =
            moment(date).ok_or(S3Error::denied("X-Amz-Date is to be as in 20250131T235959Z."))?;
        let claim = Self { key, scope, date, at, signed, signature };
        claim.check_scope(region)?;
        claim.check_signed(ask)?;
        Ok(claim)
    }

    fn check_scope(&self, region: &str) -> Result<(), S3Error> {
        let parts: Vec<_> = self.scope.split('/').collect();
        let [day, of_region, "s3", "aws4_request"] = parts[..] else {
            return Err(S3Error::malformed(
                "The credential is to end in the day, the region, s3 and aws4_request.",
            ));
        };
        if of_region != region {
            return Err(S3Error::malformed(
                "The credential is for another region than the bucket is in.",
            ));
        }
        if self.date.get(..8) != Some(day) {
            return Err(S3Error::malformed("The credential is of another day than X-Amz-Date."));
        }
        Ok(())
    }

    /// Everything that S3 acts upon must be signed, or else a party on the way may have added it.
    fn check_signed(&self, ask: &AssetRequest) -> Result<(), S3Error> {
        let is_signed = |name: &str| self.signed.contains(&name);
        let in_order = self.signed.is_sorted_by(|one, next| one < next);
        let here = self.signed.iter().all(|name| ask.values(name).next().is_some());
        if !in_order || !here || !is_signed("host") {
            return Err(S3Error::malformed(
                "SignedHeaders is to name headers that are there, in order, and host among them.",
            ));
        }
        let mut acted_upon = ask.headers.iter().filter(|(name, _)| name.starts_with("x-amz-"));
        if acted_upon.any(|(name, _)| !is_signed(name)) {
            return Err(S3Error::denied(
                "There were headers present in the request which were not signed",
            ));
        }
        Ok(())
    }
}

/// `20130524T000000Z` as a moment.
fn moment(text: &str) -> Option<Timestamp> {
    let digits = |range: std::ops::Range<usize>| {
        text.get(range).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let (day, time) = (digits(0..8)?, digits(9..15)?);
    if text.len() != 16 || text.get(8..9) != Some("T") || !text.ends_with('Z') {
        return None;
    }
    let (year, month, day) = (&day[..4], &day[4..6], &day[6..]);
    let (hour, minute, second) = (&time[..2], &time[2..4], &time[4..]);
    let text = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    let read = DateTime::from_str(&text, Format::DateTime).ok()?;
    Some(Timestamp(u64::try_from(read.to_millis().ok()?).ok()?))
}

#[cfg(test)]
mod tests;
