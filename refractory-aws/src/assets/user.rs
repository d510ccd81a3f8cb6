//! The user of a table's uploads: made first, deleted last, and what everything else is found by.
use std::collections::BTreeMap;

use aws_sdk_iam::types::Tag;
use refractory_core::model::{Held, Instance, Step, User};
use refractory_core::ports::Collection;
use refractory_core::{Error, ErrorKind, InstanceId, Result, Timestamp};

use super::BucketAssets;
use super::names::{
    TAG_ACCESS_KEY, TAG_BUCKET, TAG_RETIRING, TAG_ROTATED, UserOwner, owner_of_user,
};
use crate::error::{aws_error, built, code_is};
use crate::naming::{TAG_DEPLOYMENT, TAG_INSTANCE, TAG_OWNER};

/// The inline policy of a user.
const POLICY: &str = "uploads";

/// What is written down about a place, as tags of its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UserEntry {
    /// The bucket.
    pub(super) bucket: String,
    /// The key that AWS was seen to accept.
    pub(super) accepted_key: Option<String>,
    /// The key that goes once no launch uses it any more.
    pub(super) retiring: Option<RetiringKey>,
    /// Keys older than this were replaced, by our own clock: IAM's may be another.
    pub(super) rotated: Option<Timestamp>,
}

/// A key that was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RetiringKey {
    /// Which.
    pub(super) id: String,
    /// The last launch that may have been given it, once that is known.
    pub(super) epoch: Option<u32>,
}

impl RetiringKey {
    /// As a tag: `AKIA…/7`, or `AKIA…/` while the launch is not known.
    pub(super) fn text(&self) -> String {
        let epoch = self.epoch.map(|epoch| epoch.to_string()).unwrap_or_default();
        format!("{}/{epoch}", self.id)
    }

    fn read(text: &str) -> Option<Self> {
        let (key, epoch) = text.split_once('/')?;
        Some(Self { id: key.to_owned(), epoch: epoch.parse().ok() })
    }
}

type Tags = BTreeMap<String, String>;

