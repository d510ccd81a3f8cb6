//! The options of a worker.
use std::time::Duration;

/// How often a worker does things, how long it waits, and how much it keeps. The defaults suit one machine.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WorkerOptions {
    /// The first wait after a failure; it doubles.
    pub backoff: Duration,
    /// The longest wait between attempts.
    pub backoff_cap: Duration,
    /// Failures of one start before it is given up and undone.
    pub give_up_after: u32,
    /// How often a running instance is looked at.
    pub probe: Duration,
    /// How long after one odd reading a second one is believed.
    pub probe_gap: Duration,
    /// How often something pending is asked about.
    pub poll: Duration,
    /// How long a call may take; after that it can have no effect of its own.
    pub deadline: Duration,
    /// How long a sweep waits for each of its lists, which go on side by side: longer than for a call, because a list changes
    /// nothing, and may have many pages.
    pub listing: Duration,
    /// How long a start may tell nothing new before it counts as failed. A migration may tell nothing for ever.
    pub stall: Duration,
    /// How long closing a world may take before a gentle stop goes on without it.
    pub close_within: Duration,
    /// Unasked deaths within [`loss_window`](Self::loss_window) before an instance stays down.
    pub losses: usize,
    /// The period in which crashes are counted.
    pub loss_window: Duration,
    /// How long a worker keeps an instance to itself.
    pub claim: Duration,
    /// How often a worker says that it is alive.
    pub heartbeat: Duration,
    /// How often the store is asked for changes that nobody here made.
    pub resync: Duration,
    /// How often orphans are looked for.
    pub sweep: Duration,
    /// How long an orphan launch or name must have been seen before it is removed.
    pub stray_age: Duration,
    /// How long a running table must have been empty before it is asked to make room for one that waits: since it came
    /// up, since the last person left, or since somebody asked for it again. Until then people may be on their way.
    pub make_room_after: Duration,
    /// How long an edge may go on letting people in after joins were blocked.
    pub edge_lag: Duration,
    /// How long after an operator gave a machine up its program may still run somewhere: its license is kept so long.
    pub hard_deadline: Duration,
    /// How long entries of the audit trail are kept: sign-ins half as long, failed ones a sixth.
    pub events_age: Duration,
    /// How many entries of the audit trail are kept at most. Each of five groups of kinds has a fifth of it.
    pub events: usize,
    /// How long the administrator's password of a deleted instance is kept for the next one of the same name and owner; zero
    /// forgets it at once.
    pub admin_key_retention: Duration,
    /// How often operations are looked for on the clock. What another process was asked for is seen at the next look at what was
    /// written, after [`resync`](Self::resync).
    pub operations: Duration,
    /// How many operations are in hand at once.
    pub operations_at_once: usize,
    /// How long operations that have ended are kept.
    pub operations_age: Duration,
    /// How long backups of a deleted instance are kept; none for ever.
    pub orphaned_backups_age: Option<Duration>,
    /// How long after its settings were saved the end of a program is the restart it was asked for.
    pub restart_within: Duration,
    /// How many instances are in hand at once.
    pub concurrency: usize,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            backoff: Duration::from_secs(1),
            backoff_cap: Duration::from_mins(5),
            give_up_after: 6,
            probe: Duration::from_secs(5),
            probe_gap: Duration::from_secs(3),
            poll: Duration::from_millis(100),
            deadline: Duration::from_secs(10),
            listing: Duration::from_mins(1),
            stall: Duration::from_mins(10),
            close_within: Duration::from_mins(2),
            losses: 4,
            loss_window: Duration::from_mins(10),
            claim: Duration::from_mins(1),
            heartbeat: Duration::from_secs(5),
            resync: Duration::from_millis(500),
            sweep: Duration::from_mins(2),
            stray_age: Duration::from_hours(1),
            make_room_after: Duration::from_mins(10),
            edge_lag: Duration::from_secs(3),
            hard_deadline: Duration::from_mins(10),
            events_age: Duration::from_hours(24 * 180),
            events: 100_000,
            admin_key_retention: Duration::from_hours(24 * 30),
            operations: Duration::from_secs(30),
            operations_at_once: 4,
            operations_age: Duration::from_hours(24 * 180),
            orphaned_backups_age: Some(Duration::from_hours(24 * 90)),
            restart_within: Duration::from_mins(2),
            concurrency: 16,
        }
    }
}

impl WorkerOptions {
    /// The wait after `failures` in a row: doubled each time, capped.
    pub(crate) fn after(&self, failures: u32) -> Duration {
        self.backoff
            .saturating_mul(1 << failures.clamp(1, 16).saturating_sub(1))
            .min(self.backoff_cap)
    }

    /// How long nobody has to have heard of a worker that counts as dead.
    pub(crate) fn silence(&self) -> Duration {
        self.heartbeat * 4
    }
}
