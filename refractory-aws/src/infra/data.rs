//! The data of a deployment: what outlives its stack.
use std::time::Duration;

use aws_sdk_efs::types::FileSystemDescription;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use refractory_core::{Error, ErrorKind, Result};

use super::Infra;
use super::buckets;
use super::policy::PolicyScope;
use crate::error::{aws_error, ignore_absent};
use crate::naming::TAG_DEPLOYMENT;

/// How long one piece of data may take to go.
const PATIENCE: Duration = Duration::from_mins(15);
const GIB: u64 = 1 << 30;

/// Whatever holds data, by its name in the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DataResource {
    Table,
    FileSystem,
    Bucket,
    LogGroup,
    /// Holds nothing, and cannot go before the users that it is the boundary of.
    TableBoundary,
}

/// Data that is there, whether or not a stack is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetainedData {
    /// What it is, in a word or two.
    pub what: &'static str,
    /// What it is called in AWS.
    pub handle: String,
    /// How much it holds, where AWS says so; at least that much where it is too much to count.
    pub bytes: Option<u64>,
    /// What it costs a month to keep, in cents of a dollar at list prices of us-east-1.
    pub cents: u64,
}

impl DataResource {
    pub(super) const ALL: [Self; 5] =
        [Self::Table, Self::FileSystem, Self::Bucket, Self::LogGroup, Self::TableBoundary];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|data| data.name() == name)
    }

    /// Its name in the template.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Table => "Table",
            Self::FileSystem => "FileSystem",
            Self::Bucket => "Bucket",
            Self::LogGroup => "LogGroup",
            Self::TableBoundary => "TableBoundary",
        }
    }

    /// What CloudFormation calls the likes of it.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Table => "AWS::DynamoDB::Table",
            Self::FileSystem => "AWS::EFS::FileSystem",
            Self::Bucket => "AWS::S3::Bucket",
            Self::LogGroup => "AWS::Logs::LogGroup",
            Self::TableBoundary => "AWS::IAM::ManagedPolicy",
        }
    }

    /// The property by which CloudFormation finds it.
    pub(super) fn identifier(self) -> &'static str {
        match self {
            Self::Table => "TableName",
            Self::FileSystem => "FileSystemId",
            Self::Bucket => "BucketName",
            Self::LogGroup => "LogGroupName",
            Self::TableBoundary => "PolicyArn",
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Table => "everything that is written down",
            Self::FileSystem => "the data of tables",
            Self::Bucket => "releases and snapshots",
            Self::LogGroup => "logs of tables",
            Self::TableBoundary => "the limit of what users of uploads may do",
        }
    }
}

impl Infra {
    /// What there is of the deployment's data, and what it costs to keep.
    pub(super) async fn retained_data(&self) -> Result<Vec<RetainedData>> {
        let mut all = Vec::new();
        for (data, handle) in self.retained_ids().await? {
            let (bytes, cents) = self.measure(data, &handle).await?;
            all.push(RetainedData { what: data.what(), handle, bytes, cents });
        }
        Ok(all)
    }

    /// What there is of the deployment's data, by what it is called in AWS.
    pub(super) async fn retained_ids(&self) -> Result<Vec<(DataResource, String)>> {
        let mut found = Vec::new();
        for data in DataResource::ALL {
            if let Some(handle) = self.find(data).await? {
                found.push((data, handle));
            }
        }
        Ok(found)
    }

