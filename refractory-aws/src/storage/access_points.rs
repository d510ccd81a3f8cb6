//! Access points, found by whose they are.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_efs::operation::create_access_point::CreateAccessPointError;
use aws_sdk_efs::operation::delete_access_point::DeleteAccessPointError;
use aws_sdk_efs::operation::describe_access_points::DescribeAccessPointsError;
use aws_sdk_efs::types::{AccessPointDescription, CreationInfo, PosixUser, RootDirectory};
use refractory_core::{Error, ErrorKind, InstanceId, Result};

use super::access_point::{AccessPoint, RemovalStage, tag};
use crate::error::aws_error;
use crate::naming::{Naming, TAG_BYTES, TAG_DEPLOYMENT, TAG_INSTANCE, TAG_STAGE};

const LOOKING: &str = "looking at an access point";
const MAKING: &str = "making an access point";

/// The access points of one file system.
///
/// An access point can be asked for by its id only, or with all others, a hundred at a time. Its id never changes, so it is
/// cached: looking up one volume of a thousand lists once in the life of a process, and creating one never lists.
#[derive(Debug, Clone)]
pub(super) struct AccessPoints {
    client: aws_sdk_efs::Client,
    file_system: String,
    naming: Naming,
    known: Arc<Mutex<BTreeMap<InstanceId, String>>>,
}

impl AccessPoints {
    pub(super) fn new(client: aws_sdk_efs::Client, file_system: &str, naming: Naming) -> Self {
        Self { client, file_system: file_system.to_owned(), naming, known: Arc::default() }
    }

    /// The id of the access point of `of`, without asking where it is known already.
    pub(super) async fn id(&self, of: &InstanceId) -> Result<Option<String>> {
        match self.remembered(of) {
            Some(id) => Ok(Some(id)),
            None => Ok(self.found(of).await?.map(|point| point.id)),
        }
    }

    /// The access point of `of`, as it is now.
    pub(super) async fn describe(&self, of: &InstanceId) -> Result<Option<AccessPoint>> {
        if let Some(id) = self.remembered(of) {
            if let Some(point) = self.described(&id).await? {
                return Ok(Some(point));
            }
            self.forget(of, &id);
        }
        self.found(of).await
    }

    /// Makes the access point of `of` exist, and one that is made belong to `user`. One call, or two where it is there already.
    pub(super) async fn ensure(&self, of: &InstanceId, user: (u32, u32)) -> Result<AccessPoint> {
        if let Some(id) = self.remembered(of) {
            if let Some(point) = self.described(&id).await? {
                return Ok(point);
            }
            self.forget(of, &id);
        }
        let tags =
            vec![tag(TAG_DEPLOYMENT, self.naming.deployment()), tag(TAG_INSTANCE, of.as_str())];
        let wanted = NewAccessPoint {
            token: self.naming.volume_token(of),
            path: self.naming.volume_path(of),
            user,
            tags,
        };
        let point = self.made(wanted).await?;
        self.remember(of, &point.id);
        Ok(point)
    }

    /// Whose volumes there are.
    pub(super) async fn list(&self) -> Result<Vec<InstanceId>> {
        let deployment = self.naming.deployment();
        let mut found = Vec::new();
        for point in self.all().await? {
            if let Some(of) = point.of(deployment) {
                self.remember(of, &point.id);
                found.push(of.clone());
            }
        }
        found.sort();
        Ok(found)
    }

    /// Writes down how far the removal of `id` has got.
    pub(super) async fn set_stage(&self, id: &str, stage: RemovalStage) -> Result<()> {
        self.write(id, TAG_STAGE, stage.text()).await
    }

    /// Writes down how much `id` was found to hold.
    pub(super) async fn record_size(&self, id: &str, bytes: u64) -> Result<()> {
        self.write(id, TAG_BYTES, &bytes.to_string()).await
    }

