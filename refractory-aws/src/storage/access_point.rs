//! An access point, as far as it matters here.
use aws_sdk_efs::types::{AccessPointDescription, LifeCycleState, Tag};
use refractory_core::InstanceId;
use refractory_core::ports::{Observed, Progress, Reason, Usage, Volume};

use crate::naming::{TAG_BYTES, TAG_DEPLOYMENT, TAG_INSTANCE, TAG_STAGE};

/// How far the removal of a volume has got. It is written on the access point itself, which goes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RemovalStage {
    /// It is to be kept.
    Kept,
    /// Its files are being removed.
    Clearing,
    /// Its files are gone.
    Cleared,
}

impl RemovalStage {
    /// The value of the tag.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Clearing => "clearing",
            Self::Cleared => "cleared",
        }
    }

    fn read(text: Option<&str>) -> Self {
        match text {
            Some("clearing") => Self::Clearing,
            Some("cleared") => Self::Cleared,
            _ => Self::Kept,
        }
    }
}

/// An access point, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AccessPoint {
    pub(super) id: String,
    pub(super) state: LifeCycleState,
    pub(super) stage: RemovalStage,
    deployment: Option<String>,
    of: Option<InstanceId>,
    bytes: Option<u64>,
}

impl AccessPoint {
    /// What a description says; nothing where it has no id.
    pub(super) fn read(found: AccessPointDescription) -> Option<Self> {
        let tags = found.tags.unwrap_or_default();
        let tag = |key: &str| tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str());
        Some(Self {
            stage: RemovalStage::read(tag(TAG_STAGE)),
            deployment: tag(TAG_DEPLOYMENT).map(ToOwned::to_owned),
            of: tag(TAG_INSTANCE).and_then(|raw| InstanceId::new(raw).ok()),
            bytes: tag(TAG_BYTES).and_then(|raw| raw.parse().ok()),
            id: found.access_point_id?,
            state: found.life_cycle_state.unwrap_or(LifeCycleState::Available),
        })
    }

    /// Whose volume it is, in this deployment.
    pub(super) fn of(&self, deployment: &str) -> Option<&InstanceId> {
        self.of.as_ref().filter(|_| self.deployment.as_deref() == Some(deployment))
    }

    /// What the port says about it.
    pub(super) fn observed(&self, of: &InstanceId) -> Observed<Volume> {
        if self.stage != RemovalStage::Kept {
            return Observed::Pending(Some(Progress::new("its files are removed")));
        }
        let going = |message: &str| Observed::Pending(Some(Progress::new(message)));
        // As text: a state that this version does not know is reported by its name.
        match self.state.as_str() {
            "available" | "updating" => Observed::Ready(Volume {
                of: of.clone(),
                handle: self.id.clone(),
                usage: self.bytes.map(|bytes| Usage { bytes, quota: None }),
            }),
            "creating" => going("its access point is made"),
            "deleting" => going("its access point is removed"),
            "deleted" => Observed::Absent,
            odd => Observed::Broken(Reason(format!(
                "EFS says that the access point of this table is in state `{odd}`. Look at it in the console of AWS."
            ))),
        }
    }
}

/// A tag.
pub(super) fn tag(key: &str, value: &str) -> Tag {
    // Both are set; the builder cannot know.
    Tag::builder()
        .key(key)
        .value(value)
        .build()
        .unwrap_or_else(|error| unreachable!("a whole tag: {error}"))
}
