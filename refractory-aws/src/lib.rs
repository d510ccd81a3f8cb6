//! Refractory's ports on AWS.
//!
//! [`AwsBackend`] is what a program lists among its backends: with `backend = "aws"` in `refractory.toml` it brings
//! one of each port. Tables run on ECS Fargate, data lies on EFS, uploads in S3 buckets of their own, secrets in Secrets
//! Manager, and everything is written down in DynamoDB. What they stand on - network, cluster, file system, roles - is
//! one CloudFormation stack, the [`Ground`].
//!
//! Everything here is found again by name or tag: no handle of AWS is needed, see [`Naming`].
mod archives;
mod assets;
mod backend;
mod bound;
#[cfg(test)]
mod canned;
mod clients;
mod config;
pub mod cost;
mod doctor;
mod error;
mod ground;
mod image;
pub mod infra;
mod names;
mod naming;
mod remains;
mod runtime;
mod signing;
mod snapshot;
mod storage;
mod store;
mod vault;
mod waits;

pub use archives::S3Archives;
pub use assets::{BucketAssets, BucketDoor, VolumeAssets};
pub use backend::AwsBackend;
pub use clients::Clients;
pub use config::{Architecture, AssetAccess, AwsConfig, LiveData, Naming as NamingChoice, Routing};
pub use doctor::Doctor;
pub use ground::Ground;
pub use names::{BalancerNames, Route53Zone};
pub use naming::Naming;
pub use remains::Remains;
pub use runtime::{CloudWatchLogs, FargateRuntime};
pub use snapshot::S3Snapshots;
pub use storage::EfsStorage;
pub use store::{DynamoStore, schema};
pub use vault::SecretsManagerVault;
