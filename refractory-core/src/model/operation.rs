//! Operations: long pieces of work on one instance that a worker carries out.
use std::collections::BTreeMap;
use std::collections::btree_map::Iter;

use super::{Attempt, Backup, Claim, Instance, Named, Principal, Via, Waiting};
use crate::ports::Progress;
use crate::{BackupId, Cause, Error, ErrorKind, InstanceId, OperationId, Timestamp, UserId};

/// One backup as an operation names it: the snapshot is found by it, with or without a record of the backup.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BackupRef {
    /// The backup.
    pub id: BackupId,
    /// Whose data it holds.
    pub of: InstanceId,
    /// When it was asked for.
    pub at: Timestamp,
}

/// What an operation does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum OperationKind {
    /// Replaces the key that the program of the instance reaches its uploads with.
    RotateAssetCredentials {
        /// Every key made before this moment is replaced.
        before: Timestamp,
    },
    /// Copies the data of the instance.
    CreateBackup {
        /// The backup that is made.
        backup: BackupRef,
        /// Whether the instance is held while its data is copied.
        holds: bool,
    },
    /// Reads a backup back and compares digests.
    VerifyBackup {
        /// The backup.
        backup: BackupRef,
    },
    /// Puts a backup in the place of the data of the instance.
    RestoreBackup {
        /// The backup.
        backup: BackupRef,
    },
    /// Deletes a backup.
    DeleteBackup {
        /// The backup.
        backup: BackupRef,
    },
}

impl OperationKind {
    /// Which kind it is.
    pub fn name(&self) -> OperationName {
        match self {
            Self::RotateAssetCredentials { .. } => OperationName::RotateAssetCredentials,
            Self::CreateBackup { .. } => OperationName::CreateBackup,
            Self::VerifyBackup { .. } => OperationName::VerifyBackup,
            Self::RestoreBackup { .. } => OperationName::RestoreBackup,
            Self::DeleteBackup { .. } => OperationName::DeleteBackup,
        }
    }

    /// The backup it is about, if one.
    pub fn backup(&self) -> Option<&BackupRef> {
        match self {
            Self::RotateAssetCredentials { .. } => None,
            Self::CreateBackup { backup, .. }
            | Self::VerifyBackup { backup }
            | Self::RestoreBackup { backup }
            | Self::DeleteBackup { backup } => Some(backup),
        }
    }

    /// Its steps, in order.
    pub fn steps(&self) -> &'static [OperationStep] {
        match self {
            Self::RotateAssetCredentials { .. } => &[OperationStep::Rotate],
            Self::CreateBackup { holds: true, .. } => &[OperationStep::Hold, OperationStep::Copy],
            Self::CreateBackup { holds: false, .. } => &[OperationStep::Copy],
            Self::VerifyBackup { .. } => &[OperationStep::Verify],
            Self::RestoreBackup { .. } => &[OperationStep::Hold, OperationStep::Restore],
            Self::DeleteBackup { .. } => &[OperationStep::Remove],
        }
    }

    /// Every lane.
    pub const LANES: [&'static str; 2] = ["credentials", "backups"];

    /// What two active operations on one instance may not share: one of each lane at a time.
    pub fn lane(&self) -> &'static str {
        match self {
            Self::RotateAssetCredentials { .. } => "credentials",
            Self::CreateBackup { .. }
            | Self::VerifyBackup { .. }
            | Self::RestoreBackup { .. }
            | Self::DeleteBackup { .. } => "backups",
        }
    }

    /// Whether there is nothing left to do once the instance is gone.
    pub fn needs_instance(&self) -> bool {
        match self {
            Self::RotateAssetCredentials { .. }
            | Self::CreateBackup { .. }
            | Self::RestoreBackup { .. } => true,
            Self::VerifyBackup { .. } | Self::DeleteBackup { .. } => false,
        }
    }

    /// Why it holds the instance, if it does.
    pub fn hold_reason(&self) -> Option<HoldReason> {
        match self {
            Self::CreateBackup { holds: true, .. } => Some(HoldReason::Backup),
            Self::RestoreBackup { .. } => Some(HoldReason::Restore),
            Self::CreateBackup { holds: false, .. }
            | Self::RotateAssetCredentials { .. }
            | Self::VerifyBackup { .. }
            | Self::DeleteBackup { .. } => None,
        }
    }
}

/// One thing an operation does. Closed on purpose; the order is the order of doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum OperationStep {
    /// Keeps the instance down until the operation has ended.
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

impl OperationStep {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Copy => "copy",
            Self::Restore => "restore",
            Self::Verify => "verify",
            Self::Remove => "remove",
            Self::Rotate => "rotate",
        }
    }

    /// Whether a call for it changes something that cannot be taken back: an operation that has begun it goes through with it.
    pub fn is_irreversible(self) -> bool {
        match self {
            Self::Restore | Self::Remove | Self::Rotate => true,
            Self::Hold | Self::Copy | Self::Verify => false,
        }
    }
}

/// How far one step has got.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum StepRecord {
    /// Written before the first call: it may have had an effect.
    Intended(Attempt),
    /// Done at this moment.
    Done(Timestamp),
    /// Taken back at this moment.
    Undone(Timestamp),
}

