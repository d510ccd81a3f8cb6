//! Where a launch is tried, in which order.
use crate::{AwsConfig, StackOutputs};

/// What a task is paid as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CapacityProvider {
    /// Spare capacity, which AWS can take back within two minutes.
    Spot,
    /// The full price.
    OnDemand,
}

impl CapacityProvider {
    /// The capacity provider's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Spot => "FARGATE_SPOT",
            Self::OnDemand => "FARGATE",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Spot => "spare capacity",
            Self::OnDemand => "capacity",
        }
    }
}

/// One place to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placement {
    /// What the task is paid as.
    pub(super) provider: CapacityProvider,
    /// The subnets, and so the zones, that AWS may choose among.
    pub(super) subnets: Vec<String>,
}

/// The places of a deployment, in the order they are tried: wherever AWS likes first, then zone by zone, because it may
/// have chosen one that is full; spare capacity before the full price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlacementPlan(Vec<Placement>);

impl PlacementPlan {
    pub(super) fn of(config: &AwsConfig, outputs: &StackOutputs) -> Self {
        let spot = config.spot.then_some(CapacityProvider::Spot);
        let full = (config.on_demand || !config.spot).then_some(CapacityProvider::OnDemand);
        let places = spot.into_iter().chain(full).flat_map(|provider| {
            let alone = if outputs.subnets.len() > 1 { outputs.subnets.as_slice() } else { &[] };
            std::iter::once(outputs.subnets.clone())
                .chain(alone.iter().map(|subnet| vec![subnet.clone()]))
                .map(move |subnets| Placement { provider, subnets })
        });
        Self(places.collect())
    }

    /// The place of the attempt numbered `attempt`; after the last the first comes again.
    pub(super) fn placement(&self, attempt: u32) -> &Placement {
        &self.0[self.index(attempt)]
    }

    /// Whether `attempt` begins a round: everything has been tried before it.
    pub(super) fn begins_round(&self, attempt: u32) -> bool {
        attempt > 0 && self.index(attempt) == 0
    }

    /// The progress message while `attempt` is made after others failed. The same within later rounds, so that a user who
    /// waits for news sees that there are none.
    pub(super) fn message(&self, attempt: u32) -> String {
        let (place, before) = (self.placement(attempt), self.placement(attempt.saturating_sub(1)));
        if usize::try_from(attempt).is_ok_and(|attempt| attempt >= self.0.len()) {
            return "AWS has no capacity in any zone; trying again every half minute".to_owned();
        }
        if place.provider != before.provider {
            return "AWS has no spare capacity left; the table is started at the full price"
                .to_owned();
        }
        let zones = place.subnets.join(", ");
        format!("AWS has no {} left where it was asked; {zones} is tried", before.provider.label())
    }

    fn index(&self, attempt: u32) -> usize {
        usize::try_from(attempt).unwrap_or_default() % self.0.len()
    }
}

#[cfg(test)]
mod tests;
