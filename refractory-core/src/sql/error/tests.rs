use super::*;
use ErrorKind::{Conflict, Exhausted, Forbidden, Invalid, Unavailable, Unexpected};

#[test]
fn every_row_of_the_sqlite_table_reads_as_meant() {
    for (code, kind, says) in [
        (5, Unavailable, "busy"),
        (261, Unavailable, "busy"),
        (517, Unavailable, "busy"),
        (6, Unavailable, "busy"),
        (262, Unavailable, "busy"),
        (9, Unavailable, "busy"),
        (15, Unavailable, "busy"),
        (17, Unavailable, "busy"),
        (13, Exhausted, "disk of the database is full"),
        (8, Forbidden, "is read-only"),
        (264, Forbidden, "is read-only"),
        (3, Forbidden, "No permission to open"),
        (23, Forbidden, "No permission to open"),
        (14, Unavailable, "can't be opened"),
        (10, Unavailable, "reports a failure"),
        (1546, Unavailable, "reports a failure"),
        (11, Unexpected, "is damaged. Stop Refractory"),
        (779, Unexpected, "is damaged. Stop Refractory"),
        (26, Unexpected, "is damaged. Stop Refractory"),
        (2067, Conflict, ""),
        (1555, Conflict, ""),
        (787, Conflict, ""),
        (1299, Unexpected, ""),
        (19, Unexpected, ""),
        (7, Exhausted, "out of memory"),
        (18, Invalid, "too long"),
        (1, Unexpected, ""),
        (0, Unexpected, ""),
    ] {
        let verdict = sqlite::verdict(code);
        assert_eq!(verdict.kind, kind, "{code}");
        assert!(verdict.advice.contains(says), "{code}: {}", verdict.advice);
        assert_eq!(verdict.advice.is_empty(), says.is_empty(), "{code}");
    }
}

#[test]
fn every_row_of_the_postgres_table_reads_as_meant() {
    for (code, kind, says) in [
        ("23505", Conflict, ""),
        ("23503", Conflict, ""),
        ("23502", Unexpected, ""),
        ("40001", Unavailable, "busy"),
        ("40P01", Unavailable, "busy"),
        ("55P03", Unavailable, "busy"),
        ("57014", Unavailable, "busy"),
        ("57P01", Unavailable, "isn't responding"),
        ("57P03", Unavailable, "isn't responding"),
        ("08006", Unavailable, "isn't responding"),
        ("58030", Unavailable, "isn't responding"),
        ("53100", Exhausted, "disk of the database is full"),
        ("53200", Exhausted, "out of memory"),
        ("53300", Unavailable, "max_connections"),
        ("25006", Forbidden, "standby"),
        ("28P01", Forbidden, "the user or password"),
        ("28000", Forbidden, "the user or password"),
        ("3D000", Invalid, "no database with this name"),
        ("42501", Forbidden, "the owner"),
        ("42P01", Unexpected, ""),
        ("22021", Invalid, "too long"),
        ("22P05", Invalid, "too long"),
        ("54000", Invalid, "too long"),
        ("XX001", Unexpected, "damaged data"),
        ("XX002", Unexpected, "damaged data"),
        ("", Unexpected, ""),
    ] {
        let verdict = postgres::verdict(code);
        assert_eq!(verdict.kind, kind, "{code}");
        assert!(verdict.advice.contains(says), "{code}: {}", verdict.advice);
        assert_eq!(verdict.advice.is_empty(), says.is_empty(), "{code}");
    }
}

#[test]
fn what_the_driver_says_by_itself_reads_as_meant() {
    let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    for (error, kind, transient) in [
        (SqlxError::Io(refused), Unavailable, true),
        (SqlxError::PoolTimedOut, Unavailable, true),
        (SqlxError::PoolClosed, Unavailable, true),
        (SqlxError::WorkerCrashed, Unavailable, true),
        (SqlxError::Tls("no certificate".into()), Unavailable, true),
        (SqlxError::Configuration("bad".into()), Invalid, false),
        (SqlxError::RowNotFound, Unexpected, false),
        (SqlxError::Protocol("odd".into()), Unexpected, false),
    ] {
        let told = told_by_driver(&error, "a test");
        assert_eq!((told.kind(), told.is_transient()), (kind, transient), "{error:?}");
    }
}

#[test]
fn what_sea_orm_wraps_is_unwrapped() {
    let timed_out = told(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout), "a test");
    assert_eq!(timed_out.kind(), Unavailable);
    let closed = told(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed), "a test");
    assert_eq!(closed.kind(), Unavailable);
    let inner = std::sync::Arc::new(SqlxError::PoolTimedOut);
    assert_eq!(told(DbErr::Exec(RuntimeErr::SqlxError(inner)), "a test").kind(), Unavailable);
    assert_eq!(told(DbErr::Custom("odd".to_owned()), "a test").kind(), Unexpected);
}
