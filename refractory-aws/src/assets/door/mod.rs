//! The way to uploads that nobody may read at S3 itself: through the edge.
//!
//! Two kinds of people ask. A browser asks for an upload by the address that Foundry stored, and the question goes on to
//! S3 with a signature. Foundry's own program signs what it asks, with its table's key and for the table's own address: that
//! signature is checked here, and replaced by one for where the bucket really is. Both go on with the table's own key,
//! so that what IAM allows its user holds for everything that comes this way.
//!
//! | Part | Says |
//! |---|---|
//! | `address` | which upload is meant, or the bucket |
//! | `verb`, `pass` | what may be asked, and which headers go on |
//! | `claim`, `proof` | who the program says it is, and whether that is so |
//! | `keys` | what is remembered, so that a picture costs no question to Secrets Manager |
//! | `sign` | what S3 is sent |
mod address;
mod claim;
mod keys;
mod pass;
mod proof;
mod refusal;
#[cfg(test)]
mod sample;
mod sign;
mod verb;

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_s3::presigning::PresigningConfig;
use futures_util::try_join;
use refractory_core::ports::{
    AccessDecision, AssetGateway, AssetReader, AssetRequest, SignedRequest,
};
use refractory_core::{Error, ErrorKind, InstanceId, Result, Secret, async_trait};

use self::address::{Address, Query};
use self::claim::Claim;
use self::keys::{Known, Memory, Read};
use self::proof::Bench;
use self::refusal::Refusal;
use self::sign::{NO_BODY, Question};
use super::BucketAssets;
use super::kept::{Reading, Stage};
use crate::bound::bounded;
use crate::error::refused;

const DURING: &str = "preparing access to uploads";

/// The door to the buckets of a deployment. Made by [`BucketAssets::door`].
#[derive(Debug, Clone)]
pub struct BucketDoor {
    assets: BucketAssets,
    memory: Arc<Memory>,
}

#[async_trait]
impl AssetGateway for BucketDoor {
    async fn admit(&self, ask: &AssetRequest) -> Result<AccessDecision> {
        bounded(DURING, async {
            if ask.is_signed() { self.program(ask).await } else { self.browser(ask).await }
        })
        .await
    }
}

impl BucketDoor {
    pub(super) fn new(assets: BucketAssets) -> Self {
        Self { assets, memory: Arc::default() }
    }

    async fn browser(&self, ask: &AssetRequest) -> Result<AccessDecision> {
        let address = match readable(ask) {
            Ok(address) => address,
            Err(refusal) => return Ok(refusal.for_browser()),
        };
        let nothing = Refusal::denied("There is no key.").for_browser();
        let Some(known) = self.known(ask, ask.refused.is_none()).await? else { return Ok(nothing) };
        match known.keys.first() {
            Some((id, secret)) if ask.refused.as_deref() != Some(id) => {
                let headers = pass::of_browser(ask);
                let to = (AssetReader::Browser, NO_BODY);
                self.send(ask, (&known, id, secret), &address.key, headers, to)
            }
            // S3 refused the only key there is.
            _ => Ok(nothing),
        }
    }

