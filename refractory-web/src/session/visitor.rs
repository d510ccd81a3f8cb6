//! Who is behind a request.
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::cookie::Cookie;
use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use refractory_core::model::{Principal, Via};
use refractory_core::{Relation, Verb, allows};

use super::flash::Flash;
use super::{cookie, csrf};
use crate::problem::Problem;
use crate::proxy::client_address;
use crate::shared::Shared;

/// Whoever sent a request, signed in or not.
#[derive(Debug)]
pub(crate) struct Visitor {
    /// Who is signed in.
    pub(crate) who: Option<Principal>,
    /// What their forms are bound to: the session, or the visit before there is one.
    pub(crate) secret: String,
    /// Whether the visit was begun by this request.
    fresh: bool,
    /// Whether they showed a token of their own accord, as no foreign page can make a browser do.
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
        let bearer = bearer(request);
        let session = bearer.clone().or_else(|| cookie::read(request, cookie::SESSION, https));
        let who = match &session {
            Some(secret) => shared.refractory.session(secret, Via::Web).await?,
            None => None,
        };
        let client = client_address(request, &shared.trusted);
        let who = who.map(|who| who.seen_at(known(client)));
        let visit = cookie::read(request, cookie::VISIT, https).filter(|visit| visit.len() >= 32);
        let fresh = who.is_none() && visit.is_none();
        let secret = match (&who, session, visit) {
            (Some(_), Some(session), _) => session,
            (_, _, Some(visit)) => visit,
            _ => random(),
        };
        let flash = cookie::read(request, cookie::FLASH, https)
            .and_then(|value| Flash::open(&value, &secret));
        Ok(Self {
            bearer: bearer.is_some() && who.is_some(),
            who,
            fresh,
            flash,
            theme: theme(cookie::read(request, cookie::THEME, https).as_deref()),
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

    /// The cookie that a fresh visit needs.
    pub(crate) fn visit_cookie(&self, https: bool) -> Option<Cookie<'static>> {
        self.fresh.then(|| cookie::keep(cookie::VISIT, self.secret.clone(), 24 * 3600, https))
    }

    /// Whether they may do `verb` where whose it is does not matter.
    pub(crate) fn may(&self, verb: Verb) -> bool {
        self.who.as_ref().is_some_and(|who| allows(who.role, verb, Relation::Stranger))
    }
}

/// An address that says where a client is; the one of those who could not be told apart does not.
fn known(client: IpAddr) -> Option<IpAddr> {
    Some(client).filter(|client| !client.is_unspecified())
}

fn bearer(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
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
pub(crate) struct Anyone(pub(crate) Arc<Visitor>);

impl std::ops::Deref for Anyone {
    type Target = Visitor;
    fn deref(&self) -> &Visitor {
        &self.0
    }
}

impl FromRequest for Anyone {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = request.extensions().get::<Arc<Visitor>>().cloned();
        ready(found.map(Self).ok_or_else(Problem::sign_in))
    }
}

/// Somebody who is signed in; everybody else is sent to sign in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// Who.
    pub(crate) who: Principal,
    /// Everything else about the request.
    pub(crate) visitor: Anyone,
}

impl Person {
    /// The visitor, if signed in.
    pub(crate) fn of(visitor: Anyone) -> Result<Self, Problem> {
        match visitor.who.clone() {
            Some(who) => Ok(Self { who, visitor }),
            None => Err(Problem::sign_in()),
        }
    }
}

impl FromRequest for Person {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Anyone::from_request(request, payload).into_inner().and_then(Self::of))
    }
}
