//! The engine's own door: its HTTP interface.
#![expect(clippy::expect_used, reason = "a test whose engine does not answer has failed")]
use std::path::PathBuf;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixStream;

#[derive(Debug, Clone)]
pub(super) struct DockerClient {
    socket: PathBuf,
}

impl DockerClient {
    pub(super) fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// What the engine answers: a status, and a body.
    pub(super) async fn ask(&self, method: Method, path: &str, body: Bytes) -> (StatusCode, Bytes) {
        let stream = UnixStream::connect(&self.socket).await.expect("the engine listens");
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.expect("it speaks HTTP");
        let request = Request::builder().method(method).uri(path);
        let kind =
            if body.first() == Some(&b'{') { "application/json" } else { "application/x-tar" };
        let request = request.header("host", "docker").header("content-type", kind);
        let request = request.body(Full::new(body)).expect("a whole request");
        let answer = async {
            let answer = sender.send_request(request).await?;
            let status = answer.status();
            Ok::<_, hyper::Error>((status, answer.into_body().collect().await?.to_bytes()))
        };
        let mut answer = std::pin::pin!(answer);
        tokio::select! {
            biased;
            answer = &mut answer => return answer.expect("it answers"),
            ended = connection => ended.expect("it keeps the connection"),
        }
        // It has hung up because everything is said.
        answer.await.expect("it answers")
    }

    /// The JSON at `path`; nothing where there is no such thing.
    pub(super) async fn get(&self, path: &str) -> Option<Value> {
        let (status, body) = self.ask(Method::GET, path, Bytes::new()).await;
        if status == StatusCode::NOT_FOUND {
            return None;
        }
        assert!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&body));
        Some(serde_json::from_slice(&body).expect("JSON"))
    }
}
