//! Uploads that lie where only the deployment may read them: asked for there with its signature, and passed on.
//!
//! To a browser they are files of the table, at the table's own address: no other origin, no redirect, nothing to sign. To
//! Foundry's program the same address is the store itself. Who may have what, and how the store is asked, is the
//! handle's to say; the edge moves bytes.
mod answer;
mod ask;

use std::rc::Rc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use refractory_core::ports::{AccessDecision, AssetReader, AssetRequest, SignedRequest};
use refractory_core::{ErrorKind, Refractory};
use tokio::time::timeout;

use super::body::{Outgoing, Pulse, Relay, Wait};
use super::edge::Stop;
use super::failure::{Failure, Side};
use super::find::is_home;
use super::forward::{passed_on, size_of};
use super::headers::{SessionRule, answer_headers};
use super::pool::Lease;
use super::route::Target;
use super::{Edge, Notice, Route};

/// How long an answer may be, and may take, that is read for its connection alone: what a store says when it refuses.
const NOTHING_MUCH: usize = 16 * 1024;
const SOON: Duration = Duration::from_secs(1);

/// Something that was asked of uploads, and how the store is asked for it.
pub(super) struct Admitted {
    ask: AssetRequest,
    errand: SignedRequest,
}

/// An answer of the store, and the connection it comes over.
type Answered = (Response<Incoming>, Lease, Rc<Pulse>);

impl Edge {
    /// How the store is asked for what `request` wants of the uploads of `route`; none where it is not about them.
    ///
    /// Browsers are served while the table is awake, as its other files are. Its program is served as long as a launch is
    /// known: it looks through its bucket before anybody may join, and may still write while its world closes.
    pub(super) async fn admitted<'a>(
        &self,
        route: &'a Route,
        request: &HttpRequest,
    ) -> Result<Option<Admitted>, Stop<'a>> {
        let Some(refractory) = &self.settings().uploads else { return Ok(None) };
        let Some(ask) = ask::of(route, request) else { return Ok(None) };
        if !ask.is_signed() && route.target().is_none() {
            return Err(Notice::Waiting(route).into());
        }
        Ok(admit(refractory, &ask).await?.map(|errand| Admitted { ask, errand }))
    }

    /// What the store answers, as far as whoever asks may know it.
    pub(super) async fn fetched<'a>(
        &self,
        route: &'a Route,
        request: &HttpRequest,
        admitted: Admitted,
        body: web::Payload,
    ) -> Result<HttpResponse, Stop<'a>> {
        match admitted.errand.to {
            AssetReader::Program => {
                let (body, pulse) = self.body_of(request, body);
                let answer = self.asked(&admitted.errand, body, pulse).await?;
                let (head, mut response) = self.relayed(request, answer);
                answer_headers(
                    &head,
                    response.headers_mut(),
                    &self.scene(route, request, SessionRule::Any)?,
                );
                Ok(response)
            }
            AssetReader::Browser => {
                let answer = self.read(admitted).await?;
                if let Err(stop) = answer::check(answer.0.status()) {
                    discard(answer).await;
                    return Err(stop);
                }
                let (head, mut response) = self.relayed(request, answer);
                answer::tell_browser(&head, response.headers_mut());
                self.let_in(route, request, &mut response)?;
                Ok(response)
            }
        }
    }

    /// Asks for one upload; once more with another key where the store knows the first no longer.
    async fn read(&self, admitted: Admitted) -> Result<Answered, Stop<'static>> {
        let Admitted { mut ask, errand } = admitted;
        let answer = self.asked(&errand, Outgoing::Empty, Pulse::new(true)).await?;
        if answer.0.status() != StatusCode::FORBIDDEN {
            return Ok(answer);
        }
        let Some(refractory) = &self.settings().uploads else { return Ok(answer) };
        ask.refused = Some(errand.with);
        discard(answer).await;
        match admit(refractory, &ask).await {
            Ok(Some(again)) => Ok(self.asked(&again, Outgoing::Empty, Pulse::new(true)).await?),
            Err(Stop::Failure(failure)) => Err(failure.into()),
            // There is no other key.
            Ok(None) | Err(Stop::Notice(_) | Stop::Told(..)) => Err(answer::shut_out().into()),
        }
    }

    async fn asked(
        &self,
        errand: &SignedRequest,
        body: Outgoing,
        pulse: Rc<Pulse>,
    ) -> Result<Answered, Failure> {
        let at: Uri = errand.url.parse().map_err(|error| ours().caused_by(error))?;
        let target = self.target_of(&at)?;
        let reads = matches!(errand.method.as_str(), "GET" | "HEAD");
        let again = || reads.then(|| question(errand, &at, Outgoing::Empty));
        let question = question(errand, &at, body)?;
        let (answer, lease) = self.way_to(&target).ask(question, again, &pulse).await?;
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Failure::new(Side::Upstream, true, "reading an unexpected response"));
        }
        Ok((answer, lease, pulse))
    }

    fn target_of(&self, at: &Uri) -> Result<Target, Failure> {
        let host = at.host().ok_or_else(ours)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let https = at.scheme_str() == Some("https");
        let tls = if https { Some(self.tls()?) } else { None };
        let port = at.port_u16().unwrap_or(if https { 443 } else { 80 });
        Ok(Target::elsewhere(host, port, tls))
    }

    /// `answer` on its way, without its headers, and what these were.
    fn relayed(&self, request: &HttpRequest, answer: Answered) -> (HeaderMap, HttpResponse) {
        let (answer, lease, pulse) = answer;
        let (head, body) = answer.into_parts();
        let size = size_of(&head);
        let wait = Wait::at_most(self.settings().patience.body);
        let relay = Relay::new(None, body, size, wait, (lease, pulse));
        let response = passed_on(request, head.status, relay, size);
        (head.headers, response)
    }

    /// Lets the table's own pages draw what they find at a name that it had before.
    fn let_in(
        &self,
        route: &Route,
        request: &HttpRequest,
        response: &mut HttpResponse,
    ) -> Result<(), Notice<'static>> {
        let at = &self.settings().addressing;
        if !is_home(at, self.host_of(request)?, route.slug.as_str()) {
            let origin = at.url_of(&format!("{}.{}", route.slug, at.domain.trim_matches('.')));
            answer::let_in(&origin, response.headers_mut());
        }
        Ok(())
    }
}

