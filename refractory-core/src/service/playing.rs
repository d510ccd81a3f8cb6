//! Who is playing at a table, asked of the program itself.
use super::Refractory;
use crate::access::{Verb, check};
use crate::model::{Instance, Phase, Principal};
use crate::reconcile::bounded;
use crate::{InstanceId, Result};

/// Who is playing at a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Playing {
    /// Users with a live connection.
    pub count: u32,
    /// Their names, where the program tells them; else empty.
    pub names: Vec<String>,
}

impl Playing {
    /// Says how many play `at` a table, as `2 people are playing at Friday Night`.
    pub fn headline(&self, at: &str) -> String {
        match self.count {
            1 => format!("1 person is playing at {at}"),
            count => format!("{count} people are playing at {at}"),
        }
    }
}

impl Refractory {
    /// Returns who is playing at an instance now. Falls back to the count that was last seen when the program can't be
    /// asked from here, or does not answer in time.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn playing(&self, who: &Principal, id: &InstanceId) -> Result<Playing> {
        let instance = self.get(who, id).await?;
        check(who, Verb::StopInstance, &instance, id)?;
        if !matches!(instance.phase(), Phase::On(_)) {
            return Ok(Playing::default());
        }
        let seen = instance.seen.as_ref().map_or(0, |seen| seen.players);
        let names = match self.player_names(&instance).await {
            Ok(names) => names,
            Err(error) => {
                tracing::debug!(%id, %error, "the players could not be named");
                None
            }
        };
        Ok(match names {
            Some(names) => Playing { count: u32::try_from(names.len()).unwrap_or(u32::MAX), names },
            None => Playing { count: seen, names: Vec::new() },
        })
    }

    async fn player_names(&self, instance: &Instance) -> Result<Option<Vec<String>>> {
        let deployment = &self.deployment;
        let asked = async {
            let target = deployment.target(instance).await?;
            deployment.ports.game.players(&target).await
        };
        bounded(deployment.options.deadline, "asking who plays", asked).await
    }
}
