//! Words for people: one catalogue for every front end.
//!
//! Core gives states, reasons, causes and events as types. [`Words`] turns them into sentences; a translation is one more
//! implementation of it. Neither names a page or a command: a [`Remedy`](crate::Remedy) is said by each front end in its
//! own way.
mod english;
mod events;
mod waiting;

pub use self::english::English;
use crate::model::{Event, Fault, InstanceState, OperationFailure, OperationName, Step, Waiting};
use crate::ports::Progress;
use crate::{Cause, Error};

/// A catalogue of words in one language.
pub trait Words: std::fmt::Debug + Send + Sync {
    /// How an instance stands, in two or three words.
    fn state(&self, state: InstanceState) -> &'static str;

    /// What is done at a step on the way up, in a few words. `opens_world` is false where a start ends in Foundry's setup.
    fn going_up(&self, step: Step, opens_world: bool) -> &'static str;

    /// What is done at a step on the way down, in a few words.
    fn going_down(&self, step: Step) -> &'static str;

    /// The name of a step, as a label.
    fn step(&self, step: Step) -> &'static str;

    /// What an instance waits for: a fragment, or sentences.
    fn waiting(&self, waiting: &Waiting) -> String;

    /// What the step in hand reports: what it waits for, or the provider's own words.
    fn progress(&self, progress: &Progress) -> String {
        match &progress.waiting {
            Some(waiting) if progress.message.is_empty() => self.waiting(waiting),
            Some(waiting @ Waiting::License(_)) => {
                format!("{} {}", progress.message, self.waiting(waiting))
            }
            Some(_) | None => progress.message.clone(),
        }
    }

    /// Why something failed. `message` is what is known in a sentence already, and is said where there are no words for the code.
    fn cause(&self, cause: &Cause, message: &str) -> String;

    /// The last failure of an instance.
    fn fault(&self, fault: &Fault) -> String {
        match &fault.cause {
            Some(cause) => self.cause(cause, &fault.message),
            None => fault.message.clone(),
        }
    }

    /// What an operation does, in a few words.
    fn operation(&self, name: OperationName) -> &'static str;

    /// Why an operation, or a step of it, failed.
    fn failure(&self, failure: &OperationFailure) -> String {
        self.cause(&failure.cause, &failure.message)
    }

    /// What went wrong.
    fn error(&self, error: &Error) -> String {
        self.cause(&Cause::from(error), &error.for_people())
    }

    /// What happened, as a sentence.
    fn event(&self, event: &Event) -> String;

    /// The label of a kind of events, by its [name](crate::model::EventKind::name).
    fn event_kind(&self, name: &str) -> String;
}

#[cfg(test)]
mod tests;
