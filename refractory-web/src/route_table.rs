//! Which addresses the portal has, and which methods each of them takes. What is served, what is answered with 405, and which
//! names no table may have where tables share the portal's host, all come from here.
use std::collections::BTreeSet;
use std::fmt;

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Responder, Route};

use crate::problem::Problem;

/// What one method does at an address.
pub(crate) struct MethodRoute {
    method: Method,
    route: Route,
}

impl MethodRoute {
    fn new(method: Method) -> Self {
        Self { route: web::method(method.clone()), method }
    }

    /// Has `handler` answer.
    pub(crate) fn to<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        Self { method: self.method, route: self.route.to(handler) }
    }
}

/// Answers GET, and HEAD with it: see [`http_rules`](crate::http_rules).
pub(crate) fn get() -> MethodRoute {
    MethodRoute::new(Method::GET)
}

/// Answers POST.
pub(crate) fn post() -> MethodRoute {
    MethodRoute::new(Method::POST)
}

/// Answers PUT.
pub(crate) fn put() -> MethodRoute {
    MethodRoute::new(Method::PUT)
}

/// Answers PATCH.
pub(crate) fn patch() -> MethodRoute {
    MethodRoute::new(Method::PATCH)
}

/// Answers DELETE.
pub(crate) fn delete() -> MethodRoute {
    MethodRoute::new(Method::DELETE)
}

/// One address, with everything that is done there.
struct Address {
    path: String,
    routes: Vec<MethodRoute>,
}

impl Address {
    fn methods(&self) -> Vec<String> {
        let mut all: Vec<_> = self.routes.iter().map(|route| route.method.to_string()).collect();
        if self.routes.iter().any(|route| route.method == Method::GET) {
            all.push(Method::HEAD.to_string());
        }
        all.sort();
        all
    }
}

/// Addresses below one prefix, in the order in which they are tried.
#[derive(Default)]
pub(crate) struct RouteTable {
    prefix: &'static str,
    addresses: Vec<Address>,
}

impl RouteTable {
    /// No address yet, below `prefix`.
    pub(crate) fn below(prefix: &'static str) -> Self {
        Self { prefix, addresses: Vec::new() }
    }

    /// Adds what one method does at `path`.
    pub(crate) fn route(&mut self, path: &str, route: MethodRoute) -> &mut Self {
        match self.addresses.iter_mut().find(|address| address.path == path) {
            Some(address) => address.routes.push(route),
            None => self.addresses.push(Address { path: path.to_owned(), routes: vec![route] }),
        }
        self
    }

    /// Adds what `more` adds.
    pub(crate) fn configure(&mut self, more: impl FnOnce(&mut Self)) -> &mut Self {
        more(self);
        self
    }

    /// Serves it. The prefix is that of the scope it is served in.
    pub(crate) fn serve(self, config: &mut ServiceConfig) {
        for address in self.addresses {
            let allow = address.methods().join(", ");
            let mut resource = web::resource(address.path);
            for route in address.routes {
                resource = resource.route(route.route);
            }
            let other = move |request: HttpRequest| {
                std::future::ready(wrong_method(&request, allow.clone()))
            };
            config.service(resource.default_service(web::to(other)));
        }
    }

    /// Each path with the methods it takes.
    pub(crate) fn paths(&self) -> impl Iterator<Item = (String, Vec<String>)> + '_ {
        let whole = |address: &Address| format!("{}{}", self.prefix, address.path);
        self.addresses.iter().map(move |address| (whole(address), address.methods()))
    }
}

impl fmt::Debug for RouteTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.paths()).finish()
    }
}

fn wrong_method(request: &HttpRequest, allow: String) -> Result<HttpResponse, Problem> {
    Err(Problem::wrong_method(request.method().as_str(), allow))
}

/// The paths that are the portal's wherever they are asked for.
pub(crate) struct PortalPaths(Vec<ResourceDef>);

impl PortalPaths {
    /// Those of `paths`, as [`RouteTable::paths`] has them.
    pub(crate) fn new(paths: impl IntoIterator<Item = (String, Vec<String>)>) -> Self {
        Self(paths.into_iter().map(|(path, _)| ResourceDef::new(path)).collect())
    }

    /// Whether the portal answers at `path`.
    pub(crate) fn holds(&self, path: &str) -> bool {
        self.0.iter().any(|known| known.is_match(path))
    }
}

impl fmt::Debug for PortalPaths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PortalPaths")
    }
}

/// The names that these paths begin with: as names of tables they would stand in the way.
pub(crate) fn first_segments(
    paths: impl IntoIterator<Item = (String, Vec<String>)>,
) -> BTreeSet<String> {
    let first = |path: String| path.split('/').nth(1).unwrap_or_default().to_owned();
    paths.into_iter().map(|(path, _)| first(path)).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> RouteTable {
        async fn nothing() -> HttpResponse {
            HttpResponse::Ok().finish()
        }
        let mut table = RouteTable::below("/api");
        table
            .route("/people", get().to(nothing))
            .route("/people/{name}", delete().to(nothing))
            .route("/people", post().to(nothing));
        table
    }

    #[test]
    fn an_address_takes_what_was_given_to_it_and_head_with_get() {
        let paths: Vec<_> = table().paths().collect();
        let methods = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            paths,
            [
                ("/api/people".to_owned(), methods(&["GET", "HEAD", "POST"])),
                ("/api/people/{name}".to_owned(), methods(&["DELETE"])),
            ]
        );
        assert_eq!(first_segments(table().paths()).into_iter().collect::<Vec<_>>(), ["api"]);
    }

    #[test]
    fn the_portal_holds_its_paths_and_no_others() {
        let paths = PortalPaths::new(table().paths());
        for held in ["/api/people", "/api/people/anna"] {
            assert!(paths.holds(held), "{held}");
        }
        for free in ["/", "/api", "/people", "/api/people/", "/api/people/anna/x", "/friday/"] {
            assert!(!paths.holds(free), "{free}");
        }
    }
}
