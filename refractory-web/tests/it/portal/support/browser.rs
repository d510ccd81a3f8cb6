//! A browser without a window.
use std::collections::BTreeMap;
use std::net::SocketAddr;

use reqwest::header::{COOKIE, HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use reqwest::{Method, StatusCode};

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn to(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |to| to.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The token of the first form.
    pub(crate) fn csrf(&self) -> String {
        let mark = "name=\"csrf\" value=\"";
        let at = self.text.find(mark).expect("a form") + mark.len();
        self.text[at..at + 64].to_owned()
    }
}

/// A browser without a window: keeps cookies, follows nothing.
pub(crate) struct Browser {
    client: reqwest::Client,
    at: SocketAddr,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
}

impl Browser {
    pub(crate) fn new(at: SocketAddr) -> Self {
        // Plain HTTP only, but the client wants to know how it would encrypt; the second to say so is refused.
        let _known = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Self {
            client: client.build().unwrap(),
            at,
            cookies: BTreeMap::new(),
            headers: HeaderMap::new(),
        }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let cookies: Vec<_> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        self.client
            .request(method, format!("http://{}{path}", self.at))
            .headers(self.headers.clone())
            .header(COOKIE, HeaderValue::from_str(&cookies.join("; ")).unwrap())
    }

    async fn take(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        for set in answer.headers().get_all(SET_COOKIE) {
            let (name, value) =
                set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (answer.status(), answer.headers().clone());
        Answer { status, headers, text: answer.text().await.unwrap() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path);
        self.take(request).await
    }

    /// Asks as if `host` led here.
    pub(crate) async fn get_at(&mut self, host: &str, path: &str) -> Answer {
        let request = self
            .request(Method::GET, path)
            .header("host", format!("{host}:{}", self.at.port()))
            .header("accept", "text/html");
        self.take(request).await
    }

    /// Sends a form as if `host` led here.
    pub(crate) async fn post_at(
        &mut self,
        host: &str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let host = format!("{host}:{}", self.at.port());
        let request = self.request(Method::POST, path).header("host", host).form(fields);
        self.take(request).await
    }

    /// Sends a form without looking at the page it is on.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::POST, path).form(fields);
        self.take(request).await
    }

    /// Loads `page` and sends a form of it.
    pub(crate) async fn submit(
        &mut self,
        page: &str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let csrf = self.get(page).await.csrf();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.post(path, &all).await
    }

    /// Loads `page`, sends a form of it, and loads where that leads.
    pub(crate) async fn submit_and_follow(
        &mut self,
        page: &str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let answer = self.submit(page, path, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let to = answer.to().to_owned();
        self.get(&to).await
    }

    /// Sends JSON, or nothing, with the token of the session.
    pub(crate) async fn json(
        &mut self,
        method: Method,
        path: &str,
        body: Option<serde_json::Value>,
    ) -> Answer {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.take(request).await
    }

    /// Sends `body` as `kind`.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        kind: &str,
        body: &str,
    ) -> Answer {
        let request = self.request(method, path).header("content-type", kind).body(body.to_owned());
        self.take(request).await
    }

    /// Sends bytes as a file.
    pub(crate) async fn bytes(&mut self, path: &str, kind: &str, body: Vec<u8>) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", kind).body(body);
        self.take(request).await
    }

    /// Asks with any method, and leaves the body unread.
    pub(crate) async fn ask(&self, method: Method, path: &str) -> reqwest::Response {
        self.request(method, path).send().await.unwrap()
    }

    /// Opens a stream.
    pub(crate) async fn stream(&self, path: &str) -> reqwest::Response {
        self.request(Method::GET, path).send().await.unwrap()
    }
}
