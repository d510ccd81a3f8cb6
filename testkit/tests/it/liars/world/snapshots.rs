//! Snapshots that lie.
use refractory_core::ports::{Observed, Reason, Snapshot, SnapshotName, Snapshots, Volume};
use refractory_core::{Error, ErrorKind, InstanceId, Result, async_trait};
use testkit::conformance::Contents;
use testkit::world::World;

use super::{LeakyLock, every_lie_is_caught, held_against};
use crate::subjects::{snapshots, world};

lies! {
    RestoresNothing,
    EmptiesTheVolume,
    WritesANameAgain,
    NewestFirst,
    ListsEverybodys,
    GoesWithTheVolume,
    RestoresFromNothing,
    RestoresWhereItCameFrom,
    RestoresDamage,
    FindsDamageEverywhere,
    FindsNoDamage,
    VerifiesNothing,
    ForgetsWhenVerifying,
    RemovesAll,
    KeepsALock,
}

#[derive(Debug)]
struct Liar {
    world: World,
    lie: Lie,
    locked: LeakyLock,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Snapshots for Liar {
    async fn ensure(&self, name: &SnapshotName, of: &Volume) -> Result<Observed<Snapshot>> {
        if self.lie == Lie::WritesANameAgain {
            Snapshots::remove(&self.world, name).await?;
        }
        if self.lie == Lie::KeepsALock {
            self.locked.take()?;
        }
        let taken = Snapshots::ensure(&self.world, name, of).await;
        if self.lie == Lie::EmptiesTheVolume {
            self.world.write(&of.of, "");
        }
        self.locked.give_back();
        taken
    }

    async fn restore(&self, from: &SnapshotName, into: &Volume) -> Result<Observed<Volume>> {
        match self.lie {
            Lie::RestoresNothing => Ok(Observed::Ready(into.clone())),
            Lie::RestoresFromNothing => {
                let restored = Snapshots::restore(&self.world, from, into).await;
                Ok(restored.unwrap_or(Observed::Ready(into.clone())))
            }
            Lie::RestoresWhereItCameFrom => {
                let own = Volume { of: from.of.clone(), ..into.clone() };
                Snapshots::restore(&self.world, from, &own).await
            }
            Lie::RestoresDamage => {
                let restored = Snapshots::restore(&self.world, from, into).await;
                if restored.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unexpected) {
                    self.world.write(&into.of, "before");
                }
                restored
            }
            Lie::GoesWithTheVolume if self.world.read(&into.of).as_deref() == Some("empty") => {
                Err(Error::new(ErrorKind::NotFound, "restoring a snapshot"))
            }
            _ => Snapshots::restore(&self.world, from, into).await,
        }
    }

    async fn verify(&self, name: &SnapshotName, request: &str) -> Result<Observed<Snapshot>> {
        let answer = Snapshots::verify(&self.world, name, request).await?;
        let whole = || Ok(Observed::Ready(Snapshot { name: name.clone(), size: 0 }));
        match (self.lie, &answer) {
            (Lie::FindsNoDamage, Observed::Broken(_))
            | (Lie::VerifiesNothing, Observed::Absent) => whole(),
            (Lie::FindsDamageEverywhere, Observed::Ready(_)) => {
                Ok(Observed::Broken(Reason("It is damaged.".to_owned())))
            }
            (Lie::ForgetsWhenVerifying, _) => {
                Snapshots::remove(&self.world, name).await?;
                Ok(answer)
            }
            _ => Ok(answer),
        }
    }

    fn copies_running(&self) -> bool {
        false
    }

    fn is_supported(&self) -> bool {
        true
    }

    async fn remove(&self, name: &SnapshotName) -> Result<Observed<Snapshot>> {
        if self.lie == Lie::RemovesAll {
            for snapshot in Snapshots::list(&self.world, &name.of).await? {
                Snapshots::remove(&self.world, &snapshot.name).await?;
            }
        }
        Snapshots::remove(&self.world, name).await
    }

    async fn list(&self, of: &InstanceId) -> Result<Vec<Snapshot>> {
        let mut all = Snapshots::list(&self.world, of).await?;
        match self.lie {
            Lie::NewestFirst => all.reverse(),
            Lie::ListsEverybodys if of.as_str() == "b" => {
                all.extend(Snapshots::list(&self.world, &InstanceId::new("a")?).await?);
            }
            _ => {}
        }
        Ok(all)
    }
}

#[tokio::test(start_paused = true)]
async fn every_lie_about_snapshots_is_caught_and_every_case_catches_one() {
    every_lie_is_caught!(snapshots_cases, snapshots, LIES, |lie| async move {
        let world = world();
        snapshots(&world, Liar { world: world.clone(), lie, locked: LeakyLock::default() })
    });
}
