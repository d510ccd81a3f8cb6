//! The tests' own door to an account, beside AWS's.
use std::fmt;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The emulator did not do what a test asked, and why.
#[derive(Debug)]
pub struct EmulatorError(BoxError);

impl fmt::Display for EmulatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the AWS emulator refuses: {}", self.0)
    }
}

impl std::error::Error for EmulatorError {}

#[derive(Debug, Clone)]
pub(super) struct ControlClient {
    address: SocketAddr,
    account: String,
}

impl ControlClient {
    pub(super) fn new(address: SocketAddr, account: &str) -> Self {
        Self { address, account: account.to_owned() }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) async fn put(
        &self,
        what: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<(), EmulatorError> {
        let body = serde_json::to_vec(body).map_err(|error| EmulatorError(error.into()))?;
        self.ask(Method::PUT, what, body).await.map(drop).map_err(EmulatorError)
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, what: &str) -> Result<T, EmulatorError> {
        let body = self.ask(Method::GET, what, Vec::new()).await.map_err(EmulatorError)?;
        serde_json::from_slice(&body).map_err(|error| EmulatorError(error.into()))
    }

    async fn ask(&self, method: Method, what: &str, body: Vec<u8>) -> Result<Bytes, BoxError> {
        let stream = TcpStream::connect(self.address).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let request = Request::builder()
            .method(method)
            .uri(format!("/_refractory/{what}/{}", self.account))
            .header("host", self.address.to_string())
            .body(Full::new(Bytes::from(body)))?;
        let answer = async {
            let answer = sender.send_request(request).await?;
            let status = answer.status();
            let body = answer.into_body().collect().await?.to_bytes();
            if status.is_success() {
                return Ok(body);
            }
            Err(BoxError::from(String::from_utf8_lossy(&body).into_owned()))
        };
        tokio::select! {
            biased;
            answer = answer => answer,
            ended = connection => Err(ended.err().map_or_else(|| "it hung up".into(), Into::into)),
        }
    }
}