    async fn program(&self, ask: &AssetRequest) -> Result<AccessDecision> {
        let judged = || -> std::result::Result<_, Refusal> {
            if !ask.launched {
                return Err(Refusal::denied("This table is off, so its bucket can't be used."));
            }
            let address = Address::read(&ask.path, &ask.handle)?;
            let query = Query::read(&ask.query);
            verb::check(&ask.method, &address, &query)?;
            let claim = Claim::read(ask, &self.assets.clients.region)?;
            Ok((address, query, claim, pass::of_program(ask)?, pass::payload(ask)?))
        };
        let (address, query, claim, headers, payload) = match judged() {
            Ok(judged) => judged,
            Err(refusal) => return Ok(refusal.for_program()),
        };
        let Some((known, secret)) = self.key(ask, claim.key).await? else {
            return Ok(Refusal {
                status: 403,
                code: "InvalidAccessKeyId",
                message: "This is not a key of this table.",
            }
            .for_program());
        };
        let bench = Bench { region: &self.assets.clients.region, now: self.assets.clock.now() };
        if let Err(refusal) = bench.prove(ask, &address, &claim, &secret) {
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
    async fn key(&self, ask: &AssetRequest, id: &str) -> Result<Option<(Arc<Known>, Secret)>> {
        for found_good in [true, false] {
            let Some(known) = self.known(ask, found_good).await? else { return Ok(None) };
            if let Some(secret) = known.secret(id).cloned() {
                return Ok(Some((known, secret)));
            }
        }
        Ok(None)
    }

    fn send(
        &self,
        ask: &AssetRequest,
        (known, id, secret): (&Known, &str, &Secret),
        below: &str,
        headers: Vec<(String, String)>,
        (to, payload): (AssetReader, &str),
    ) -> Result<AccessDecision> {
        let url = format!("{}/{below}", known.at);
        let question = Question { method: &ask.method, url: &url, payload, headers };
        let assets = &self.assets;
        let headers = question.signed((id, secret), &assets.clients.region, assets.clock.now())?;
        let (method, with) = (ask.method.clone(), id.to_owned());
        Ok(AccessDecision::Send(SignedRequest { method, url, headers, with, to }))
    }

    /// What is known of the uploads that `ask` is about; none where they have no key. Whoever did not find what they
    /// need in it may have it read again, now and then.
    async fn known(&self, ask: &AssetRequest, found_good: bool) -> Result<Option<Arc<Known>>> {
        let reading = self.memory.reading(&ask.of, found_good, self.assets.clock.monotonic());
        let read = reading.get_or_init(|| async {
            match self.read(&ask.of, &ask.handle).await {
                Ok(Some(known)) => Read::Known(Arc::new(known)),
                Ok(None) => Read::Nothing,
                Err(error) => {
                    tracing::warn!(instance = %ask.of, %error, "the key of uploads cannot be read");
                    Read::Failed
                }
            }
        });
        match read.await {
            Read::Known(known) => Ok(Some(Arc::clone(known))),
            Read::Nothing => Ok(None),
            Read::Failed => {
                Err(Error::new(ErrorKind::Unavailable, DURING).about("instance", &ask.of))
            }
        }
    }

    async fn read(&self, of: &InstanceId, bucket: &str) -> Result<Option<Known>> {
        let (current, last) =
            try_join!(self.assets.kept(of, Stage::Current), self.assets.kept(of, Stage::Last))?;
        let mut keys: Vec<(String, Secret)> = Vec::new();
        for reading in [current, last] {
            if let Reading::Kept(kept) = reading
                && keys.iter().all(|(known, _)| *known != kept.key)
            {
                keys.push((kept.key, kept.secret));
            }
        }
        let Some((id, secret)) = keys.first() else { return Ok(None) };
        let at = self.place(id, secret, bucket).await?;
        Ok(Some(Known { at, keys }))
    }

    /// Where `bucket` is, as the client of S3 has it: nobody else knows of partitions, and of emulators.
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
        let link = link.map_err(|error| refused(during, error))?;
        let at = link.uri().split_once("/x?").map(|(at, _)| at.to_owned());
        at.ok_or_else(|| odd(&"an address without a name in it"))
    }
}

/// Which upload a browser may read by `ask`.
fn readable(ask: &AssetRequest) -> std::result::Result<Address, Refusal> {
    if !matches!(ask.method.as_str(), "GET" | "HEAD") {
        let message = "Uploads can be read here.";
        return Err(Refusal { status: 405, code: "MethodNotAllowed", message });
    }
    let address = Address::read(&ask.path, &ask.handle)?;
    if address.is_bucket() {
        return Err(Refusal::denied("Uploads can't be listed."));
    }
    // A signature in the address would be good for whoever sees it, in logs and histories. The door signs by itself.
    let signed = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.starts_with("x-amz-") || name == "signature" || name == "awsaccesskeyid"
    };
    if Query::read(&ask.query).names().any(signed) {
        return Err(Refusal::denied("Addresses are not to be signed here."));
    }
    Ok(address)
}
