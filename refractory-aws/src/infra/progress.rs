//! Following a stack while it changes.
use aws_sdk_cloudformation::types::StackEvent;
use refractory_core::{Result, Timestamp};

use super::Infra;
use super::stack::{Stack, moment};
use crate::error::aws_error;

/// What a resource was just seen to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceState {
    /// It is being made, changed or taken away.
    Begun,
    /// That is done.
    Done,
    /// That failed; see the reason.
    Failed,
    /// It is kept, although its stack lets go of it.
    Kept,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceProgress {
    /// When.
    pub at: Option<Timestamp>,
    /// The resource, by its name in the template; the stack itself by its own.
    pub name: String,
    /// What it is, as `AWS::EFS::FileSystem`.
    pub kind: String,
    /// What it was seen to do.
    pub state: ResourceState,
    /// The same in the provider's word, as `CREATE_IN_PROGRESS`.
    pub status: String,
    /// Why, where anything was said.
    pub reason: Option<String>,
}

impl ResourceProgress {
    /// Something of our own doing.
    pub(super) fn ours(
        name: impl Into<String>,
        kind: &str,
        state: ResourceState,
        status: &str,
    ) -> Self {
        Self {
            at: None,
            name: name.into(),
            kind: kind.to_owned(),
            state,
            status: status.to_owned(),
            reason: None,
        }
    }

    fn read(event: &StackEvent) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let status = text(
            event.resource_status().map(aws_sdk_cloudformation::types::ResourceStatus::as_str),
        );
        Self {
            at: event.timestamp().copied().and_then(moment),
            name: text(event.logical_resource_id()),
            kind: text(event.resource_type()),
            state: state(&status),
            reason: event.resource_status_reason().map(plain).filter(|reason| !reason.is_empty()),
            status,
        }
    }

    /// Whether it is the cause of a failure, and not one of its consequences.
    fn is_cause(&self) -> bool {
        let consequence =
            ["cancelled", "failed to create:", "failed to update:", "failed to delete:"];
        let reason = self.reason.as_deref().unwrap_or_default();
        self.state == ResourceState::Failed && !consequence.iter().any(|part| reason.contains(part))
    }
}

fn state(status: &str) -> ResourceState {
    match status {
        "DELETE_SKIPPED" => ResourceState::Kept,
        failed if failed.ends_with("_FAILED") => ResourceState::Failed,
        begun if begun.ends_with("_IN_PROGRESS") => ResourceState::Begun,
        _ => ResourceState::Done,
    }
}

/// Told everything that happens, as it happens.
pub type OnProgress<'a> = dyn FnMut(&ResourceProgress) + Send + 'a;

/// How an operation on a stack ended.
#[derive(Debug)]
pub(super) struct StackOutcome {
    pub(super) status: String,
    pub(super) causes: Vec<ResourceProgress>,
}

impl Infra {
    /// The newest event of a stack: what comes after it is new.
    pub(super) async fn latest_event(&self, stack: &str) -> Result<Option<String>> {
        let newest = self.event_page(stack, None).await?.0.into_iter().next();
        Ok(newest.and_then(|event| event.event_id))
    }

    /// Where the operation that runs on a stack, or ran last, began.
    pub(super) async fn operation_start(&self, stack: &str) -> Result<Option<String>> {
        let mut next = None;
        loop {
            let (events, more) = self.event_page(stack, next).await?;
            if let Some(at) = events.iter().position(|event| begins(event, stack)) {
                // What comes after the one before it.
                return match events.get(at + 1) {
                    Some(before) => Ok(before.event_id.clone()),
                    None => Ok(None),
                };
            }
            match more {
                Some(token) => next = Some(token),
                None => return Ok(None),
            }
        }
    }

