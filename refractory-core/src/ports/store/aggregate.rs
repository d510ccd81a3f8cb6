//! Aggregates: what is written whole, as one record.
use std::fmt::Debug;

use super::index::in_order;
use super::unique::front_end_collection;
use super::{Index, IndexEntry, Kind, UniqueKey};
use crate::model::{
    AdminGuard, Backup, DeploymentMark, Event, FrontEndRecord, Grantee, Group, Instance, License,
    Membership, Operation, Purpose, Release, ReleaseChoice, RetainedAdminKey, Token, User,
    WorkerMark,
};

/// A secret that only the holder of the vault's key can open.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Sealed {
    /// The name it is kept under.
    pub name: crate::SecretName,
    /// Nonce and ciphertext, in text form as the vault chose it.
    pub text: String,
    /// Counts writes; the store compares it.
    pub revision: u64,
}

impl Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({})", self.name)
    }
}

/// Something that is written whole, and compared by revision.
pub trait Aggregate: Clone + Debug + Send + Sync + Sized + 'static {
    /// Which kind of row it is.
    const KIND: Kind;

    /// Its id.
    fn id(&self) -> &str;
    /// The revision it was read at; zero for one never written.
    fn revision(&self) -> u64;
    /// Sets the revision, as a store does on writing.
    fn set_revision(&mut self, revision: u64);
    /// The keys that no other record may have at the same time.
    fn unique(&self) -> Vec<UniqueKey>;
    /// Where it stands in the indexes: what [`Store::query`](super::Store::query) finds it by.
    fn indexed(&self) -> Vec<IndexEntry>;
    /// Wraps it.
    fn into_record(self) -> Record;
    /// Unwraps it; `None` for a row of another kind.
    fn from_record(record: Record) -> Option<Self>;
}

macro_rules! aggregates {
    ($($variant:ident($type:ty), unique: $unique:expr, indexed: $indexed:expr;)*) => {
        /// A record: one aggregate of any kind.
        #[derive(Debug, Clone, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
        pub enum Record {
            $(
                #[doc = concat!("A row of kind [`Kind::", stringify!($variant), "`].")]
                $variant(Box<$type>),
            )*
        }

        impl Record {
            /// Which kind of row it is.
            pub fn kind(&self) -> Kind {
                match self { $(Self::$variant(_) => Kind::$variant,)* }
            }

            /// Its id.
            pub fn id(&self) -> &str {
                match self { $(Self::$variant(row) => Aggregate::id(row.as_ref()),)* }
            }

            /// The revision it was read at.
            pub fn revision(&self) -> u64 {
                match self { $(Self::$variant(row) => row.revision,)* }
            }

            /// The same at `revision`.
            #[must_use]
            pub fn at_revision(mut self, revision: u64) -> Self {
                match &mut self { $(Self::$variant(row) => row.revision = revision,)* }
                self
            }

            /// The keys that no other record may have.
            pub fn unique(&self) -> Vec<UniqueKey> {
                match self { $(Self::$variant(row) => row.unique(),)* }
            }

            /// Where it stands in the indexes.
            pub fn indexed(&self) -> Vec<IndexEntry> {
                match self { $(Self::$variant(row) => row.indexed(),)* }
            }
        }

        $(
            impl Aggregate for $type {
                const KIND: Kind = Kind::$variant;
                fn id(&self) -> &str {
                    aggregates!(@id self $variant)
                }
                fn revision(&self) -> u64 {
                    self.revision
                }
                fn set_revision(&mut self, revision: u64) {
                    self.revision = revision;
                }
                fn unique(&self) -> Vec<UniqueKey> {
                    let unique: fn(&$type) -> Vec<UniqueKey> = $unique;
                    unique(self)
                }
                fn indexed(&self) -> Vec<IndexEntry> {
                    let indexed: fn(&$type) -> Vec<IndexEntry> = $indexed;
                    indexed(self)
                }
                fn into_record(self) -> Record {
                    Record::$variant(Box::new(self))
                }
                fn from_record(record: Record) -> Option<Self> {
                    if let Record::$variant(row) = record { Some(*row) } else { None }
                }
            }
        )*
    };
    (@id $row:ident Secret) => { $row.name.as_str() };
    (@id $row:ident $other:ident) => { $row.id.as_str() };
}

