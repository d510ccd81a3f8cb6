//! What was logged, for tests that compare it with what was shown.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without may end it")]
use std::io::{self, Write};
use std::sync::{Mutex, Once};

use serde_json::Value;
use tracing::Level;

static WRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// The log of this whole process: its threads have no other.
struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        WRITTEN.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins to keep what is logged as a warning or worse.
pub(crate) fn begin() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        tracing_subscriber::fmt().json().with_max_level(Level::WARN).with_writer(|| Log).init();
    });
}

/// What was logged under `id`.
pub(crate) fn under(id: &str) -> Vec<Value> {
    let written = String::from_utf8(WRITTEN.lock().unwrap().clone()).unwrap();
    let entries = written.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    entries.map(|entry| entry["fields"].clone()).filter(|fields| fields["id"] == id).collect()
}
