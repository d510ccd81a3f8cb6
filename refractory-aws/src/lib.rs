//! Refractory's ports on AWS.
//!
//! [`AwsBackend`] is what a program lists among its backends: with `backend = "aws"` in `refractory.toml` it brings
//! one of each port. Tables run on ECS Fargate, data lies on EFS, uploads in one S3 bucket for each table, secrets in Secrets
//! Manager, and everything is written down in DynamoDB. What they stand on - network, cluster, file system, roles - is
//! one CloudFormation stack; [`StackOutputs`] are its outputs.
//!
//! Everything here is found again by name or tag: no handle of AWS is needed, see [`Naming`].
mod archives;
mod assets;
mod backend;
mod backoff;
mod clients;
mod config;
pub mod cost;
mod deadline;
mod doctor;
mod error;
mod image;
pub mod infra;
mod launch_artifacts;
mod names;
mod naming;
mod runtime;
mod signing;
mod snapshot;
mod stack_outputs;
mod storage;
mod store;
#[cfg(test)]
mod stub_server;
mod vault;

pub use archives::S3Archives;
pub use assets::{BucketAssets, BucketGateway, VolumeAssets};
pub use backend::AwsBackend;
pub use clients::Clients;
pub use config::{Architecture, AssetAccess, AwsConfig, LiveData, NamingChoice, Routing};
pub use doctor::Doctor;
pub use launch_artifacts::LaunchArtifacts;
pub use names::{LoadBalancerNames, Route53Zone};
pub use naming::Naming;
pub use runtime::{CloudWatchLogs, FargateRuntime};
pub use snapshot::S3Snapshots;
pub use stack_outputs::StackOutputs;
pub use storage::EfsStorage;
pub use store::{DynamoStore, schema};
pub use vault::SecretsManagerVault;
