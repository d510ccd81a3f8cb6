//! Which database is meant.
use std::fmt;
use std::path::{Path, PathBuf};

use crate::{Error, ErrorKind, Result};

const FORMS: &str = "Write `sqlite:refractory.db`, `sqlite::memory:` or \
    `postgres://user:password@host:5432/database`.";

/// Which database is meant. Shown without its password.
#[derive(Clone)]
pub(super) enum Address {
    /// A file of SQLite's.
    #[cfg(feature = "sqlite")]
    File(PathBuf),
    /// A database of SQLite's that ends with the store.
    #[cfg(feature = "sqlite")]
    Memory,
    /// A PostgreSQL server, and its address as it may be shown.
    #[cfg(feature = "postgres")]
    Postgres(Box<sea_orm::sqlx::postgres::PgConnectOptions>, String),
}

impl Address {
    /// The file of `SQLite`'s at `path`.
    #[cfg(feature = "sqlite")]
    #[expect(clippy::unnecessary_wraps, reason = "without SQLite it fails")]
    pub(super) fn of_file(path: &Path) -> Result<Self> {
        Ok(Self::File(path.to_owned()))
    }

    /// No file: there is no `SQLite` here.
    #[cfg(not(feature = "sqlite"))]
    pub(super) fn of_file(_: &Path) -> Result<Self> {
        Err(not_built_in("SQLite"))
    }

    /// Reads the URL of a database. What cannot be read is not repeated: it may hold a password.
    pub(super) fn read(url: &str) -> Result<Self> {
        match url.split_once(':').map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest)) {
            Some((scheme, rest)) if scheme == "sqlite" => sqlite(rest),
            Some((scheme, _)) if scheme == "postgres" || scheme == "postgresql" => postgres(url),
            _ => Err(invalid(format!("The database address is invalid. {FORMS}"))),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "sqlite")]
            Self::File(path) => write!(f, "sqlite:{}", path.display()),
            #[cfg(feature = "sqlite")]
            Self::Memory => f.write_str("sqlite::memory:"),
            #[cfg(feature = "postgres")]
            Self::Postgres(_, shown) => f.write_str(shown),
        }
    }
}

fn invalid(advice: String) -> Error {
    Error::new(ErrorKind::Invalid, "reading the address of the database").advise(advice)
}

#[cfg(feature = "sqlite")]
fn sqlite(rest: &str) -> Result<Address> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    // `mode=rwc` is what others need to say for what is always done here.
    let path = path.strip_suffix("?mode=rwc").unwrap_or(path);
    if path == ":memory:" {
        return Ok(Address::Memory);
    }
    if path.is_empty() || path.contains(['?', '\0']) {
        return Err(invalid(format!(
            "The database path is invalid. {FORMS} Write a `?` in the path as `%3F`."
        )));
    }
    Ok(Address::File(PathBuf::from(path.replace("%3F", "?").replace("%3f", "?"))))
}

#[cfg(not(feature = "sqlite"))]
fn sqlite(_: &str) -> Result<Address> {
    Err(not_built_in("SQLite"))
}

#[cfg(feature = "postgres")]
fn postgres(url: &str) -> Result<Address> {
    use sea_orm::sqlx::postgres::PgConnectOptions;
    let options: PgConnectOptions = url.parse().map_err(|_| {
        invalid(format!(
            "The PostgreSQL address is invalid. {FORMS} \
             Characters like `@`, `/` and `:` in a password are written as `%40`, `%2F` and `%3A`."
        ))
    })?;
    let host = options.get_socket().map_or_else(
        || format!("{}:{}", options.get_host(), options.get_port()),
        |socket| socket.display().to_string(),
    );
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    let shown = format!("postgres://{}@{host}/{database}", options.get_username());
    Ok(Address::Postgres(Box::new(options), shown))
}

#[cfg(not(feature = "postgres"))]
fn postgres(_: &str) -> Result<Address> {
    Err(not_built_in("PostgreSQL"))
}

#[cfg(not(all(feature = "sqlite", feature = "postgres")))]
fn not_built_in(what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, "reading the address of the database").advise(format!(
        "This program was built without {what}. Build it with that feature, or use another database."
    ))
}

#[cfg(test)]
mod tests;
