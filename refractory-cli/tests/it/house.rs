//! A data folder, and the program in it.
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// What a command said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The JSON on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Checks that it went well.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// Checks that it ended with `code` and said `part`.
    #[track_caller]
    pub(crate) fn failed(self, code: i32, part: &str) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.contains(part), "{part}: {self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
        self
    }
}

/// Its own folder to run the program in.
#[derive(Debug)]
pub(crate) struct House {
    dir: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl House {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// Gives every command this variable.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value.to_owned()));
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("refractory-data")
    }

    /// The program, about to run here.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_refractory"));
        command.args(args);
        self.prepare(&mut command);
        command
    }

    fn prepare(&self, command: &mut Command) {
        command.current_dir(self.path()).env_remove("REFRACTORY_LOG");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    }

    /// Runs a line, cut at blanks.
    pub(crate) fn run(&self, line: &str) -> Said {
        Said::of(self.command(line.split_whitespace()).output().unwrap())
    }

    /// Runs a line with `text` on standard input.
    pub(crate) fn tell(&self, line: &str, text: &str) -> Said {
        let mut child =
            self.command(line.split_whitespace()).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        Said::of(child.wait_with_output().unwrap())
    }

    /// Serves at a free port, and waits until it says where.
    pub(crate) fn up(&self, more: &str) -> Up {
        let line = format!("up --json --listen 127.0.0.1:0 {more}");
        self.serve(self.command(line.split_whitespace()))
    }

    /// The same where no more than so many files may be open at once.
    pub(crate) fn up_within(&self, descriptors: u32, more: &str) -> Up {
        let limited =
            format!("ulimit -n {descriptors} && exec \"$0\" up --json --listen 127.0.0.1:0 {more}");
        let mut command = Command::new("sh");
        command.args(["-c", &limited, env!("CARGO_BIN_EXE_refractory")]);
        self.prepare(&mut command);
        self.serve(command)
    }

    fn serve(&self, mut command: Command) -> Up {
        let log = std::fs::File::create(self.path().join("up.log")).unwrap();
        let mut child = command.stderr(log).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let said: Value = serde_json::from_str(&first).unwrap_or_else(|error| {
            drop(child.kill());
            panic!("{error}: {first}\n{}", self.log())
        });
        Up { child, said }
    }

    /// What the last `up` logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path().join("up.log")).unwrap_or_default()
    }

    /// One table as `instance show --json` has it.
    #[track_caller]
    pub(crate) fn table(&self, name: &str) -> Value {
        self.run(&format!("instance show {name} --json")).ok().json()
    }
}

impl Drop for House {
    /// Tables outlive `up` on purpose; a test must not leave any.
    fn drop(&mut self) {
        for pid in programs_of(&self.data()) {
            drop(Command::new("kill").args(["-9", &pid.to_string()]).status());
        }
    }
}

/// The processes of tables whose data lies in `data`.
fn programs_of(data: &Path) -> Vec<u32> {
    let needle = data.to_string_lossy().into_owned();
    let pids = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        let is_program = line.contains("demo-table") || line.contains("foundry-stand-in");
        is_program && line.contains(&needle)
    })
    .collect()
}

/// A running `up`.
#[derive(Debug)]
pub(crate) struct Up {
    child: Child,
    pub(crate) said: Value,
}

impl Up {
    pub(crate) fn port(&self) -> u16 {
        self.said["port"].as_u64().unwrap().try_into().unwrap()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let sent =
            Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end, and says how it ended.
    pub(crate) fn end(mut self, within: Duration) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < within, "it did not end within {within:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Asks until `answer` has one.
#[track_caller]
pub(crate) fn soon<T>(within: Duration, mut answer: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = answer() {
            return found;
        }
        assert!(begun.elapsed() < within, "not within {within:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Reads everything there is.
pub(crate) fn all_of(mut from: impl Read) -> String {
    let mut bytes = Vec::new();
    drop(from.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether a process runs. One that has ended and was not waited for does not.
pub(crate) fn runs(pid: u64) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}

/// Writes to the database past the program, and leaves everything in the file.
pub(crate) fn rewrite(database: &Path, sql: &str) {
    assert!(rewrite_unless_locked(database, sql), "another writer holds the database");
}

/// As [`rewrite`]; `false` if another writer held the database for 5 s.
pub(crate) fn rewrite_unless_locked(database: &Path, sql: &str) -> bool {
    const SCRIPT: &str = "import sqlite3, sys; database = sqlite3.connect(sys.argv[1], isolation_level=None); \
        database.execute('PRAGMA foreign_keys = ON'); database.execute(sys.argv[2]); \
        database.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchall()";
    let said = Command::new("python3").args(["-c", SCRIPT]).arg(database).arg(sql).output();
    let said = said.unwrap();
    let is_locked = String::from_utf8_lossy(&said.stderr).contains("database is locked");
    assert!(said.status.success() || is_locked, "{said:?}");
    !is_locked
}
