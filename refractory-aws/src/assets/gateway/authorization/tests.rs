use super::*;
use crate::assets::gateway::fixtures;

fn read(ask: &AssetRequest) -> Result<Authorization<'_>, (u16, &'static str)> {
    Authorization::read(ask, "us-east-1").map_err(|refusal| (refusal.status, refusal.code))
}

const GOOD: &str = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
                    SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=abc";

fn with(authorization: &str) -> AssetRequest {
    let mut ask = fixtures::ask("GET", "/map");
    ask.headers.push(("authorization".to_owned(), authorization.to_owned()));
    ask
}

#[test]
fn a_claim_is_read_in_every_spelling_that_clients_use() {
    for spelling in [GOOD.to_owned(), GOOD.replace(", ", ","), GOOD.replace("SHA256 ", "SHA256   ")]
    {
        let ask = with(&spelling);
        let claim = read(&ask).unwrap();
        assert_eq!(claim.key, "AKIAIOSFODNN7EXAMPLE");
        assert_eq!(claim.scope, "20130524/us-east-1/s3/aws4_request");
        assert_eq!(claim.signed, ["host", "x-amz-content-sha256", "x-amz-date"]);
        assert_eq!(claim.at.to_string(), "2013-05-24T00:00:00Z");
    }
}

#[test]
fn a_claim_that_is_none_is_refused_with_its_reason() {
    let malformed = Err((400, "AuthorizationHeaderMalformed"));
    for (from, to) in [
        ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        ("AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256"),
        ("Credential=", "Credentials="),
        ("Signature=abc", "Sig=abc"),
        ("Signature=abc", "Signature=abc, Signature=def"),
        ("SignedHeaders=host;", "SignedHeaders="),
        ("host;x-amz-content-sha256", "x-amz-content-sha256;host"),
        ("host;", "host;host;"),
        ("host;", "host;range;"),
        ("us-east-1/s3", "eu-central-1/s3"),
        ("/s3/", "/ec2/"),
        ("aws4_request", "aws4"),
        ("20130524/", "20130525/"),
        ("20130524/", ""),
    ] {
        assert_eq!(read(&with(&GOOD.replace(from, to))), malformed, "{from} -> {to}");
    }
    let mut twice = with(GOOD);
    twice.headers.push(("authorization".to_owned(), GOOD.to_owned()));
    assert_eq!(read(&twice), malformed);
}

#[test]
fn what_s3_acts_upon_has_to_be_signed() {
    let mut ask = with(GOOD);
    ask.headers.push(("x-amz-acl".to_owned(), "public-read".to_owned()));
    assert_eq!(read(&ask), Err((403, "AccessDenied")));
    let mut ask = with(GOOD);
    ask.headers.push(("x-amzn-trace-id".to_owned(), "Root=1".to_owned()));
    assert!(read(&ask).is_ok(), "a load balancer adds this on the way");
}

#[test]
fn a_moment_is_one_or_none() {
    assert_eq!(moment("20240229T235959Z").unwrap().to_string(), "2024-02-29T23:59:59Z");
    for odd in [
        "",
        "20130524",
        "20130524T000000",
        "20130524t000000Z",
        "2013-5-24T000000Z",
        "20131324T000000Z",
        "20130524T0000000Z",
        "２013",
    ] {
        assert_eq!(moment(odd), None, "{odd}");
    }
    for dates in [vec![], vec!["20130524T000000Z", "20130524T000000Z"], vec!["yesterday"]] {
        let mut ask = with(GOOD);
        ask.headers.retain(|(name, _)| name != "x-amz-date");
        ask.headers
            .extend(dates.into_iter().map(|date| ("x-amz-date".to_owned(), date.to_owned())));
        assert!(read(&ask).is_err());
    }
}
