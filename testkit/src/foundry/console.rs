//! What the program says: lines on standard output, JSON in the log folder.
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use refractory_core::{Clock, SystemClock};
use serde_json::json;

/// How bad a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Info,
    Warn,
    Error,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// The program's voice.
pub(crate) struct Console {
    logs: Mutex<Option<File>>,
}

impl Console {
    /// Speaks on standard output and into `Logs/debug.<date>.log` below `logs`.
    pub(crate) fn new(logs: &Path) -> Self {
        let today: String = now().chars().take(10).collect();
        let file = logs.join(format!("debug.{today}.log"));
        let logs = OpenOptions::new().create(true).append(true).open(file).ok();
        Self { logs: Mutex::new(logs) }
    }

    pub(crate) fn info(&self, text: impl fmt::Display) {
        self.say(Level::Info, &text.to_string());
    }

    pub(crate) fn warn(&self, text: impl fmt::Display) {
        self.say(Level::Warn, &text.to_string());
    }

    pub(crate) fn error(&self, text: impl fmt::Display) {
        self.say(Level::Error, &text.to_string());
    }

    /// Says `text` at `level`.
    pub(crate) fn say(&self, level: Level, text: &str) {
        let moment = now();
        let shown = moment.replace('T', " ").replace('Z', "");
        // A supervisor that no longer reads is no reason to stop.
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "FoundryVTT | {shown} | [{}] {text}", level.name());
        let _ = out.flush();
        let line = json!({"level": level.name(), "message": text, "timestamp": moment});
        if let Some(file) = self.logs.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            let _ = writeln!(file, "{line}");
        }
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Console")
    }
}

/// Says `text` on standard error, before there is a console or beside it.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn now() -> String {
    SystemClock.now().to_string()
}
