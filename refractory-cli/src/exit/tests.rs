use std::fmt::Write;

use refractory_core::ErrorKind;

use super::Exit;

#[test]
fn the_exit_codes_are_a_promise() {
    let mut table = String::new();
    for exit in Exit::ALL {
        writeln!(table, "{:>3} {exit:?}", exit.code()).unwrap();
    }
    assert_eq!(
        table,
        "  0 Done\n  1 Defect\n  2 Invalid\n  3 NotFound\n  4 Conflict\n  5 Forbidden\n  6 Exhausted\n  7 Unavailable\n  8 Unsupported\n  9 Attention\n130 Interrupted\n"
    );
}

#[test]
fn every_kind_of_error_has_its_code() {
    let codes = [
        (ErrorKind::NotFound, 3),
        (ErrorKind::Conflict, 4),
        (ErrorKind::Invalid, 2),
        (ErrorKind::Forbidden, 5),
        (ErrorKind::Exhausted, 6),
        (ErrorKind::Unavailable, 7),
        (ErrorKind::Unsupported, 8),
        (ErrorKind::Damaged, 9),
        (ErrorKind::Outdated, 4),
        (ErrorKind::Unexpected, 1),
    ];
    for (kind, code) in codes {
        assert_eq!(Exit::from(kind).code(), code, "{kind}");
    }
}
