//! The edge itself.
use std::sync::Arc;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::find::named_host;
use super::{Access, EdgeSettings, Found, Notice, Route, Routes, Wants};

/// Serves every table's traffic. Clones are handles to one edge.
#[derive(Debug, Clone)]
pub struct Edge(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: EdgeSettings,
    routes: Routes,
}

impl Edge {
    /// An edge that knows no tables yet.
    pub fn new(settings: EdgeSettings) -> Self {
        Self(Arc::new(Inner { settings, routes: Routes::default() }))
    }

    /// Where the tables are, to be kept up to date.
    pub fn routes(&self) -> &Routes {
        &self.0.routes
    }

    /// Whom `host` (as the header has it) and `path` mean.
    pub fn find(&self, host: &str, path: &str) -> Found {
        Found::by(&self.0.settings.addressing, &self.0.routes, host, path)
    }

    /// Whom `request` is for; the answer to it where it does not say so properly.
    ///
    /// # Errors
    ///
    /// The page to send instead, where its host is missing, odd or contradicted.
    pub fn locate(&self, request: &HttpRequest) -> Result<Found, HttpResponse> {
        match named_host(request) {
            Ok(host) => Ok(self.find(host, request.path())),
            Err(notice) => Err(self.say(&notice, request, Access::Anonymous)),
        }
    }

    /// Answers `request`, which is for the table `route`, on behalf of somebody with `access`.
    pub async fn serve(
        &self,
        route: Arc<Route>,
        request: HttpRequest,
        _body: web::Payload,
        access: Access,
    ) -> HttpResponse {
        self.say(&Notice::Waiting(&route), &request, access)
    }

    /// The page for a name that nothing has. It tells no names that something has.
    pub fn unknown(&self, request: &HttpRequest) -> HttpResponse {
        self.say(&Notice::Unknown, request, Access::Anonymous)
    }

    /// Says `notice` in the form that whoever asks can read. Never to be kept by a cache.
    fn say(&self, notice: &Notice<'_>, request: &HttpRequest, access: Access) -> HttpResponse {
        let mut response = HttpResponse::build(notice.status());
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        response.insert_header(("x-robots-tag", "noindex"));
        if let Some(wait) = notice.retry_after() {
            response.insert_header((header::RETRY_AFTER, HeaderValue::from(wait.as_secs())));
        }
        match Wants::of(request) {
            Wants::Page => {
                let html = self.0.settings.pages.html(notice, request, access);
                response.content_type("text/html; charset=utf-8").body(html)
            }
            Wants::Json => response.json(json!({
                "error": notice.code(),
                "message": notice.sentence(),
            })),
            Wants::Text => {
                response.content_type("text/plain; charset=utf-8").body(notice.sentence() + "\n")
            }
        }
    }
}
