//! Responses in place of the game.
use std::fmt;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};

use super::{Access, Route};

/// A response in place of the game.
#[derive(Debug, Clone, Copy)]
pub enum Notice<'a> {
    /// Nothing runs, it is on its way up or down, or it was given up on: the route says which.
    Waiting(&'a Route),
    /// It releases its license to another table: no new player may join.
    HandOver(&'a Route),
    /// This path is for administrators.
    Closed(&'a Route),
    /// More connections than the table takes.
    Full(&'a Route),
    /// It ought to answer and does not; the id stands in the log.
    Failed {
        /// The table.
        route: &'a Route,
        /// 502 where it broke, 504 where it kept silent.
        status: StatusCode,
        /// What the log calls this failure.
        id: &'a str,
    },
    /// A request the edge does not pass on, and why.
    Refused {
        /// 400, 403, 404, 408, 413 or 415.
        status: StatusCode,
        /// One sentence for people.
        why: &'static str,
    },
    /// A method the edge does not pass on here.
    Method {
        /// The methods it would.
        allow: &'static str,
        /// One sentence for people.
        why: &'static str,
    },
    /// The record of the table with this name cannot be read.
    Damaged,
    /// No table and no portal has this name.
    Unknown,
}

impl Notice<'_> {
    /// The status it is sent with.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Waiting(_) | Self::HandOver(_) | Self::Full(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Closed(_) => StatusCode::FORBIDDEN,
            Self::Failed { status, .. } | Self::Refused { status, .. } => *status,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Damaged => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unknown => StatusCode::NOT_FOUND,
        }
    }

    /// The word for it in JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Waiting(_) => "waiting",
            Self::HandOver(_) => "hand-over",
            Self::Closed(_) => "closed",
            Self::Full(_) => "full",
            Self::Failed { .. } => "failed",
            Self::Refused { .. } | Self::Method { .. } => "refused",
            Self::Damaged => "damaged",
            Self::Unknown => "unknown",
        }
    }

    /// When to look again; never for what waiting cannot change.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Waiting(route) => Some(route.retry_after()),
            Self::HandOver(_) | Self::Full(_) => Some(Duration::from_secs(30)),
            Self::Failed { .. } => Some(Duration::from_secs(5)),
            Self::Closed(_)
            | Self::Refused { .. }
            | Self::Method { .. }
            | Self::Damaged
            | Self::Unknown => None,
        }
    }

    /// One sentence, safe in a browser.
    pub fn sentence(&self) -> String {
        match self {
            Self::Waiting(route) => route.sentence(),
            Self::HandOver(route) => format!(
                "{} is about to hand its license to another table, so new players can't join. Try again in a minute.",
                route.title
            ),
            Self::Closed(_) => {
                "Foundry's setup is closed here. Manage the table in the portal.".to_owned()
            }
            Self::Full(route) => format!(
                "{} has too many open connections. Close other tabs, or try again in a minute.",
                route.title
            ),
            Self::Failed { route, status, id } => {
                let what = if *status == StatusCode::GATEWAY_TIMEOUT {
                    "isn't responding"
                } else {
                    "stopped responding"
                };
                format!(
                    "{} {what}. Try again in a moment. If this continues, give your administrator this error ID: {id}",
                    route.title
                )
            }
            Self::Refused { why, .. } | Self::Method { why, .. } => (*why).to_owned(),
            Self::Damaged => {
                "This table's record is damaged, so the table can't be reached. Its data is untouched. Ask your administrator: the portal says what to do."
                    .to_owned()
            }
            Self::Unknown => {
                "There is no table at this address. Check the address, or ask your game master."
                    .to_owned()
            }
        }
    }
}

/// Makes pages for people. The edge sets status, caching and `Retry-After` itself, and answers programs without asking.
pub trait Pages: fmt::Debug + Send + Sync + 'static {
    /// The HTML of `notice` for the person who sent `request`.
    fn html(&self, notice: &Notice<'_>, request: &HttpRequest, access: Access) -> String;
}

/// The format of a response that is not the game's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseFormat {
    /// A person in a browser.
    Html,
    /// A program that reads JSON.
    Json,
    /// Anything else: a picture, a script, an upgrade.
    Text,
}

impl ResponseFormat {
    /// Reads it from the request.
    pub fn of(request: &HttpRequest) -> Self {
        let says = |name: header::HeaderName, word: &str| {
            let mut values = request.headers().get_all(name);
            values.any(|value| value.to_str().unwrap_or_default().contains(word))
        };
        if says(header::UPGRADE, "websocket") {
            Self::Text
        } else if says(header::ACCEPT, "text/html") {
            Self::Html
        } else if says(header::ACCEPT, "application/json")
            || says(header::CONTENT_TYPE, "application/json")
            || request.path().contains("/api/")
        {
            Self::Json
        } else {
            Self::Text
        }
    }
}
