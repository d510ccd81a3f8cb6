//! Failures between a client and an instance, and their side.
use std::error::Error as StdError;
use std::fmt::Write as _;

use actix_web::http::StatusCode;

/// Where something broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// At the instance, or on the way to it.
    Upstream,
    /// At the client, or on the way to it.
    Downstream,
    /// Here.
    Us,
}

/// A failure between a client and an instance.
#[derive(Debug, thiserror::Error)]
#[error("{doing} ({side:?} side, request {})", if *.sent { "sent" } else { "not sent" })]
pub(super) struct Failure {
    pub(super) side: Side,
    /// Whether any of the request may have reached the instance.
    pub(super) sent: bool,
    timed_out: bool,
    doing: &'static str,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Failure {
    pub(super) fn new(side: Side, sent: bool, doing: &'static str) -> Self {
        Self { side, sent, timed_out: false, doing, source: None }
    }

    pub(super) fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    pub(super) fn timed_out(mut self) -> Self {
        self.timed_out = true;
        self
    }

    /// What hyper says about an exchange. It reports trouble with the client's own bytes as well.
    pub(super) fn exchange(error: hyper::Error, sent: bool) -> Self {
        let source = error.source();
        match source.and_then(|source| source.downcast_ref::<ClientBodyError>()) {
            Some(ClientBodyError::Stalled) => {
                Self::new(Side::Downstream, sent, "the client stopped sending").timed_out()
            }
            Some(ClientBodyError::Vanished(_)) => {
                Self::new(Side::Downstream, sent, "the client went away").caused_by(error)
            }
            None => Self::new(Side::Upstream, sent, "asking the instance").caused_by(error),
        }
    }

    pub(super) fn is_timeout(&self) -> bool {
        self.timed_out
    }

    /// The status it is reported with.
    pub(super) fn status(&self) -> StatusCode {
        match (self.side, self.timed_out) {
            (Side::Upstream, true) => StatusCode::GATEWAY_TIMEOUT,
            (Side::Upstream, false) => StatusCode::BAD_GATEWAY,
            (Side::Downstream, true) => StatusCode::REQUEST_TIMEOUT,
            (Side::Downstream, false) => StatusCode::BAD_REQUEST,
            (Side::Us, _) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// One line with every cause.
    pub(super) fn chain(&self) -> String {
        let mut line = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let _infallible = write!(line, ": {error}");
            cause = error.source();
        }
        line
    }
}

/// Eight characters by which a person and the log mean the same failure.
pub(super) fn new_failure_id() -> String {
    let mut bytes = [0; 4];
    // Without randomness the id is merely not unique.
    let _best_effort = getrandom::fill(&mut bytes);
    hex::encode(bytes)
}

/// Why the body of a request did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientBodyError {
    #[error("the client stopped sending in the middle of the body")]
    Stalled,
    #[error("the client went away in the middle of the body: {0}")]
    Vanished(String),
}
