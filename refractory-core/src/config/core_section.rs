//! `[core]`.
use serde::{Deserialize, Serialize};

use super::{Complaint, Doc, Section, Span};
use crate::WorkerOptions;

/// `[core]`: the backend, the data folder, and the worker's timeouts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct CoreConfig {
    /// The backend that runs tables.
    pub backend: String,
    /// The data folder.
    pub data: String,
    /// As [`WorkerOptions::give_up_after`].
    pub give_up_after: u32,
    /// As [`WorkerOptions::backoff_cap`].
    pub longest_wait: Span,
    /// As [`WorkerOptions::probe`].
    pub probe: Span,
    /// As [`WorkerOptions::stall`].
    pub stall: Span,
    /// As [`WorkerOptions::close_within`].
    pub close_within: Span,
    /// As [`WorkerOptions::losses`].
    pub losses: usize,
    /// As [`WorkerOptions::loss_window`].
    pub loss_window: Span,
    /// As [`WorkerOptions::resync`].
    pub resync: Span,
    /// As [`WorkerOptions::make_room_after`].
    pub make_room_after: Span,
    /// As [`WorkerOptions::sweep`].
    pub sweep: Span,
    /// As [`WorkerOptions::stray_age`].
    pub stray_age: Span,
    /// As [`WorkerOptions::admin_key_retention`].
    pub admin_key_retention: Span,
    /// As [`WorkerOptions::orphaned_backups_age`]; zero for ever.
    pub orphaned_backups_age: Span,
    /// As [`WorkerOptions::concurrency`].
    pub concurrency: usize,
}

impl Default for CoreConfig {
    fn default() -> Self {
        let options = WorkerOptions::default();
        Self {
            backend: "local".to_owned(),
            data: "refractory-data".to_owned(),
            give_up_after: options.give_up_after,
            longest_wait: options.backoff_cap.into(),
            probe: options.probe.into(),
            stall: options.stall.into(),
            close_within: options.close_within.into(),
            losses: options.losses,
            loss_window: options.loss_window.into(),
            resync: options.resync.into(),
            make_room_after: options.make_room_after.into(),
            sweep: options.sweep.into(),
            stray_age: options.stray_age.into(),
            admin_key_retention: options.admin_key_retention.into(),
            orphaned_backups_age: options.orphaned_backups_age.unwrap_or_default().into(),
            concurrency: options.concurrency,
        }
    }
}

impl CoreConfig {
    /// Makes a worker as patient as this says.
    pub fn apply(&self, options: &mut WorkerOptions) {
        options.give_up_after = self.give_up_after;
        options.backoff_cap = self.longest_wait.get();
        options.probe = self.probe.get();
        options.stall = self.stall.get();
        options.close_within = self.close_within.get();
        options.losses = self.losses;
        options.loss_window = self.loss_window.get();
        options.resync = self.resync.get();
        options.make_room_after = self.make_room_after.get();
        options.sweep = self.sweep.get();
        options.stray_age = self.stray_age.get();
        options.admin_key_retention = self.admin_key_retention.get();
        let age = self.orphaned_backups_age.get();
        options.orphaned_backups_age = (!age.is_zero()).then_some(age);
        options.concurrency = self.concurrency;
    }
}

impl Section for CoreConfig {
    const NAME: &'static str = "core";
    const ABOUT: &'static str =
        "What runs tables, where data is stored, and the worker's timeouts.";
    const KEYS: &'static [Doc] = &[
        Doc::new("backend", "What runs tables: \"local\" is this machine."),
        Doc::new("data", "The data folder; relative to where Refractory is started.").path(),
        Doc::new("give_up_after", "How many failures in a row end a start."),
        Doc::new(
            "longest_wait",
            "The longest wait between two attempts. The first waits are short and double each time.",
        ),
        Doc::new("probe", "How often a running table is checked."),
        Doc::new("stall", "How long a start may show no progress before it counts as failed."),
        Doc::new(
            "close_within",
            "How long closing a world may take before a gentle stop goes on without it.",
        ),
        Doc::new("losses", "How many crashes within `loss_window` keep a table off."),
        Doc::new("loss_window", "The period in which crashes are counted."),
        Doc::new(
            "resync",
            "How often the store is polled for changes by other processes. With thousands of tables, polling less often costs less.",
        ),
        Doc::new(
            "make_room_after",
            "How long a running table must have been empty before its license goes to a table that waits for it.",
        ),
        Doc::new("sweep", "How often orphaned resources are looked for."),
        Doc::new(
            "stray_age",
            "How long an orphaned resource must have been seen before it is removed. Data is never removed.",
        ),
        Doc::new(
            "admin_key_retention",
            "How long a deleted table's administrator password is kept for a new table of the same name and owner. \"0s\" deletes it with the table.",
        ),
        Doc::new(
            "orphaned_backups_age",
            "How long backups of a deleted table are kept; \"0s\" keeps them until they are deleted by hand.",
        ),
        Doc::new("concurrency", "How many tables are worked on at once."),
    ];

    fn validate(&self) -> Result<(), Vec<Complaint>> {
        let mut wrong = Vec::new();
        if self.data.trim().is_empty() {
            wrong.push(Complaint::about("data", "enter a folder, such as \"refractory-data\"."));
        }
        for (key, is_zero) in [
            ("give_up_after", self.give_up_after == 0),
            ("losses", self.losses == 0),
            ("concurrency", self.concurrency == 0),
        ] {
            if is_zero {
                wrong.push(Complaint::about(key, "this must be at least 1."));
            }
        }
        for (key, span) in [("probe", self.probe), ("sweep", self.sweep), ("stall", self.stall)] {
            if span < Span::seconds(1) {
                wrong.push(Complaint::about(key, "this must be at least \"1s\"."));
            }
        }
        if self.resync < Span(std::time::Duration::from_millis(50)) {
            wrong.push(Complaint::about("resync", "this must be at least \"50ms\"."));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}
