//! Names and passwords: looked at as often as the throttle allows.
use actix_web::HttpRequest;
use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use refractory_core::model::{Principal, User, UserName, Via};
use refractory_core::{Error, ErrorKind, Secret, UserId, account_of_mark};

use super::cookie;
use crate::guard::{Attempt, Subject};
use crate::problem::Problem;
use crate::session::Visitor;
use crate::shared::Shared;

/// As long as browsers keep any cookie.
const DEVICE_SECONDS: i64 = 400 * 24 * 3600;
/// One browser is known to so many accounts.
const ACCOUNTS: usize = 4;
/// Between the marks of two accounts; no mark has it.
const BETWEEN: char = '|';

/// The account with this name and password. Does not reveal which of the two was wrong.
pub(crate) async fn check_password(
    request: &HttpRequest,
    shared: &Shared,
    visitor: &Visitor,
    name: &str,
    password: &Secret,
) -> Result<User, Problem> {
    // The name as the lookup has it: all spellings of it share one budget.
    let Ok(name) = UserName::new(name) else {
        let attempt = shared.throttle.begin(vec![Subject::address(visitor.client)]).await?;
        drop(attempt);
        return Err(no_match());
    };
    let subjects = match known_device(request, shared, &name).await {
        Some(device) => vec![Subject::Device(device)],
        None => Subject::unknown_device(visitor.client, &name),
    };
    let attempt = shared.throttle.begin(subjects).await?;
    throttled(attempt, shared, visitor, name, password).await
}

/// Whether the password is the one of `who`, who is signed in and shows it once more.
pub(crate) async fn confirm_password(
    shared: &Shared,
    who: &Principal,
    id: &UserId,
    password: &Secret,
) -> Result<bool, Problem> {
    let attempt = shared.throttle.begin(vec![Subject::SignedIn(id.clone())]).await?;
    finish_attempt(
        attempt,
        shared.refractory.confirm_password(who, password.clone()).await,
        |good| *good,
    )
}

async fn throttled(
    attempt: Attempt<'_>,
    shared: &Shared,
    visitor: &Visitor,
    name: UserName,
    password: &Secret,
) -> Result<User, Problem> {
    let address = visitor.address();
    let tried = shared.refractory.sign_in(name, password.clone(), Via::Web, address).await;
    finish_attempt(attempt, tried, Option::is_some)?.ok_or_else(no_match)
}

/// Forgives what was no failure: a success, and a store that does not answer.
fn finish_attempt<T>(
    attempt: Attempt<'_>,
    tried: refractory_core::Result<T>,
    good: impl FnOnce(&T) -> bool,
) -> Result<T, Problem> {
    let forgiven = match &tried {
        Ok(outcome) => good(outcome),
        Err(error) => error.kind() == ErrorKind::Unavailable,
    };
    if forgiven {
        attempt.succeeded();
    }
    Ok(tried?)
}

fn no_match() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "Wrong name or password. Try again, or ask an administrator for a sign-in link.",
    )
}

/// The device behind `request`, if this account was signed in to there before.
async fn known_device(request: &HttpRequest, shared: &Shared, name: &UserName) -> Option<String> {
    let kept = cookie::read_all(request, cookie::DEVICE, shared.https());
    let marks: Vec<_> = kept.iter().flat_map(|kept| kept.split(BETWEEN).take(ACCOUNTS)).collect();
    let known = shared.refractory.known_device(name, &marks).await;
    known.unwrap_or_else(|error| {
        tracing::warn!(%error, "a known device could not be told from a strange one");
        None
    })
}

/// The cookie by which this browser is known to `user` from now on, beside the accounts it was known to. It opens nothing.
/// `None` where it cannot be signed now: that is no reason to refuse the sign-in.
pub(crate) async fn device_cookie(
    request: &HttpRequest,
    shared: &Shared,
    user: &User,
) -> Option<Cookie<'static>> {
    let mark = match shared.refractory.mark_device(user).await {
        Ok(mark) => mark,
        Err(error) => {
            warn(&error);
            return None;
        }
    };
    let kept = cookie::read_all(request, cookie::DEVICE, shared.https());
    let marks = kept.iter().flat_map(|kept| kept.split(BETWEEN).take(ACCOUNTS));
    let others = marks.filter(|mark| account_of_mark(mark).is_some_and(|id| id != user.id));
    let mut value = mark.expose().to_owned();
    for other in others.take(ACCOUNTS - 1) {
        value.push(BETWEEN);
        value.push_str(other);
    }
    Some(cookie::keep(cookie::DEVICE, value, DEVICE_SECONDS, shared.https()))
}

fn warn(error: &Error) {
    tracing::warn!(%error, "a device could not be marked as known");
}
