//! The one call to the outside: asking the fake site for a signature.
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tokio::net::TcpStream;
use url::Url;

use super::version::Version;

/// Where the fake site signs. The vendor's own path is not known, and not needed.
pub(crate) const PATH: &str = "/stand-in/sign";

/// Asks the site at `base` to sign `key` for `host`; `Err` is a sentence for the log.
pub(crate) async fn ask(
    base: &str,
    key: &str,
    host: &str,
    version: Version,
) -> Result<Map<String, Value>, String> {
    let base = Url::parse(base).map_err(|why| format!("{base} is no address: {why}"))?;
    let asked = json!({"license": key, "host": host, "version": version.to_string()});
    let (code, answer) =
        post(&base, asked).await.map_err(|why| format!("{base} does not answer: {why}"))?;
    match (code, answer) {
        (200, Value::Object(signed)) if signed.contains_key("signature") => Ok(signed),
        (_, answer) => {
            let why = answer["error"].as_str().unwrap_or("no reason given").to_owned();
            Err(format!("{base} answered {code}: {why}"))
        }
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn post(base: &Url, body: Value) -> Result<(u16, Value), Failure> {
    let host = base.host_str().ok_or("the address names no host")?;
    let port = base.port_or_known_default().ok_or("the address names no port")?;
    let stream = TcpStream::connect((host, port)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = http::Request::post(PATH)
        .header(http::header::HOST, format!("{host}:{port}"))
        .header(http::header::CONTENT_TYPE, "application/json")
        .header(http::header::CONNECTION, "close")
        .body(Full::new(Bytes::from(body.to_string())))?;
    let exchange = async {
        let reply = sender.send_request(request).await?;
        let code = reply.status().as_u16();
        let text = reply.into_body().collect().await?.to_bytes();
        Ok::<_, Failure>((code, serde_json::from_slice(&text).unwrap_or_default()))
    };
    tokio::pin!(exchange);
    tokio::pin!(connection);
    tokio::select! {
        answer = &mut exchange => answer,
        ended = &mut connection => {
            ended?;
            exchange.await
        }
    }
}
