//! Whether a folder can carry the databases of a world: what LevelDB asks of a file system, tried out.
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rusty_leveldb::{DB, Options};

/// Documents that are written.
const DOCUMENTS: u32 = 2_000;
/// What each of them holds.
const BYTES: usize = 2_048;
/// What may be written before the log becomes a table: small, so that there are several to compact.
const BUFFER: usize = 256 << 10;

/// One step, and how long it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was done.
    pub name: &'static str,
    /// How long it took.
    pub took: Duration,
}

/// Opens, writes, compacts, closes and reopens a database in a new folder below `folder`, and removes it again. While it is open,
/// `intrude` - another process, or another machine - is asked to open the same one, and must be refused.
///
/// # Errors
///
/// What went wrong, as a sentence.
#[expect(clippy::disallowed_methods, reason = "it measures")]
pub fn level_db(folder: &Path, intrude: impl FnOnce(&Path) -> bool) -> Result<Vec<Step>, String> {
    let place = folder.join(format!(".probe-{}", std::process::id()));
    let mut steps = Vec::new();
    let mut begun = Instant::now();
    let mut done = |name| {
        steps.push(Step { name, took: begun.elapsed() });
        begun = Instant::now();
    };
    let mut db = open(&place)?;
    done("open");
    for number in 0..DOCUMENTS {
        db.put(key(number).as_bytes(), &document(number))
            .map_err(|error| said("writing", &error))?;
    }
    db.flush().map_err(|error| said("flushing", &error))?;
    done("write");
    if intrude(&place) {
        return Err(
            "a second process could open the same database: locks do not hold here".to_owned()
        );
    }
    done("refuse a second opener");
    db.compact_range(b"", b"~").map_err(|error| said("compacting", &error))?;
    done("compact");
    db.close().map_err(|error| said("closing", &error))?;
    drop(db);
    let mut db = open(&place)?;
    done("close and open again");
    for number in 0..DOCUMENTS {
        if db.get(key(number).as_bytes()).as_deref() != Some(&document(number)[..]) {
            return Err(format!("document {number} is not what was written"));
        }
    }
    done("read everything");
    drop(db);
    fs::remove_dir_all(&place)
        .map_err(|error| format!("the probe's folder could not be removed: {error}"))?;
    Ok(steps)
}

/// Whether the database in `place` can be opened: what a second process tries.
pub fn opens(place: &Path) -> bool {
    open(place).is_ok()
}

fn open(place: &Path) -> Result<DB, String> {
    let options = Options { write_buffer_size: BUFFER, ..Options::default() };
    DB::open(place, options).map_err(|error| said("opening", &error))
}

fn key(number: u32) -> String {
    format!("!actors!{number:08}")
}

/// Different in each, so that a table that was mixed up is found out.
fn document(number: u32) -> Vec<u8> {
    number.to_le_bytes().into_iter().cycle().take(BYTES).collect()
}

fn said(during: &str, error: &rusty_leveldb::Status) -> String {
    format!("{during} failed: {error}")
}