fn tags_of(tags: &[Tag]) -> Tags {
    tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

impl BucketAssets {
    fn is_of(&self, tags: &Tags, of: &InstanceId) -> bool {
        let has = |key: &str, value: &str| tags.get(key).is_some_and(|found| found == value);
        has(TAG_DEPLOYMENT, self.naming.deployment()) && has(TAG_INSTANCE, of.as_str())
    }

    /// What is written down about the place of `of`.
    pub(super) async fn entry(&self, of: &InstanceId) -> Result<Option<UserEntry>> {
        let name = self.naming.assets_user(of);
        let Some(mut tags) = self.user_tags(&name).await? else { return Ok(None) };
        match tags.remove(TAG_BUCKET) {
            Some(bucket) if self.is_of(&tags, of) => Ok(Some(UserEntry {
                bucket,
                accepted_key: tags.remove(TAG_ACCESS_KEY),
                retiring: tags.get(TAG_RETIRING).and_then(|text| RetiringKey::read(text)),
                rotated: tags.get(TAG_ROTATED).and_then(|at| at.parse().ok()).map(Timestamp),
            })),
            _ => Err(not_our_user(&name)),
        }
    }

    async fn user_tags(&self, name: &str) -> Result<Option<Tags>> {
        match self.clients.iam.get_user().user_name(name).send().await {
            Ok(answer) => Ok(answer.user.map(|user| tags_of(user.tags()))),
            Err(error) if code_is(&error, &["NoSuchEntity"]) => Ok(None),
            Err(error) => Err(aws_error("looking for the user of uploads", error)),
        }
    }

    /// Writes down that there will be a place for `of`, and what its bucket will be called.
    pub(super) async fn create_user(&self, of: &InstanceId) -> Result<UserEntry> {
        let row = self.instance(of).await?.ok_or_else(|| no_row(of))?;
        let bucket = self.naming.assets_bucket(&self.owner_name(&row).await?, of);
        let name = self.naming.assets_user(of);
        let made = self
            .clients
            .iam
            .create_user()
            .user_name(&name)
            .set_permissions_boundary(self.boundary.clone())
            .set_tags(Some(self.first_tags(&row, &bucket)?))
            .send()
            .await;
        match made {
            Ok(_) => Ok(UserEntry { bucket, accepted_key: None, retiring: None, rotated: None }),
            // Ours, made by a call whose answer was lost; or about to be listed.
            Err(error) if code_is(&error, &["EntityAlreadyExists"]) => {
                self.entry(of).await?.ok_or_else(|| not_listed_yet(&name))
            }
            Err(error) if code_is(&error, &["LimitExceeded"]) => {
                Err(aws_error("making the user of uploads", error).advise(
                    "This account of AWS has no room for another IAM user (5 000 at most). Delete tables that nobody \
                     plays, or set `assets = \"volume\"` under `[aws]`.",
                ))
            }
            Err(error) => Err(aws_error("making the user of uploads", error)),
        }
    }

    fn first_tags(&self, row: &Instance, bucket: &str) -> Result<Vec<Tag>> {
        let mut tags = vec![
            tag(TAG_DEPLOYMENT, self.naming.deployment())?,
            tag(TAG_INSTANCE, row.id.as_str())?,
            tag(TAG_BUCKET, bucket)?,
        ];
        if let Some(owner) = &row.owner {
            tags.push(tag(TAG_OWNER, owner.as_str())?);
        }
        Ok(tags)
    }

    /// What a bucket is called after: the owner's account, or the instance if it has no owner.
    async fn owner_name(&self, row: &Instance) -> Result<String> {
        let owner = match &row.owner {
            Some(owner) => {
                Collection::<User>::of(self.store.as_ref()).load_readable(owner.as_str()).await?
            }
            None => None,
        };
        Ok(owner.map_or_else(|| row.slug.to_string(), |user| user.name.as_str().to_owned()))
    }

    /// What the bucket of `of` is called, where no user says so: as was written down, or as it would be called now.
    pub(super) async fn bucket_of_instance(&self, of: &InstanceId) -> Result<Option<String>> {
        let Some(row) = self.instance(of).await? else { return Ok(None) };
        if let Some(Held::Assets(bucket)) = row.journal.held(Step::Assets) {
            return Ok(Some(bucket.clone()));
        }
        Ok(Some(self.naming.assets_bucket(&self.owner_name(&row).await?, of)))
    }

    /// Lets the user of `of` reach `bucket`, and nothing else.
    pub(super) async fn put_user_policy(&self, of: &InstanceId, bucket: &str) -> Result<()> {
        let put = self
            .clients
            .iam
            .put_user_policy()
            .user_name(self.naming.assets_user(of))
            .policy_name(POLICY)
            .policy_document(self.settings.user_policy(bucket));
        put.send().await.map_err(|error| aws_error("writing the policy of uploads", error))?;
        Ok(())
    }

    /// Adds to what is written down about the place of `of`.
    pub(super) async fn add_tags(&self, of: &InstanceId, tags: &[(&str, &str)]) -> Result<()> {
        let tags = tags.iter().map(|(key, value)| tag(key, value)).collect::<Result<Vec<_>>>()?;
        let name = self.naming.assets_user(of);
        let noted = self.clients.iam.tag_user().user_name(name).set_tags(Some(tags));
        noted.send().await.map_err(|error| aws_error("tagging the user of uploads", error))?;
        Ok(())
    }

    /// Takes back one thing that is written down about the place of `of`.
    pub(super) async fn remove_tag(&self, of: &InstanceId, key: &str) -> Result<()> {
        let name = self.naming.assets_user(of);
        let taken = self.clients.iam.untag_user().user_name(name).tag_keys(key);
        taken.send().await.map_err(|error| aws_error("tagging the user of uploads", error))?;
        Ok(())
    }

    /// Deletes the user of `of`, which has no key any more; whether there was one.
    pub(super) async fn delete_user(&self, of: &InstanceId) -> Result<bool> {
        let name = self.naming.assets_user(of);
        let policy = self.clients.iam.delete_user_policy().user_name(&name).policy_name(POLICY);
        match policy.send().await {
            Err(error) if !code_is(&error, &["NoSuchEntity"]) => {
                return Err(aws_error("deleting the policy of uploads", error));
            }
            _ => {}
        }
        match self.clients.iam.delete_user().user_name(&name).send().await {
            Err(error) if code_is(&error, &["DeleteConflict"]) => {
                // A key or a policy that was made at the same moment: the next call finds and deletes it.
                Err(aws_error("deleting the user of uploads", error))
            }
            Err(error) if !code_is(&error, &["NoSuchEntity"]) => {
                Err(aws_error("deleting the user of uploads", error))
            }
            gone => Ok(gone.is_ok()),
        }
    }

    /// Whose places are written down: one call for a thousand of them.
    pub(super) async fn listed_users(&self) -> Result<Vec<InstanceId>> {
        let mut found = Vec::new();
        let mut pages = self.clients.iam.list_users().max_items(1_000).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| aws_error("listing the users of uploads", error))?;
            for user in page.users() {
                match owner_of_user(&self.naming, user.user_name()) {
                    UserOwner::Instance(id) => found.push(id),
                    UserOwner::Foreign => {}
                    UserOwner::Ambiguous => found.extend(self.tagged_with(user.user_name()).await?),
                }
            }
        }
        Ok(found)
    }

    /// Whose user this is, by its tags.
    async fn tagged_with(&self, name: &str) -> Result<Option<InstanceId>> {
        let Some(tags) = self.user_tags(name).await? else { return Ok(None) };
        let id = tags.get(TAG_INSTANCE).and_then(|id| InstanceId::new(id).ok());
        Ok(id.filter(|id| self.is_of(&tags, id) && self.naming.assets_user(id) == name))
    }
}

fn tag(key: &str, value: &str) -> Result<Tag> {
    built(Tag::builder().key(key).value(value).build())
}

fn no_row(of: &InstanceId) -> Error {
    Error::new(ErrorKind::NotFound, "naming a bucket").about("instance", of)
}

fn not_listed_yet(name: &str) -> Error {
    Error::new(ErrorKind::Unavailable, "looking for the user of uploads").about("user", name)
}

fn not_our_user(name: &str) -> Error {
    Error::new(ErrorKind::Conflict, "looking for the user of uploads").about("user", name).permanent().advise(format!(
        "There is an IAM user `{name}` that Refractory did not make. Rename or delete it, and start the table again."
    ))
}

#[cfg(test)]
mod tests;
