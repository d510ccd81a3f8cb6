//! Route 53 as an account meets it: five requests a second, one change of a zone at a time.
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// How long a change keeps the zone.
const CHANGING: Duration = Duration::from_millis(300);

/// What was let through and what was not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Changes.
    pub(crate) changes: usize,
    /// Questions.
    pub(crate) questions: usize,
    /// Requests above five a second.
    pub(crate) throttled: usize,
    /// Changes while another one was under way.
    pub(crate) overlapping: usize,
}

#[derive(Debug, Default)]
struct State {
    counts: Counts,
    recent: VecDeque<Instant>,
    changing: bool,
}

/// A proxy that holds callers to the limit of an account.
#[derive(Debug)]
pub(crate) struct Limited {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _serving: JoinSet<()>,
}

impl Limited {
    /// Starts one in front of `emulator`.
    pub(crate) async fn start(emulator: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<Mutex<State>>::default();
        let mut serving = JoinSet::new();
        let shared = Arc::clone(&state);
        serving.spawn(async move {
            let mut visits = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                visits.spawn(visit(stream, emulator, Arc::clone(&shared)));
            }
        });
        Self { address, state, _serving: serving }
    }

    /// What to give an SDK as its endpoint.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was let through and what was not.
    pub(crate) fn counts(&self) -> Counts {
        self.state.lock().unwrap().counts
    }

    /// As if someone else in the account had asked something.
    pub(crate) fn somebody_else(&self) {
        self.state.lock().unwrap().recent.push_back(Instant::now());
    }
}

enum Verdict {
    Through(bool),
    Refused(&'static str, &'static str),
}

fn judge(state: &Mutex<State>, head: &str) -> Verdict {
    let mut state = state.lock().unwrap();
    let now = Instant::now();
    state.recent.retain(|at| now - *at < Duration::from_secs(1));
    if state.recent.len() >= 5 {
        state.counts.throttled += 1;
        return Verdict::Refused("Throttling", "Rate exceeded");
    }
    state.recent.push_back(now);
    let change = head.starts_with("POST ");
    if !change {
        state.counts.questions += 1;
        return Verdict::Through(false);
    }
    if state.changing {
        state.counts.overlapping += 1;
        let said =
            "The request was rejected because Route 53 was still processing a prior request.";
        return Verdict::Refused("PriorRequestNotComplete", said);
    }
    state.counts.changes += 1;
    state.changing = true;
    Verdict::Through(true)
}

/// One request on one connection.
async fn visit(mut stream: TcpStream, emulator: SocketAddr, state: Arc<Mutex<State>>) {
    let Some((head, body)) = read(&mut stream).await else { return };
    let answer = match judge(&state, &head) {
        Verdict::Refused(code, message) => refusal(code, message),
        Verdict::Through(change) => {
            let answer = forward(emulator, &head, &body).await;
            if change {
                sleep(CHANGING).await;
                state.lock().unwrap().changing = false;
            }
            answer
        }
    };
    let _ = stream.write_all(&answer).await;
    let _ = stream.shutdown().await;
}

fn refusal(code: &str, message: &str) -> Vec<u8> {
    let body = format!(
        "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><Error>\
         <Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId>\
         </ErrorResponse>"
    );
    let length = body.len();
    format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: text/xml\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

async fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut raw = Vec::new();
    let mut some = [0; 16_384];
    loop {
        if let Some(end) = raw.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&raw[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
            });
            let body = &raw[end + 4..];
            if body.len() >= length.unwrap_or(0) {
                return Some((head, body.to_vec()));
            }
        }
        match stream.read(&mut some).await {
            Ok(count) if count > 0 => raw.extend_from_slice(&some[..count]),
            _ => return None,
        }
    }
}

async fn forward(emulator: SocketAddr, head: &str, body: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(emulator).await.unwrap();
    let lines = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let head = lines.collect::<Vec<_>>().join("\r\n");
    stream.write_all(format!("{head}\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    answer
}