aggregates! {
    Instance(Instance), unique: |it| vec![UniqueKey::slug(it.slug.as_str())], indexed: |it| {
        let name = it.slug.as_str();
        let owned = it.owner.iter().map(|owner| Index::InstanceByOwner.entry(owner.as_str(), name));
        let active = it.is_active().then(|| Index::InstanceActive.entry("", name));
        let in_setup = it.setup.has_entries().then(|| Index::InstanceInSetup.entry("", name));
        let all = owned.chain(active).chain(in_setup).chain([Index::InstanceByName.entry("", name)]);
        all.chain(releases(it)).chain(grantees(it)).collect()
    };
    License(License), unique: |it| {
        let holder = it.lease.iter().map(|lease| UniqueKey::holder(&lease.holder));
        holder.chain([UniqueKey::license(&it.name), UniqueKey::fingerprint(&it.fingerprint)]).collect()
    }, indexed: |_| Vec::new();
    Release(Release), unique: |_| Vec::new(), indexed: |_| Vec::new();
    User(User), unique: |it| {
        it.linked.iter().map(UniqueKey::identity).chain([UniqueKey::user(&it.name)]).collect()
    }, indexed: |it| {
        let name = it.name.as_str();
        let by_role = it.is_active().then(|| Index::UserByRole.entry(it.role.name(), name));
        by_role.into_iter().chain([Index::UserByName.entry("", name)]).collect()
    };
    Group(Group), unique: |it| vec![UniqueKey::group(&it.name)], indexed: |it| vec![
        Index::GroupByName.entry("", it.name.as_str()),
    ];
    Membership(Membership), unique: |_| Vec::new(), indexed: |it| vec![
        Index::MembershipByGroup.entry(it.group.as_str(), &in_order(it.added)),
        Index::MembershipByUser.entry(it.user.as_str(), it.group.as_str()),
    ];
    Token(Token), unique: |it| match &it.purpose {
        // One setup link at a time: the newest console line is the one that works.
        Purpose::Setup => vec![UniqueKey::setup_link()],
        Purpose::SignIn(_) | Purpose::Session(_) | Purpose::FoundrySetup(_) => Vec::new(),
        Purpose::Api(api) => vec![
            UniqueKey::api_token(&api.key),
            UniqueKey::api_token_name(&api.user, &api.name),
        ],
    }, indexed: |it| {
        let until = in_order(it.until);
        let user = it.purpose.user().map(|user| Index::TokenByUser.entry(user.as_str(), &until));
        let made = Index::TokenByMade.entry("", &in_order(it.made));
        let api = match &it.purpose {
            Purpose::Api(api) => vec![
                Index::ApiTokenByUser.entry(api.user.as_str(), &api.name),
                Index::ApiTokenByMade.entry("", &in_order(it.made)),
            ],
            Purpose::Setup | Purpose::SignIn(_) | Purpose::Session(_) | Purpose::FoundrySetup(_) => Vec::new(),
        };
        user.into_iter().chain([Index::TokenByExpiry.entry("", &until), made]).chain(api).collect()
    };
    Event(Event), unique: |_| Vec::new(), indexed: |it| {
        let at = in_order(it.at);
        let about = it.instances().into_iter();
        let instance = about.map(|id| Index::EventByInstance.entry(id.as_str(), &at));
        let actor = it.actor.user.iter().map(|id| Index::EventByActor.entry(id.as_str(), &at));
        instance.chain(actor).chain([Index::EventByTime.entry("", &at)]).collect()
    };
    Worker(WorkerMark), unique: |_| Vec::new(), indexed: |_| Vec::new();
    Secret(Sealed), unique: |_| Vec::new(), indexed: |_| Vec::new();
    AdminGuard(AdminGuard), unique: |_| Vec::new(), indexed: |_| Vec::new();
    RetainedAdminKey(RetainedAdminKey), unique: |it| {
        vec![UniqueKey::retained_admin_key(&it.slug, it.owner.as_ref())]
    }, indexed: |it| vec![Index::RetainedAdminKeyByTime.entry("", &in_order(it.deleted))];
    Deployment(DeploymentMark), unique: |_| Vec::new(), indexed: |_| Vec::new();
    Operation(Operation), unique: |it| {
        if !it.is_active() {
            return Vec::new();
        }
        // A backup may be restored into another instance: it is not deleted meanwhile.
        let backup = it.kind.backup().map(|backup| UniqueKey::operation_on(&backup.id));
        backup.into_iter().chain([UniqueKey::operation(&it.subject, it.kind.lane())]).collect()
    }, indexed: |it| {
        let at = in_order(it.requested_at);
        let active = it.is_active().then(|| Index::OperationActive.entry("", &at));
        let end = it.end.iter().map(|end| Index::OperationByEnd.entry("", &in_order(end.at)));
        let all = [
            Index::OperationByInstance.entry(it.subject.as_str(), &at),
            Index::OperationByTime.entry("", &at),
        ];
        active.into_iter().chain(end).chain(all).collect()
    };
    Backup(Backup), unique: |it| vec![UniqueKey::backup(&it.of, it.at)], indexed: |it| {
        let since = it.retained_since();
        let gone = since.iter().map(|at| Index::BackupOrphaned.entry("", &in_order(*at)));
        gone.chain([Index::BackupByInstance.entry(it.of.as_str(), &in_order(it.at))]).collect()
    };
    FrontEndRecord(FrontEndRecord), unique: |it| {
        vec![UniqueKey::front_end_record(&it.front_end, &it.collection, &it.key)]
    }, indexed: |it| {
        let collection = front_end_collection(&it.front_end, &it.collection);
        let lookup = it.content.lookup.iter().map(|lookup| {
            Index::FrontEndRecordByLookup.entry(&format!("{collection}/{lookup}"), &it.key)
        });
        lookup.chain([Index::FrontEndRecordByKey.entry(&collection, &it.key)]).collect()
    };
}

/// The places of an instance for the releases that it needs, or may come to need.
fn releases(instance: &Instance) -> impl Iterator<Item = IndexEntry> {
    let name = instance.slug.as_str();
    let chosen = match &instance.desired.spec.release {
        ReleaseChoice::Exact(id) => Some(id),
        ReleaseChoice::Newest | ReleaseChoice::Version(_) => None,
    };
    let pinned = instance.release.as_ref().filter(|pinned| chosen != Some(*pinned));
    chosen
        .into_iter()
        .chain(pinned)
        .map(move |id| Index::InstanceByRelease.entry(id.as_str(), name))
}

/// The places of an instance for those whom rights on it are granted to.
fn grantees(instance: &Instance) -> impl Iterator<Item = IndexEntry> {
    let (grants, name) = (&instance.grants, instance.slug.as_str());
    let is_seen_by_every_user = grants.is_seen_by_every_user();
    let index =
        if is_seen_by_every_user { Index::InstanceByGrantee } else { Index::InstanceByViewer };
    let every_user = Index::InstanceByViewer.entry(Grantee::SIGNED_IN, name);
    let named = grants.named().into_iter().map(move |it| index.entry(&it.partition(), name));
    is_seen_by_every_user.then_some(every_user).into_iter().chain(named)
}
