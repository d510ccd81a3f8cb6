//! PostgreSQL's error codes.
use super::{BUSY, FULL, GONE, TAKEN, TOO_LONG, UNKNOWN, Verdict, says};
use crate::ErrorKind;

/// What the SQLSTATE `code` means.
pub(super) fn verdict(code: &str) -> Verdict {
    match code {
        // unique_violation, foreign_key_violation
        "23505" | "23503" => TAKEN,
        // serialization_failure, deadlock_detected, lock_not_available, query_canceled
        "40001" | "40P01" | "55P03" | "57014" => BUSY,
        // disk_full
        "53100" => FULL,
        "53300" => says(
            ErrorKind::Unavailable,
            "The database has no connection left. Raise its max_connections, or let Refractory have \
             fewer; until then, try again in a moment.",
        ),
        // read_only_sql_transaction
        "25006" => says(
            ErrorKind::Forbidden,
            "The database is a read-only standby. Use the address of the primary.",
        ),
        // invalid_password, invalid_authorization_specification
        "28P01" | "28000" => says(
            ErrorKind::Forbidden,
            "The database rejected the user or password. Correct them in its address.",
        ),
        // invalid_catalog_name
        "3D000" => says(
            ErrorKind::Invalid,
            "There is no database with this name. Create it, or correct the name in its address.",
        ),
        // insufficient_privilege
        "42501" => says(
            ErrorKind::Forbidden,
            "The database user lacks permissions. Make it the owner of the database.",
        ),
        // character_not_in_repertoire, untranslatable_character, program_limit_exceeded
        "22021" | "22P05" | "54000" => TOO_LONG,
        _ => of_class(code.get(..2).unwrap_or_default()),
    }
}

fn of_class(class: &str) -> Verdict {
    match class {
        // connection_exception, operator_intervention, system_error
        "08" | "57" | "58" => GONE,
        // insufficient_resources
        "53" => says(
            ErrorKind::Exhausted,
            "The database server is out of memory or has reached a limit. Free some resources, then try again.",
        ),
        // data_corrupted, index_corrupted
        "XX" => says(
            ErrorKind::Unexpected,
            "The database server reports a defect or damaged data. See its log; restore from your \
             last backup if it says so. Nothing was changed.",
        ),
        _ => UNKNOWN,
    }
}
