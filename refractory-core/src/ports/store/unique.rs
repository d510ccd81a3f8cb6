//! Keys that no two records may have at the same time.
use super::Kind;
use crate::model::{GroupName, Identity, Slug, UserName};
use crate::{BackupId, InstanceId, Timestamp, UserId};

/// A key that at most one record of its kind has. A store claims it with the write that brings it, and releases it with the
/// write that takes it away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UniqueKey {
    kind: Kind,
    text: String,
}

impl UniqueKey {
    fn new(kind: Kind, text: String) -> Self {
        Self { kind, text }
    }

    /// The label of an instance, as it is or as it was typed.
    pub fn slug(slug: &str) -> Self {
        Self::new(Kind::Instance, format!("slug:{slug}"))
    }

    /// The name of a license.
    pub fn license(name: &str) -> Self {
        Self::new(Kind::License, format!("name:{name}"))
    }

    /// The digest of a license key.
    pub fn fingerprint(fingerprint: &str) -> Self {
        Self::new(Kind::License, format!("key:{fingerprint}"))
    }

    /// The license that an instance holds.
    pub fn holder(instance: &InstanceId) -> Self {
        Self::new(Kind::License, format!("holder:{instance}"))
    }

    /// The name of a user.
    pub fn user(name: &UserName) -> Self {
        Self::new(Kind::User, format!("name:{name}"))
    }

    /// An identity of another service, which belongs to one user.
    pub fn identity(identity: &Identity) -> Self {
        Self::new(Kind::User, format!("identity:{identity}"))
    }

    /// The name of a group.
    pub fn group(name: &GroupName) -> Self {
        Self::new(Kind::Group, format!("name:{name}"))
    }

    /// What names a token for programs.
    pub fn api_token(key: &str) -> Self {
        Self::new(Kind::Token, format!("api:{key}"))
    }

    /// The name of a token for programs, among those of its user.
    pub fn api_token_name(user: &UserId, name: &str) -> Self {
        Self::new(Kind::Token, format!("api-name:{user}:{name}"))
    }

    /// The link that makes the first account.
    pub fn setup_link() -> Self {
        Self::new(Kind::Token, "setup".to_owned())
    }

    /// The administrator's password kept for the name `slug` of `owner`.
    pub fn retained_admin_key(slug: &Slug, owner: Option<&UserId>) -> Self {
        let owner = owner.map_or("", UserId::as_str);
        Self::new(Kind::RetainedAdminKey, format!("name:{owner}:{slug}"))
    }

    /// The operation that is at work on an instance, in one lane.
    pub fn operation(instance: &InstanceId, lane: &str) -> Self {
        Self::new(Kind::Operation, format!("active:{lane}:{instance}"))
    }

    /// The operation that is at work on a backup.
    pub fn operation_on(backup: &BackupId) -> Self {
        Self::new(Kind::Operation, format!("backup:{backup}"))
    }

    /// The backup of an instance that was asked for at this moment.
    pub fn backup(of: &InstanceId, at: Timestamp) -> Self {
        Self::new(Kind::Backup, format!("snapshot:{of}:{}", at.0))
    }

    /// The key of a record of a front end, in one of its collections.
    pub fn front_end_record(front_end: &str, collection: &str, key: &str) -> Self {
        let collection = front_end_collection(front_end, collection);
        Self::new(Kind::FrontEndRecord, format!("name:{collection}/{key}"))
    }

    /// A key as a store wrote it down.
    pub fn stored(kind: Kind, text: &str) -> Self {
        Self::new(kind, text.to_owned())
    }

    /// The kind of record that it is a key of.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What a store writes down of it.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The partition of one collection of a front end. Neither name has a `/`, so no two collections have one partition.
pub(crate) fn front_end_collection(front_end: &str, collection: &str) -> String {
    format!("{front_end}/{collection}")
}
