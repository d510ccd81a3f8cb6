//! The proxy's sockets.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test without its proxy has failed"
)]
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::request::Parts;
use http::{Request, Response, Uri};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::call::Call;
use super::error_response::answer;
use super::fault::Fault;
use super::resettable_stream::ResettableStream;
use super::rule::Rule;
use super::state::{CallAction, ProxyState};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Body = BoxBody<Bytes, BoxError>;

/// A proxy in front of one emulator; ends with its handle.
///
/// The `Host` header is left as it is, because it is signed: give the SDK [`endpoint`](Self::endpoint).
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    desk: Arc<ProxyState>,
    _serving: JoinSet<()>,
}

impl FaultProxy {
    /// Starts a proxy in front of `emulator`, on its own port.
    pub async fn start(emulator: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let desk = Arc::new(ProxyState::new());
        let office = ProxyServer {
            desk: Arc::clone(&desk),
            emulator,
            client: Client::builder(TokioExecutor::new()).build_http(),
        };
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, office));
        Self { address, desk, _serving: serving }
    }

    /// What to give an SDK as its endpoint.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets the calls that `rule` names go wrong. The first rule that strikes decides; each counts every call.
    pub fn arrange(&self, rule: Rule, fault: Fault) {
        self.desk.arrange(rule, fault);
    }

    /// Cuts the caller off after `calls` calls, counted from the first that is [remembered](Self::calls): the last one
    /// has its effect and is not answered, nothing further happens. With 0, nothing happens at all.
    ///
    /// This is how AWS sees a process that is killed.
    pub fn cut_after(&self, calls: usize) {
        self.desk.cut_after(calls);
    }

    /// Lets requests under signed addresses pass, uncounted and whatever was arranged: they are made by others, to whom
    /// the caller has given the address, and go on when it is cut off.
    pub fn pass_presigned(&self) {
        self.desk.pass_presigned();
    }

    /// Waits until the caller has been [cut off](Self::cut_after), with the last call's effect done.
    pub async fn cut(&self) {
        let mut cut = self.desk.watch();
        cut.wait_for(|done| *done).await.expect("the desk outlives this borrow");
    }

    /// Whether the caller is [cut off](Self::cut_after) by now.
    pub fn is_cut(&self) -> bool {
        *self.desk.watch().borrow()
    }

    /// Says what the caller does from now on, for rules that count [each scene for itself](Rule::each_once).
    pub fn scene(&self, name: &str) {
        self.desk.begin(name);
    }

    /// Lets calls through again after a cut: those of the next process. What was arranged stays.
    pub fn reconnect(&self) {
        self.desk.reconnect();
    }

    /// Takes back all that was arranged. What was remembered stays.
    pub fn heal(&self) {
        self.desk.heal();
    }

    /// Every call so far, in order, those that went wrong among them; not those after a cut.
    pub fn calls(&self) -> Vec<Call> {
        self.desk.calls()
    }

    /// How often this was called so far.
    pub fn count(&self, service: &str, operation: &str) -> usize {
        self.calls().iter().filter(|call| call.is(service, operation)).count()
    }

    /// Forgets the calls so far: the next is the first.
    pub fn forget(&self) {
        self.desk.forget();
    }
}

async fn serve(listener: TcpListener, office: ProxyServer) {
    let mut lines = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    lines.spawn(serve_connection(stream, office.clone()));
                }
            }
            Some(_) = lines.join_next() => {}
        }
    }
}

async fn serve_connection(stream: TcpStream, office: ProxyServer) {
    // It is slower without, and right all the same.
    let _ = stream.set_nodelay(true);
    let (line, reset) = ResettableStream::new(stream);
    let service = service_fn(|request| office.answer(request, Arc::clone(&reset)));
    let connection = hyper::server::conn::http1::Builder::new();
    // A connection that ends in an error is what was arranged.
    let _ = connection.serve_connection(TokioIo::new(line), service).await;
}