    /// Reports what happens to a stack after `mark`, until the operation has ended.
    pub(super) async fn follow(
        &self,
        stack: &str,
        mark: Option<String>,
        tell: &mut OnProgress<'_>,
    ) -> Result<StackOutcome> {
        let (mut mark, mut causes) = (mark, Vec::new());
        loop {
            let fresh = self.events_since(stack, mark.as_deref()).await?;
            let mut rested = false;
            for event in &fresh {
                let progress = ResourceProgress::read(event);
                tell(&progress);
                if is_of_the_stack(event, stack) {
                    rested = !progress.status.ends_with("_IN_PROGRESS");
                } else if progress.is_cause() {
                    causes.push(progress);
                }
            }
            if let Some(newest) = fresh.last() {
                mark.clone_from(&newest.event_id);
            }
            if rested && let Some(status) = self.final_status(stack).await? {
                return Ok(StackOutcome { status, causes });
            }
            tokio::time::sleep(self.pace).await;
        }
    }

    /// The causes of the failure of the last operation on a stack, as far as its events still show them.
    pub(super) async fn causes(&self, stack: &str) -> Result<Vec<ResourceProgress>> {
        let mark = self.operation_start(stack).await?;
        let events = self.events_since(stack, mark.as_deref()).await?;
        Ok(events.iter().map(ResourceProgress::read).filter(ResourceProgress::is_cause).collect())
    }

    /// The status of a stack that rests: an event may say so before a rollback begins.
    async fn final_status(&self, stack: &str) -> Result<Option<String>> {
        let status = self
            .describe_stack(stack)
            .await?
            .map_or_else(|| "DELETE_COMPLETE".to_owned(), |Stack { status, .. }| status);
        Ok(Some(status).filter(|status| !status.ends_with("_IN_PROGRESS")))
    }

    /// What happened after `mark`, oldest first.
    async fn events_since(&self, stack: &str, mark: Option<&str>) -> Result<Vec<StackEvent>> {
        let (mut fresh, mut next) = (Vec::new(), None);
        loop {
            let (events, more) = self.event_page(stack, next).await?;
            for event in events {
                if mark.is_some() && event.event_id.as_deref() == mark {
                    fresh.reverse();
                    return Ok(fresh);
                }
                fresh.push(event);
            }
            match more {
                Some(token) => next = Some(token),
                None => break,
            }
        }
        fresh.reverse();
        Ok(fresh)
    }

    /// Events, newest first, and how to ask for older ones.
    async fn event_page(
        &self,
        stack: &str,
        next: Option<String>,
    ) -> Result<(Vec<StackEvent>, Option<String>)> {
        let asked = self
            .clients
            .cloudformation
            .describe_stack_events()
            .stack_name(stack)
            .set_next_token(next);
        let answer = asked
            .send()
            .await
            .map_err(|error| aws_error("reading what happens to the stack", error))?;
        Ok((answer.stack_events.unwrap_or_default(), answer.next_token))
    }
}

fn is_of_the_stack(event: &StackEvent, stack: &str) -> bool {
    event.physical_resource_id() == Some(stack)
        && event.resource_type() == Some("AWS::CloudFormation::Stack")
}

/// Whether an event is the first of an operation.
fn begins(event: &StackEvent, stack: &str) -> bool {
    let status = event.resource_status().map(aws_sdk_cloudformation::types::ResourceStatus::as_str);
    let firsts = [
        "CREATE_IN_PROGRESS",
        "UPDATE_IN_PROGRESS",
        "DELETE_IN_PROGRESS",
        "IMPORT_IN_PROGRESS",
        "REVIEW_IN_PROGRESS",
    ];
    is_of_the_stack(event, stack) && status.is_some_and(|status| firsts.contains(&status))
}

/// A reason without what only AWS's own people need.
pub(super) fn plain(reason: &str) -> String {
    let inner = reason.strip_prefix("Resource handler returned message: \"").unwrap_or(reason);
    let end = ["\" (RequestToken:", " (RequestToken:", " (Service:", "; Request ID:"];
    let cut = end.iter().filter_map(|part| inner.find(part)).min().unwrap_or(inner.len());
    inner[..cut].trim().to_owned()
}
