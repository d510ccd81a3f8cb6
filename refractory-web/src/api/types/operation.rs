//! Backups, and the operations that workers carry out.
use refractory_core::model::{self, StepRecord};
use refractory_core::text::plain;
use refractory_core::words::{English, Words as _};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::instance::word;

/// A copy of the data of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Backup {
    /// Names the backup for ever.
    pub id: String,
    /// The id of the instance whose data it holds.
    pub instance: String,
    /// The name that the instance had when the backup was created.
    pub name: String,
    /// What the instance was called then.
    pub title: String,
    /// When it was asked for.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// The name of the user who asked for it, as it was then.
    pub created_by: String,
    /// How much space it takes in bytes.
    pub size: u64,
    /// When it was last read back.
    #[schema(format = DateTime)]
    pub verified_at: Option<String>,
    /// Whether it was whole then. Null where it was never read back.
    pub intact: Option<bool>,
    /// What was wrong with it then, in a sentence.
    pub damage: Option<String>,
    /// When its instance was deleted.
    #[schema(format = DateTime)]
    pub instance_deleted_at: Option<String>,
}

impl From<&model::Backup> for Backup {
    fn from(backup: &model::Backup) -> Self {
        let check = backup.check.as_ref();
        Self {
            id: backup.id.to_string(),
            instance: backup.of.to_string(),
            name: backup.slug.clone(),
            title: backup.title.clone(),
            created_at: backup.at.to_string(),
            created_by: backup.requester.clone(),
            size: backup.size,
            verified_at: check.map(|check| check.at.to_string()),
            intact: check.map(|check| check.damage.is_none()),
            damage: check.and_then(|check| check.damage.clone()),
            instance_deleted_at: backup.orphaned.map(|at| at.to_string()),
        }
    }
}

/// A backup to create.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct NewBackup {
    /// Whether an instance that is on may be stopped for it. It starts again afterwards.
    #[serde(default)]
    pub stop: bool,
}

/// Where a backup is restored to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct RestoreBackup {
    /// The name or id of the instance whose data is replaced; the backup's own instance where it is left out.
    #[serde(default)]
    #[schema(min_length = 1, format = "instance-name")]
    pub into: Option<String>,
    /// The name of that instance, once more: the data it has is lost.
    #[schema(min_length = 1, format = "instance-name")]
    pub confirm: String,
}

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OperationState {
    /// No worker has begun it.
    Waiting,
    /// It is in hand.
    Running,
    /// What it had begun is taken back.
    Ending,
    /// It did what was asked for.
    Succeeded,
    /// It was given up.
    Failed,
    /// It was ended before it was done.
    Canceled,
}

impl From<model::OperationState> for OperationState {
    fn from(state: model::OperationState) -> Self {
        match state {
            model::OperationState::Waiting => Self::Waiting,
            model::OperationState::Running => Self::Running,
            model::OperationState::Ending => Self::Ending,
            model::OperationState::Succeeded => Self::Succeeded,
            model::OperationState::Failed => Self::Failed,
            model::OperationState::Canceled => Self::Canceled,
        }
    }
}

/// One thing that an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OperationStep {
    /// Keeps the instance off until the operation has ended.
    Hold,
    /// Copies its data.
    Copy,
    /// Replaces its data.
    Restore,
    /// Reads a copy back.
    Verify,
    /// Removes a copy.
    Remove,
    /// Replaces a key.
    Rotate,
}

impl From<model::OperationStep> for OperationStep {
    fn from(step: model::OperationStep) -> Self {
        match step {
            model::OperationStep::Hold => Self::Hold,
            model::OperationStep::Copy => Self::Copy,
            model::OperationStep::Restore => Self::Restore,
            model::OperationStep::Verify => Self::Verify,
            model::OperationStep::Remove => Self::Remove,
            model::OperationStep::Rotate => Self::Rotate,
        }
    }
}

/// How far one step of an operation has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OperationStepState {
    /// It is in hand, and may have had an effect.
    Begun,
    /// It is done.
    Done,
    /// It was taken back.
    Undone,
}

