//! Where everything of a snapshot lies.
use refractory_core::ports::SnapshotName;
use refractory_core::{InstanceId, Timestamp};

/// What all keys of `of` begin with.
pub(super) fn all(of: &InstanceId) -> String {
    format!("snapshots/{of}/")
}

/// The manifest of `name`.
pub(super) fn manifest(name: &SnapshotName) -> String {
    format!("{}{}.json", all(&name.of), moment(name.at))
}

/// What the keys of all attempts at `name` begin with.
pub(super) fn attempts(name: &SnapshotName) -> String {
    format!("{}{}/", all(&name.of), moment(name.at))
}

/// What the keys of one attempt at `name` begin with.
pub(super) fn attempt(name: &SnapshotName, attempt: &str) -> String {
    format!("{}{attempt}/", attempts(name))
}

/// The restore of `of` that has begun and is not finished.
pub(super) fn restoring(of: &InstanceId) -> String {
    format!("{}restoring", all(of))
}

/// Which snapshot of `of` the manifest `key` is that of.
pub(super) fn named(of: &InstanceId, key: &str) -> Option<SnapshotName> {
    let moment = key.strip_prefix(&all(of))?.strip_suffix(".json")?;
    Some(SnapshotName { of: of.clone(), at: Timestamp(moment.parse().ok()?) })
}

/// Of one width, so that keys sort as moments do.
fn moment(at: Timestamp) -> String {
    format!("{:015}", at.0)
}

/// The name of the job that writes `name`.
pub(super) fn job_name(name: &SnapshotName) -> String {
    format!("copy:{}", name.at.0)
}

/// A name that no other attempt has.
pub(super) fn fresh_attempt() -> String {
    InstanceId::fresh().to_string()
}
