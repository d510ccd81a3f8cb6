//! What the drivers say, in this crate's words: one table for each database.
use sea_orm::sqlx::Error as SqlxError;
use sea_orm::sqlx::error::DatabaseError;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

use crate::{Error, ErrorKind};

#[cfg(any(feature = "postgres", test))]
mod postgres;
#[cfg(any(feature = "sqlite", test))]
mod sqlite;

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Verdict {
    /// Transience follows from it: what may heal by itself is `Unavailable`, `Exhausted` or `Conflict`.
    kind: ErrorKind,
    /// What a person is told; the default of the kind where empty.
    advice: &'static str,
}

const fn says(kind: ErrorKind, advice: &'static str) -> Verdict {
    Verdict { kind, advice }
}

const BUSY: Verdict = says(ErrorKind::Unavailable, "The database is busy. Try again in a moment.");
const GONE: Verdict = says(
    ErrorKind::Unavailable,
    "The database isn't responding. Check that it runs and can be reached, then try again.",
);
const FULL: Verdict = says(
    ErrorKind::Exhausted,
    "The disk of the database is full. Free some space, then try again; nothing was changed.",
);
const DAMAGED: Verdict = says(
    ErrorKind::Unexpected,
    "The database file is damaged. Stop Refractory and restore the file from your last backup. \
     Nothing was changed.",
);
const TAKEN: Verdict = says(ErrorKind::Conflict, "");
const TOO_LONG: Verdict = says(
    ErrorKind::Invalid,
    "A text is too long for the database or contains a character it can't store. \
     Shorten it, or remove unusual characters.",
);
const UNKNOWN: Verdict = says(ErrorKind::Unexpected, "");

/// What sea-orm says, met `during` something.
#[expect(clippy::wildcard_enum_match_arm, reason = "what a driver may yet say is unexpected")]
pub(super) fn told(error: DbErr, during: &'static str) -> Error {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => told_by_driver(&error, during),
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => {
            put(verdict(&SqlxError::PoolTimedOut), during).caused_by(error)
        }
        DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed) => {
            put(verdict(&SqlxError::PoolClosed), during).caused_by(error)
        }
        other => put(UNKNOWN, during).caused_by(other),
    }
}

/// What a driver says, met `during` something.
pub(super) fn told_by_driver(error: &SqlxError, during: &'static str) -> Error {
    // As text, because the error itself cannot be had; it has the server's words and no value of ours.
    put(verdict(error), during).caused_by(error.to_string())
}

/// Whether another process was in the way.
#[cfg(feature = "sqlite")]
pub(super) fn is_busy(error: &SqlxError) -> bool {
    verdict(error) == BUSY
}

/// Whether the disk is in the way: full, failing, not to be written to.
#[cfg(feature = "sqlite")]
pub(super) fn is_the_disk(error: &SqlxError) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    let code: i32 = code.and_then(|code| code.parse().ok()).unwrap_or_default();
    // READONLY, IOERR, FULL, CANTOPEN
    matches!(code & 0xff, 8 | 10 | 13 | 14)
}

fn put(verdict: Verdict, during: &'static str) -> Error {
    let error = Error::new(verdict.kind, during);
    if verdict.advice.is_empty() { error } else { error.advise(verdict.advice) }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what a driver may yet say is unexpected")]
fn verdict(error: &SqlxError) -> Verdict {
    match error {
        SqlxError::Database(error) => of_database(error.as_ref()),
        SqlxError::PoolTimedOut => BUSY,
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed
        | SqlxError::BeginFailed => GONE,
        SqlxError::Configuration(_) => {
            says(ErrorKind::Invalid, "The database settings are invalid. Correct its address.")
        }
        _ => UNKNOWN,
    }
}

fn of_database(error: &dyn DatabaseError) -> Verdict {
    let code = error.code().unwrap_or_default();
    #[cfg(feature = "sqlite")]
    if error.try_downcast_ref::<sea_orm::sqlx::sqlite::SqliteError>().is_some() {
        return sqlite::verdict(code.parse().unwrap_or_default());
    }
    #[cfg(feature = "postgres")]
    if error.try_downcast_ref::<sea_orm::sqlx::postgres::PgDatabaseError>().is_some() {
        return postgres::verdict(&code);
    }
    UNKNOWN
}

#[cfg(test)]
mod tests;
