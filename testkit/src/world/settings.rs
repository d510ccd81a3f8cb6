//! How the world behaves.
use std::collections::BTreeMap;
use std::time::Duration;

use refractory_core::InstanceId;

/// How the world behaves. Counts are of answers: what takes two polls answers `Pending` twice first.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "switches that do not depend on each other")]
pub struct WorldSettings {
    /// Calls for a copy of a volume, or for putting one in its place, that are answered `Pending` first.
    pub copy_polls: u32,
    /// Whether the deployment may not remove snapshots.
    pub keeps_snapshots: bool,
    /// How long a machine boots.
    pub boot_polls: u32,
    /// How long a machine stops.
    pub stop_polls: u32,
    /// How long a world opens.
    pub open_polls: u32,
    /// How long the world that opens next is migrated first, which must not be broken off.
    pub migration_polls: u32,
    /// How long a world closes.
    pub close_polls: u32,
    /// Whether worlds never close.
    pub never_closes: bool,
    /// Who plays where; no one where nothing is said.
    pub players: BTreeMap<InstanceId, u32>,
    /// Whether no game answers a question, though it runs.
    pub status_unknown: bool,
    /// How long there is to close what runs when the process that started it ends; it lives on where nothing is said.
    pub closes_within: Option<Duration>,
    /// Whether names lead to machines without passing the edge.
    pub past_the_edge: bool,
    /// How many more times a volume is refused before there is one.
    pub volume_refusals: u32,
    /// Whether no archive can be stored.
    pub archives_full: bool,
    /// Where uploads lie, as `http://host:port`; nowhere in particular where nothing is said.
    pub uploads_at: String,
}
