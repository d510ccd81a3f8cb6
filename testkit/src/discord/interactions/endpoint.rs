//! Interactions over HTTP: requests to an endpoint, signed.
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use super::signing::Signer;

/// An endpoint has so long, whatever the clock of the stand-in shows.
const WITHIN: Duration = Duration::from_secs(3);
const LARGEST: usize = 1 << 20;

/// The client and the key that endpoints are asked with.
#[derive(Debug)]
pub(crate) struct Transport {
    client: Client<HttpConnector, Full<Bytes>>,
    pub(crate) signer: Signer,
}

/// Why an address is not taken as endpoint: what the developer portal would say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointError(pub String);

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "interactions_endpoint_url: {}", self.0)
    }
}

impl std::error::Error for EndpointError {}

impl Transport {
    pub(crate) fn new(signer: Signer) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), signer }
    }

    /// Asks `url`; with a wrong signature where `honest` is false.
    pub(crate) async fn ask(
        &self,
        url: &str,
        payload: &Value,
        (seconds, honest): (u64, bool),
    ) -> Result<(u16, Value), EndpointError> {
        let body = payload.to_string();
        let timestamp = seconds.to_string();
        let signed = if honest { body.clone() } else { format!("{body} ") };
        let request = http::Request::post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("User-Agent", "Discord-Interactions/1.0 (+https://discord.com)")
            .header("X-Signature-Ed25519", self.signer.sign(&timestamp, signed.as_bytes()))
            .header("X-Signature-Timestamp", timestamp)
            .body(Full::new(Bytes::from(body)));
        let request = request.map_err(|why| EndpointError(why.to_string()))?;
        let asked = async {
            let answer = self.client.request(request).await;
            let answer = answer.map_err(|why| EndpointError(why.to_string()))?;
            let status = answer.status().as_u16();
            let body = Limited::new(answer.into_body(), LARGEST).collect().await;
            let body = body.map_err(|why| EndpointError(why.to_string()))?.to_bytes();
            Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
        };
        tokio::time::timeout(WITHIN, asked)
            .await
            .unwrap_or_else(|_| Err(EndpointError("no answer within three seconds".into())))
    }
}

/// Whether `url` may be an endpoint: it answers a ping, and refuses one with a wrong signature.
pub(crate) async fn check_endpoint(
    transport: &Transport,
    url: &str,
    ping: Value,
    seconds: u64,
) -> Result<(), EndpointError> {
    let refused =
        |what: &str| Err(EndpointError(format!("the endpoint could not be verified: {what}")));
    let (status, _) = transport.ask(url, &ping, (seconds, false)).await?;
    if status != 401 {
        return refused(&format!("it answered {status} to a wrong signature, not 401"));
    }
    let (status, body) = transport.ask(url, &ping, (seconds, true)).await?;
    if status != 200 || body != json!({"type": 1}) {
        return refused(&format!("it answered {status} {body} to a ping"));
    }
    Ok(())
}
