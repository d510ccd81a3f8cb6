//! The outputs of a deployment's stack.
use std::collections::BTreeMap;

use aws_sdk_ecs::types::AssignPublicIp;
use refractory_core::{Error, ErrorKind, Result};

use crate::Clients;
use crate::error::aws_error;

/// The outputs of a deployment's stack, by the names in the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackOutputs {
    /// `Cluster`: the name of the ECS cluster.
    pub cluster: String,
    /// `Subnets`: where tasks run, one for each zone.
    pub subnets: Vec<String>,
    /// `PublicIp`: whether tasks need their own address to reach the internet.
    pub public_ip: bool,
    /// `TaskSecurityGroup`: what tables' tasks may be reached by.
    pub task_group: String,
    /// `FileSystem`: the id of the EFS file system.
    pub file_system: String,
    /// `ExecutionRole`: the ARN of the role with which ECS starts a task and reads its secrets.
    pub execution_role: String,
    /// `TaskRole`: the ARN of the role that a table's program has: the file system, and nothing else.
    pub task_role: String,
    /// `TableBoundary`: the ARN of the policy that no table's user can exceed; none where a stack of another making has none.
    pub boundary: Option<String>,
    /// `LogGroup`: the log group of tables.
    pub log_group: String,
    /// `Table`: the name of the DynamoDB table.
    pub table: String,
    /// `Bucket`: the bucket of release archives (`releases/`) and snapshots (`snapshots/`).
    pub bucket: String,
    /// `Vpc`: the id of the network.
    pub vpc: String,
    /// `Listener`: the ARN of the listener that serves tables.
    pub listener: String,
    /// `LoadBalancerName`: the load balancer's own DNS name.
    pub balancer_name: String,
    /// `LoadBalancerZone`: the hosted zone of that name, for alias records.
    pub balancer_zone: String,
    /// `Zone`: the id of the hosted zone with the public names; none where names are kept elsewhere.
    pub zone: Option<String>,
}

impl StackOutputs {
    /// The outputs of the stack called `stack`.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such stack yet, `Unavailable`, `Forbidden`, and `Invalid` for a stack of another version.
    pub async fn of_stack(clients: &Clients, stack: &str) -> Result<Self> {
        let answer = clients.cloudformation.describe_stacks().stack_name(stack).send().await;
        let answer = match answer {
            Err(error) if is_no_such_stack(&error) => return Err(no_stack(stack)),
            other => other.map_err(|error| aws_error("reading the stack", error))?,
        };
        let found = answer.stacks.unwrap_or_default().into_iter().next();
        let outputs = found.ok_or_else(|| no_stack(stack))?.outputs.unwrap_or_default();
        let pairs = outputs
            .into_iter()
            .filter_map(|output| Some((output.output_key?, output.output_value?)));
        Self::from_map(&pairs.collect())
    }

    /// Reads outputs, as `Cluster` and its value.
    ///
    /// # Errors
    ///
    /// `Invalid` when one is missing.
    pub fn from_map(outputs: &BTreeMap<String, String>) -> Result<Self> {
        let get = |key: &str| outputs.get(key).cloned().ok_or_else(|| missing(key));
        Ok(Self {
            cluster: get("Cluster")?,
            subnets: get("Subnets")?.split(',').map(ToOwned::to_owned).collect(),
            public_ip: outputs.get("PublicIp").is_none_or(|told| told != "DISABLED"),
            boundary: outputs.get("TableBoundary").cloned(),
            task_group: get("TaskSecurityGroup")?,
            file_system: get("FileSystem")?,
            execution_role: get("ExecutionRole")?,
            task_role: get("TaskRole")?,
            log_group: get("LogGroup")?,
            table: get("Table")?,
            bucket: get("Bucket")?,
            vpc: get("Vpc")?,
            listener: get("Listener")?,
            balancer_name: get("LoadBalancerName")?,
            balancer_zone: get("LoadBalancerZone")?,
            zone: outputs.get("Zone").filter(|zone| !zone.is_empty()).cloned(),
        })
    }

    /// Whether a task is given its own public address.
    pub(crate) fn assign_public_ip(&self) -> AssignPublicIp {
        if self.public_ip { AssignPublicIp::Enabled } else { AssignPublicIp::Disabled }
    }
}

/// CloudFormation has no separate code for a missing stack.
fn is_no_such_stack<E, R>(error: &aws_smithy_runtime_api::client::result::SdkError<E, R>) -> bool
where
    E: aws_smithy_types::error::metadata::ProvideErrorMetadata,
{
    use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
    error.code() == Some("ValidationError")
        && error.message().is_some_and(|message| message.contains("does not exist"))
}

fn no_stack(stack: &str) -> Error {
    Error::new(ErrorKind::NotFound, "reading the stack").about("stack", stack).advise(format!(
        "There is no stack `{stack}` in this account and region. `refractory infra deploy` makes it."
    ))
}

fn missing(key: &str) -> Error {
    Error::new(ErrorKind::Invalid, "reading the stack").about("output", key).advise(format!(
        "The stack has no output `{key}`: another version made it. `refractory infra deploy` brings it up to date."
    ))
}
