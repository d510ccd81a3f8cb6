//! What the database says, in our words: one table.
use sea_orm::sqlx;
use sea_orm::{DbErr, RuntimeErr, SqlErr};

use crate::{Error, ErrorKind};

/// A row of the table: kind, and the sentence for people where ours says more than the kind's own.
type Meaning = (ErrorKind, Option<&'static str>);

const BUSY: Meaning = (ErrorKind::Unavailable, None);
const FULL: Meaning = (
    ErrorKind::Exhausted,
    Some("There is no space left for the database. Free some, then try again; nothing was lost."),
);
const READ_ONLY: Meaning = (
    ErrorKind::Forbidden,
    Some(
        "The database cannot be written. Check who owns its file and its folder, and that the file system is not read-only.",
    ),
);
const DAMAGED: Meaning = (
    ErrorKind::Unexpected,
    Some(
        "The database file is damaged, or is no database. Nothing was changed. Put a backup in its place, or move it away to begin anew.",
    ),
);
const UNREACHABLE: Meaning = (
    ErrorKind::Unavailable,
    Some("The database does not answer. Check that it runs, and the address under `[store] url`."),
);
const REFUSED: Meaning = (
    ErrorKind::Forbidden,
    Some("The database refuses this user or this password. Check `[store] url`."),
);
const NO_DATABASE: Meaning = (
    ErrorKind::Invalid,
    Some("That database does not exist. Create it, or correct `[store] url`."),
);
const UNREADABLE_URL: Meaning = (
    ErrorKind::Invalid,
    Some(
        "`[store] url` cannot be read. Write `sqlite:///path/of/a/file`, or `postgres://user:password@host/database`.",
    ),
);
const NEWER: Meaning = (
    ErrorKind::Invalid,
    Some("This database was written by a newer Refractory. Update this one; nothing was changed."),
);

/// What `error` means while `during`.
pub(super) fn translate(error: DbErr, during: &'static str) -> Error {
    let (kind, advice) = meaning(&error);
    let translated = Error::new(kind, during).caused_by(error);
    match advice {
        Some(advice) => translated.advise(advice),
        None => translated,
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the driver's own list is open, and whatever is new there is unexpected"
)]
fn meaning(error: &DbErr) -> Meaning {
    if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) {
        return (ErrorKind::Conflict, None);
    }
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(inner))
        | DbErr::Exec(RuntimeErr::SqlxError(inner))
        | DbErr::Query(RuntimeErr::SqlxError(inner)) => of_driver(inner),
        DbErr::ConnectionAcquire(_) => UNREACHABLE,
        // The migrator knows of a migration that this program does not.
        DbErr::Custom(text) | DbErr::Migration(text) if text.contains("is missing") => NEWER,
        _ => (ErrorKind::Unexpected, None),
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the driver's own list is open, and whatever is new there is unexpected"
)]
fn of_driver(error: &sqlx::Error) -> Meaning {
    match error {
        sqlx::Error::Configuration(_) => UNREADABLE_URL,
        sqlx::Error::Database(error) => of_code(&error.code().unwrap_or_default()),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => UNREACHABLE,
        _ => (ErrorKind::Unexpected, None),
    }
}

/// By `SQLite`'s extended result code, or by PostgreSQL's five characters.
fn of_code(code: &str) -> Meaning {
    if code.len() == 5 {
        return match (&code[..2], code) {
            (_, "40001" | "40P01" | "55P03") => BUSY,
            (_, "3D000") => NO_DATABASE,
            ("28", _) | (_, "42501") => REFUSED,
            (_, "25006") => READ_ONLY,
            ("53", _) => FULL,
            ("08" | "57", _) => UNREACHABLE,
            ("XX", _) => DAMAGED,
            _ => (ErrorKind::Unexpected, None),
        };
    }
    match code.parse::<u32>().unwrap_or_default() & 0xff {
        5 | 6 => BUSY,
        8 | 3 | 14 => READ_ONLY,
        13 => FULL,
        11 | 26 => DAMAGED,
        10 => UNREACHABLE,
        _ => (ErrorKind::Unexpected, None),
    }
}

#[cfg(test)]
mod tests;
