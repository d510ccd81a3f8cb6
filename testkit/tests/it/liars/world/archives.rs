//! Archive stores that lie.
use std::sync::atomic::{AtomicU32, Ordering};

use refractory_core::model::Version;
use refractory_core::ports::{ArchiveInfo, ArchiveSource, Archives};
use refractory_core::{Error, ErrorKind, ReleaseId, Result, async_trait};
use testkit::world::World;

use super::{LeakyLock, every_lie_is_caught, held_against};
use crate::subjects::{archives, world};

lies! {
    MisreadsTheVersion,
    AnotherIdEachTime,
    OneArchiveOnly,
    BadOnesAreTransient,
    RemovesAll,
    RemoveOfAbsentFails,
    KeepsALock,
}

#[derive(Debug)]
struct Liar {
    world: World,
    lie: Lie,
    locked: LeakyLock,
    calls: AtomicU32,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Archives for Liar {
    async fn add(&self, source: &ArchiveSource) -> Result<ArchiveInfo> {
        if self.lie == Lie::KeepsALock {
            self.locked.take()?;
        }
        if self.lie == Lie::OneArchiveOnly {
            for info in Archives::list(&self.world).await? {
                Archives::remove(&self.world, &info.id).await?;
            }
        }
        let added = self.world.add(source).await;
        self.locked.give_back();
        match (self.lie, added) {
            (Lie::MisreadsTheVersion, Ok(info)) => {
                Ok(ArchiveInfo { version: Version::new(1, 1), ..info })
            }
            (Lie::AnotherIdEachTime, Ok(info)) => {
                let id = format!("{:0>64}", self.calls.fetch_add(1, Ordering::SeqCst));
                Ok(ArchiveInfo { id: ReleaseId::new(&id)?, ..info })
            }
            (Lie::BadOnesAreTransient, Err(_)) => {
                Err(Error::new(ErrorKind::Unavailable, "reading an archive"))
            }
            (_, added) => added,
        }
    }

    async fn remove(&self, id: &ReleaseId) -> Result<()> {
        let all = Archives::list(&self.world).await?;
        if self.lie == Lie::RemoveOfAbsentFails && all.iter().all(|info| info.id != *id) {
            return Err(Error::new(ErrorKind::NotFound, "removing an archive"));
        }
        if self.lie == Lie::RemovesAll {
            for info in all {
                Archives::remove(&self.world, &info.id).await?;
            }
        }
        Archives::remove(&self.world, id).await
    }

    async fn list(&self) -> Result<Vec<ArchiveInfo>> {
        Archives::list(&self.world).await
    }
}

#[tokio::test(start_paused = true)]
async fn every_lie_about_archives_is_caught_and_every_case_catches_one() {
    every_lie_is_caught!(archives_cases, archives, LIES, |lie| async move {
        let (locked, calls) = (LeakyLock::default(), AtomicU32::new(0));
        archives(Liar { world: world(), lie, locked, calls })
    });
}