#[derive(Clone)]
struct ProxyServer {
    desk: Arc<ProxyState>,
    emulator: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl ProxyServer {
    async fn answer(
        &self,
        request: Request<Incoming>,
        reset: Arc<AtomicBool>,
    ) -> Result<Response<Body>, BoxError> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        if self.desk.passes_presigned() && is_presigned(&head) {
            return self.forward(Request::from_parts(head, body)).await;
        }
        let call = Call::of(&head, &body);
        let (number, order) = self.desk.record_call(call.clone());
        let request = Request::from_parts(head.clone(), body.clone());
        match order {
            CallAction::Forward => self.record_status(number, self.forward(request).await),
            CallAction::Last => {
                let done = self.forward(request).await.map(drop);
                self.desk.cut();
                done.and(Err("cut".into()))
            }
            CallAction::Silence => {
                reset.store(true, Ordering::Relaxed);
                Err("cut".into())
            }
            CallAction::Wrong(fault) => {
                if let Some(said) = answer(&fault, &call, &head, &body) {
                    return self.record_status(number, Ok(said.map(whole)));
                }
                self.apply_fault(fault, request, &reset).await
            }
        }
    }

    async fn apply_fault(
        &self,
        fault: Fault,
        request: Request<Bytes>,
        reset: &AtomicBool,
    ) -> Result<Response<Body>, BoxError> {
        if fault == Fault::Hang {
            return std::future::pending().await;
        }
        if fault.forwards() {
            let answer = self.forward(request).await?;
            if fault == Fault::Truncated {
                return truncate(answer).await;
            }
            return Err("lost".into());
        }
        if let Fault::Late(wait) = fault {
            self.forward_later(request, wait);
        }
        reset.store(true, Ordering::Relaxed);
        Err("reset".into())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the effect must outlive the connection that asked for it"
    )]
    fn forward_later(&self, request: Request<Bytes>, wait: std::time::Duration) {
        let office = self.clone();
        drop(tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            // No one waits for the answer any more.
            let _ = office.forward(request).await;
        }));
    }

    /// Asks the emulator, and has the whole answer.
    async fn forward(&self, request: Request<Bytes>) -> Result<Response<Body>, BoxError> {
        let (mut head, body) = request.into_parts();
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        head.uri = Uri::builder()
            .scheme("http")
            .authority(self.emulator.to_string())
            .path_and_query(path)
            .build()?;
        head.headers.remove(http::header::TRANSFER_ENCODING);
        let answer = self.client.request(Request::from_parts(head, Full::new(body))).await?;
        let (head, body) = answer.into_parts();
        Ok(Response::from_parts(head, whole(body.collect().await?.to_bytes())))
    }

    fn record_status(
        &self,
        number: usize,
        answer: Result<Response<Body>, BoxError>,
    ) -> Result<Response<Body>, BoxError> {
        if let Ok(answer) = &answer {
            self.desk.answered(number, answer.status().as_u16());
        }
        answer
    }
}

/// Whether a request has a presigned URL, and no credentials.
fn is_presigned(head: &Parts) -> bool {
    head.uri.query().is_some_and(|query| query.contains("X-Amz-Signature="))
}

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never: Infallible| match never {}).boxed()
}

/// The first half of an answer that promises all of it; of nothing there is no half, and it is lost.
async fn truncate(answer: Response<Body>) -> Result<Response<Body>, BoxError> {
    let (mut head, body) = answer.into_parts();
    let bytes = body.collect().await?.to_bytes();
    if bytes.len() < 2 {
        return Err("lost".into());
    }
    head.headers.insert(http::header::CONTENT_LENGTH, bytes.len().into());
    let half = bytes.slice(..bytes.len() / 2);
    let breaks = async {
        // The half goes out when there is nothing more to be had.
        tokio::task::yield_now().await;
        Err("truncated".into())
    };
    let pieces = stream::iter([Ok(Frame::data(half))]).chain(stream::once(breaks));
    Ok(Response::from_parts(head, BoxBody::new(StreamBody::new(pieces))))
}
