use super::*;
use crate::assets::gateway::fixtures::ask;

fn with(headers: &[(&str, &str)]) -> AssetRequest {
    let mut ask = ask("PUT", "/map");
    ask.headers
        .extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    ask
}

fn names(headers: &[(String, String)]) -> Vec<&str> {
    headers.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn a_browser_says_a_range_and_conditions() {
    let ask = with(&[
        ("range", "bytes=0-1"),
        ("if-none-match", "\"x\""),
        ("cookie", "session=1"),
        ("accept", "*/*"),
        ("x-amz-request-payer", "requester"),
        ("content-type", "text/html"),
    ]);
    assert_eq!(names(&browser_headers(&ask)), ["range", "if-none-match"]);
}

#[test]
fn the_program_says_what_an_upload_is() {
    let passed = [
        ("content-type", "image/webp"),
        ("content-length", "5"),
        ("content-encoding", "aws-chunked"),
        ("x-amz-meta-note", "x"),
        ("x-amz-checksum-crc32", "AAAAAA=="),
        ("x-amz-sdk-checksum-algorithm", "CRC32"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
        ("x-amz-decoded-content-length", "5"),
    ];
    let ask = with(&passed);
    assert_eq!(
        program_headers(&ask).unwrap(),
        passed.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    let own = with(&[
        ("authorization", "AWS4-HMAC-SHA256 x"),
        ("cookie", "session=1"),
        ("user-agent", "aws-sdk-js"),
        ("amz-sdk-request", "attempt=1"),
        ("x-amz-user-agent", "aws-sdk-js"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-amz-acl", "public-read"),
    ]);
    assert_eq!(names(&program_headers(&own).unwrap()), Vec::<&str>::new());
}

#[test]
fn what_would_change_an_uploads_meaning_is_refused_and_not_left_out() {
    for (name, value) in [
        ("x-amz-copy-source", "/other/secret"),
        ("x-amz-grant-read", "uri=everybody"),
        ("x-amz-acl", "public-read-write"),
        ("x-amz-website-redirect-location", "https://evil.example"),
        ("x-amz-server-side-encryption-customer-key", "x"),
        ("x-amz-tagging", "a=b"),
        ("x-amz-storage-class", "GLACIER"),
        ("x-amz-security-token", "t"),
        ("x-amz-object-lock-mode", "COMPLIANCE"),
    ] {
        let refusal = program_headers(&with(&[(name, value)])).unwrap_err();
        assert!(matches!(refusal.status, 403 | 501), "{name}");
    }
}

#[test]
fn bodies_that_can_pass_as_they_come_do() {
    let said = |value: &str| {
        let mut ask = ask("PUT", "/map");
        value.clone_into(&mut ask.headers[1].1);
        payload(&ask).map(ToOwned::to_owned).map_err(|refusal| (refusal.status, refusal.code))
    };
    let digest = "0".repeat(64);
    for fine in ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", &digest] {
        assert_eq!(said(fine).as_deref(), Ok(fine));
    }
    for chunked in
        ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"]
    {
        assert_eq!(said(chunked), Err((501, "NotImplemented")));
    }
    for odd in ["", "x", &digest[1..]] {
        assert_eq!(said(odd), Err((400, "InvalidRequest")), "{odd}");
    }
    let mut unsaid = ask("PUT", "/map");
    unsaid.headers.remove(1);
    assert!(payload(&unsaid).is_err());
}
