//! One call of REST: authorization, rate limits, trouble on request, and the record of it.
use std::io;
use std::io::Write;
use std::sync::{Arc, PoisonError};

use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderName, HeaderValue, StatusCode};
use http_body_util::{BodyExt, Limited};
use serde_json::{Value, json};

use super::error::{ApiError, NETWORK_ERROR, UNAUTHORIZED};
use super::faults::Trouble;
use super::rate::{RateHeaders, TooEarly};
use super::reply::{Reply, Request, plain, typed};
use super::requests::RecordedRequest;
use super::rest::{self, Answer, Answered, Call, read_body};
use super::shared::Shared;
use super::world::World;

/// Files of an app are no larger.
const LARGEST: usize = 25 << 20;

/// What a request shows of its sender.
struct Sender {
    authorization: Option<String>,
    has_agent: bool,
}

/// The answer to a call of `path`.
pub(crate) async fn answer(
    shared: &Arc<Shared>,
    request: Request,
    path: &str,
) -> io::Result<Reply> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let sender = Sender {
        authorization: header(AUTHORIZATION).map(ToOwned::to_owned),
        has_agent: header(USER_AGENT).is_some_and(|agent| !agent.is_empty()),
    };
    let kind = header(CONTENT_TYPE).unwrap_or_default().to_owned();
    let (method, query) =
        (request.method().to_string(), request.uri().query().unwrap_or_default().to_owned());
    let bytes = Limited::new(request.into_body(), LARGEST).collect().await;
    let bytes = bytes.map_err(io::Error::other)?.to_bytes();
    let read = read_body(&kind, &bytes);
    let (body, files) = read.clone().unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let path = path.trim_matches('/').to_owned();
    let call = Call { method, path, query: pairs, body, files };
    let (trouble, latency) = {
        let mut world = shared.write();
        (world.faults.take(&call.method, &call.path), world.faults.latency)
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    if let Some(Trouble::Slow(late)) = trouble {
        tokio::time::sleep(late).await;
    }
    let reply = run(shared, &call, (&query, &sender), (read.err(), trouble));
    if trouble == Some(Trouble::CutAfter) {
        return Err(io::Error::other("cut on request"));
    }
    Ok(reply)
}

/// Does the call, and writes it down.
fn run(
    shared: &Shared,
    call: &Call,
    (query, sender): (&str, &Sender),
    (unread, trouble): (Option<ApiError>, Option<Trouble>),
) -> Reply {
    let mut world = shared.write();
    let now = world.now();
    if let Some(wait) = world.rates.banned(now) {
        let mut reply = plain(StatusCode::TOO_MANY_REQUESTS, "error code: 1015");
        reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.div_ceil(1000)));
        return reply;
    }
    let (headers, result) = decide(&mut world, call, sender, (unread, trouble), &shared.base);
    let early = result.as_ref().err().and_then(|refused| refused.early);
    let shown = match &result {
        Ok(answer) => answer.clone(),
        Err(refused) => Answer { status: refused.error.status, body: Some(refused.body()) },
    };
    let code = result.err().filter(|it| it.early.is_none()).map(|refused| refused.error.code);
    world.rates.note(shown.status, now);
    let (status, body) = (shown.status, call.body.clone());
    world.requests.push(RecordedRequest {
        method: call.method.clone(),
        path: format!("/{}", call.path),
        query: query.to_owned(),
        body,
        status,
        code,
        at: now,
    });
    drop(world);
    record(shared, call, status);
    reply(&shown, headers, early)
}

/// Why a call is refused.
struct Refused {
    error: ApiError,
    early: Option<TooEarly>,
}

impl Refused {
    fn body(&self) -> Value {
        match self.early {
            Some(early) => json!({
                "message": "You are being rate limited.", "retry_after": seconds(early.wait), "global": early.is_global,
            }),
            None => self.error.json(),
        }
    }
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self { error, early: None }
    }
}

impl From<TooEarly> for Refused {
    fn from(early: TooEarly) -> Self {
        let error = ApiError {
            status: 429,
            code: 0,
            message: "You are being rate limited.".to_owned(),
            errors: None,
        };
        Self { error, early: Some(early) }
    }
}