    async fn find(&self, data: DataResource) -> Result<Option<String>> {
        let (handle, is_ours) = match data {
            DataResource::FileSystem => {
                return Ok(self.file_system().await?.map(|found| found.file_system_id));
            }
            // Policies have no tags in a stack; no other deployment can have this name.
            DataResource::TableBoundary => return self.boundary().await,
            DataResource::Table => {
                let name = self.name().to_owned();
                let Some(arn) = self.table_arn(&name).await? else { return Ok(None) };
                let asked =
                    self.clients.dynamodb.list_tags_of_resource().resource_arn(arn).send().await;
                let tags = asked
                    .map_err(|error| aws_error("reading the table's tags", error))?
                    .tags
                    .unwrap_or_default();
                (name, tags.iter().any(|tag| self.is_mine(tag.key(), tag.value())))
            }
            DataResource::Bucket => {
                let name = self.bucket().await?;
                let Some(is_ours) = self.bucket_is_ours(&name).await? else { return Ok(None) };
                (name, is_ours)
            }
            DataResource::LogGroup => {
                let name = self.log_group();
                let Some(arn) = self.log_group_arn(&name).await? else { return Ok(None) };
                let asked =
                    self.clients.logs.list_tags_for_resource().resource_arn(arn).send().await;
                let tags = asked
                    .map_err(|error| aws_error("reading the log group's tags", error))?
                    .tags
                    .unwrap_or_default();
                (name, tags.iter().any(|(key, value)| self.is_mine(key, value)))
            }
        };
        if is_ours { Ok(Some(handle)) } else { Err(not_ours(data, &handle)) }
    }

    fn is_mine(&self, key: &str, value: &str) -> bool {
        key == TAG_DEPLOYMENT && value == self.name()
    }

    fn log_group(&self) -> String {
        format!("/refractory/{}", self.name())
    }

    async fn bucket(&self) -> Result<String> {
        Ok(format!("{}-{}-{}", self.name(), self.account().await?, self.clients.region))
    }

    /// The account that the credentials belong to.
    ///
    /// # Errors
    ///
    /// What AWS refuses.
    pub async fn account(&self) -> Result<String> {
        let asked = self.clients.sts.get_caller_identity().send().await;
        let told = asked.map_err(|error| aws_error("asking whose credentials these are", error))?;
        told.account
            .ok_or_else(|| Error::new(ErrorKind::Unexpected, "asking whose credentials these are"))
    }

    /// The ARN of the boundary; none where there is none.
    async fn boundary(&self) -> Result<Option<String>> {
        let names =
            PolicyScope::new(self.name(), &self.clients.region, &self.account().await?, None);
        let arn = names.table_boundary();
        match self.clients.iam.get_policy().policy_arn(&arn).send().await {
            Ok(_) => Ok(Some(arn)),
            Err(error) if error.code() == Some("NoSuchEntity") => Ok(None),
            Err(error) => Err(aws_error("looking at the boundary of users", error)),
        }
    }

    async fn destroy_boundary(&self, arn: &str) -> Result<()> {
        let iam = &self.clients.iam;
        let versions = match iam.list_policy_versions().policy_arn(arn).send().await {
            Ok(told) => told.versions.unwrap_or_default(),
            Err(error) if error.code() == Some("NoSuchEntity") => return Ok(()),
            Err(error) => return Err(aws_error("looking at the boundary of users", error)),
        };
        let during = "deleting the boundary of users";
        for old in versions.into_iter().filter(|version| !version.is_default_version) {
            let asked = iam.delete_policy_version().policy_arn(arn).set_version_id(old.version_id);
            ignore_absent(asked.send().await, during, &["NoSuchEntity"])?;
        }
        ignore_absent(iam.delete_policy().policy_arn(arn).send().await, during, &["NoSuchEntity"])
    }

    async fn table_arn(&self, name: &str) -> Result<Option<String>> {
        match self.clients.dynamodb.describe_table().table_name(name).send().await {
            Ok(told) => Ok(told.table.and_then(|table| table.table_arn)),
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
            Err(error) => Err(aws_error("looking at the table", error)),
        }
    }

    /// Whether a bucket carries our tag; none where there is no such bucket.
    pub(super) async fn bucket_is_ours(&self, name: &str) -> Result<Option<bool>> {
        match self.clients.s3.get_bucket_tagging().bucket(name).send().await {
            Ok(told) => {
                Ok(Some(told.tag_set.iter().any(|tag| self.is_mine(tag.key(), tag.value()))))
            }
            Err(error) if error.code() == Some("NoSuchBucket") => Ok(None),
            Err(error) if error.code() == Some("NoSuchTagSet") => Ok(Some(false)),
            Err(error) => Err(aws_error("reading a bucket's tags", error)),
        }
    }

