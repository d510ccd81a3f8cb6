//! How the stack is, and what differs from it in the account.
use std::collections::BTreeMap;

use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use refractory_core::{Error, ErrorKind, Result, Timestamp};

use super::Infra;
use super::data::RetainedData;
use super::stack_state::{StackState, succeeded};
use crate::error::aws_error;

/// The status of a deployment's stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The status of the stack in AWS's word; none where there is no stack.
    pub stack: Option<String>,
    /// Whether it stands and can be deployed to.
    pub is_ready: bool,
    /// Whether something has to be done: what, in a sentence.
    pub attention: Option<String>,
    /// When it was made.
    pub made: Option<Timestamp>,
    /// When it was last changed.
    pub changed: Option<Timestamp>,
    /// What was chosen.
    pub parameters: BTreeMap<String, String>,
    /// What it offers: the outputs of the template.
    pub outputs: BTreeMap<String, String>,
    /// Data that is there.
    pub data: Vec<RetainedData>,
    /// What differs in the account from what was deployed.
    pub drift: Drift,
}

/// What differs in the account from what was deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drift {
    /// It was not looked for, or there is no stack that it can be looked for in.
    Unknown,
    /// Nothing, as far as CloudFormation can detect.
    None,
    /// These.
    Some(Vec<DriftedResource>),
}

/// Something that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftedResource {
    /// Its name in the template.
    pub name: String,
    /// What it is, as `AWS::EFS::FileSystem`.
    pub kind: String,
    /// What differs, as paths of properties; none where it is gone.
    pub what: Option<Vec<String>>,
}

impl Infra {
    /// Returns the status of the stack. Drift detection takes CloudFormation up to a minute.
    ///
    /// # Errors
    ///
    /// What AWS refuses.
    pub async fn status(&self, with_drift: bool) -> Result<Status> {
        let (state, stack) = self.current_state().await?;
        let there = !stack.id.is_empty();
        let stands = state == StackState::Ready;
        let drift =
            if stands && with_drift { self.drift(&stack.id).await? } else { Drift::Unknown };
        Ok(Status {
            attention: attention(state, &stack.status, &drift),
            stack: there.then_some(stack.status),
            is_ready: stands,
            made: stack.created_at,
            changed: stack.updated_at,
            parameters: stack.parameters,
            outputs: stack.outputs,
            data: self.retained_data().await?,
            drift,
        })
    }

    /// The hosted zone that the deployment has; none where there is none, or no stack.
    ///
    /// # Errors
    ///
    /// What AWS refuses.
    pub async fn zone(&self) -> Result<Option<String>> {
        let (_, stack) = self.current_state().await?;
        Ok(stack.parameters.get("Zone").filter(|zone| !zone.is_empty()).cloned())
    }

    async fn drift(&self, stack: &str) -> Result<Drift> {
        let cloudformation = &self.clients.cloudformation;
        let asked = cloudformation.detect_stack_drift().stack_name(stack).send().await;
        let detection = match asked {
            Ok(told) => told.stack_drift_detection_id.unwrap_or_default(),
            // It is being looked for already, or cannot be just now.
            Err(error) if error.code() == Some("ValidationError") => return Ok(Drift::Unknown),
            Err(error) => return Err(aws_error("looking for drift", error)),
        };
        loop {
            let asked = cloudformation
                .describe_stack_drift_detection_status()
                .stack_drift_detection_id(&detection);
            let told = asked.send().await.map_err(|error| aws_error("looking for drift", error))?;
            match told.detection_status.map(|status| status.as_str().to_owned()).as_deref() {
                Some("DETECTION_IN_PROGRESS") => tokio::time::sleep(self.pace).await,
                Some("DETECTION_COMPLETE") => return self.drifted(stack).await,
                _ => {
                    let reason = told.detection_status_reason.unwrap_or_default();
                    return Err(
                        Error::new(ErrorKind::Unavailable, "looking for drift").caused_by(reason)
                    );
                }
            }
        }
    }

    async fn drifted(&self, stack: &str) -> Result<Drift> {
        let (mut found, mut next) = (Vec::new(), None);
        loop {
            let asked =
                self.clients.cloudformation.describe_stack_resource_drifts().stack_name(stack);
            let asked = asked.set_next_token(next).send().await;
            let page = asked.map_err(|error| aws_error("reading drift", error))?;
            for one in page.stack_resource_drifts.unwrap_or_default() {
                let status = one
                    .stack_resource_drift_status
                    .as_ref()
                    .map(|status| status.as_str().to_owned());
                let paths = one
                    .property_differences()
                    .iter()
                    .filter_map(|difference| difference.property_path());
                let what = match status.as_deref() {
                    Some("DELETED") => None,
                    Some("MODIFIED") => {
                        Some(paths.map(|path| path.trim_start_matches('/').to_owned()).collect())
                    }
                    _ => continue,
                };
                found.push(DriftedResource {
                    name: one.logical_resource_id.unwrap_or_default(),
                    kind: one.resource_type.unwrap_or_default(),
                    what,
                });
            }
            match page.next_token {
                Some(token) => next = Some(token),
                None => break,
            }
        }
        Ok(if found.is_empty() { Drift::None } else { Drift::Some(found) })
    }
}

/// What has to be done, in a sentence.
fn attention(state: StackState, status: &str, drift: &Drift) -> Option<String> {
    let sentence = match state {
        StackState::Absent => "There is no stack yet: `refractory infra deploy` makes it.",
        StackState::Failed => {
            "The first deploy failed: `refractory infra deploy` clears away what it left, and begins again."
        }
        StackState::Stuck => {
            "A change failed and could not be undone: `refractory infra deploy` tries to, and goes on."
        }
        StackState::Deleting => {
            "Something prevented the deletion of the stack. Run `refractory infra destroy` again."
        }
        StackState::Ready if matches!(drift, Drift::Some(_)) => {
            "Resources of the stack were changed or removed outside of it. Restore them, or deploy a change of the same resources."
        }
        StackState::Ready if !succeeded(status) => {
            "The last change failed and was undone: `refractory infra deploy` tries it again."
        }
        StackState::Ready | StackState::Busy => return None,
    };
    Some(sentence.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_to_be_done_is_said_and_nothing_where_nothing_has_to() {
        assert_eq!(attention(StackState::Ready, "CREATE_COMPLETE", &Drift::None), None);
        assert_eq!(attention(StackState::Busy, "UPDATE_IN_PROGRESS", &Drift::Unknown), None);
        let undone =
            attention(StackState::Ready, "UPDATE_ROLLBACK_COMPLETE", &Drift::None).unwrap();
        assert!(undone.contains("undone"), "{undone}");
        let drifted =
            attention(StackState::Ready, "CREATE_COMPLETE", &Drift::Some(Vec::new())).unwrap();
        assert!(drifted.contains("Resources of the stack were changed"), "{drifted}");
        for state in
            [StackState::Absent, StackState::Failed, StackState::Stuck, StackState::Deleting]
        {
            assert!(attention(state, "", &Drift::Unknown).unwrap().contains("refractory infra "));
        }
    }
}
