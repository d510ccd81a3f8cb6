//! Ways to be a bad upstream.
use std::time::Duration;

use tokio::time::sleep;

use super::upstream_connection::UpstreamConnection;

/// Ways to be a bad upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misbehavior {
    /// Takes the connection and closes it before anything is asked.
    HangsUp,
    /// Reads the question and says nothing.
    Silent,
    /// Sends a header every so often and never comes to the end of them.
    SlowHead(Duration),
    /// Answers without saying how long the answer is, closes its side, and goes on listening.
    HalfCloses,
    /// Agrees to an upgrade and is silent from then on.
    SwitchesThenSilent,
    /// Breaks the connection in the middle of a body of known length.
    ResetsMidBody,
    /// Breaks the connection in the middle of a chunked body.
    ResetsMidChunk,
    /// Announces a thousand bytes, sends ten, and closes properly.
    Overpromises,
    /// Announces ten bytes and sends more.
    Oversends,
    /// Sends for ever.
    Endless,
    /// Sends the first bytes of a body, then nothing.
    Stalls,
    /// Answers in another language.
    Garbage,
    /// Answers, lets the connection look reusable, and breaks it at the next question.
    ResetsWhenReused,
}

impl Misbehavior {
    /// Behaves like this on one connection.
    pub(super) async fn visit(self, mut visit: UpstreamConnection) {
        if self == Self::HangsUp {
            return;
        }
        if visit.head().await.is_none() {
            return;
        }
        match self {
            Self::HangsUp => {}
            Self::Silent => visit.until_closed().await,
            Self::SlowHead(every) => slow_head(&mut visit, every).await,
            Self::HalfCloses => {
                visit.send("HTTP/1.1 200 OK\r\n\r\nhalf").await;
                visit.close_own_side().await;
                visit.until_closed().await;
            }
            Self::SwitchesThenSilent => {
                visit
                    .send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
                    .await;
                visit.until_closed().await;
            }
            Self::ResetsMidBody => {
                visit.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789").await;
                visit.reset_soon().await;
            }
            Self::ResetsMidChunk => {
                visit
                    .send(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n",
                    )
                    .await;
                visit.reset_soon().await;
            }
            Self::Overpromises => {
                visit.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789").await;
            }
            Self::Oversends => {
                visit.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil").await;
                visit.until_closed().await;
            }
            Self::Endless => endless(&mut visit).await,
            Self::Stalls => {
                visit.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789").await;
                visit.until_closed().await;
            }
            Self::Garbage => {
                visit.send("SSH-2.0-OpenSSH_9.2p1\r\n\r\n").await;
            }
            Self::ResetsWhenReused => {
                visit.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
                if visit.head().await.is_some() {
                    visit.reset();
                }
            }
        }
    }
}

async fn slow_head(visit: &mut UpstreamConnection, every: Duration) {
    visit.send("HTTP/1.1 200 OK\r\n").await;
    while visit.send("X-Slow: yes\r\n").await {
        sleep(every).await;
    }
}

async fn endless(visit: &mut UpstreamConnection) {
    let plenty = vec![b'x'; 65_536];
    visit.send("HTTP/1.1 200 OK\r\n\r\n").await;
    while visit.send(&plenty).await {}
}
