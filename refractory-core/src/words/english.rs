//! English.
use super::{Words, events, waiting};
use crate::Cause;
use crate::model::{Event, InstanceState, OperationName, Step, Waiting};

/// English.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct English;

impl Words for English {
    fn state(&self, state: InstanceState) -> &'static str {
        match state {
            InstanceState::Off => "Off",
            InstanceState::Starting => "Starting",
            InstanceState::On => "Ready to play",
            InstanceState::Stopping => "Stopping",
            InstanceState::Deleting => "Being deleted",
            InstanceState::Attention => "Needs attention",
        }
    }

    fn going_up(&self, step: Step, opens_world: bool) -> &'static str {
        match step {
            Step::License => "Waiting for a license",
            Step::Volume => "Preparing data",
            Step::Assets => "Preparing uploads",
            Step::Runtime => "Starting Foundry",
            Step::World if opens_world => "Opening the world",
            Step::World => "Signing in to Foundry",
            Step::Name => "Making it reachable",
        }
    }

    fn going_down(&self, step: Step) -> &'static str {
        match step {
            Step::Name => "Closing its address",
            Step::World => "Closing the world",
            Step::Runtime => "Stopping Foundry",
            Step::Assets => "Deleting uploads",
            Step::Volume => "Deleting data",
            Step::License => "Releasing the license",
        }
    }

    fn step(&self, step: Step) -> &'static str {
        match step {
            Step::License => "License",
            Step::Volume => "Data",
            Step::Assets => "Uploads",
            Step::Runtime => "Foundry",
            Step::World => "World",
            Step::Name => "Address",
        }
    }

    fn waiting(&self, waiting: &Waiting) -> String {
        waiting::waiting(waiting)
    }

    fn cause(&self, cause: &Cause, message: &str) -> String {
        cause.sentence().unwrap_or_else(|| message.to_owned())
    }

    fn operation(&self, name: OperationName) -> &'static str {
        match name {
            OperationName::RotateAssetCredentials => "Replacing the uploads key",
            OperationName::CreateBackup => "Creating a backup",
            OperationName::VerifyBackup => "Verifying a backup",
            OperationName::RestoreBackup => "Restoring a backup",
            OperationName::DeleteBackup => "Deleting a backup",
        }
    }

    fn event(&self, event: &Event) -> String {
        events::event(self, event)
    }

    fn event_kind(&self, name: &str) -> String {
        events::label(name)
    }
}
