//! What a bucket should be like. Pure.
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, BucketVersioningStatus,
    CorsConfiguration, CorsRule, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    LifecycleRuleFilter, NoncurrentVersionExpiration, ObjectOwnership, OwnershipControls,
    OwnershipControlsRule, PublicAccessBlockConfiguration, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
    VersioningConfiguration,
};
use refractory_core::digest::sha256_hex;
use refractory_core::{Addressing, Result};
use serde_json::json;

use crate::error::built;
use crate::naming::partition;

/// To be raised with every change to what this file says, so that buckets which are there are brought up to it.
const EDITION: &[u8] = b"2";
/// How many days an upload that was replaced or deleted can be brought back.
const KEPT_DAYS: i32 = 30;
/// How many days an upload may take before its parts are thrown away.
const UPLOAD_DAYS: i32 = 2;

/// What a bucket should be like.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// Whether anyone may read an object whose name they know.
    pub(super) public: bool,
    /// The pages that may read, as patterns of origins.
    pub(super) origins: Vec<String>,
    /// The partition of AWS that the buckets are in.
    partition: &'static str,
}

/// The origin of every table at once, as `https://*.games.example`.
pub(super) fn origin(addressing: &Addressing) -> String {
    let scheme = if addressing.https { "https" } else { "http" };
    let usual = if addressing.https { 443 } else { 80 };
    let port =
        if addressing.port == usual { String::new() } else { format!(":{}", addressing.port) };
    let any = if addressing.by_path { "" } else { "*." };
    format!("{scheme}://{any}{}{port}", addressing.domain.trim_matches('.').to_lowercase())
}

impl Settings {
    /// Settings of buckets in `region`, with which any page may read.
    pub(super) fn new(public: bool, region: &str) -> Self {
        Self { public, origins: vec!["*".to_owned()], partition: partition(region) }
    }

    fn arn(&self, bucket: &str) -> String {
        format!("arn:{}:s3:::{bucket}", self.partition)
    }

    /// Sixteen characters that differ where anything below does.
    pub(super) fn fingerprint(&self) -> String {
        let origins = self.origins.join(" ");
        let parts = [EDITION, b" ", &[u8::from(self.public)], b" ", origins.as_bytes()];
        sha256_hex(&parts)[..16].to_owned()
    }

    /// The bucket policy: anyone may read an object, no one may list them. None if the bucket is private.
    pub(super) fn policy(&self, bucket: &str) -> Option<String> {
        let statement = json!({
            "Sid": "ReadObjects",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": format!("{}/*", self.arn(bucket)),
        });
        self.public
            .then(|| json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string())
    }

    /// What a table's user may do: read and write its own bucket, and nothing else anywhere.
    pub(super) fn user_policy(&self, bucket: &str) -> String {
        let bucket = self.arn(bucket);
        json!({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Look",
                    "Effect": "Allow",
                    "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
                    "Resource": bucket,
                },
                {
                    "Sid": "ReadAndWrite",
                    "Effect": "Allow",
                    // An upload with a list of grants needs the right to grant, even where grants are not heeded.
                    "Action": ["s3:GetObject", "s3:PutObject", "s3:PutObjectAcl", "s3:DeleteObject", "s3:AbortMultipartUpload"],
                    "Resource": format!("{bucket}/*"),
                },
            ],
        })
        .to_string()
    }

    /// Lists of grants are never heeded; a policy may make the bucket public where that is wanted.
    ///
    /// A public bucket does not refuse them either: Foundry sends `public-read` with each upload, and S3 refuses an upload whose
    /// grants are blocked, or come to a bucket that has none. On its way to a private one the door takes them off.
    pub(super) fn access_block(&self) -> PublicAccessBlockConfiguration {
        PublicAccessBlockConfiguration::builder()
            .block_public_acls(!self.public)
            .ignore_public_acls(true)
            .block_public_policy(!self.public)
            .restrict_public_buckets(!self.public)
            .build()
    }

    /// The pages that may read, from a browser.
    pub(super) fn cors(&self) -> Result<CorsConfiguration> {
        let rule = CorsRule::builder()
            .set_allowed_origins(Some(self.origins.clone()))
            .allowed_methods("GET")
            .allowed_methods("HEAD")
            .allowed_headers("*")
            .max_age_seconds(3_000);
        built(CorsConfiguration::builder().cors_rules(built(rule.build())?).build())
    }
}

/// Objects belong to the owner of the bucket. See [`Settings::access_block`] for why grants are not switched off.
pub(super) const OWNERSHIP: ObjectOwnership = ObjectOwnership::BucketOwnerPreferred;

/// [`OWNERSHIP`], for a bucket that is there.
pub(super) fn ownership() -> Result<OwnershipControls> {
    let rule = built(OwnershipControlsRule::builder().object_ownership(OWNERSHIP).build())?;
    built(OwnershipControls::builder().rules(rule).build())
}

/// What was replaced or deleted can be brought back for a while.
pub(super) fn versioning() -> VersioningConfiguration {
    VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build()
}

/// What S3 removes automatically: old versions, delete markers, and incomplete uploads.
pub(super) fn lifecycle() -> Result<BucketLifecycleConfiguration> {
    let old = NoncurrentVersionExpiration::builder().noncurrent_days(KEPT_DAYS).build();
    let marks = LifecycleExpiration::builder().expired_object_delete_marker(true).build();
    let parts =
        AbortIncompleteMultipartUpload::builder().days_after_initiation(UPLOAD_DAYS).build();
    let rule = LifecycleRule::builder()
        .id("old-versions")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("").build())
        .noncurrent_version_expiration(old)
        .expiration(marks)
        .abort_incomplete_multipart_upload(parts);
    built(BucketLifecycleConfiguration::builder().rules(built(rule.build())?).build())
}

/// Sealed with a key of S3's own, which costs nothing.
pub(super) fn encryption() -> Result<ServerSideEncryptionConfiguration> {
    let sealed =
        ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256);
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(built(sealed.build())?)
        .build();
    built(ServerSideEncryptionConfiguration::builder().rules(rule).build())
}

#[cfg(test)]
mod tests;
