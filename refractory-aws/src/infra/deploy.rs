//! Proposing changes to the stack, and carrying them out.
use aws_sdk_cloudformation::operation::create_change_set::builders::CreateChangeSetFluentBuilder;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{Capability, ChangeSetType, ResourceToImport, Tag};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use refractory_core::{Error, ErrorKind, Result};

use super::data::DataResource;
use super::progress::OnProgress;
use super::remedy::deploy_error;
use super::stack::{Stack, message_contains};
use super::stack_state::{StackState, succeeded};
use super::{Change, DeployOptions, Infra, template};
use crate::error::aws_error;
use crate::naming::TAG_DEPLOYMENT;

/// There is one proposal at a time: a name that is known is found again after a reply that was lost.
const CHANGE_SET: &str = "refractory";
/// CloudFormation says in words that there is nothing to do.
const NOTHING: &[&str] = &["didn't contain changes", "No updates are to be performed"];

/// What a proposal is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProposalKind {
    /// A new stack is made.
    Create,
    /// A new stack is made around data that an earlier one kept; a deploy goes on with an update.
    Adopt,
    /// The stack that stands is changed.
    Update,
}

/// What a deploy would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What it is for.
    pub kind: ProposalKind,
    /// What would change; empty where only outputs or tags do.
    pub changes: Vec<Change>,
    stack: String,
    change_set: String,
}

impl Infra {
    /// Waits for whatever runs on the stack, continues what is stuck, and clears away a stack that was never whole, so that
    /// something can be proposed.
    ///
    /// # Errors
    ///
    /// `Conflict` when the stack was going to be taken away; what AWS refuses.
    pub async fn prepare(&self, tell: &mut OnProgress<'_>) -> Result<()> {
        loop {
            let (state, stack) = self.current_state().await?;
            match state {
                StackState::Absent | StackState::Ready => return Ok(()),
                StackState::Busy => {
                    let mark = self.operation_start(&stack.id).await?;
                    self.follow(&stack.id, mark, tell).await?;
                }
                StackState::Failed => self.remove_failed_stack(&stack, tell).await?,
                StackState::Stuck => self.continue_rollback(&stack, tell).await?,
                StackState::Deleting => return Err(being_deleted(&stack)),
            }
        }
    }

    /// What a deploy with `choices` would change; none where nothing would. Changes nothing.
    ///
    /// # Errors
    ///
    /// `Invalid` for choices that cannot be, `Conflict` when the stack needs [`prepare`](Self::prepare) first, what AWS refuses.
    pub async fn propose(&self, choices: &DeployOptions) -> Result<Option<Proposal>> {
        let (state, stack) = self.current_state().await?;
        match state {
            StackState::Absent => {
                let kept = self.retained_ids().await?;
                let kind = if kept.is_empty() { ProposalKind::Create } else { ProposalKind::Adopt };
                self.ask(kind, choices, &Stack::default(), &kept).await
            }
            StackState::Ready => self.ask(ProposalKind::Update, choices, &stack, &[]).await,
            StackState::Busy => Err(busy(&stack)),
            StackState::Failed | StackState::Stuck => Err(self.deploy_failed(&stack).await),
            StackState::Deleting => Err(being_deleted(&stack)),
        }
    }

    /// Applies a proposal and reports every event. After [`ProposalKind::Adopt`], propose again.
    ///
    /// # Errors
    ///
    /// What failed, its reason, and what to do about it; the stack is then as it was before.
    pub async fn apply(&self, proposal: &Proposal, tell: &mut OnProgress<'_>) -> Result<()> {
        let mark = self.latest_event(&proposal.stack).await?;
        let cloudformation = &self.clients.cloudformation;
        let asked = cloudformation.execute_change_set().stack_name(&proposal.stack);
        match asked.change_set_name(&proposal.change_set).send().await {
            Ok(_) => {}
            // The reply to an earlier try was lost: it runs, or has run.
            Err(error) if is_begun(error.code()) => {}
            Err(error) => return Err(aws_error("carrying out the change set", error)),
        }
        let end = self.follow(&proposal.stack, mark, tell).await?;
        if succeeded(&end.status) {
            return Ok(());
        }
        Err(deploy_error("changing the stack", "deploy", &end.status, &end.causes))
    }

