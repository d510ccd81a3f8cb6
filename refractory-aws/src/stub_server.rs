//! Answers of AWS that a test wrote beforehand, over loopback.
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::Clients;

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct StubRequest {
    /// The first line and the headers.
    pub(crate) head: String,
    /// The body.
    pub(crate) body: String,
}

/// One answer; headers beside its length are written out, each with its end of line.
#[derive(Debug, Clone, Default)]
pub(crate) struct StubResponse {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl StubResponse {
    /// As services that speak JSON answer.
    pub(crate) fn json(status: u16, body: impl Into<String>) -> Self {
        let headers = "content-type: application/x-amz-json-1.0\r\n".to_owned();
        Self { status, headers, body: body.into() }
    }
}

/// A server on loopback that gives every request the answer that a test has for it.
#[derive(Debug)]
pub(crate) struct StubServer {
    endpoint: String,
    requests: Arc<Mutex<Vec<StubRequest>>>,
    _serving: JoinSet<()>,
}

impl StubServer {
    /// Answers the first request with `answer(0, ..)`, and so on.
    pub(crate) async fn serve(
        answer: impl Fn(usize, &StubRequest) -> StubResponse + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut serving = JoinSet::new();
        let heard = Arc::clone(&asked);
        serving.spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let Some(request) = read(&mut stream).await else { continue };
                let at = {
                    let mut heard = heard.lock().unwrap();
                    heard.push(request.clone());
                    heard.len() - 1
                };
                write(&mut stream, &answer(at, &request)).await;
            }
        });
        Self { endpoint, requests: asked, _serving: serving }
    }

    /// Where it listens.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<StubRequest> {
        self.requests.lock().unwrap().clone()
    }

    /// Clients that ask here, once.
    pub(crate) fn clients(&self) -> Clients {
        clients_at(&self.endpoint)
    }
}

/// Clients that ask at `endpoint`, once.
pub(crate) fn clients_at(endpoint: &str) -> Clients {
    Clients::over(&shared(endpoint).build()).unwrap()
}

/// What they are made from.
pub(crate) fn shared(endpoint: &str) -> aws_types::sdk_config::Builder {
    let keys = Credentials::new("AKIDEXAMPLE", "sesame-open", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
}

async fn read(stream: &mut TcpStream) -> Option<StubRequest> {
    let mut raw = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let text = String::from_utf8_lossy(&raw);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            if body.len() >= length {
                return Some(StubRequest { head, body: body.to_owned() });
            }
        }
        match stream.read(&mut buffer).await {
            Ok(count) if count > 0 => raw.extend_from_slice(&buffer[..count]),
            _ => return None,
        }
    }
}

async fn write(stream: &mut TcpStream, answer: &StubResponse) {
    let StubResponse { status, headers, body } = answer;
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status} Canned\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    // The client may have gone meanwhile.
    let _ = stream.write_all(text.as_bytes()).await;
}
