//! The visitor of a request.
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::cookie::Cookie;
use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use refractory_core::model::{Principal, Via};
use refractory_core::{Verb, may};

use super::flash::Flash;
use super::{cookie, csrf};
use crate::problem::Problem;
use crate::proxy::client_address;
use crate::shared::Shared;

/// The sender of a request, signed in or not.
#[derive(Debug)]
pub(crate) struct Visitor {
    /// Who is signed in.
    pub(crate) who: Option<Principal>,
    /// What their forms are bound to: the session, or the visit before there is one.
    pub(crate) secret: String,
    /// More visits that the browser knows of: a page may have been made for any of them.
    other_visits: Vec<String>,
    /// Whether the visit was begun by this request.
    fresh: bool,
    /// Whether the token came in the `Authorization` header, which no foreign page can make a browser send.
    pub(crate) bearer: bool,
    /// The sentence the page before left.
    pub(crate) flash: Option<Flash>,
    /// `light`, `dark`, or empty for the system's choice.
    pub(crate) theme: &'static str,
    /// Where the request came from.
    pub(crate) client: IpAddr,
    /// Path and query.
    pub(crate) at: String,
}

impl Visitor {
    /// Reads cookies and headers, and asks the store about the session.
    pub(crate) async fn of(request: &HttpRequest, shared: &Shared) -> Result<Self, Problem> {
        let https = shared.https();
        let cookies = |base| cookie::read_all(request, base, https);
        let session = Session::of(request, shared).await?;
        let mut visits = cookies(cookie::VISIT);
        visits.retain(|visit| session.is_none() && visit.len() >= 32);
        let fresh = session.is_none() && visits.is_empty();
        let (who, bearer, secret, others) = match session {
            Some(Session { who, secret, bearer }) => (Some(who), bearer, secret, Vec::new()),
            None if fresh => (None, false, random(), Vec::new()),
            None => (None, false, visits.remove(0), visits),
        };
        let client = client_address(request, &shared.trusted);
        let who = who.map(|who: Principal| who.seen_at(known(client)));
        let flashes = cookies(cookie::FLASH);
        let mut secrets = std::iter::once(&secret).chain(&others);
        let flash = secrets.find_map(|of| flashes.iter().find_map(|value| Flash::open(value, of)));
        let mut themes = cookies(cookie::THEME).into_iter().map(|chosen| theme(Some(&chosen)));
        Ok(Self {
            bearer,
            who,
            fresh,
            flash,
            other_visits: others,
            theme: themes.find(|theme| !theme.is_empty()).unwrap_or_default(),
            client,
            at: request.uri().path_and_query().map_or("/", |at| at.as_str()).to_owned(),
            secret,
        })
    }

    /// Where the request came from, as far as it is known.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        known(self.client)
    }

    /// The token for forms on a page made for this visitor.
    pub(crate) fn csrf(&self) -> String {
        csrf::token(&self.secret)
    }

    /// Whether `token` is that of a form on a page made for this visitor.
    pub(crate) fn accepts_csrf(&self, token: &str) -> bool {
        let mut secrets = std::iter::once(&self.secret).chain(&self.other_visits);
        secrets.any(|secret| csrf::is_good(secret, token))
    }

    /// The cookie that a fresh visit needs.
    pub(crate) fn visit_cookie(&self, https: bool) -> Option<Cookie<'static>> {
        self.fresh.then(|| cookie::keep(cookie::VISIT, self.secret.clone(), 24 * 3600, https))
    }

    /// Whether they may do `verb` where whose it is does not matter.
    pub(crate) fn may(&self, verb: Verb) -> bool {
        self.who.as_ref().is_some_and(|who| may(who, verb))
    }
}

/// Where the client of `request` is, for the audit log.
pub(crate) fn address_of(request: &HttpRequest, shared: &Shared) -> Option<IpAddr> {
    known(client_address(request, &shared.trusted))
}

/// The address, if it identifies a client; the unspecified one does not.
fn known(client: IpAddr) -> Option<IpAddr> {
    Some(client).filter(|client| !client.is_unspecified())
}

/// Proof of an identity.
struct Session {
    who: Principal,
    secret: String,
    bearer: bool,
}

impl Session {
    /// The first secret that is one of ours: in `Authorization`, or else in a cookie. What a proxy in front has put into that header for
    /// its own purposes is not, and proves nothing either way.
    async fn of(request: &HttpRequest, shared: &Shared) -> Result<Option<Self>, Problem> {
        let bearers = bearers(request).into_iter().map(|secret| (secret, true));
        let cookies = cookie::read_all(request, cookie::SESSION, shared.https());
        for (secret, bearer) in bearers.chain(cookies.into_iter().map(|secret| (secret, false))) {
            let who = if bearer {
                shared.refractory.bearer(&secret, Via::Web).await?
            } else {
                shared.refractory.session(&secret, Via::Web).await?
            };
            if let Some(who) = who {
                return Ok(Some(Self { who, secret, bearer }));
            }
        }
        Ok(None)
    }
}

/// The tokens in `Authorization`: a few, where a proxy adds its own beside ours.
fn bearers(request: &HttpRequest) -> Vec<String> {
    let token = |value: &HeaderValue| {
        let (scheme, token) = value.to_str().ok()?.trim().split_once(' ')?;
        let token = token.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
    };
    request.headers().get_all(AUTHORIZATION).filter_map(token).take(4).collect()
}

/// The theme a cookie names.
pub(crate) fn theme(chosen: Option<&str>) -> &'static str {
    match chosen {
        Some("light") => "light",
        Some("dark") => "dark",
        _ => "",
    }
}

fn random() -> String {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).unwrap_or_else(|error| unreachable!("no randomness: {error}"));
    hex::encode(bytes)
}

/// The visitor of a request that went through [`identify`](super::identify).
#[derive(Debug, Clone)]
pub(crate) struct CurrentVisitor(pub(crate) Arc<Visitor>);

impl std::ops::Deref for CurrentVisitor {
    type Target = Visitor;
    fn deref(&self) -> &Visitor {
        &self.0
    }
}

impl FromRequest for CurrentVisitor {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = request.extensions().get::<Arc<Visitor>>().cloned();
        ready(found.map(Self).ok_or_else(Problem::sign_in))
    }
}

/// A signed-in user; all others are redirected to sign in.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    /// Who.
    pub(crate) who: Principal,
    /// Everything else about the request.
    pub(crate) visitor: CurrentVisitor,
}

impl SignedIn {
    /// The visitor, if signed in.
    pub(crate) fn of(visitor: CurrentVisitor) -> Result<Self, Problem> {
        match visitor.who.clone() {
            Some(who) => Ok(Self { who, visitor }),
            None => Err(Problem::sign_in()),
        }
    }
}

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(CurrentVisitor::from_request(request, payload).into_inner().and_then(Self::of))
    }
}
