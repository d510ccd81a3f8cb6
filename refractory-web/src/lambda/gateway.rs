//! One event, and its answer.
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use lambda_http::{Body, Request, RequestExt as _};
use refractory_core::Refractory;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::event;
use super::refusal::{problem, refusal};

/// The longest that an answer may take: API Gateway waits 29 seconds.
const MAX_ANSWER_TIME: Duration = Duration::from_secs(25);
/// What is left for handing the answer over.
const DELIVERY_RESERVE: Duration = Duration::from_millis(500);

/// What asks the API of [`listen_for_api`](crate::Portal::listen_for_api) on behalf of events of AWS Lambda.
#[derive(Debug, Clone)]
pub struct Gateway {
    at: SocketAddr,
    refractory: Refractory,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Gateway {
    /// A gateway to the API at `at`, an address of this machine.
    pub fn new(at: SocketAddr, refractory: Refractory) -> Self {
        Self { at, refractory }
    }

    /// Answers one event, within the time that Lambda leaves for it.
    pub async fn answer(&self, request: Request) -> Response<Body> {
        let path = event::path(&request);
        if let Some(refused) = refusal(&request, &path) {
            return refused;
        }
        let (room, limit) = (event::room(&request), self.time_left(&request));
        match timeout(limit, self.ask(request, &path, room)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(failure)) => {
                tracing::error!(path, %failure, "the API could not be asked");
                problem(
                    StatusCode::BAD_GATEWAY,
                    "The API stopped responding. Try again. If this continues, see the function's log.",
                )
            }
            Err(_late) => problem(
                StatusCode::GATEWAY_TIMEOUT,
                "The request took longer than the function's time limit. It may have succeeded: check before you try again.",
            ),
        }
    }

    fn time_left(&self, request: &Request) -> Duration {
        let Some(context) = request.lambda_context_ref() else { return MAX_ANSWER_TIME };
        let left = context.deadline.saturating_sub(self.refractory.now().0);
        Duration::from_millis(left).saturating_sub(DELIVERY_RESERVE).min(MAX_ANSWER_TIME)
    }

    /// A connection for each event: between two of them this process is frozen, and a connection that was kept would
    /// have timed out while frozen.
    async fn ask(
        &self,
        request: Request,
        path: &str,
        room: usize,
    ) -> Result<Response<Body>, Failure> {
        let question = question(request, path)?;
        let stream = TcpStream::connect(self.at).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Ends with this call, whatever becomes of it.
        let mut driving = JoinSet::new();
        driving.spawn(connection);
        let (head, body) = sender.send_request(question).await?.into_parts();
        match Limited::new(body, room).collect().await {
            Ok(body) => Ok(answer(&head, &body.to_bytes(), room)),
            Err(error) if error.is::<LengthLimitError>() => Ok(too_large()),
            Err(error) => Err(error),
        }
    }
}

/// The same question on the way to the API.
fn question(request: Request, path: &str) -> Result<http::Request<Full<Bytes>>, Failure> {
    let client = event::client(&request);
    let target =
        request.uri().query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let (head, body) = request.into_parts();
    let body = match body {
        Body::Text(text) => Bytes::from(text),
        Body::Binary(bytes) => Bytes::from(bytes),
        Body::Empty | _ => Bytes::new(),
    };
    let mut question = http::Request::new(Full::new(body));
    *question.method_mut() = head.method;
    *question.uri_mut() = target.parse()?;
    for (name, value) in head.headers.iter().filter(|(name, _)| passes(name)) {
        question.headers_mut().append(name, value.clone());
    }
    // Who is not known is said to be unknown: without a word, the question would be this machine's own.
    let told = client.map_or_else(|| "unknown".to_owned(), |client| client.to_string());
    question
        .headers_mut()
        .insert(HeaderName::from_static("x-forwarded-for"), HeaderValue::try_from(told)?);
    if !question.headers().contains_key(header::HOST) {
        question.headers_mut().insert(header::HOST, HeaderValue::from_static("localhost"));
    }
    Ok(question)
}

/// Whether a header is forwarded to the API: not those of a connection, and not forwarding headers of clients.
fn passes(name: &HeaderName) -> bool {
    !matches!(
        name.as_str(),
        "connection"
            | "keep-alive"
            | "transfer-encoding"
            | "te"
            | "upgrade"
            | "expect"
            | "content-length"
            | "x-forwarded-for"
            | "forwarded"
            | "x-real-ip"
    )
}

fn answer(head: &http::response::Parts, body: &Bytes, room: usize) -> Response<Body> {
    let body = match std::str::from_utf8(body) {
        // It is written into JSON, where quotes and line ends take more room.
        Ok(text) if serde_json::Value::from(text).to_string().len() > room => return too_large(),
        Ok("") => Body::Empty,
        Ok(text) => Body::Text(text.to_owned()),
        Err(_binary) if body.len() / 3 * 4 + 4 > room => return too_large(),
        Err(_binary) => Body::Binary(body.to_vec()),
    };
    let mut answer = Response::new(body);
    *answer.status_mut() = head.status;
    for (name, value) in &head.headers {
        if passes(name) {
            answer.headers_mut().append(name, value.clone());
        }
    }
    answer
}

fn too_large() -> Response<Body> {
    problem(
        StatusCode::UNPROCESSABLE_ENTITY,
        "The response is larger than Lambda allows. Request less at a time, for example with `limit=100`.",
    )
}
