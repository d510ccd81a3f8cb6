//! Uploads: a bucket for each instance, and an IAM user that reaches this bucket and nothing else.
//!
//! The user is made first and deleted last: with the name of the bucket among its tags it is what everything else is
//! found by, and the list of all users is the list of all places. In between, in this order:
//!
//! | Made | By | Deleted |
//! |---|---|---|
//! | the user, tagged with the bucket's name | `user` | last |
//! | the bucket, tagged as it is made; its settings; then a tag that says which settings those were | `bucket`, `settings` | after its last version |
//! | the user's policy | `user` | before the user |
//! | its key, and the secret that the key is kept in, as soon as AWS has said what it is | `keys`, `kept` | the key first of all, the secret after the bucket |
//! | a tag on the user that says which key AWS was seen to accept | `keys` | with the user |
//!
//! A key whose secret was never received is unusable: it is deleted before another one is created.
mod access_keys;
mod bucket;
mod credentials;
mod empty;
mod gateway;
mod names;
mod rotation;
mod settings;
mod user;
mod volume;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use refractory_core::model::Instance;
use refractory_core::ports::{AssetSpace, AssetStore, Collection, Observed, Progress, Store};
use refractory_core::{
    Addressing, Clock, InstanceId, MonotonicTime, Result, Timestamp, async_trait,
};

use crate::backoff::PollBackoff;
use crate::deadline::{with_deadline, with_list_deadline};
use crate::{AssetAccess, AwsConfig, Clients, Naming};
pub use gateway::BucketGateway;
use settings::Settings;
pub use volume::VolumeAssets;

/// The places for uploads of one deployment, as buckets.
///
/// Each is called `foundry-{owner}-{id}` after the account name of the table's owner (its slug if it has no owner,
/// it) when it was made; it keeps that name. Its credentials lie in Secrets Manager under
/// [`Naming::assets_secret`], in the form that Foundry reads (`awsConfig`, generations 11 and later).
#[derive(Debug, Clone)]
pub struct BucketAssets {
    clients: Clients,
    naming: Naming,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    recovery_days: i64,
    boundary: Option<String>,
    pending: Arc<PollBackoff<InstanceId>>,
    /// When each key was first met here.
    first_seen: Arc<Mutex<BTreeMap<String, MonotonicTime>>>,
}

impl BucketAssets {
    /// Places as `config` wants them, for the tables in `store`. Any page may read from them; see
    /// [`with_origins`](Self::with_origins).
    pub fn new(
        clients: Clients,
        config: &AwsConfig,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let public = config.assets == AssetAccess::Public;
        Self {
            settings: Settings::new(public, &clients.region),
            clients,
            naming: Naming::new(&config.deployment),
            store,
            clock,
            recovery_days: i64::try_from(config.recovery.get().as_secs() / 86_400).unwrap_or(30),
            boundary: None,
            pending: Arc::default(),
            first_seen: Arc::default(),
        }
    }

    /// The same, readable by pages of these tables only, as far as browsers enforce it.
    ///
    /// One pattern stands for all tables of a domain, so that renaming a table changes nothing here.
    #[must_use]
    pub fn with_origins(mut self, addressing: &Addressing) -> Self {
        self.settings.origins = vec![settings::origin(addressing)];
        self
    }

    /// The same, whose users can never do more than the policy with this ARN allows: only such users may a controller make
    /// that is itself allowed no more than it needs.
    #[must_use]
    pub fn with_boundary(mut self, boundary: Option<String>) -> Self {
        self.boundary = boundary;
        self
    }

    /// The gateway by which uploads are reached through the edge. It serves public ones too: addresses that scenes stored
    /// while they were private stay good.
    #[must_use]
    pub fn gateway(&self) -> BucketGateway {
        BucketGateway::new(self.clone())
    }

    async fn instance(&self, of: &InstanceId) -> Result<Option<Instance>> {
        Collection::<Instance>::of(self.store.as_ref()).load(of.as_str()).await
    }
}

#[async_trait]
impl AssetStore for BucketAssets {
    async fn ensure(&self, of: &InstanceId) -> Result<Observed<AssetSpace>> {
        with_deadline("making a place for uploads", self.make(of)).await
    }

    async fn remove(&self, of: &InstanceId) -> Result<Observed<AssetSpace>> {
        with_deadline("removing a place for uploads", self.unmake(of)).await
    }

    async fn rotate(&self, of: &InstanceId, before: Timestamp) -> Result<Observed<AssetSpace>> {
        with_deadline("replacing the key for uploads", self.advance_rotation(of, before)).await
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        with_list_deadline("listing places for uploads", self.listed_users()).await
    }
}

impl BucketAssets {
    async fn make(&self, of: &InstanceId) -> Result<Observed<AssetSpace>> {
        if let Some(progress) = self.pending.pending(of, self.clock.monotonic()) {
            return Ok(Observed::Pending(Some(progress)));
        }
        let entry = match self.entry(of).await? {
            Some(entry) => entry,
            None => self.create_user(of).await?,
        };
        self.make_bucket(of, &entry.bucket).await?;
        match self.ensure_key(of, &entry).await? {
            Progression::Done => {
                self.pending.clear(of);
                Ok(Observed::Ready(AssetSpace { of: of.clone(), handle: entry.bucket }))
            }
            Progression::Pending(progress) => Ok(self.wait(of, progress)),
        }
    }

    async fn unmake(&self, of: &InstanceId) -> Result<Observed<AssetSpace>> {
        self.pending.clear(of);
        // IAM may not show yet what was made a moment ago, so that its word alone would strand the rest.
        let entry = self.entry(of).await?;
        let shown = entry.is_some();
        let bucket = match entry {
            Some(entry) => Some(entry.bucket),
            None => self.bucket_of_instance(of).await?,
        };
        self.delete_keys(of).await?;
        if let Some(bucket) = bucket
            && let Progression::Pending(progress) = self.remove_bucket(of, &bucket).await?
        {
            return Ok(Observed::Pending(Some(progress)));
        }
        self.delete_stored_key(of).await?;
        if !self.delete_user(of).await? && shown {
            return Ok(Observed::Pending(Some(Progress::new("asking once more for its user"))));
        }
        Ok(Observed::Absent)
    }

    /// Pending, with no need to ask again before the next turn of the back-off.
    fn wait(&self, of: &InstanceId, progress: Progress) -> Observed<AssetSpace> {
        self.pending.postpone(of, self.clock.monotonic(), progress.clone());
        Observed::Pending(Some(progress))
    }
}

/// How far a part of the work has come.
#[derive(Debug)]
enum Progression {
    /// There is nothing left to do.
    Done,
    /// The next call goes on.
    Pending(Progress),
}

impl Progression {
    fn waits(message: &'static str) -> Self {
        Self::Pending(Progress::new(message))
    }
}
