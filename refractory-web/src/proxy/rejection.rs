//! Why a request is not forwarded.
use actix_web::http::StatusCode;

use super::Notice;
use super::failure::Failure;

/// Why a request is not passed on.
pub(super) enum Rejection<'a> {
    Notice(Notice<'a>),
    Failure(Failure),
    /// It is answered at once, in words that are not ours.
    Plain(StatusCode, &'static str, String),
}

impl<'a> From<Notice<'a>> for Rejection<'a> {
    fn from(notice: Notice<'a>) -> Self {
        Self::Notice(notice)
    }
}

impl From<Failure> for Rejection<'_> {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}
