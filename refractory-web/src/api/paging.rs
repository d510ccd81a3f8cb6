//! Lists, a page at a time.
use actix_web::HttpResponse;
use actix_web::dev::Payload;
use actix_web::error::QueryPayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::LINK;
use actix_web::{FromRequest, HttpRequest, web};
use refractory_core::ListQuery;
use refractory_core::ports::{Cursor, TypedPage};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::future::{Ready, ready};

use super::types::Page;
use crate::problem::{FieldProblem, Problem};
use crate::words;

/// How many items a page has where nothing is said.
const USUAL: usize = 50;
/// The most items of a page.
const MOST: usize = 200;

/// The parameters in the address of a request. An unknown one is refused.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = web::Query::<T>::from_query(request.query_string());
        ready(read.map(|query| Self(query.into_inner())).map_err(|error| unreadable(&error)))
    }
}

/// What is wrong with the parameters, at the one that it is wrong with where that is known.
fn unreadable(error: &QueryPayloadError) -> Problem {
    let said = match error {
        QueryPayloadError::Deserialize(inner) => inner.to_string(),
        other => other.to_string(),
    };
    let unknown = said.strip_prefix("unknown field `").and_then(|rest| rest.split_once("`, "));
    if let Some((name, expected)) = unknown {
        let sentence = format!("There is no parameter `{name}` here; {expected}.");
        return Problem::of_parameters(vec![FieldProblem::parameter(
            name,
            "unknown-parameter",
            sentence,
        )]);
    }
    let sentence = words::sentence(&format!("a parameter cannot be read: {said}"));
    Problem::new(StatusCode::BAD_REQUEST, sentence).coded("invalid-parameter")
}

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// Where the page begins: `next` of the page before it.
    #[param(format = "cursor", min_length = 1)]
    after: Option<String>,
    /// The most items of the page.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

impl PageQuery {
    /// The page that begins at `after` and has at most `limit` items.
    pub(crate) fn of(after: Option<String>, limit: Option<u32>) -> Self {
        Self { after, limit }
    }

    /// The place after which the page begins, and the most items that it has.
    pub(crate) fn read(&self) -> Result<(Option<Cursor>, usize), Problem> {
        Ok((place("after", self.after.as_deref())?, bounded(self.limit, USUAL, MOST)?))
    }

    /// The same, of a list that is in order of name.
    pub(crate) fn by_name(&self) -> Result<ListQuery, Problem> {
        let (after, size) = self.read()?;
        Ok(ListQuery::first(size).after(after))
    }
}

/// The place that the parameter `name` says.
fn place(name: &str, said: Option<&str>) -> Result<Option<Cursor>, Problem> {
    let read = said.map(str::parse).transpose();
    read.map_err(|error: refractory_core::Error| {
        let field = FieldProblem::parameter(name, "invalid-cursor", error.for_people());
        Problem::of_parameters(vec![field])
    })
}

/// `limit` where it is between one and `most`.
pub(crate) fn bounded(limit: Option<u32>, usual: usize, most: usize) -> Result<usize, Problem> {
    let limit = limit.map_or(usual, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    if (1..=most).contains(&limit) {
        return Ok(limit);
    }
    let message = format!("A page has 1 to {most} items.");
    Err(Problem::of_parameters(vec![FieldProblem::parameter("limit", "out-of-range", message)]))
}

/// Answers with `page`; where another follows, a `Link` header leads there.
pub(crate) fn page_answer(
    request: &HttpRequest,
    next: Option<&str>,
    page: &impl Serialize,
) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    if let Some(next) = next {
        answer.insert_header((LINK, format!("<{}>; rel=\"next\"", following(request, next))));
    }
    answer.json(page)
}

/// The same with a page of `items`, which goes on at `next`.
pub(crate) fn items_answer<T: Serialize>(
    request: &HttpRequest,
    items: Vec<T>,
    next: Option<impl ToString>,
) -> HttpResponse {
    let page = Page { items, next: next.map(|next| next.to_string()) };
    page_answer(request, page.next.as_deref(), &page)
}

/// The same with the forms of the records of one page of the store.
pub(crate) fn records_answer<'a, T: Serialize, R>(
    request: &HttpRequest,
    found: &'a TypedPage<R>,
    form: impl Fn(&'a R) -> T,
) -> HttpResponse {
    items_answer(request, found.records.iter().map(form).collect(), found.next.as_ref())
}

/// The address of the page at `next`, with all other parameters of `request`.
fn following(request: &HttpRequest, next: &str) -> String {
    let others = request.query_string().split('&');
    let others = others.filter(|pair| !pair.is_empty() && pair.split('=').next() != Some("after"));
    let after = format!("after={next}");
    let query: Vec<&str> = others.chain([after.as_str()]).collect();
    format!("{}?{}", request.path(), query.join("&"))
}

/// A page of what lies in memory whole, in the order of `key`; for kinds of which there are few.
pub(crate) fn page_of<T>(
    mut all: Vec<T>,
    key: impl Fn(&T) -> (String, String),
    after: Option<&Cursor>,
    limit: usize,
) -> (Vec<T>, Option<String>) {
    all.sort_by_cached_key(&key);
    if let Some(after) = after {
        let place = (after.sort().to_owned(), after.id().to_owned());
        all.retain(|item| key(item) > place);
    }
    let more = all.len() > limit;
    all.truncate(limit);
    let next = all.last().filter(|_| more).map(|last| {
        let (sort, id) = key(last);
        Cursor::new(&sort, &id).to_string()
    });
    (all, next)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn key(item: &(&str, &str)) -> (String, String) {
        (item.0.to_owned(), item.1.to_owned())
    }

    #[test]
    fn pages_in_memory_are_complete_also_when_what_a_cursor_follows_is_gone() {
        let all = vec![("b", "2"), ("a", "1"), ("c", "3"), ("b", "1")];
        let (page, next) = page_of(all, key, None, 2);
        assert_eq!(page, [("a", "1"), ("b", "1")]);
        let after: Cursor = next.unwrap().parse().unwrap();
        // What the cursor follows is gone, something came before it and something after it.
        let changed = vec![("b", "2"), ("a", "0"), ("c", "3"), ("b", "3")];
        let (page, next) = page_of(changed, key, Some(&after), 5);
        assert_eq!((page, next), (vec![("b", "2"), ("b", "3"), ("c", "3")], None));
    }

    #[test]
    fn the_next_page_keeps_all_other_parameters() {
        let at = |uri: &str| following(&TestRequest::with_uri(uri).to_http_request(), "00");
        assert_eq!(at("/api/v1/users"), "/api/v1/users?after=00");
        assert_eq!(at("/api/v1/users?limit=5&after=ff"), "/api/v1/users?limit=5&after=00");
    }

    #[test]
    fn limits_out_of_range_and_cursors_that_are_none_are_refused() {
        for limit in [Some(0), Some(201), Some(u32::MAX)] {
            let query = PageQuery { limit, ..PageQuery::default() };
            assert_eq!(query.read().unwrap_err().status().as_u16(), 400, "{limit:?}");
        }
        assert_eq!(PageQuery::default().read().unwrap(), (None, USUAL));
        let query = PageQuery { after: Some("nonsense".into()), ..PageQuery::default() };
        assert_eq!(
            query.read().unwrap_err().fields(),
            [("after".to_owned(), "invalid-cursor".to_owned())]
        );
    }
}
