//! A client that says exactly what it is told.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test whose server is not there has failed"
)]
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a test waits for anything.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A connection whose every byte is the test's own.
#[derive(Debug)]
pub struct RawClient {
    stream: TcpStream,
    read: Vec<u8>,
}

/// An answer as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawResponse {
    /// The status.
    pub status: u16,
    /// The status line and the headers, as they came.
    pub head: String,
    /// The body, with chunks joined.
    pub body: Vec<u8>,
    /// Whether the body came to the end that its head promised.
    pub whole: bool,
}

impl RawResponse {
    /// Every value of the header `name`.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let pairs = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        pairs.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim()).collect()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl RawClient {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a fresh socket has options");
        Self { stream, read: Vec::new() }
    }

    /// One question on its own connection, and its answer.
    pub async fn ask(address: SocketAddr, question: impl AsRef<[u8]>) -> RawResponse {
        let mut wire = Self::open(address).await;
        wire.send(question).await;
        wire.answer().await
    }

    /// Sends `bytes`.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // After an early response the connection may be closed; the response shows it.
        let _answer_tells = self.stream.write_all(bytes.as_ref()).await;
    }

    /// Closes its own side: the server may still speak.
    pub async fn close_own_side(&mut self) {
        let _best_effort = self.stream.shutdown().await;
    }

    /// Breaks the connection off.
    pub fn reset(self) {
        let _best_effort = self.stream.set_zero_linger();
    }

    /// The next answer, interim ones included; its body as well, unless it has none by its nature.
    pub async fn answer(&mut self) -> RawResponse {
        let answer = self.head().await;
        let bodiless = answer.status < 200 || matches!(answer.status, 204 | 304);
        if bodiless { answer } else { self.body(answer).await }
    }

    /// The head of the next answer: to `HEAD`, or before bytes that are no body.
    pub async fn head(&mut self) -> RawResponse {
        let end = loop {
            if let Some(end) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(self.more().await, "closed before an answer: {:?}", self.seen());
        };
        let rest = self.read.split_off(end);
        let head = std::mem::replace(&mut self.read, rest);
        let head = String::from_utf8_lossy(&head).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        RawResponse { status: status.unwrap_or(0), head, body: Vec::new(), whole: true }
    }

    /// The next `count` bytes, or fewer where the server has closed.
    pub async fn take(&mut self, count: usize) -> Vec<u8> {
        while self.read.len() < count && self.more().await {}
        let rest = self.read.split_off(count.min(self.read.len()));
        std::mem::replace(&mut self.read, rest)
    }

    /// Whether the server has closed with nothing more to say.
    pub async fn is_closed(&mut self) -> bool {
        self.read.is_empty() && !self.more().await
    }

    async fn body(&mut self, mut answer: RawResponse) -> RawResponse {
        let length = answer.headers("content-length").first().and_then(|n| n.parse().ok());
        if answer.headers("transfer-encoding").iter().any(|te| te.contains("chunked")) {
            (answer.body, answer.whole) = self.chunks().await;
        } else if let Some(length) = length {
            answer.body = self.take(length).await;
            answer.whole = answer.body.len() == length;
        } else {
            while self.more().await {}
            answer.body = std::mem::take(&mut self.read);
        }
        answer
    }

    async fn chunks(&mut self) -> (Vec<u8>, bool) {
        let mut body = Vec::new();
        loop {
            let Some(line) = self.line().await else { return (body, false) };
            let Ok(size) = usize::from_str_radix(line.trim(), 16) else { return (body, false) };
            let data = self.take(size).await;
            let whole = data.len() == size && self.line().await.is_some();
            body.extend(data);
            if !whole || size == 0 {
                return (body, whole);
            }
        }
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.read.windows(2).position(|window| window == b"\r\n") {
                let rest = self.read.split_off(end + 2);
                let line = std::mem::replace(&mut self.read, rest);
                return Some(String::from_utf8_lossy(&line).into_owned());
            }
            if !self.more().await {
                return None;
            }
        }
    }

    async fn more(&mut self) -> bool {
        let read = timeout(TIMEOUT, self.stream.read_buf(&mut self.read)).await;
        let Ok(read) = read else {
            panic!("nothing for {TIMEOUT:?} after {:?}", self.seen());
        };
        matches!(read, Ok(count) if count > 0)
    }

    fn seen(&self) -> String {
        String::from_utf8_lossy(&self.read).chars().take(500).collect()
    }
}