/// Reads to its end an answer that nobody gets to see, where that is soon, so that its connection can be used again.
async fn discard((answer, lease, pulse): Answered) {
    let rest = Limited::new(answer.into_body(), NOTHING_MUCH).collect();
    if pulse.is_done() && matches!(timeout(SOON, rest).await, Ok(Ok(_))) {
        lease.give_back();
    }
}

async fn admit(
    refractory: &Refractory,
    ask: &AssetRequest,
) -> Result<Option<SignedRequest>, Stop<'static>> {
    match refractory.admit_upload(ask).await {
        Ok(AccessDecision::Send(errand)) => Ok(Some(errand)),
        Ok(AccessDecision::Refuse(refusal)) => Err(answer::refused(refusal)),
        // No door, so the address is the program's.
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(None),
        Err(error) => {
            let doing = "preparing access to uploads";
            Err(Failure::new(Side::Upstream, false, doing).caused_by(error).into())
        }
    }
}

/// What the store is asked: what the door says, and nothing else.
fn question(
    errand: &SignedRequest,
    at: &Uri,
    body: Outgoing,
) -> Result<Request<Outgoing>, Failure> {
    let path = at.path_and_query().map_or("/", |path| path.as_str());
    let mut question = Request::builder().method(errand.method.as_str()).uri(path);
    for (name, value) in &errand.headers {
        question = question.header(name, value.as_bytes());
    }
    question.body(body).map_err(|error| ours().caused_by(error))
}

fn ours() -> Failure {
    Failure::new(Side::Us, false, "putting a question to the store of uploads together")
}
