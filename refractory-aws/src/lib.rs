//! Refractory's ports on AWS.
//!
//! [`AwsBackend`] is what a program lists among its backends: with `backend = "aws"` in `refractory.toml` it brings
//! one of each port. Tables run on ECS Fargate, data lies on EFS, uploads in S3 buckets of their own, secrets in Secrets
//! Manager, and everything is written down in DynamoDB. What they stand on - network, cluster, file system, roles - is
//! one CloudFormation stack, the [`Ground`].
//!
//! Everything here is found again by name or tag: no handle of AWS is needed, see [`Naming`].
mod clients;
mod config;
mod error;
mod ground;
mod naming;

pub use clients::Clients;
pub use config::{Architecture, AssetAccess, AwsConfig, LiveData, Naming as NamingChoice, Routing};
pub use ground::Ground;
pub use naming::Naming;
