//! Taking a deployment away.
use std::collections::{BTreeMap, BTreeSet};

use refractory_core::Result;

use super::data::RetainedData;
use super::progress::{OnProgress, ResourceProgress, ResourceState};
use super::remedy::deploy_error;
use super::stack_state::StackState;
use super::unmanaged::{self, DestroyScope, UnmanagedResource};
use super::{Infra, stack::Stack};

/// How often the stack is asked to go before a person is.
const TRIES: u32 = 2;

/// What there is of a deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// How many resources the stack holds; none where there is no stack.
    pub stack: Option<usize>,
    /// Data, which outlives its stack.
    pub data: Vec<RetainedData>,
    /// What was made beside the stack.
    pub unmanaged: Vec<UnmanagedResource>,
}

impl Inventory {
    /// Whether nothing is left at all.
    pub fn is_empty(&self) -> bool {
        self.stack.is_none() && self.data.is_empty() && self.unmanaged.is_empty()
    }

    /// What data and what lies beside the stack costs a month, in cents.
    pub fn cents(&self) -> u64 {
        let data = self.data.iter().map(|kept| kept.cents);
        data.chain(self.unmanaged.iter().map(UnmanagedResource::monthly_cents)).sum()
    }

    /// How many there are of each kind beside the stack.
    pub fn counted(&self) -> BTreeMap<&'static str, usize> {
        unmanaged::count_by_kind(&self.unmanaged)
    }
}

impl Infra {
    /// What there is of the deployment, and what keeping it costs.
    ///
    /// # Errors
    ///
    /// `Conflict` where something has the name of our data and not our tag; what AWS refuses.
    pub async fn inventory(&self) -> Result<Inventory> {
        let (state, stack) = self.current_state().await?;
        let inside = match state {
            StackState::Absent => None,
            StackState::Ready
            | StackState::Busy
            | StackState::Failed
            | StackState::Stuck
            | StackState::Deleting => Some(self.resources(&stack.id).await?),
        };
        let handles: BTreeSet<_> = inside.iter().flat_map(BTreeMap::values).cloned().collect();
        Ok(Inventory {
            stack: inside.map(|inside| inside.len()),
            data: self.retained_data().await?,
            unmanaged: self.unmanaged(&stack, &handles).await?,
        })
    }

    /// Takes the stack away; with [`DestroyScope::Everything`] also what was made beside it and all data, for good. May be
    /// broken off and said again. Answers with what is left.
    ///
    /// # Errors
    ///
    /// What holds the stack and what to do about it; what AWS refuses.
    pub async fn destroy(
        &self,
        extent: DestroyScope,
        tell: &mut OnProgress<'_>,
    ) -> Result<Inventory> {
        self.destroy_stack(tell).await?;
        for one in self.portal_definitions().await? {
            self.remove_unmanaged(&one, extent).await?;
            tell(&ResourceProgress::ours(
                one.resource_id(),
                one.kind(),
                ResourceState::Done,
                "DELETED",
            ));
        }
        if extent != DestroyScope::Stack {
            for one in self.unmanaged(&Stack::default(), &BTreeSet::new()).await? {
                self.remove_unmanaged(&one, extent).await?;
                tell(&ResourceProgress::ours(
                    one.resource_id(),
                    one.kind(),
                    ResourceState::Done,
                    "DELETED",
                ));
            }
            for (data, handle) in self.retained_ids().await? {
                tell(&ResourceProgress::ours(
                    data.name(),
                    data.kind(),
                    ResourceState::Begun,
                    "DELETING",
                ));
                self.destroy_data(data, &handle).await?;
                tell(&ResourceProgress::ours(
                    data.name(),
                    data.kind(),
                    ResourceState::Done,
                    "DELETED",
                ));
            }
        }
        self.inventory().await
    }

    /// Takes the stack away, however it stands.
    async fn destroy_stack(&self, tell: &mut OnProgress<'_>) -> Result<()> {
        let mut tries = 0;
        loop {
            let (state, stack) = self.current_state().await?;
            match state {
                StackState::Absent if stack.id.is_empty() => return Ok(()),
                StackState::Busy => {
                    let mark = self.operation_start(&stack.id).await?;
                    self.follow(&stack.id, mark, tell).await?;
                    continue;
                }
                // A stack that was only ever proposed, too.
                StackState::Absent
                | StackState::Ready
                | StackState::Failed
                | StackState::Stuck
                | StackState::Deleting => {}
            }
            self.stop_all_tasks(tell).await?;
            self.remove_name_records(&stack).await?;
            let end = self.remove_stack(&stack, tell).await?;
            if end.status == "DELETE_COMPLETE" {
                return Ok(());
            }
            tries += 1;
            if tries == TRIES {
                return Err(deploy_error(
                    "taking the stack away",
                    "destroy",
                    &end.status,
                    &end.causes,
                ));
            }
        }
    }

    async fn remove_stack(
        &self,
        stack: &Stack,
        tell: &mut OnProgress<'_>,
    ) -> Result<super::progress::StackOutcome> {
        let mark = self.latest_event(&stack.id).await?;
        self.delete(&stack.id).await?;
        self.follow(&stack.id, mark, tell).await
    }
}