    /// Forgets what was proposed.
    ///
    /// # Errors
    ///
    /// What AWS refuses.
    pub async fn cancel(&self, proposal: &Proposal) -> Result<()> {
        self.forget(&proposal.stack).await?;
        // A stack that was only ever proposed is nothing but a name.
        match self.describe_stack(&proposal.stack).await? {
            Some(stack) if stack.status == "REVIEW_IN_PROGRESS" => self.delete(&stack.id).await,
            _ => Ok(()),
        }
    }

    async fn ask(
        &self,
        kind: ProposalKind,
        choices: &DeployOptions,
        stack: &Stack,
        kept: &[(DataResource, String)],
    ) -> Result<Option<Proposal>> {
        let mut parameters = choices.parameters(self.name(), &stack.parameters)?;
        let names: Vec<_> = kept.iter().map(|(data, _)| data.name()).collect();
        let body = if kind == ProposalKind::Adopt {
            template::import_template(&names)
        } else {
            template::full_template()
        };
        if kind == ProposalKind::Adopt {
            // The data has what it has; the update that follows brings it to what was chosen.
            parameters.retain(|parameter| parameter.parameter_key() == Some("Deployment"));
        }
        self.forget(self.name()).await?;
        let request = self.request(kind).template_body(body).set_parameters(Some(parameters));
        let request = kept.iter().fold(request, |request, (data, handle)| {
            let resource = ResourceToImport::builder()
                .logical_resource_id(data.name())
                .resource_type(data.kind());
            request.resources_to_import(
                resource.resource_identifier(data.identifier(), handle).build(),
            )
        });
        match request.send().await {
            Ok(_) => {}
            Err(error) if error.code() == Some("AlreadyExistsException") => {}
            Err(error) => return Err(aws_error("asking for a change set", error)),
        }
        self.proposed(kind).await
    }

    fn request(&self, kind: ProposalKind) -> CreateChangeSetFluentBuilder {
        let kind = match kind {
            ProposalKind::Create => ChangeSetType::Create,
            ProposalKind::Adopt => ChangeSetType::Import,
            ProposalKind::Update => ChangeSetType::Update,
        };
        // An import may not bring tags; the update that follows does.
        let tag = Tag::builder().key(TAG_DEPLOYMENT).value(self.name()).build();
        let tags = (kind != ChangeSetType::Import).then(|| vec![tag]);
        self.clients
            .cloudformation
            .create_change_set()
            .stack_name(self.name())
            .change_set_name(CHANGE_SET)
            .change_set_type(kind)
            .capabilities(Capability::CapabilityNamedIam)
            .set_tags(tags)
    }

    /// The change set, once CloudFormation has worked it out.
    async fn proposed(&self, kind: ProposalKind) -> Result<Option<Proposal>> {
        loop {
            let told = self.describe(None).await?;
            let status = told.status().map(|status| status.as_str().to_owned()).unwrap_or_default();
            let reason = told.status_reason().unwrap_or_default().to_owned();
            let stack = told.stack_id.clone().unwrap_or_default();
            match status.as_str() {
                "CREATE_COMPLETE" => {
                    let change_set = told.change_set_id.clone().unwrap_or_default();
                    let changes = self.changes(told).await?;
                    return Ok(Some(Proposal { kind, changes, stack, change_set }));
                }
                "FAILED" => {
                    let nothing =
                        Proposal { kind, changes: Vec::new(), stack, change_set: String::new() };
                    self.cancel(&nothing).await?;
                    if NOTHING.iter().any(|part| reason.contains(part)) {
                        return Ok(None);
                    }
                    return Err(invalid_change_set(&reason));
                }
                _ => tokio::time::sleep(self.pace).await,
            }
        }
    }

    async fn changes(&self, first: DescribeChangeSetOutput) -> Result<Vec<Change>> {
        let (mut all, mut page) = (Vec::new(), first);
        loop {
            let told = page.changes.take().unwrap_or_default().into_iter();
            all.extend(told.filter_map(|change| Change::read(change.resource_change?)));
            match page.next_token.take() {
                Some(token) => page = self.describe(Some(token)).await?,
                None => break,
            }
        }
        all.sort_by(|a, b| (b.is_data, a.action, &a.name).cmp(&(a.is_data, b.action, &b.name)));
        Ok(all)
    }

