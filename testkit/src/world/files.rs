//! What programs print, and release archives.
use refractory_core::model::{Layout, Program, Version};
use refractory_core::ports::{
    ArchiveInfo, ArchiveSource, Archives, LogChunk, LogPosition, LogSource,
};
use refractory_core::{Error, ErrorKind, InstanceId, ReleaseId, Result, async_trait};

use super::World;
use crate::conformance::logs::Printer;

#[async_trait]
impl LogSource for World {
    async fn read(
        &self,
        of: &InstanceId,
        from: Option<&LogPosition>,
        limit: usize,
    ) -> Result<LogChunk> {
        let (of, from) = (of.clone(), from.cloned());
        self.call("logs.read", move |world| {
            let ledger = world.ledger();
            let none = Vec::new();
            let all = ledger.printed.get(&of).unwrap_or(&none);
            let begin = match from {
                // A place that is not one any more goes on with the oldest line.
                Some(LogPosition(at)) => at.parse().ok().filter(|at| *at <= all.len()).unwrap_or(0),
                None => all.len().saturating_sub(limit),
            };
            let end = all.len().min(begin.saturating_add(limit));
            let lines = all.get(begin..end).unwrap_or_default().to_vec();
            Ok(LogChunk { lines, next: LogPosition(end.to_string()) })
        })
        .await
    }
}

#[async_trait]
impl Archives for World {
    async fn add(&self, source: &ArchiveSource) -> Result<ArchiveInfo> {
        let name = match source {
            ArchiveSource::File(path) => path.to_string_lossy().into_owned(),
            ArchiveSource::Url(url) => url.clone(),
            _ => return Err(Error::new(ErrorKind::Unsupported, "reading an archive")),
        };
        self.call("archives.add", move |world| {
            let info = read(&name)?;
            let mut ledger = world.ledger();
            if ledger.settings.archives_full {
                return Err(Error::new(ErrorKind::Exhausted, "storing a release"));
            }
            Ok(ledger.archives.entry(info.id.clone()).or_insert(info).clone())
        })
        .await
    }

    async fn remove(&self, id: &ReleaseId) -> Result<()> {
        let id = id.clone();
        self.call("archives.remove", move |world| {
            world.ledger().archives.remove(&id);
            Ok(())
        })
        .await
    }

    async fn list(&self) -> Result<Vec<ArchiveInfo>> {
        self.call("archives.list", |world| Ok(world.ledger().archives.values().cloned().collect()))
            .await
    }
}

/// In this world an archive is what its file is called: `13.351.zip` is release 13.351, whatever folder it lies in.
fn read(name: &str) -> Result<ArchiveInfo> {
    let file = name.rsplit('/').next().unwrap_or_default();
    let bad = || Error::new(ErrorKind::Invalid, "reading an archive");
    let version: Version = file.strip_suffix(".zip").ok_or_else(bad)?.parse().map_err(|_| bad())?;
    Ok(ArchiveInfo {
        id: ReleaseId::new(&format!("{:0>64}", version.build))?,
        version,
        layout: Layout::Node,
        program: Program::Node,
        node_major: Some(20),
        size: 1,
    })
}

impl Printer for World {
    fn print(&self, of: &InstanceId, line: &str) {
        self.ledger().printed.entry(of.clone()).or_default().push(line.to_owned());
    }
}
