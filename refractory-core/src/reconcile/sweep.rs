//! What exists and nobody explains: reported first, removed much later, data never.
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::model::{Event, EventKind, Instance, Record, Step, Token, Urgency};
use crate::ports::Table;
use crate::service::Deployment;
use crate::{ErrorKind, Key, Result, Timestamp};

/// Something that no journal explains.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stray {
    /// A running program.
    Launch(Key),
    /// A volume. Only ever reported.
    Volume(crate::InstanceId),
    /// A place for uploads. Only ever reported.
    Assets(crate::InstanceId),
}

impl Stray {
    fn text(&self) -> String {
        match self {
            Self::Launch(key) => format!(
                "A program runs that no table explains: launch {key}. It is not reachable through the edge."
            ),
            Self::Volume(id) => {
                format!("There is data of a table that does not exist: {id}. It is kept.")
            }
            Self::Assets(id) => {
                format!("There are uploads of a table that does not exist: {id}. They are kept.")
            }
        }
    }
}

/// When each stray was first seen, and whether it was reported.
#[derive(Debug, Default)]
pub(crate) struct Sightings(Mutex<BTreeMap<Stray, (Timestamp, u32)>>);

impl Sightings {
    /// Whether any launch runs that nobody explains: it may use any licence.
    pub(crate) fn any_launch(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .keys()
            .any(|stray| matches!(stray, Stray::Launch(_)))
    }

    /// Takes the strays of this round in; answers each with how long it has been seen and how often.
    fn note(&self, strays: Vec<Stray>, now: Timestamp) -> Vec<(Stray, Duration, u32)> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|stray, _| strays.contains(stray));
        let note = |stray: Stray| {
            let (since, times) = seen.entry(stray.clone()).or_insert((now, 0));
            *times += 1;
            (stray, now.since(*since), *times)
        };
        strays.into_iter().map(note).collect()
    }
}

/// Whether the journals explain this launch.
pub(crate) fn explained(key: &Key, instances: &[Instance]) -> bool {
    instances.iter().any(|instance| {
        let launched = matches!(
            instance.journal.get(Step::Runtime),
            Some(Record::Intended(_) | Record::Held(_) | Record::Lost)
        );
        instance.id == key.instance && instance.epoch == key.epoch && launched
    })
}

impl Deployment {
    /// Looks for strays once. Failing to ask one port does not keep the others from being asked.
    pub(crate) async fn sweep(&self, sightings: &Sightings) -> Result<()> {
        // Ports first, rows second: what was made in between is then explained.
        let mut strays = Vec::new();
        let launches = self.ports.runtime.list().await;
        let volumes = self.ports.storage.list().await;
        let assets = self.ports.assets.list().await;
        let instances = Table::<Instance>::of(self.ports.store.as_ref()).list().await?;
        let known = |id: &crate::InstanceId| instances.iter().any(|instance| instance.id == *id);
        let unexplained = |key: &Key| !explained(key, &instances);
        strays.extend(launches?.into_iter().filter(unexplained).map(Stray::Launch));
        strays.extend(
            volumes.unwrap_or_default().into_iter().filter(|id| !known(id)).map(Stray::Volume),
        );
        strays.extend(
            assets.unwrap_or_default().into_iter().filter(|id| !known(id)).map(Stray::Assets),
        );
        self.expire_tokens().await?;
        for (stray, age, times) in sightings.note(strays, self.clock.now()) {
            self.treat(&stray, age, times).await?;
        }
        Ok(())
    }

    /// Deletes sessions and links that have ended.
    async fn expire_tokens(&self) -> Result<()> {
        let (table, now) = (Table::<Token>::of(self.ports.store.as_ref()), self.clock.now());
        for token in table.list().await?.into_iter().filter(|token| token.until <= now) {
            match table.delete(&token).await {
                Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound) => {
                }
                other => other?,
            }
        }
        Ok(())
    }

    async fn treat(&self, stray: &Stray, age: Duration, times: u32) -> Result<()> {
        if times == 2 {
            tracing::warn!(stray = ?stray, "nobody explains this");
            self.record(Event::by_system(self.clock.now(), EventKind::Stray, None, stray.text()))
                .await?;
        }
        match stray {
            Stray::Launch(key) if times > 2 && age >= self.patience.stray_age => {
                self.ports.runtime.remove(key, Urgency::Gentle).await.map(|_| ())
            }
            Stray::Launch(_) | Stray::Volume(_) | Stray::Assets(_) => Ok(()),
        }
    }
}
