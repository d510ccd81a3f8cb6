//! Logs that lie.
use refractory_core::ports::{LogChunk, LogPosition, LogSource};
use refractory_core::{Error, ErrorKind, InstanceId, Result, async_trait};
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::world::World;

use super::{every_lie_is_caught, held_against};
use crate::subjects::{logs, world};

lies! {
    NoLogIsAnError,
    TheFirstComeFirst,
    SkipsALine,
    RemembersWhereItWas,
    OneLogForAll,
    StrangePositionsFail,
}

#[derive(Debug)]
struct Liar {
    world: World,
    lie: Lie,
    at: AtomicUsize,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl LogSource for Liar {
    async fn read(
        &self,
        of: &InstanceId,
        from: Option<&LogPosition>,
        limit: usize,
    ) -> Result<LogChunk> {
        let position = |at: usize| LogPosition(at.to_string());
        let chunk = self.world.read(of, from, limit).await?;
        match self.lie {
            Lie::NoLogIsAnError if chunk.lines.is_empty() => {
                Err(Error::new(ErrorKind::NotFound, "reading a log"))
            }
            Lie::TheFirstComeFirst if from.is_none() => {
                self.world.read(of, Some(&position(0)), limit).await
            }
            Lie::SkipsALine => {
                let next: usize = chunk.next.0.parse().unwrap();
                Ok(LogChunk { next: position(next + 1), ..chunk })
            }
            Lie::RemembersWhereItWas if from.is_some() => {
                let at = self.at.load(Ordering::SeqCst);
                let begin = from.map_or(0, |from| from.0.parse().unwrap_or(0));
                let chunk = self.world.read(of, Some(&position(at.max(begin))), limit).await?;
                self.at.store(chunk.next.0.parse().unwrap(), Ordering::SeqCst);
                Ok(chunk)
            }
            Lie::OneLogForAll => {
                let mut chunk = chunk;
                let other = self.world.read(&InstanceId::new("b")?, None, limit).await?;
                chunk.lines.extend(other.lines);
                Ok(chunk)
            }
            Lie::StrangePositionsFail if from.is_some_and(|at| at.0.parse::<usize>().is_err()) => {
                Err(Error::new(ErrorKind::Unavailable, "reading a log"))
            }
            _ => Ok(chunk),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_lie_about_logs_is_caught_and_every_case_catches_one() {
    every_lie_is_caught!(logs_cases, logs, LIES, |lie| async move {
        let world = world();
        logs(&world, Liar { world: world.clone(), lie, at: AtomicUsize::new(0) })
    });
}
