//! What Foundry's program may ask of its bucket: what it needs, and nothing else. Pure.
use super::object_path::{CanonicalQuery, ObjectPath};
use super::s3_error::S3Error;

/// One thing that may be asked.
struct AllowedOperation {
    method: &'static str,
    /// Whether it is about one upload, and not about the bucket.
    of_one: bool,
    /// What its query must have.
    needs: &'static [&'static str],
    /// What it may have besides.
    may: &'static [&'static str],
}

const fn of_one(method: &'static str, needs: &'static [&'static str]) -> AllowedOperation {
    // The client of JavaScript says the name of the operation here.
    AllowedOperation { method, of_one: true, needs, may: &["x-id"] }
}

const fn of_all(
    method: &'static str,
    needs: &'static [&'static str],
    may: &'static [&'static str],
) -> AllowedOperation {
    AllowedOperation { method, of_one: false, needs, may }
}

const LISTING: &[&str] = &[
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "max-keys",
    "prefix",
    "start-after",
    "x-id",
];

/// Looking through folders, reading, writing whole or in parts, removing.
const ALLOWED_OPERATIONS: &[AllowedOperation] = &[
    of_all("GET", &["list-type"], LISTING),
    of_all("GET", &["location"], &["x-id"]),
    of_all("HEAD", &[], &["x-id"]),
    of_one("GET", &[]),
    of_one("HEAD", &[]),
    of_one("PUT", &[]),
    of_one("DELETE", &[]),
    of_one("POST", &["uploads"]),
    of_one("PUT", &["partNumber", "uploadId"]),
    of_one("POST", &["uploadId"]),
    of_one("DELETE", &["uploadId"]),
];

/// Refuses what is not among the verbs.
pub(super) fn check(
    method: &str,
    address: &ObjectPath,
    query: &CanonicalQuery,
) -> Result<(), S3Error> {
    let fits = |verb: &&AllowedOperation| {
        verb.method == method
            && verb.of_one != address.is_bucket()
            && verb.needs.iter().all(|name| query.value(name).is_some())
            && query.names().all(|name| verb.needs.contains(&name) || verb.may.contains(&name))
    };
    let known = ALLOWED_OPERATIONS.iter().any(|verb| fits(&verb));
    let old_list = query.value("list-type").is_some_and(|kind| kind != "2");
    if known && !old_list {
        return Ok(());
    }
    Err(S3Error::denied(
        "Refractory passes on what Foundry needs for its own bucket, and nothing else.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(method: &str, below: &str) -> bool {
        let (path, query) = below.split_once('?').unwrap_or((below, ""));
        let address = ObjectPath::read(&format!("/b{path}"), "b").unwrap();
        check(method, &address, &CanonicalQuery::read(query)).is_ok()
    }

    #[test]
    fn what_foundry_needs_may_be_asked() {
        for (method, below) in [
            ("GET", "?list-type=2&prefix=a%2F&delimiter=%2F&max-keys=1000"),
            ("GET", "/?list-type=2&continuation-token=x&encoding-type=url"),
            ("GET", "?location"),
            ("HEAD", ""),
            ("GET", "/k?x-id=GetObject"),
            ("HEAD", "/k"),
            ("PUT", "/k?x-id=PutObject"),
            ("DELETE", "/k?x-id=DeleteObject"),
            ("POST", "/k?uploads"),
            ("PUT", "/k?partNumber=1&uploadId=u&x-id=UploadPart"),
            ("POST", "/k?uploadId=u"),
            ("DELETE", "/k?uploadId=u"),
        ] {
            assert!(may(method, below), "{method} {below}");
        }
    }

    #[test]
    fn everything_else_may_not() {
        for (method, below) in [
            ("GET", ""),
            ("GET", "?list-type=1"),
            ("GET", "?list-type=2&versions"),
            ("GET", "?policy"),
            ("GET", "?uploads"),
            ("PUT", ""),
            ("DELETE", ""),
            ("POST", "?delete"),
            ("PUT", "?cors"),
            ("GET", "/k?acl"),
            ("GET", "/k?versionId=1"),
            ("GET", "/k?response-content-type=text%2Fhtml"),
            ("GET", "/k?uploadId=u"),
            ("PUT", "/k?acl"),
            ("PUT", "/k?tagging"),
            ("PUT", "/k?partNumber=1"),
            ("POST", "/k"),
            ("POST", "/k?select&select-type=2"),
            ("PATCH", "/k"),
            ("OPTIONS", "/k"),
            ("GET", "/k?X-Amz-Signature=0"),
        ] {
            assert!(!may(method, below), "{method} {below}");
        }
    }
}