/// The records of one operation. It outlives the operation, as its history.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct OperationJournal(BTreeMap<OperationStep, StepRecord>);

impl OperationJournal {
    /// The record of `step`.
    pub fn get(&self, step: OperationStep) -> Option<&StepRecord> {
        self.0.get(&step)
    }

    /// Every record, in the order of doing.
    pub fn iter(&self) -> Iter<'_, OperationStep, StepRecord> {
        self.0.iter()
    }

    /// Writes `record` down for `step`.
    pub fn note(&mut self, step: OperationStep, record: StepRecord) {
        self.0.insert(step, record);
    }

    /// Whether `step` was begun and not taken back.
    pub fn stands(&self, step: OperationStep) -> bool {
        matches!(self.0.get(&step), Some(StepRecord::Intended(_) | StepRecord::Done(_)))
    }

    /// Whether `step` is done.
    pub fn is_done(&self, step: OperationStep) -> bool {
        matches!(self.0.get(&step), Some(StepRecord::Done(_)))
    }
}

impl<'a> IntoIterator for &'a OperationJournal {
    type Item = (&'a OperationStep, &'a StepRecord);
    type IntoIter = Iter<'a, OperationStep, StepRecord>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Which kind of operation, without what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum OperationName {
    /// New credentials for uploads.
    RotateAssetCredentials,
    /// A backup is made.
    CreateBackup,
    /// A backup is read back.
    VerifyBackup,
    /// A backup is restored.
    RestoreBackup,
    /// A backup is deleted.
    DeleteBackup,
}

impl OperationName {
    /// Every name.
    pub const ALL: [Self; 5] = [
        Self::RotateAssetCredentials,
        Self::CreateBackup,
        Self::VerifyBackup,
        Self::RestoreBackup,
        Self::DeleteBackup,
    ];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RotateAssetCredentials => "rotate-asset-credentials",
            Self::CreateBackup => "create-backup",
            Self::VerifyBackup => "verify-backup",
            Self::RestoreBackup => "restore-backup",
            Self::DeleteBackup => "delete-backup",
        }
    }
}

/// Why an operation, or a step of it, failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OperationFailure {
    /// What went wrong.
    pub kind: ErrorKind,
    /// Why, as a code with what it is about.
    pub cause: Cause,
    /// The same as a sentence, for causes without words of their own.
    pub message: String,
}

impl From<&Error> for OperationFailure {
    fn from(error: &Error) -> Self {
        let message = error.for_people().into_owned();
        Self { kind: error.kind(), cause: Cause::from(error), message }
    }
}

/// The last failure of an operation that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OperationFault {
    /// The step that failed.
    pub step: OperationStep,
    /// Why.
    pub failure: OperationFailure,
    /// Failures of this step in a row.
    pub attempts: u32,
    /// When it was met.
    pub met: Timestamp,
    /// How long to wait from then on.
    pub wait: std::time::Duration,
}

/// What an operation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum OperationOutcome {
    /// All was done.
    Succeeded,
    /// It was given up.
    Failed(OperationFailure),
    /// A user ended it, and what it had begun was taken back.
    Canceled,
    /// The instance is gone, or is going.
    Superseded,
}

impl OperationOutcome {
    /// The word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed(_) => "failed",
            Self::Canceled => "canceled",
            Self::Superseded => "superseded",
        }
    }
}

/// Who asked for an operation to end, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Cancellation {
    /// What they are called.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OperationEnd {
    /// When.
    pub at: Timestamp,
    /// What it came to.
    pub outcome: OperationOutcome,
}

/// Where an operation stands. Computed, never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

impl OperationState {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Ending => "ending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

/// The instance that an operation is about, as it was called when the operation was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The instance.
    pub id: InstanceId,
    /// Its name.
    pub slug: String,
    /// What it was called.
    pub title: String,
}

impl From<&Instance> for Subject {
    fn from(row: &Instance) -> Self {
        let (slug, title) = (row.slug.to_string(), row.title().to_owned());
        Self { id: row.id.clone(), slug, title }
    }
}

impl From<&Backup> for Subject {
    fn from(backup: &Backup) -> Self {
        Self { id: backup.of.clone(), slug: backup.slug.clone(), title: backup.title.clone() }
    }
}

/// A long piece of work on one instance: written down when it is asked for, carried out by a worker, kept as history.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Operation {
    /// Its name.
    pub id: OperationId,
    /// What it does.
    pub kind: OperationKind,
    /// The instance it is about; that may be gone.
    pub subject: InstanceId,
    /// The name that the instance had when it was asked for.
    pub slug: String,
    /// What the instance was called then.
    pub title: String,
    /// Whose account asked for it; none for the deployment itself and for the prompt.
    pub requested_by: Option<UserId>,
    /// What they were called.
    pub requester: String,
    /// Which front end they used.
    pub via: Via,
    /// When.
    pub requested_at: Timestamp,
    /// What was done.
    pub journal: OperationJournal,
    /// The last failure, as long as the operation goes on.
    pub fault: Option<OperationFault>,
    /// When a call was last made that was never answered: it may yet have its effect.
    pub unanswered: Option<Timestamp>,
    /// Bytes that a snapshot takes, once that is known.
    pub size: Option<u64>,
    /// That a user asked for it to end.
    pub canceled: Option<Cancellation>,
    /// Why it is given up, while what it has begun is taken back.
    pub failed: Option<OperationFailure>,
    /// How it ended.
    pub end: Option<OperationEnd>,
    /// Which worker has it in hand.
    pub claim: Option<Claim>,
    /// Counts writes; the store compares it.
    pub revision: u64,
}

