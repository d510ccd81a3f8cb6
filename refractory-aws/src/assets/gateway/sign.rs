//! The door's own signature, with the table's own key.
use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;
use refractory_core::{Error, ErrorKind, Result, Secret, Timestamp};

/// The digest of no body at all.
pub(super) const NO_BODY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A question for S3, about to be signed.
#[derive(Debug)]
pub(super) struct UnsignedRequest<'a> {
    pub(super) method: &'a str,
    pub(super) url: &'a str,
    /// The digest of its body, or why there is none.
    pub(super) payload: &'a str,
    pub(super) headers: Vec<(String, String)>,
}

impl UnsignedRequest<'_> {
    /// Its headers, with `Host` and the signature of the key `id`.
    pub(super) fn signed(
        mut self,
        (id, secret): (&str, &Secret),
        region: &str,
        now: Timestamp,
    ) -> Result<Vec<(String, String)>> {
        let host = self.url.split('/').nth(2).unwrap_or_default().to_owned();
        self.headers.push(("host".to_owned(), host));
        let identity: Identity =
            Credentials::new(id, secret.expose(), None, None, "the table's").into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name("s3")
            .time(UNIX_EPOCH + Duration::from_millis(now.0))
            .settings(settings())
            .build()
            .map_err(unsigned)?
            .into();
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let body = SignableBody::Precomputed(self.payload.to_owned());
        let request =
            SignableRequest::new(self.method, self.url, headers, body).map_err(unsigned)?;
        let (signature, _) = sign(request, &params).map_err(unsigned)?.into_parts();
        let added = signature.headers().map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.headers.extend(added);
        Ok(self.headers)
    }
}

/// As S3 wants it: paths as they are, and the digest of the body among the headers.
fn settings() -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings
}

fn unsigned(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Unexpected, "signing a question for S3").caused_by(error)
}
