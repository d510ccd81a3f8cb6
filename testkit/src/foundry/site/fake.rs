//! The fake site.
use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use http::header::{RETRY_AFTER, SET_COOKIE};
use http::{HeaderValue, Method, StatusCode};
use refractory_core::{Clock, SystemClock};
use serde_json::json;
use tokio::net::TcpListener;

use super::account::Account;
use super::log::{Log, RecordedRequest};
use super::{download, html};
use crate::foundry::archive::Layout;
use crate::foundry::hash::random_hex;
use crate::foundry::http::{
    Answer, Fields, Reply, Request, cookie, json, page, query, redirect, serve, text,
};
use crate::foundry::license::{plain_key, signature_of};
use crate::foundry::signing;
use crate::foundry::tasks::Tasks;

/// A site on this machine that signs people in, lists licenses and releases, hands out archives
/// and signs licenses. It ends when it is dropped.
#[derive(Debug)]
pub struct FakeSite {
    site: Arc<Site>,
    tasks: Tasks,
}

impl FakeSite {
    /// Serves `account` on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// Of taking the port.
    pub async fn start(account: Account) -> io::Result<Self> {
        Self::start_at(account, 0).await
    }

    /// Serves `account` on `port` of 127.0.0.1.
    ///
    /// # Errors
    /// Of taking the port.
    pub async fn start_at(account: Account, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let base = format!("http://{}", listener.local_addr()?);
        let site = Arc::new(Site {
            account,
            base,
            log: Log::default(),
            sessions: Mutex::default(),
            tokens: Mutex::default(),
        });
        let tasks = Tasks::default();
        tasks.spawn(serve(listener, Arc::clone(&site), tasks.clone()));
        Ok(Self { site, tasks })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn base_url(&self) -> &str {
        &self.site.base
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.site.log.seen()
    }

    /// Answers the next `requests` with 429; zero ends that.
    pub fn limit_rate(&self, requests: usize) {
        self.site.log.refuse_next(requests);
    }

    /// Cuts the next `downloads` in the middle.
    pub fn cut_downloads(&self, downloads: usize) {
        self.site.log.cut_next(downloads);
    }

    /// A timed link as a person copies it from the site.
    pub fn timed_url(&self, version: crate::foundry::Version, layout: Layout) -> String {
        format!("{}{}", self.site.base, download::link(version, layout))
    }
}

impl Drop for FakeSite {
    fn drop(&mut self) {
        self.tasks.stop();
    }
}

#[derive(Debug)]
struct Site {
    account: Account,
    base: String,
    log: Log,
    sessions: Mutex<HashSet<String>>,
    tokens: Mutex<HashSet<String>>,
}

impl Answer for Site {
    async fn answer(self: Arc<Self>, request: Request) -> Reply {
        let (method, target) = (request.method().clone(), request.uri().clone());
        let reply = if self.log.refuses() { too_many() } else { self.route(request).await };
        self.log.note(&method, &target, reply.status().as_u16());
        reply
    }
}

impl Site {
    async fn route(&self, request: Request) -> Reply {
        let path = request.uri().path().to_owned();
        if *request.method() == Method::POST {
            return match path.as_str() {
                "/auth/login/" => self.sign_in(request).await,
                signing::PATH => self.sign(request).await,
                _ => text(StatusCode::NOT_FOUND, "Not Found"),
            };
        }
        let known = self.is_signed_in(&request);
        let community = format!("/community/{}/licenses", self.account.username.to_lowercase());
        match path.as_str() {
            "/" => self.front(known),
            "/releases" | "/releases/" => page(html::releases(&self.account)),
            "/releases/download" if known => self.hand_out(&request),
            path if path.trim_end_matches('/') == community && known => {
                page(html::licenses(&self.account))
            }
            "/releases/download" => redirect("/auth/login/"),
            path if path.starts_with("/community/") => redirect("/auth/login/"),
            "/auth/login/" => self.front(known),
            path => self.archive(path, &request),
        }
    }