impl Operation {
    /// An operation on `subject` that `who` asks for.
    pub fn new(who: &Principal, kind: OperationKind, subject: Subject, now: Timestamp) -> Self {
        Self {
            id: OperationId::fresh(),
            kind,
            subject: subject.id,
            slug: subject.slug,
            title: subject.title,
            requested_by: who.user.clone(),
            requester: who.name.clone(),
            via: who.via,
            requested_at: now,
            journal: OperationJournal::default(),
            fault: None,
            unanswered: None,
            size: None,
            canceled: None,
            failed: None,
            end: None,
            claim: None,
            revision: 0,
        }
    }

    /// The hold that it has on its instance from now on, written down; none for an operation that holds nothing.
    pub fn begin_hold(&mut self, now: Timestamp) -> Option<Hold> {
        let hold = Hold::of(self, now)?;
        self.journal.note(OperationStep::Hold, StepRecord::Intended(Attempt::begun(now)));
        Some(hold)
    }

    /// The instance that it is about, for events.
    pub fn named(&self) -> Named<InstanceId> {
        Named::new(self.subject.clone(), self.title.clone())
    }

    /// Whether there is anything left to do.
    pub fn is_active(&self) -> bool {
        self.end.is_none()
    }

    /// Where it stands.
    pub fn state(&self) -> OperationState {
        match &self.end {
            Some(end) => match end.outcome {
                OperationOutcome::Succeeded => OperationState::Succeeded,
                OperationOutcome::Failed(_) => OperationState::Failed,
                OperationOutcome::Canceled | OperationOutcome::Superseded => {
                    OperationState::Canceled
                }
            },
            None if self.failed.is_some() || self.is_ending() => OperationState::Ending,
            None if self.claim.is_none() => OperationState::Waiting,
            None => OperationState::Running,
        }
    }

    /// Whether a user asked for it to end, in time.
    pub fn is_ending(&self) -> bool {
        self.canceled.is_some() && !self.is_past_return()
    }

    /// Whether a step that cannot be taken back was begun.
    pub fn is_past_return(&self) -> bool {
        self.journal.iter().any(|(step, _)| step.is_irreversible())
    }

    /// Whether it can be ended by a user now.
    pub fn is_cancelable(&self) -> bool {
        self.is_active() && !self.is_done() && !self.is_past_return() && self.failed.is_none()
    }

    /// Whether what was asked for is done; a hold may still have to be lifted.
    pub fn is_done(&self) -> bool {
        self.kind.steps().last().is_some_and(|step| self.journal.is_done(*step))
    }

    /// The step in hand; none once what was asked for is done.
    pub fn step(&self) -> Option<OperationStep> {
        if self.is_done() {
            return None;
        }
        self.kind.steps().iter().copied().find(|step| !self.journal.is_done(*step))
    }

    /// The last progress of the step in hand.
    pub fn progress(&self) -> Option<&Progress> {
        self.journal.iter().find_map(|(_, record)| match record {
            StepRecord::Intended(Attempt { progress, .. }) => progress.as_ref(),
            StepRecord::Done(_) | StepRecord::Undone(_) => None,
        })
    }

    /// Why it failed, once it did.
    pub fn failure(&self) -> Option<&OperationFailure> {
        match self.end.as_ref().map(|end| &end.outcome) {
            Some(OperationOutcome::Failed(failure)) => Some(failure),
            Some(_) => None,
            None => self.failed.as_ref(),
        }
    }
}

/// Why an instance is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum HoldReason {
    /// Its data is being copied.
    Backup,
    /// Its data is being replaced.
    Restore,
}

/// An operation that keeps an instance down. A hold ends with its operation, whatever becomes of that.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Hold {
    /// The operation.
    pub operation: OperationId,
    /// Why.
    pub reason: HoldReason,
    /// Since when.
    pub since: Timestamp,
    /// What is shown wherever the instance is.
    pub told: Progress,
}

impl Hold {
    /// A hold for `operation` from now on; none for an operation that holds nothing.
    pub fn of(operation: &Operation, now: Timestamp) -> Option<Self> {
        let reason = operation.kind.hold_reason()?;
        let told = Progress::waiting(Waiting::Operation { hold: reason });
        Some(Self { operation: operation.id.clone(), reason, since: now, told })
    }

    /// Whether the instance needs a volume to be held for this, even if it never had one.
    pub fn needs_volume(&self) -> bool {
        match self.reason {
            HoldReason::Restore => true,
            HoldReason::Backup => false,
        }
    }
}