    async fn log_group_arn(&self, name: &str) -> Result<Option<String>> {
        Ok(self.describe_log_group(name).await?.and_then(|group| {
            // Tags are asked for without the end that names streams.
            Some(group.log_group_arn.or(group.arn)?.trim_end_matches(":*").to_owned())
        }))
    }

    async fn describe_log_group(
        &self,
        name: &str,
    ) -> Result<Option<aws_sdk_cloudwatchlogs::types::LogGroup>> {
        let asked =
            self.clients.logs.describe_log_groups().log_group_name_prefix(name).send().await;
        let told = asked.map_err(|error| aws_error("looking at the log group", error))?;
        // What is named exactly so comes first.
        Ok(told
            .log_groups
            .unwrap_or_default()
            .into_iter()
            .find(|group| group.log_group_name() == Some(name)))
    }

    async fn file_system(&self) -> Result<Option<FileSystemDescription>> {
        let mut pages = self.clients.efs.describe_file_systems().into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| aws_error("looking at the file systems", error))?;
            let all = page.file_systems.unwrap_or_default().into_iter();
            found.extend(
                all.filter(|one| one.tags.iter().any(|tag| self.is_mine(tag.key(), tag.value()))),
            );
        }
        if found.len() > 1 {
            let ids: Vec<_> = found.iter().map(FileSystemDescription::file_system_id).collect();
            return Err(Error::new(ErrorKind::Conflict, "looking at the file systems").permanent().advise(format!(
                "Several file systems carry this deployment's tag: {}. Take the tag `{TAG_DEPLOYMENT}` off those that are not its data.",
                ids.join(", ")
            )));
        }
        Ok(found.pop())
    }

    /// How much a piece of data holds, and what it costs a month in cents.
    async fn measure(&self, data: DataResource, handle: &str) -> Result<(Option<u64>, u64)> {
        let bytes = match data {
            DataResource::TableBoundary => return Ok((None, 0)),
            DataResource::Table => {
                let told = self.clients.dynamodb.describe_table().table_name(handle).send().await;
                let told = told.map_err(|error| aws_error("looking at the table", error))?;
                told.table.and_then(|table| table.table_size_bytes)
            }
            DataResource::FileSystem => {
                self.file_system().await?.and_then(|found| Some(found.size_in_bytes?.value))
            }
            DataResource::LogGroup => {
                self.describe_log_group(handle).await?.and_then(|group| group.stored_bytes)
            }
            DataResource::Bucket => {
                let bytes = buckets::size(&self.clients.s3, handle).await?;
                return Ok((Some(bytes), price(bytes, cents_per_gib(data))));
            }
        };
        let bytes = bytes.and_then(|bytes| u64::try_from(bytes).ok());
        Ok((bytes, price(bytes.unwrap_or_default(), cents_per_gib(data))))
    }

    /// Destroys a piece of data.
    pub(super) async fn destroy_data(&self, data: DataResource, handle: &str) -> Result<()> {
        let work = async {
            match data {
                DataResource::Table => self.destroy_table(handle).await,
                DataResource::FileSystem => self.destroy_file_system(handle).await,
                DataResource::Bucket => buckets::remove(&self.clients.s3, handle).await,
                DataResource::LogGroup => {
                    let asked =
                        self.clients.logs.delete_log_group().log_group_name(handle).send().await;
                    ignore_absent(asked, "deleting the log group", &["ResourceNotFoundException"])
                }
                DataResource::TableBoundary => self.destroy_boundary(handle).await,
            }
        };
        let late = |_| {
            Error::new(ErrorKind::Unavailable, "waiting for data to go").about("handle", handle)
        };
        tokio::time::timeout(PATIENCE, work).await.map_err(late)?
    }

    async fn destroy_table(&self, name: &str) -> Result<()> {
        loop {
            let told = match self.clients.dynamodb.describe_table().table_name(name).send().await {
                Ok(told) => told.table,
                Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(()),
                Err(error) => return Err(aws_error("looking at the table", error)),
            };
            let Some(table) = told else { return Ok(()) };
            let at_rest = table.table_status().is_some_and(|status| status.as_str() == "ACTIVE");
            if at_rest && table.deletion_protection_enabled == Some(true) {
                let asked = self
                    .clients
                    .dynamodb
                    .update_table()
                    .table_name(name)
                    .deletion_protection_enabled(false);
                ignore_absent(
                    asked.send().await,
                    "lifting the table's protection",
                    &["ResourceInUseException"],
                )?;
            } else if at_rest {
                let asked = self.clients.dynamodb.delete_table().table_name(name).send().await;
                ignore_absent(
                    asked,
                    "deleting the table",
                    &["ResourceNotFoundException", "ResourceInUseException"],
                )?;
            } else {
                tokio::time::sleep(self.pace).await;
            }
        }
    }

    async fn destroy_file_system(&self, id: &str) -> Result<()> {
        // Those of a stack that went without it are gone; an operator may have added one.
        let asked = self.clients.efs.describe_mount_targets().file_system_id(id).send().await;
        let targets = match asked {
            Ok(told) => told.mount_targets.unwrap_or_default(),
            Err(error) if error.code() == Some("FileSystemNotFound") => return Ok(()),
            Err(error) => return Err(aws_error("looking at mount targets", error)),
        };
        for target in targets {
            let asked = self
                .clients
                .efs
                .delete_mount_target()
                .mount_target_id(target.mount_target_id)
                .send()
                .await;
            ignore_absent(asked, "deleting a mount target", &["MountTargetNotFound"])?;
        }
        loop {
            // Asked for before each try: a deleted one has no tags, and a policy that depends on tags then refuses.
            let asked = self.clients.efs.describe_file_systems().file_system_id(id).send().await;
            match asked {
                Err(error) if error.code() == Some("FileSystemNotFound") => return Ok(()),
                Err(error) => return Err(aws_error("looking at the file system", error)),
                Ok(told)
                    if told
                        .file_systems()
                        .iter()
                        .any(|one| one.life_cycle_state().as_str() == "available") =>
                {
                    let asked =
                        self.clients.efs.delete_file_system().file_system_id(id).send().await;
                    // Mount targets take a minute to go.
                    ignore_absent(
                        asked,
                        "deleting the file system",
                        &["FileSystemNotFound", "FileSystemInUse"],
                    )?;
                }
                Ok(told) if told.file_systems().is_empty() => return Ok(()),
                Ok(_) => {}
            }
            tokio::time::sleep(self.pace).await;
        }
    }
}

/// What a GiB of it costs a month, in hundredths of a cent.
fn cents_per_gib(data: DataResource) -> u64 {
    match data {
        // Rows, and the copy to go back to any second of 35 days.
        DataResource::Table => 4_500,
        // All of it counted as if it had been read lately.
        DataResource::FileSystem => 3_000,
        DataResource::Bucket => 230,
        DataResource::LogGroup => 300,
        DataResource::TableBoundary => 0,
    }
}

fn price(bytes: u64, hundredths: u64) -> u64 {
    let exact = u128::from(bytes) * u128::from(hundredths) / u128::from(GIB) / 100;
    u64::try_from(exact).unwrap_or(u64::MAX)
}

fn not_ours(data: DataResource, handle: &str) -> Error {
    Error::new(ErrorKind::Conflict, "looking for data of the deployment").permanent().about("handle", handle).advise(format!(
        "`{handle}` ({}) is there and does not carry this deployment's tag. Choose another name with `deployment` in `[aws]`, or give it the tag `{TAG_DEPLOYMENT}`.",
        data.kind()
    ))
}