    /// Deletes `id`; absent is fine.
    pub(super) async fn delete(&self, id: &str) -> Result<()> {
        match self.client.delete_access_point().access_point_id(id).send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DeleteAccessPointError::is_access_point_not_found) =>
            {
                Ok(())
            }
            Err(error) => Err(aws_error("removing an access point", error)),
        }
    }

    /// Bytes of the whole file system.
    pub(super) async fn metered_bytes(&self) -> Result<u64> {
        let asked =
            self.client.describe_file_systems().file_system_id(&self.file_system).send().await;
        let found = asked
            .map_err(|error| aws_error("measuring the file system", error))?
            .file_systems
            .unwrap_or_default();
        let bytes =
            found.first().and_then(|found| found.size_in_bytes.as_ref()).map(|size| size.value);
        Ok(bytes.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default())
    }

    async fn write(&self, id: &str, key: &str, value: &str) -> Result<()> {
        let answer = self.client.tag_resource().resource_id(id).tags(tag(key, value)).send().await;
        answer.map(|_| ()).map_err(|error| aws_error("marking an access point", error))
    }

    async fn made(&self, wanted: NewAccessPoint) -> Result<AccessPoint> {
        let (token, path) = (wanted.token.clone(), wanted.path.clone());
        let posix = posix(wanted.user)?;
        let answer = self
            .client
            .create_access_point()
            .client_token(&wanted.token)
            .file_system_id(&self.file_system)
            .posix_user(posix)
            .root_directory(root(&wanted)?)
            .set_tags(Some(wanted.tags))
            .send()
            .await;
        let known = match answer {
            Ok(made) => {
                return AccessPoint::read(described_by(made)).ok_or_else(|| nameless(MAKING));
            }
            Err(error) => match error.as_service_error() {
                Some(CreateAccessPointError::AccessPointAlreadyExists(there)) => {
                    there.access_point_id().to_owned()
                }
                Some(CreateAccessPointError::AccessPointLimitExceeded(_)) => {
                    return Err(full(aws_error(MAKING, error)));
                }
                _ => return Err(aws_error(MAKING, error)),
            },
        };
        if !known.is_empty()
            && let Some(point) = self.described(&known).await?
        {
            return Ok(point);
        }
        // It was there a moment ago: created or removed by another process at this moment.
        let found = self.pages(|found| found.client_token.as_deref() == Some(&token)).await?;
        found
            .into_iter()
            .next()
            .ok_or_else(|| Error::new(ErrorKind::Unavailable, MAKING).about("path", path))
    }

    async fn described(&self, id: &str) -> Result<Option<AccessPoint>> {
        let answer = self.client.describe_access_points().access_point_id(id).send().await;
        let found = match answer {
            Ok(found) => found.access_points.unwrap_or_default(),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DescribeAccessPointsError::is_access_point_not_found) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(aws_error(LOOKING, error)),
        };
        Ok(found.into_iter().find_map(AccessPoint::read))
    }

    async fn found(&self, of: &InstanceId) -> Result<Option<AccessPoint>> {
        let deployment = self.naming.deployment();
        let mut wanted = None;
        for point in self.all().await? {
            let Some(whose) = point.of(deployment) else { continue };
            self.remember(whose, &point.id);
            if whose == of {
                wanted = Some(point);
            }
        }
        Ok(wanted)
    }

    async fn all(&self) -> Result<Vec<AccessPoint>> {
        self.pages(|_| true).await
    }

    /// Every access point that `wanted` says yes to, from all pages.
    async fn pages(
        &self,
        wanted: impl Fn(&AccessPointDescription) -> bool + Send,
    ) -> Result<Vec<AccessPoint>> {
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let page = self.client.describe_access_points().file_system_id(&self.file_system);
            let page = page
                .set_next_token(next)
                .send()
                .await
                .map_err(|error| aws_error(LOOKING, error))?;
            found.extend(
                page.access_points
                    .unwrap_or_default()
                    .into_iter()
                    .filter(&wanted)
                    .filter_map(AccessPoint::read),
            );
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    fn remembered(&self, of: &InstanceId) -> Option<String> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(of).cloned()
    }

    fn remember(&self, of: &InstanceId, id: &str) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(of.clone(), id.to_owned());
    }

    /// Forgets `id`, but not one that was found meanwhile.
    fn forget(&self, of: &InstanceId, id: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.get(of).is_some_and(|known| known == id) {
            known.remove(of);
        }
    }
}

struct NewAccessPoint {
    token: String,
    path: String,
    user: (u32, u32),
    tags: Vec<aws_sdk_efs::types::Tag>,
}

fn posix((uid, gid): (u32, u32)) -> Result<PosixUser> {
    PosixUser::builder().uid(uid.into()).gid(gid.into()).build().map_err(unbuilt)
}

/// The folder, which EFS makes when it is first mounted.
fn root(wanted: &NewAccessPoint) -> Result<RootDirectory> {
    let (uid, gid) = wanted.user;
    let made =
        CreationInfo::builder().owner_uid(uid.into()).owner_gid(gid.into()).permissions("0750");
    Ok(RootDirectory::builder()
        .path(&wanted.path)
        .creation_info(made.build().map_err(unbuilt)?)
        .build())
}

fn unbuilt(error: aws_smithy_types::error::operation::BuildError) -> Error {
    Error::new(ErrorKind::Unexpected, MAKING).caused_by(error)
}

/// What a call that made one answers, as what a call that describes one would.
fn described_by(
    made: aws_sdk_efs::operation::create_access_point::CreateAccessPointOutput,
) -> AccessPointDescription {
    AccessPointDescription::builder()
        .set_access_point_id(made.access_point_id)
        .set_tags(made.tags)
        .set_life_cycle_state(made.life_cycle_state)
        .build()
}

fn nameless(during: &'static str) -> Error {
    Error::new(ErrorKind::Unexpected, during)
}

fn full(error: Error) -> Error {
    error.permanent().advise(
        "The file system holds as many access points as EFS allows, and each table needs one. Delete unused tables, or start a second deployment with its own file system.",
    )
}