    fn front(&self, known: bool) -> Reply {
        let token = random_hex(32);
        let name = known.then_some(self.account.username.as_str());
        let reply = page(html::front(&token, name));
        lock(&self.tokens).insert(token.clone());
        with_cookie(reply, "csrftoken", &token)
    }

    /// Signs in; where that fails, the site answers 200 with the form again.
    async fn sign_in(&self, request: Request) -> Reply {
        let token = cookie(request.headers(), "csrftoken").unwrap_or_default().to_owned();
        let Ok(fields) = Fields::of(request).await else {
            return text(StatusCode::BAD_REQUEST, "");
        };
        let issued = lock(&self.tokens).contains(&token);
        if !issued || fields.text("csrfmiddlewaretoken") != token {
            return text(StatusCode::FORBIDDEN, "CSRF verification failed. Request aborted.");
        }
        let named = fields.text("username").eq_ignore_ascii_case(&self.account.username);
        if !named || fields.text("password") != self.account.password {
            return self.front(false);
        }
        let id = random_hex(32);
        lock(&self.sessions).insert(id.clone());
        let next = Some(fields.text("next")).filter(|next| next.starts_with('/')).unwrap_or("/");
        with_cookie(redirect(next), "sessionid", &id)
    }

    fn is_signed_in(&self, request: &Request) -> bool {
        let id = cookie(request.headers(), "sessionid");
        id.is_some_and(|id| lock(&self.sessions).contains(id))
    }

    fn hand_out(&self, request: &Request) -> Reply {
        let build = query(request, "build").and_then(|build| build.parse().ok());
        let Some(version) = build.and_then(|build| self.account.release(build)) else {
            return text(StatusCode::NOT_FOUND, "There is no such release");
        };
        let layout = match query(request, "platform").as_deref() {
            Some("node") => Layout::Node,
            Some("linux") => Layout::Electron,
            _ => return text(StatusCode::BAD_REQUEST, "There is no such platform"),
        };
        if !Layout::of(version).contains(&layout) {
            return text(StatusCode::NOT_FOUND, "There is no such release");
        }
        let link = format!("{}{}", self.base, download::link(version, layout));
        if query(request, "response_type").as_deref() == Some("json") {
            let lifetime = self.account.link_life.as_secs();
            json(StatusCode::OK, &json!({"url": link, "lifetime": lifetime}))
        } else {
            redirect(&link)
        }
    }

    fn archive(&self, path: &str, request: &Request) -> Reply {
        let Some((version, layout)) = download::named(path) else {
            return text(StatusCode::NOT_FOUND, "Not Found");
        };
        let verify = query(request, "verify").unwrap_or_default();
        if !download::is_good(path, &verify, self.account.link_life) {
            return text(StatusCode::FORBIDDEN, "This link has expired");
        }
        download::serve(version, layout, request.headers(), self.log.cuts())
    }

    async fn sign(&self, request: Request) -> Reply {
        let Ok(fields) = Fields::of(request).await else {
            return text(StatusCode::BAD_REQUEST, "");
        };
        let (key, host) = (fields.text("license"), fields.text("host"));
        if !self.account.owns(key) {
            let error = json!({"error": "The software license key is not valid"});
            return json(StatusCode::FORBIDDEN, &error);
        }
        let signature = signature_of(&plain_key(key).unwrap_or_default(), host);
        let signed =
            json!({"signature": signature, "host": host, "time": SystemClock.now().to_string()});
        json(StatusCode::OK, &signed)
    }
}

fn too_many() -> Reply {
    let mut reply = text(StatusCode::TOO_MANY_REQUESTS, "Too many requests");
    reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("120"));
    reply
}

fn with_cookie(mut reply: Reply, name: &str, value: &str) -> Reply {
    let cookie = HeaderValue::try_from(format!("{name}={value}; Path=/; SameSite=Lax"));
    reply.headers_mut().extend(cookie.ok().map(|cookie| (SET_COOKIE, cookie)));
    reply
}

fn lock(set: &Mutex<HashSet<String>>) -> std::sync::MutexGuard<'_, HashSet<String>> {
    set.lock().unwrap_or_else(PoisonError::into_inner)
}
