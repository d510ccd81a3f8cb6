//! The gateway to private uploads: requests go through the edge.
//!
//! Two kinds of people ask. A browser asks for an upload by the address that Foundry stored, and the question goes on to
//! S3 with a signature. Foundry's own program signs what it asks, with its table's key and for the table's own address: that
//! signature is checked here, and replaced by one for where the bucket really is. Both go on with the table's own key,
//! so that what IAM allows its user holds for everything that comes this way.
//!
//! | Part | Concern |
//! |---|---|
//! | `object_path` | the object that a request is about, or the bucket |
//! | `operations`, `headers` | the allowed operations, and the headers that are forwarded |
//! | `authorization`, `verifier` | the signature of a request, and its verification |
//! | `credential_cache` | credentials of instances, so that a picture costs no call to Secrets Manager |
//! | `sign` | the request to S3 |
mod authorization;
mod credential_cache;
#[cfg(test)]
mod fixtures;
mod headers;
mod object_path;
mod operations;
mod s3_error;
mod sign;
mod verifier;

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_s3::presigning::PresigningConfig;
use futures_util::try_join;
use refractory_core::ports::{
    AccessDecision, AssetGateway, AssetReader, AssetRequest, SignedRequest,
};
use refractory_core::{Error, ErrorKind, InstanceId, Result, Secret, async_trait};

use self::authorization::Authorization;
use self::credential_cache::{BucketCredentials, CredentialCache, Lookup};
use self::object_path::{CanonicalQuery, ObjectPath};
use self::s3_error::S3Error;
use self::sign::{NO_BODY, UnsignedRequest};
use self::verifier::Verifier;
use super::BucketAssets;
use super::credentials::{SecretStage, StoredKey};
use crate::deadline::with_deadline;
use crate::error::aws_error;

const DURING: &str = "preparing access to uploads";

/// The gateway to the buckets of a deployment. Made by [`BucketAssets::gateway`].
#[derive(Debug, Clone)]
pub struct BucketGateway {
    assets: BucketAssets,
    memory: Arc<CredentialCache>,
}

#[async_trait]
impl AssetGateway for BucketGateway {
    async fn admit(&self, ask: &AssetRequest) -> Result<AccessDecision> {
        with_deadline(DURING, async {
            if ask.is_signed() { self.program(ask).await } else { self.browser(ask).await }
        })
        .await
    }
}

impl BucketGateway {
    pub(super) fn new(assets: BucketAssets) -> Self {
        Self { assets, memory: Arc::default() }
    }

    async fn browser(&self, ask: &AssetRequest) -> Result<AccessDecision> {
        let address = match readable(ask) {
            Ok(address) => address,
            Err(refusal) => return Ok(refusal.for_browser()),
        };
        let nothing = S3Error::denied("There is no key.").for_browser();
        let Some(known) = self.credentials(ask, ask.refused.is_none()).await? else {
            return Ok(nothing);
        };
        match known.keys.first() {
            Some((id, secret)) if ask.refused.as_deref() != Some(id) => {
                let headers = headers::browser_headers(ask);
                let to = (AssetReader::Browser, NO_BODY);
                self.send(ask, (&known, id, secret), &address.key, headers, to)
            }
            // S3 refused the only key there is.
            _ => Ok(nothing),
        }
    }

    async fn program(&self, ask: &AssetRequest) -> Result<AccessDecision> {
        let judged = || -> std::result::Result<_, S3Error> {
            if !ask.launched {
                return Err(S3Error::denied("This table is off, so its bucket can't be used."));
            }
            let address = ObjectPath::read(&ask.path, &ask.handle)?;
            let query = CanonicalQuery::read(&ask.query);
            operations::check(&ask.method, &address, &query)?;
            let claim = Authorization::read(ask, &self.assets.clients.region)?;
            Ok((address, query, claim, headers::program_headers(ask)?, headers::payload(ask)?))
        };
        let (address, query, claim, headers, payload) = match judged() {
            Ok(judged) => judged,
            Err(refusal) => return Ok(refusal.for_program()),
        };
        let Some((known, secret)) = self.key(ask, claim.key).await? else {
            return Ok(S3Error {
                status: 403,
                code: "InvalidAccessKeyId",
                message: "This is not a key of this table.",
            }
            .for_program());
        };
        let bench = Verifier { region: &self.assets.clients.region, now: self.assets.clock.now() };
        if let Err(refusal) = bench.verify(ask, &address, &claim, &secret) {
            return Ok(refusal.for_program());
        }
        let below = match query.text() {
            query if query.is_empty() => address.key,
            query => format!("{}?{query}", address.key),
        };
        let to = (AssetReader::Program, payload);
        self.send(ask, (&known, claim.key, &secret), &below, headers, to)
    }

