//! The log port over log files.
use std::io;

use super::LogFiles;
use super::files::Place;
use crate::blocking::blocking;
use crate::ports::{LogChunk, LogPosition, LogSource};
use crate::{Error, ErrorKind, InstanceId, Result, async_trait};

/// How much is read at a time, and how far back the last lines are looked for in one file.
const PIECE: u64 = 256 << 10;
/// A longer line is cut there and goes on as the next.
const LONGEST: usize = 16 << 10;

/// Reads the log files that programs on this machine write.
#[derive(Debug, Clone)]
pub struct FolderLogs(LogFiles);

impl FolderLogs {
    pub(in crate::local) fn new(files: LogFiles) -> Self {
        Self(files)
    }

    /// At most `limit` lines from `place` on, through as many files as it takes.
    fn forward(&self, of: &InstanceId, place: Place, limit: usize) -> io::Result<LogChunk> {
        let mut place = self.still_there(of, place)?;
        let mut lines = Vec::new();
        while lines.len() < limit {
            let bytes = self.0.read(of, place, PIECE)?.unwrap_or_default();
            let rotated = place.file < self.0.current(of)?;
            let ends = rotated && u64::try_from(bytes.len()).is_ok_and(|read| read < PIECE);
            let used = take_lines(&bytes, ends, limit - lines.len(), &mut lines);
            place.offset += u64::try_from(used).unwrap_or_default();
            if used == 0 && rotated {
                place = Place { file: place.file + 1, offset: 0 };
            } else if used == 0 {
                break;
            }
        }
        Ok(LogChunk { lines, next: LogPosition(format!("{}:{}", place.file, place.offset)) })
    }

    /// `place`, or the oldest there is where it was rotated away or belongs to files long gone.
    fn still_there(&self, of: &InstanceId, place: Place) -> io::Result<Place> {
        let end = self.0.end(of)?;
        let oldest = self.0.rotated(of)?.first().copied().unwrap_or(end.file);
        let there = place.file >= oldest && place <= end;
        Ok(if there { place } else { Place { file: oldest, offset: 0 } })
    }

    fn last(&self, of: &InstanceId, limit: usize) -> io::Result<LogChunk> {
        let mut chunk = self.forward(of, self.far_enough_back(of)?, usize::MAX)?;
        chunk.lines.drain(..chunk.lines.len().saturating_sub(limit));
        Ok(chunk)
    }

    /// The beginning of a line far enough before the end, in whichever file that is.
    fn far_enough_back(&self, of: &InstanceId) -> io::Result<Place> {
        let mut place = self.0.end(of)?;
        let mut wanted = PIECE;
        for before in self.0.rotated(of)?.into_iter().rev() {
            if place.offset >= wanted {
                break;
            }
            wanted -= place.offset;
            place = Place { file: before, offset: self.0.length(of, before)? };
        }
        self.line_begin(of, Place { offset: place.offset.saturating_sub(wanted), ..place })
    }

    fn line_begin(&self, of: &InstanceId, place: Place) -> io::Result<Place> {
        if place.offset == 0 {
            return Ok(place);
        }
        let bytes = self.0.read(of, place, PIECE)?.unwrap_or_default();
        let skip = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        Ok(Place { offset: place.offset + u64::try_from(skip).unwrap_or_default(), ..place })
    }
}

/// Moves whole lines out of `bytes`; says how many bytes they took. The rest is a line too where the file `ends`.
fn take_lines(bytes: &[u8], ends: bool, limit: usize, lines: &mut Vec<String>) -> usize {
    let mut used = 0;
    for _ in 0..limit {
        let rest = &bytes[used..];
        let (line, taken) = match rest.iter().take(LONGEST).position(|byte| *byte == b'\n') {
            Some(end) => (&rest[..end], end + 1),
            None if rest.len() >= LONGEST => (&rest[..LONGEST], LONGEST),
            None if ends && !rest.is_empty() => (rest, rest.len()),
            None => break,
        };
        lines.push(String::from_utf8_lossy(line).trim_end_matches('\r').to_owned());
        used += taken;
    }
    used
}

fn place(position: &LogPosition) -> Option<Place> {
    let (file, offset) = position.0.split_once(':')?;
    Some(Place { file: file.parse().ok()?, offset: offset.parse().ok()? })
}

#[async_trait]
impl LogSource for FolderLogs {
    async fn read(
        &self,
        of: &InstanceId,
        from: Option<&LogPosition>,
        limit: usize,
    ) -> Result<LogChunk> {
        let (me, of) = (self.clone(), of.clone());
        // A position nobody here wrote is one that was rotated away.
        let from = from.map(|position| place(position).unwrap_or_default());
        blocking("reading a log", move |_| {
            let read = match from {
                Some(place) => me.forward(&of, place, limit),
                None => me.last(&of, limit),
            };
            read.map_err(|error| {
                Error::new(ErrorKind::Unavailable, "reading a log").caused_by(error)
            })
        })
        .await
    }
}
