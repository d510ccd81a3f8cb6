//! Looking at the stack.
use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::Stack as Told;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use refractory_core::{Result, Timestamp};

use super::Infra;
use super::stack_state::StackState;
use crate::error::aws_error;

/// A stack as it was last seen.
#[derive(Debug, Clone, Default)]
pub(super) struct Stack {
    /// Its ARN: names it even after it is gone.
    pub(super) id: String,
    pub(super) status: String,
    pub(super) reason: Option<String>,
    pub(super) created_at: Option<Timestamp>,
    pub(super) updated_at: Option<Timestamp>,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) outputs: BTreeMap<String, String>,
}

impl Stack {
    fn read(told: Told) -> Self {
        let parameters = told.parameters.unwrap_or_default().into_iter();
        let outputs = told.outputs.unwrap_or_default().into_iter();
        Self {
            id: told.stack_id.unwrap_or_default(),
            status: told.stack_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            reason: told.stack_status_reason.filter(|reason| !reason.is_empty()),
            created_at: told.creation_time.and_then(moment),
            updated_at: told.last_updated_time.and_then(moment),
            parameters: parameters
                .filter_map(|pair| Some((pair.parameter_key?, pair.parameter_value?)))
                .collect(),
            outputs: outputs
                .filter_map(|pair| Some((pair.output_key?, pair.output_value?)))
                .collect(),
        }
    }
}

impl Infra {
    /// The stack as it is now; none where there is none.
    pub(super) async fn describe_stack(&self, name_or_id: &str) -> Result<Option<Stack>> {
        let asked =
            self.clients.cloudformation.describe_stacks().stack_name(name_or_id).send().await;
        match asked {
            Err(error) if message_contains(&error, "does not exist") => Ok(None),
            Err(error) => Err(aws_error("looking at the stack", error)),
            Ok(answer) => Ok(answer.stacks.unwrap_or_default().into_iter().next().map(Stack::read)),
        }
    }

    /// The stack as it is now, and what that means.
    pub(super) async fn current_state(&self) -> Result<(StackState, Stack)> {
        let Some(stack) = self.describe_stack(self.name()).await? else {
            return Ok((StackState::Absent, Stack::default()));
        };
        // Only one kind of status needs the question.
        let is_empty = stack.status.starts_with("IMPORT_ROLLBACK")
            && self.resources(&stack.id).await?.is_empty();
        Ok((StackState::of(&stack.status, is_empty), stack))
    }

    /// What is in the stack: names in the template, and in AWS.
    pub(super) async fn resources(&self, stack: &str) -> Result<BTreeMap<String, String>> {
        let mut pages = self
            .clients
            .cloudformation
            .list_stack_resources()
            .stack_name(stack)
            .into_paginator()
            .send();
        let mut all = BTreeMap::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| aws_error("listing what is in the stack", error))?;
            for found in page.stack_resource_summaries.unwrap_or_default() {
                let gone = found
                    .resource_status
                    .is_some_and(|status| status.as_str() == "DELETE_COMPLETE");
                if let (Some(name), Some(handle), false) =
                    (found.logical_resource_id, found.physical_resource_id, gone)
                {
                    all.insert(name, handle);
                }
            }
        }
        Ok(all)
    }
}

/// CloudFormation has one code, `ValidationError`, for everything; what it means is in the message.
pub(super) fn message_contains<E: ProvideErrorMetadata, R>(
    error: &SdkError<E, R>,
    part: &str,
) -> bool {
    error.code() == Some("ValidationError")
        && error.message().is_some_and(|message| message.contains(part))
}

/// A moment as we write it.
pub(super) fn moment(time: aws_smithy_types::DateTime) -> Option<Timestamp> {
    u64::try_from(time.to_millis().ok()?).ok().map(Timestamp)
}