    /// The key `id` of the table that is asked about, if it has it.
    async fn key(
        &self,
        ask: &AssetRequest,
        id: &str,
    ) -> Result<Option<(Arc<BucketCredentials>, Secret)>> {
        for found_good in [true, false] {
            let Some(known) = self.credentials(ask, found_good).await? else { return Ok(None) };
            if let Some(secret) = known.secret(id).cloned() {
                return Ok(Some((known, secret)));
            }
        }
        Ok(None)
    }

    fn send(
        &self,
        ask: &AssetRequest,
        (known, id, secret): (&BucketCredentials, &str, &Secret),
        below: &str,
        headers: Vec<(String, String)>,
        (to, payload): (AssetReader, &str),
    ) -> Result<AccessDecision> {
        let url = format!("{}/{below}", known.at);
        let question = UnsignedRequest { method: &ask.method, url: &url, payload, headers };
        let assets = &self.assets;
        let headers = question.signed((id, secret), &assets.clients.region, assets.clock.now())?;
        let (method, with) = (ask.method.clone(), id.to_owned());
        Ok(AccessDecision::Send(SignedRequest { method, url, headers, with, to }))
    }

    /// The credentials for the uploads that `ask` is about; none if they have no key. A caller that did not find its key
    /// in them may have them read again after a while.
    async fn credentials(
        &self,
        ask: &AssetRequest,
        found_good: bool,
    ) -> Result<Option<Arc<BucketCredentials>>> {
        let reading = self.memory.lookup(&ask.of, found_good, self.assets.clock.monotonic());
        let read = reading.get_or_init(|| async {
            match self.read(&ask.of, &ask.handle).await {
                Ok(Some(known)) => Lookup::Found(Arc::new(known)),
                Ok(None) => Lookup::Missing,
                Err(error) => {
                    tracing::warn!(instance = %ask.of, %error, "the key of uploads cannot be read");
                    Lookup::Failed
                }
            }
        });
        match read.await {
            Lookup::Found(known) => Ok(Some(Arc::clone(known))),
            Lookup::Missing => Ok(None),
            Lookup::Failed => {
                Err(Error::new(ErrorKind::Unavailable, DURING).about("instance", &ask.of))
            }
        }
    }

    async fn read(&self, of: &InstanceId, bucket: &str) -> Result<Option<BucketCredentials>> {
        let (current, last) = try_join!(
            self.assets.stored_key(of, SecretStage::Current),
            self.assets.stored_key(of, SecretStage::Previous)
        )?;
        let mut keys: Vec<(String, Secret)> = Vec::new();
        for reading in [current, last] {
            if let StoredKey::Found(kept) = reading
                && keys.iter().all(|(known, _)| *known != kept.id)
            {
                keys.push((kept.id, kept.secret));
            }
        }
        let Some((id, secret)) = keys.first() else { return Ok(None) };
        let at = self.place(id, secret, bucket).await?;
        Ok(Some(BucketCredentials { at, keys }))
    }

    /// The URL of `bucket`, as the S3 client computes it: partitions and emulators are its business.
    async fn place(&self, id: &str, secret: &Secret, bucket: &str) -> Result<String> {
        let during = "finding the address of a bucket";
        let odd = |error: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Unexpected, during).caused_by(error.to_string())
        };
        let now = UNIX_EPOCH + Duration::from_millis(self.assets.clock.now().0);
        let lasting =
            PresigningConfig::builder().start_time(now).expires_in(Duration::from_mins(1));
        let lasting = lasting.build().map_err(|error| odd(&error))?;
        let own = self.assets.client_of(id, secret);
        let link = own.get_object().bucket(bucket).key("x").presigned(lasting).await;
        let link = link.map_err(|error| aws_error(during, error))?;
        let at = link.uri().split_once("/x?").map(|(at, _)| at.to_owned());
        at.ok_or_else(|| odd(&"an address without a name in it"))
    }
}

/// Which upload a browser may read by `ask`.
fn readable(ask: &AssetRequest) -> std::result::Result<ObjectPath, S3Error> {
    if !matches!(ask.method.as_str(), "GET" | "HEAD") {
        let message = "Uploads can be read here.";
        return Err(S3Error { status: 405, code: "MethodNotAllowed", message });
    }
    let address = ObjectPath::read(&ask.path, &ask.handle)?;
    if address.is_bucket() {
        return Err(S3Error::denied("Uploads can't be listed."));
    }
    // A signature in the address would be valid for anyone who sees it, in logs and histories. The gateway signs the request itself.
    let signed = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.starts_with("x-amz-") || name == "signature" || name == "awsaccesskeyid"
    };
    if CanonicalQuery::read(&ask.query).names().any(signed) {
        return Err(S3Error::denied("Addresses are not to be signed here."));
    }
    Ok(address)
}
