//! A PostgreSQL server for one test, from whatever is installed.
//!
//! It listens on a socket in its own folder and nowhere else, forgets durability, and ends with its
//! handle; should the test be killed, it ends with the test's process.
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tempfile::TempDir;

/// Starts the server as a child, and ends it when standard input ends: with us.
const UNTIL_WE_END: &str =
    r#""$@" </dev/null & server=$!; cat >/dev/null; kill -QUIT $server; wait $server"#;

/// A running server.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    folder: TempDir,
    owner: Option<(u32, u32)>,
    child: Child,
    databases: AtomicU32,
}

impl Server {
    /// Makes a fresh cluster and starts it; takes about a second.
    ///
    /// # Errors
    ///
    /// A sentence that says what is missing, with what the programs said.
    pub fn start() -> Result<Self, String> {
        let programs = programs()?;
        let folder =
            tempfile::Builder::new().prefix("pg").tempdir().map_err(describe("a folder"))?;
        let owner = owner_other_than_root(folder.path())?;
        if let Some((user, group)) = owner {
            chown(folder.path(), Some(user), Some(group))
                .map_err(describe("the folder's owner"))?;
        }
        let data = folder.path().join("data");
        let mut make = program(&programs.join("initdb"), owner, folder.path());
        make.args(["-N", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D"]);
        succeeded(make.arg(&data).output(), "initdb")?;
        let child = launch(&programs, owner, folder.path(), &data)?;
        let server = Self { programs, folder, owner, child, databases: AtomicU32::new(0) };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Makes a fresh, empty database, whose own order of texts is a dictionary's, and returns its URL.
    ///
    /// # Errors
    ///
    /// A sentence with what the server said.
    pub fn database(&self) -> Result<String, String> {
        let name = format!("tables{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.query(
            "postgres",
            &format!(
                "CREATE DATABASE {name} TEMPLATE template0 \
                 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C' ENCODING 'UTF8'"
            ),
        )?;
        Ok(self.url(&name))
    }

    /// The URL of the database `name`, whether or not there is one.
    pub fn url(&self, name: &str) -> String {
        let escape = |text: String, byte: &u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                text + &char::from(*byte).to_string()
            }
            odd => {
                let mut text = text;
                let _ = write!(text, "%{odd:02X}");
                text
            }
        };
        let socket = self.folder.path().as_os_str().as_encoded_bytes().iter();
        format!("postgres://postgres@{}/{name}", socket.fold(String::new(), escape))
    }

    /// Runs `sql` in the database `name` and returns what it prints, a line for each row.
    ///
    /// # Errors
    ///
    /// A sentence with what the server said.
    pub fn query(&self, name: &str, sql: &str) -> Result<String, String> {
        let mut psql = program(&self.programs.join("psql"), self.owner, self.folder.path());
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", name]);
        let output = succeeded(psql.arg("-c").arg(sql).output(), "psql")?;
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    fn wait_until_ready(&self) -> Result<(), String> {
        let mut last = String::new();
        for _ in 0..600 {
            match self.query("postgres", "SELECT 1") {
                Ok(_) => return Ok(()),
                Err(error) => last = error,
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(format!("PostgreSQL does not become ready: {last}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // A server that does not end is no reason to fail a test that has passed.
        let _ = self.child.wait();
    }
}

fn launch(
    programs: &Path,
    owner: Option<(u32, u32)>,
    folder: &Path,
    data: &Path,
) -> Result<Child, String> {
    let mut command = program(Path::new("/bin/sh"), owner, folder);
    command.args(["-c", UNTIL_WE_END, "sh"]).arg(programs.join("postgres")).arg("-D").arg(data);
    command.arg("-k").arg(folder).args(["-c", "listen_addresses="]);
    for quick in ["fsync=off", "synchronous_commit=off", "full_page_writes=off"] {
        command.args(["-c", quick]);
    }
    let log = std::fs::File::create(folder.join("log")).map_err(describe("the server's log"))?;
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
    command.spawn().map_err(describe("/bin/sh"))
}

/// `path`, to be run by `owner` in `folder`, with a socket there.
fn program(path: &Path, owner: Option<(u32, u32)>, folder: &Path) -> Command {
    let mut command = Command::new(path);
    command.current_dir(folder).env("PGHOST", folder).env("LC_ALL", "C").stdin(Stdio::null());
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}

fn succeeded(output: io::Result<Output>, what: &str) -> Result<Output, String> {
    let output = output.map_err(describe(what))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(format!("PostgreSQL: {what} ended with {}: {said}", output.status))
}

fn describe(what: &str) -> impl Fn(io::Error) -> String {
    move |error| format!("PostgreSQL cannot be started ({what}: {error})")
}

/// Who runs the server when we are root, as whom it refuses to run.
fn owner_other_than_root(ours: &Path) -> Result<Option<(u32, u32)>, String> {
    if std::fs::metadata(ours).map_err(describe("the folder"))?.uid() != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd").map_err(describe("/etc/passwd"))?;
    let ids = |wanted: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(wanted))?;
        let mut ids = line.split(':').skip(2).map(str::parse);
        Some((ids.next()?.ok()?, ids.next()?.ok()?))
    };
    ids("postgres").or_else(|| ids("nobody")).map(Some).ok_or_else(|| {
        "PostgreSQL cannot be started as root, and there is no user `postgres` or `nobody`."
            .to_owned()
    })
}

/// The folder with PostgreSQL's programs: the newest of Debian's, or what the search path has.
fn programs() -> Result<PathBuf, String> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = debian.map(|version| version.path().join("bin")).collect();
    folders.sort_by_key(|folder| {
        let version = folder.parent().and_then(Path::file_name).and_then(OsStr::to_str);
        std::cmp::Reverse(version.and_then(|version| version.parse::<u32>().ok()))
    });
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    let complete = |folder: &PathBuf| {
        ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).is_file())
    };
    folders.into_iter().find(complete).ok_or_else(|| {
        "PostgreSQL is not installed: install it (`apt-get install postgresql`), or put the folder of \
         `initdb`, `postgres` and `psql` on the search path."
            .to_owned()
    })
}