type Decided = (Option<RateHeaders>, Result<Answer, Refused>);

fn decide(
    world: &mut World,
    call: &Call,
    sender: &Sender,
    (unread, trouble): (Option<ApiError>, Option<Trouble>),
    base: &str,
) -> Decided {
    if let Err(refused) = check_sender(world, call, sender) {
        return (None, Err(refused.into()));
    }
    if let Some(Trouble::RateLimited(wait)) = trouble {
        let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        return (None, Err(TooEarly { wait, is_global: false }.into()));
    }
    let renames = call.body.get("name").is_some() || call.body.get("topic").is_some();
    let renames = renames && call.method == "PATCH" && call.path.starts_with("channels/");
    let now = world.now();
    let (headers, early) = world.rates.take(&call.method, &call.parts(), renames, now);
    if let Err(early) = early {
        return (headers, Err(early.into()));
    }
    if let Some(unread) = unread {
        return (headers, Err(unread.into()));
    }
    if let Some(Trouble::Refused(status)) = trouble {
        return (headers, Err(broken(status).into()));
    }
    let result: Answered = rest::answer(world, call, base);
    match trouble {
        Some(Trouble::DoneButRefused(status)) => (headers, Err(broken(status).into())),
        _ => (headers, result.map_err(Into::into)),
    }
}

fn broken(status: u16) -> ApiError {
    ApiError { status, code: 0, message: format!("{status}: on request"), errors: None }
}

/// A token where one is needed, and a name of the program.
fn check_sender(world: &World, call: &Call, sender: &Sender) -> Result<(), ApiError> {
    if !sender.has_agent {
        return Err(NETWORK_ERROR.into());
    }
    let parts = call.parts();
    let open = matches!(
        parts.as_slice(),
        ["gateway"] | ["interactions", _, _, "callback"] | ["webhooks", _, _, ..]
    );
    let shown = sender.authorization.as_deref().and_then(|it| it.strip_prefix("Bot "));
    if open || shown == Some(&world.application.token) { Ok(()) } else { Err(UNAUTHORIZED.into()) }
}

/// Writes a body down for a check against Discord's own description: those that were taken.
fn record(shared: &Shared, call: &Call, status: u16) {
    let Some(file) = &shared.record else { return };
    if call.body.is_null() || !(200..300).contains(&status) {
        return;
    }
    let line = json!({"method": call.method, "path": format!("/{}", call.path), "body": call.body});
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    // One write for a line, so that lines of two processes do not mix.
    let _left_out = file.write_all(format!("{line}\n").as_bytes());
}

fn reply(shown: &Answer, rate: Option<RateHeaders>, early: Option<TooEarly>) -> Reply {
    let status = StatusCode::from_u16(shown.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = shown.body.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut reply = typed(status, "application/json", body);
    if status == StatusCode::NO_CONTENT {
        reply.headers_mut().remove(CONTENT_TYPE);
    }
    let mut set = |name: &'static str, value: String| {
        let value = HeaderValue::try_from(value);
        reply.headers_mut().extend(value.ok().map(|it| (HeaderName::from_static(name), it)));
    };
    if let Some(rate) = rate {
        set("x-ratelimit-limit", rate.limit.to_string());
        set("x-ratelimit-remaining", rate.remaining.to_string());
        set("x-ratelimit-reset", seconds(rate.resets).to_string());
        set("x-ratelimit-reset-after", seconds(rate.after).to_string());
        set("x-ratelimit-bucket", rate.bucket);
    }
    if let Some(early) = early {
        set("retry-after", early.wait.div_ceil(1000).to_string());
        set("x-ratelimit-scope", if early.is_global { "global" } else { "user" }.to_owned());
        if early.is_global {
            set("x-ratelimit-global", "true".to_owned());
        }
    }
    reply
}

/// Milliseconds as seconds with fractions.
#[expect(clippy::cast_precision_loss, reason = "dates have 41 bits")]
fn seconds(millis: u64) -> f64 {
    millis as f64 / 1000.0
}
