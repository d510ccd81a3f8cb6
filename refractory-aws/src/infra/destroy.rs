//! Taking a deployment away.
use std::collections::{BTreeMap, BTreeSet};

use refractory_core::Result;

use super::data::Kept;
use super::follow::{Progress, State, Tell};
use super::footing::Footing;
use super::outside::{self, Outside};
use super::remedy::failed;
use super::{Infra, stack::Stack};

/// How often the stack is asked to go before a person is.
const TRIES: u32 = 2;

/// How much is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The stack. Data, and what was made beside the stack, stays.
    Stack,
    /// Everything, data too. Deleted secrets can be brought back for so many days; none where it is zero.
    Everything {
        /// Days, 7 to 30, or zero.
        recovery: i64,
    },
}

impl Extent {
    pub(super) fn recovery_days(self) -> Option<i64> {
        match self {
            Self::Everything { recovery } if recovery > 0 => Some(recovery),
            Self::Everything { .. } | Self::Stack => None,
        }
    }
}

/// What there is of a deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// How many resources the stack holds; none where there is no stack.
    pub stack: Option<usize>,
    /// Data, which outlives its stack.
    pub data: Vec<Kept>,
    /// What was made beside the stack.
    pub outside: Vec<Outside>,
}

impl Survey {
    /// Whether nothing is left at all.
    pub fn is_empty(&self) -> bool {
        self.stack.is_none() && self.data.is_empty() && self.outside.is_empty()
    }

    /// What data and what lies beside the stack costs a month, in cents.
    pub fn cents(&self) -> u64 {
        let data = self.data.iter().map(|kept| kept.cents);
        data.chain(self.outside.iter().map(Outside::cents)).sum()
    }

    /// How many there are of each kind beside the stack.
    pub fn counted(&self) -> BTreeMap<&'static str, usize> {
        outside::counted(&self.outside)
    }
}

impl Infra {
    /// What there is of the deployment, and what keeping it costs.
    ///
    /// # Errors
    ///
    /// `Conflict` where something has the name of our data and not our tag; what AWS refuses.
    pub async fn survey(&self) -> Result<Survey> {
        let (footing, stack) = self.stand().await?;
        let inside = match footing {
            Footing::Fresh => None,
            Footing::Stands
            | Footing::Busy
            | Footing::Rubble
            | Footing::Stuck
            | Footing::Leaving => Some(self.resources(&stack.id).await?),
        };
        let handles: BTreeSet<_> = inside.iter().flat_map(BTreeMap::values).cloned().collect();
        Ok(Survey {
            stack: inside.map(|inside| inside.len()),
            data: self.kept().await?,
            outside: self.outside(&stack, &handles).await?,
        })
    }

    /// Takes the stack away; with [`Extent::Everything`] also what was made beside it and all data, for good. May be
    /// broken off and said again. Answers with what is left.
    ///
    /// # Errors
    ///
    /// What holds the stack and what to do about it; what AWS refuses.
    pub async fn destroy(&self, extent: Extent, tell: &mut Tell<'_>) -> Result<Survey> {
        self.demolish(tell).await?;
        for one in self.portals().await? {
            self.discard(&one, extent).await?;
            tell(&Progress::ours(one.handle(), one.what(), State::Done, "DELETED"));
        }
        if extent != Extent::Stack {
            for one in self.outside(&Stack::default(), &BTreeSet::new()).await? {
                self.discard(&one, extent).await?;
                tell(&Progress::ours(one.handle(), one.what(), State::Done, "DELETED"));
            }
            for (data, handle) in self.kept_handles().await? {
                tell(&Progress::ours(data.name(), data.kind(), State::Begun, "DELETING"));
                self.erase(data, &handle).await?;
                tell(&Progress::ours(data.name(), data.kind(), State::Done, "DELETED"));
            }
        }
        self.survey().await
    }

    /// Takes the stack away, however it stands.
    async fn demolish(&self, tell: &mut Tell<'_>) -> Result<()> {
        let mut tries = 0;
        loop {
            let (footing, stack) = self.stand().await?;
            match footing {
                Footing::Fresh if stack.id.is_empty() => return Ok(()),
                Footing::Busy => {
                    let mark = self.beginning(&stack.id).await?;
                    self.follow(&stack.id, mark, tell).await?;
                    continue;
                }
                // A stack that was only ever proposed, too.
                Footing::Fresh
                | Footing::Stands
                | Footing::Rubble
                | Footing::Stuck
                | Footing::Leaving => {}
            }
            self.quiet(tell).await?;
            self.forget_names(&stack).await?;
            let end = self.remove_stack(&stack, tell).await?;
            if end.status == "DELETE_COMPLETE" {
                return Ok(());
            }
            tries += 1;
            if tries == TRIES {
                return Err(failed("taking the stack away", "destroy", &end.status, &end.causes));
            }
        }
    }

    async fn remove_stack(&self, stack: &Stack, tell: &mut Tell<'_>) -> Result<super::follow::End> {
        let mark = self.mark(&stack.id).await?;
        self.delete(&stack.id).await?;
        self.follow(&stack.id, mark, tell).await
    }
}
