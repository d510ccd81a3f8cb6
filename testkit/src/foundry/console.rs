//! What the program says: lines on standard output, JSON in the log folder.
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use refractory_core::{Clock, SystemClock};
use serde_json::json;

use super::captured_output::CapturedOutput;

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

/// Where the program speaks.
#[derive(Debug, Clone)]
pub(crate) enum Output {
    /// On standard output.
    Stdout,
    /// To a listener in the same process.
    To(Arc<CapturedOutput>),
}

/// The program's voice.
pub(crate) struct Console {
    voice: Output,
    logs: Mutex<Option<File>>,
}

impl Console {
    /// Speaks with `voice`, and into `Logs/debug.<date>.log` below `logs`.
    pub(crate) fn new(voice: Output, logs: &Path) -> Self {
        let today: String = now().chars().take(10).collect();
        let file = logs.join(format!("debug.{today}.log"));
        let logs = OpenOptions::new().create(true).append(true).open(file).ok();
        Self { voice, logs: Mutex::new(logs) }
    }

    pub(crate) fn info(&self, text: impl fmt::Display) {
        self.log(Level::Info, &text.to_string());
    }

    pub(crate) fn warn(&self, text: impl fmt::Display) {
        self.log(Level::Warn, &text.to_string());
    }

    pub(crate) fn error(&self, text: impl fmt::Display) {
        self.log(Level::Error, &text.to_string());
    }

    /// Says `text` at `level`.
    pub(crate) fn log(&self, level: Level, text: &str) {
        let moment = now();
        let shown = moment.replace('T', " ").replace('Z', "");
        self.voice.write_line(&format!("FoundryVTT | {shown} | [{}] {text}", level.name()));
        let line = json!({"level": level.name(), "message": text, "timestamp": moment});
        if let Some(file) = self.logs.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            let _ = writeln!(file, "{line}");
        }
    }
}

impl Output {
    fn write_line(&self, text: &str) {
        match self {
            Self::Stdout => {
                // A supervisor that no longer reads is no reason to stop.
                let mut out = std::io::stdout().lock();
                let _ = writeln!(out, "{text}");
                let _ = out.flush();
            }
            Self::To(listener) => listener.add(text),
        }
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Console")
    }
}

fn now() -> String {
    SystemClock.now().to_string()
}
