//! Revisions as entity tags: what a caller read is what a caller changes.
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, IF_MATCH, LOCATION};
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use crate::problem::Problem;

/// The revisions that `If-Match` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IfMatch {
    /// Nothing is said, or any revision will do.
    Any,
    /// One of these.
    OneOf(Vec<u64>),
}

impl IfMatch {
    /// The revision that a change is for, where what it changes is at `current` now.
    pub(crate) fn expected(&self, current: u64) -> Result<Option<u64>, Problem> {
        match self {
            Self::Any => Ok(None),
            Self::OneOf(revisions) if revisions.contains(&current) => Ok(Some(current)),
            Self::OneOf(_) => Err(Problem::outdated()),
        }
    }

    fn read(values: &[&str]) -> Option<Self> {
        if values.is_empty() || values.iter().any(|value| value.trim() == "*") {
            return Some(Self::Any);
        }
        let tags = values.iter().flat_map(|value| value.split(',')).map(str::trim);
        let tags = tags.filter(|tag| !tag.is_empty()).map(EntityTag::read);
        let tags = tags.collect::<Option<Vec<_>>>()?;
        if tags.is_empty() {
            return None;
        }
        Some(Self::OneOf(tags.into_iter().filter_map(EntityTag::revision).collect()))
    }
}

/// One entity tag.
struct EntityTag<'a> {
    inside: &'a str,
    weak: bool,
}

impl<'a> EntityTag<'a> {
    fn read(tag: &'a str) -> Option<Self> {
        let weak = tag.starts_with("W/");
        let quoted = tag.strip_prefix("W/").unwrap_or(tag);
        let inside = quoted.strip_prefix('"')?.strip_suffix('"')?;
        (!inside.contains('"')).then_some(Self { inside, weak })
    }

    /// The revision that it names. A weak one names none, as one of another form, which nothing here ever had.
    fn revision(self) -> Option<u64> {
        self.inside.parse().ok().filter(|_| !self.weak)
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let values = request.headers().get_all(IF_MATCH).map(|value| value.to_str());
        let values = values.collect::<Result<Vec<_>, _>>().ok();
        ready(values.and_then(|values| Self::read(&values)).ok_or_else(|| {
            let sentence = "`If-Match` holds no entity tag. Send the `ETag` of an earlier answer as it was, quotes included.";
            Problem::new(StatusCode::BAD_REQUEST, sentence).coded("malformed-header")
        }))
    }
}

/// Answers with `value`, which is at `revision`.
pub(crate) fn tagged(
    mut answer: HttpResponseBuilder,
    revision: u64,
    value: &impl Serialize,
) -> HttpResponse {
    answer.insert_header((ETAG, format!("\"{revision}\""))).json(value)
}

/// The same where `value` was created, and is at `address` from now on.
pub(crate) fn created(address: String, revision: u64, value: &impl Serialize) -> HttpResponse {
    let mut answer = HttpResponse::Created();
    answer.insert_header((LOCATION, address));
    tagged(answer, revision, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entity_tags_are_compared_strongly() {
        let of = |values: &[&str]| IfMatch::read(values);
        assert_eq!(of(&[]), Some(IfMatch::Any));
        assert_eq!(of(&["*"]), Some(IfMatch::Any));
        assert_eq!(of(&["\"7\""]), Some(IfMatch::OneOf(vec![7])));
        assert_eq!(of(&["\"7\", \"8\"", "\"9\""]), Some(IfMatch::OneOf(vec![7, 8, 9])));
        assert_eq!(of(&["W/\"7\""]), Some(IfMatch::OneOf(vec![])));
        assert_eq!(of(&["\"abc\""]), Some(IfMatch::OneOf(vec![])));
        for none in ["", "7", "\"7", "7\"", "\"7\" \"8\""] {
            assert_eq!(of(&[none]), None, "{none}");
        }
    }

    #[test]
    fn a_change_is_for_the_revision_that_was_read() {
        assert_eq!(IfMatch::Any.expected(4).unwrap(), None);
        assert_eq!(IfMatch::OneOf(vec![3, 4]).expected(4).unwrap(), Some(4));
        let moved = IfMatch::OneOf(vec![3]).expected(4).unwrap_err();
        assert_eq!(moved.status(), StatusCode::PRECONDITION_FAILED);
    }
}
