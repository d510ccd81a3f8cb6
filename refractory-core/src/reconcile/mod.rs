//! Carries decisions out, one call at a time, and writes down what came of them.
mod act;
mod admin_key;
mod age_tracker;
mod ages;
mod claim;
mod close;
mod duties;
mod handover;
mod known;
mod lane;
mod liveness;
mod mark;
mod operation;
mod queue;
mod run;
mod settle;
mod sweep;
mod talk;
mod transition_events;
mod worker;
mod worker_options;

pub(crate) use act::{bounded, choose_release};
pub(crate) use known::Known;
pub(crate) use liveness::Liveness;
pub(crate) use sweep::EventWalk;
pub use worker::Worker;
pub use worker_options::WorkerOptions;
