//! SQLite's result codes.
use super::{BUSY, DAMAGED, FULL, TAKEN, TOO_LONG, UNKNOWN, Verdict, says};
use crate::ErrorKind;

/// What the (extended) result `code` means.
pub(super) fn verdict(code: i32) -> Verdict {
    // The primary code is the low byte; only constraints are told apart further.
    match (code & 0xff, code >> 8) {
        // BUSY, LOCKED, PROTOCOL, SCHEMA, INTERRUPT
        (5 | 6 | 15 | 17 | 9, _) => BUSY,
        // FULL
        (13, _) => FULL,
        // READONLY
        (8, _) => says(
            ErrorKind::Forbidden,
            "The database file is read-only. Let this user write to it and to its folder.",
        ),
        // PERM, AUTH
        (3 | 23, _) => says(
            ErrorKind::Forbidden,
            "No permission to open the database file. Let this user read and write it.",
        ),
        // CANTOPEN
        (14, _) => says(
            ErrorKind::Unavailable,
            "The database file can't be opened. Check that its disk is mounted and that this user \
             can read and write the file and its folder, then try again.",
        ),
        // CORRUPT, NOTADB
        (11 | 26, _) => DAMAGED,
        // IOERR
        (10, _) => says(
            ErrorKind::Unavailable,
            "The disk of the database reports a failure. Check the disk, then try again. Nothing \
             was changed.",
        ),
        // CONSTRAINT: FOREIGNKEY, PRIMARYKEY, UNIQUE
        (19, 3 | 6 | 8) => TAKEN,
        // NOMEM
        (7, _) => {
            says(ErrorKind::Exhausted, "The machine is out of memory. Free some, then try again.")
        }
        // TOOBIG
        (18, _) => TOO_LONG,
        _ => UNKNOWN,
    }
}