    async fn describe(&self, next: Option<String>) -> Result<DescribeChangeSetOutput> {
        let asked = self.clients.cloudformation.describe_change_set().stack_name(self.name());
        let asked = asked.change_set_name(CHANGE_SET).set_next_token(next).send();
        asked.await.map_err(|error| aws_error("reading the change set", error))
    }

    /// Deletes the change set that an earlier proposal left.
    async fn forget(&self, stack: &str) -> Result<()> {
        let asked = self
            .clients
            .cloudformation
            .delete_change_set()
            .stack_name(stack)
            .change_set_name(CHANGE_SET);
        match asked.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.code() == Some("ChangeSetNotFound")
                    || message_contains(&error, "does not exist") =>
            {
                Ok(())
            }
            Err(error) => Err(aws_error("deleting the change set", error)),
        }
    }

    /// Clears away a stack that was never whole.
    async fn remove_failed_stack(&self, stack: &Stack, tell: &mut OnProgress<'_>) -> Result<()> {
        let mark = self.latest_event(&stack.id).await?;
        self.delete(&stack.id).await?;
        let end = self.follow(&stack.id, mark, tell).await?;
        if end.status == "DELETE_COMPLETE" {
            return Ok(());
        }
        Err(deploy_error("clearing away a failed stack", "deploy", &end.status, &end.causes))
    }

    async fn continue_rollback(&self, stack: &Stack, tell: &mut OnProgress<'_>) -> Result<()> {
        let mark = self.latest_event(&stack.id).await?;
        let asked = self
            .clients
            .cloudformation
            .continue_update_rollback()
            .stack_name(&stack.id)
            .send()
            .await;
        asked.map_err(|error| aws_error("continuing a rollback", error))?;
        let end = self.follow(&stack.id, mark, tell).await?;
        if end.status == "UPDATE_ROLLBACK_COMPLETE" {
            return Ok(());
        }
        Err(deploy_error("undoing a change", "deploy", &end.status, &end.causes))
    }

    pub(super) async fn delete(&self, stack: &str) -> Result<()> {
        let asked = self.clients.cloudformation.delete_stack().stack_name(stack).send().await;
        asked.map(drop).map_err(|error| aws_error("deleting the stack", error))
    }

    /// The error of the last deploy, as far as its events still show it.
    async fn deploy_failed(&self, stack: &Stack) -> Error {
        // Causes that cannot be read are left out of the sentence.
        let causes = self.causes(&stack.id).await.unwrap_or_default();
        let causes = causes.first().map_or_else(String::new, |cause| {
            let reason =
                cause.reason.as_deref().unwrap_or("AWS gave no reason").trim_end_matches('.');
            format!(" `{}` failed: {reason}.", cause.name)
        });
        conflict(stack).advise(format!(
            "The last deploy did not come to its end.{causes} `refractory infra deploy` clears away what it left, and begins again."
        ))
    }
}

fn is_begun(code: Option<&str>) -> bool {
    matches!(code, Some("InvalidChangeSetStatus" | "ChangeSetNotFound"))
}

fn conflict(stack: &Stack) -> Error {
    Error::new(ErrorKind::Conflict, "looking at the stack")
        .about("status", &stack.status)
        .permanent()
}

fn busy(stack: &Stack) -> Error {
    conflict(stack).advise(
        "The stack is being changed. `refractory infra deploy` waits for that and goes on; `refractory infra status` shows how it stands.",
    )
}

pub(super) fn being_deleted(stack: &Stack) -> Error {
    let reason = stack
        .reason
        .as_deref()
        .map(|reason| format!(" ({})", reason.trim_end_matches('.')))
        .unwrap_or_default();
    conflict(stack).advise(format!(
        "The stack was going to be taken away, and something held it{reason}. Run `refractory infra destroy` again first. Data is kept."
    ))
}

fn invalid_change_set(reason: &str) -> Error {
    let reason = super::progress::plain(reason);
    Error::new(ErrorKind::Invalid, "asking for a change set").permanent().advise(format!(
        "CloudFormation cannot do that: {}. Put that right, then run `refractory infra deploy` again.",
        reason.trim_end_matches('.')
    ))
}
