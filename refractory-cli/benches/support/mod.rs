//! A program that is measured, and a client of it.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_refractory");

/// A running `up`, ended when dropped.
pub(crate) struct Up {
    child: Child,
    pub(crate) port: u16,
}

impl Up {
    pub(crate) fn begin(data: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["--json", "--data"])
            .arg(data)
            .args(["up", "--listen", "127.0.0.1:0"])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("`up` said {line:?}"));
        let port = said["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap();
        Self { child, port }
    }

    /// What it holds in memory.
    pub(crate) fn resident_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }

    /// How long it has been on a processor since its start.
    pub(crate) fn processor_time(&self) -> Duration {
        /// Clock ticks of a second, on every Linux that there is.
        const TICKS: u32 = 100;
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let (_, after_name) = stat.rsplit_once(')').unwrap();
        let fields: Vec<_> = after_name.split_whitespace().collect();
        let ticks: u32 = [11, 12].iter().map(|at| fields[*at].parse::<u32>().unwrap()).sum();
        Duration::from_secs(1) * ticks / TICKS
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let _ended = Command::new("kill").arg(&pid).status();
        let _ended = self.child.wait();
    }
}

/// Runs one command at the prompt.
pub(crate) fn refractory(data: &Path, args: &[&str], input: &str) {
    let mut child = Command::new(PROGRAM)
        .arg("--data")
        .arg(data)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{args:?}");
}

/// The token of a new session of `user`.
pub(crate) fn opened(port: u16, user: &str, password: &str) -> String {
    let opening = format!(r#"{{"name":"{user}","password":"{password}"}}"#);
    let (_, body) = ask(port, "POST", "localhost", "/api/v1/session", &opening, "");
    let session: Value = serde_json::from_str(&body).expect(&body);
    session["token"].as_str().unwrap().to_owned()
}

/// One request on its own connection, with one more header; status 0 where nothing answers.
pub(crate) fn ask(
    port: u16,
    method: &str,
    host: &str,
    path: &str,
    body: &str,
    header: &str,
) -> (u16, String) {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return (0, String::new()) };
    let header = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{header}\r\n",
        body.len()
    );
    let mut answer = Vec::new();
    let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
    if sent.and_then(|()| stream.read_to_end(&mut answer)).is_err() {
        return (0, String::new());
    }
    let text = String::from_utf8_lossy(&answer);
    let status =
        text.split_whitespace().nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
    (status, text.split_once("\r\n\r\n").map_or_else(String::new, |(_, body)| body.to_owned()))
}

/// Milliseconds since then.
pub(crate) fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

/// The one in the middle.
pub(crate) fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}