/// One step of an operation that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OperationStepRecord {
    /// The step.
    pub step: OperationStep,
    /// How far it has got.
    pub state: OperationStepState,
    /// Since when.
    #[schema(format = DateTime)]
    pub at: String,
}

impl OperationStepRecord {
    fn of(step: model::OperationStep, record: &StepRecord) -> Self {
        let (state, at) = match record {
            StepRecord::Intended(attempt) => (OperationStepState::Begun, attempt.since),
            StepRecord::Done(at) => (OperationStepState::Done, *at),
            StepRecord::Undone(at) => (OperationStepState::Undone, *at),
        };
        Self { step: step.into(), state, at: at.to_string() }
    }
}

/// Why an operation failed, or is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OperationFailure {
    /// What kind of error it was.
    #[schema(example = "unavailable")]
    pub kind: String,
    /// What went wrong, as a stable name. Finer than `kind`.
    #[schema(example = "unavailable")]
    pub code: String,
    /// What helps, as a stable name.
    pub remedy: Option<String>,
    /// What went wrong, in a sentence.
    pub message: String,
}

impl From<&model::OperationFailure> for OperationFailure {
    fn from(failure: &model::OperationFailure) -> Self {
        Self {
            kind: word(failure.kind),
            code: failure.cause.code.to_string(),
            remedy: failure.cause.remedy.map(|remedy| remedy.name().to_owned()),
            message: English.failure(failure),
        }
    }
}

/// An operation: something on one instance that takes long, and that a worker carries out. It is kept for a while after its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Operation {
    /// Names the operation for ever.
    pub id: String,
    /// What it does: `create-backup`, `verify-backup`, `restore-backup`, `delete-backup` or `rotate-asset-credentials`.
    #[schema(example = "create-backup")]
    pub kind: String,
    /// The id of the instance that it is about.
    pub instance: String,
    /// The name that the instance had when it was asked for.
    pub name: String,
    /// What the instance was called then.
    pub title: String,
    /// The id of the backup that it is about.
    pub backup: Option<String>,
    /// Where it stands.
    pub state: OperationState,
    /// The step in hand. Null where it has ended.
    pub step: Option<OperationStep>,
    /// What the step in hand is doing, for people.
    pub progress: Option<String>,
    /// How much of that is done, in percent.
    #[schema(maximum = 100)]
    pub percent: Option<u8>,
    /// Why it failed, or what went wrong last while it is tried again.
    pub failure: Option<OperationFailure>,
    /// How often in a row the step in hand failed.
    pub attempts: u32,
    /// Whether it can be canceled.
    pub cancelable: bool,
    /// The name of the user who asked for it, as it was then.
    pub requested_by: String,
    /// When it was asked for.
    #[schema(format = DateTime)]
    pub requested_at: String,
    /// The steps that were begun, in their order.
    pub steps: Vec<OperationStepRecord>,
    /// When it ended.
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
}

impl From<&model::Operation> for Operation {
    fn from(operation: &model::Operation) -> Self {
        let progress = operation.progress();
        let fault = operation.fault.as_ref();
        let failure = operation.failure().or_else(|| fault.map(|fault| &fault.failure));
        let steps = operation.journal.iter();
        Self {
            id: operation.id.to_string(),
            kind: operation.kind.name().as_str().to_owned(),
            instance: operation.subject.to_string(),
            name: operation.slug.clone(),
            title: operation.title.clone(),
            backup: operation.kind.backup().map(|backup| backup.id.to_string()),
            state: operation.state().into(),
            step: operation.step().filter(|_| operation.is_active()).map(Into::into),
            progress: progress.map(|progress| plain(&English.progress(progress)).into_owned()),
            percent: progress.and_then(|progress| progress.percent),
            failure: failure.map(Into::into),
            attempts: fault.map_or(0, |fault| fault.attempts),
            cancelable: operation.is_cancelable() && operation.canceled.is_none(),
            requested_by: operation.requester.clone(),
            requested_at: operation.requested_at.to_string(),
            steps: steps.map(|(step, record)| OperationStepRecord::of(*step, record)).collect(),
            ended_at: operation.end.as_ref().map(|end| end.at.to_string()),
        }
    }
}
