//! Someone with a browser, as far as HTTP goes: keeps the session cookie, follows nothing.
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use testkit::foundry::StandIn;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The visitor.
pub(crate) struct Visitor {
    pub(crate) address: String,
    pub(crate) session: Option<String>,
    connections: JoinSet<()>,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Visitor {
    pub(crate) fn of(program: &StandIn) -> Self {
        Self::at(format!("127.0.0.1:{}", program.port()))
    }

    pub(crate) fn at(address: String) -> Self {
        Self { address, session: None, connections: JoinSet::new() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path), Bytes::new()).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: Value) -> Answer {
        let request = Request::post(path).header(CONTENT_TYPE, "application/json");
        let request = request.header(ORIGIN, format!("http://{}", self.address));
        self.send(request, Bytes::from(body.to_string())).await
    }

    pub(crate) async fn submit(&mut self, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ORIGIN, format!("http://{}", self.address));
        self.send(request, Bytes::from(form.to_owned())).await
    }

    /// Sends any request, with the session's cookie.
    pub(crate) async fn send(&mut self, request: http::request::Builder, body: Bytes) -> Answer {
        let stream = TcpStream::connect(&self.address).await.expect("somebody listens");
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        self.connections.spawn(async move { drop(connection.await) });
        let cookie = self.session.as_ref().map(|id| format!("other=1; session={id}"));
        let mut request = request.header(HOST, &self.address).body(Full::new(body)).unwrap();
        request.headers_mut().extend(cookie.map(|cookie| (COOKIE, cookie.parse().unwrap())));
        let reply = sender.send_request(request).await.expect("it answers");
        let (parts, body) = reply.into_parts();
        let body = body.collect().await.expect("the answer is whole").to_bytes();
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        if let Some(id) = answer.cookie("session") {
            self.session = Some(id);
        }
        answer
    }

    /// Where `GET /` leads.
    pub(crate) async fn landing(&mut self) -> String {
        self.get("/").await.location()
    }

    /// `/api/status`.
    pub(crate) async fn status(&mut self) -> Value {
        self.get("/api/status").await.json()
    }

    /// Waits until `/api/status` says that a world is active, or that none is.
    pub(crate) async fn until_active(&mut self, active: bool) -> Value {
        for _ in 0..400 {
            let status = self.status().await;
            if status["active"] == active {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the world was to be active: {active}");
    }

    /// Waits until `GET /` leads to `path`.
    pub(crate) async fn until_landing(&mut self, path: &str) {
        for _ in 0..400 {
            if self.landing().await == path {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("GET / never led to {path}, but to {}", self.landing().await);
    }
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn header(&self, name: impl http::header::AsHeaderName) -> String {
        let value = self.headers.get(name);
        value.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    /// Where a redirect leads; empty if it is none.
    pub(crate) fn location(&self) -> String {
        self.header(LOCATION)
    }

    /// The cookie `name`, if the answer sets it.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let mut cookies =
            self.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap());
        let pair = |cookie: &str| {
            let (key, value) = cookie.split(';').next()?.split_once('=')?;
            (key == name).then(|| value.to_owned())
        };
        cookies.find_map(pair)
    }
}
