use super::*;
use crate::assets::gateway::fixtures::{AT, ID, SECRET, ask, signed};

fn judged_at(ask: &AssetRequest, now: Timestamp, secret: &str) -> Result<(), &'static str> {
    let bench = Verifier { region: "us-east-1", now };
    let address = ObjectPath::read(&ask.path, &ask.handle).map_err(|refusal| refusal.code)?;
    let claim = Authorization::read(ask, bench.region).map_err(|refusal| refusal.code)?;
    assert_eq!(claim.key, ID);
    bench.verify(ask, &address, &claim, &Secret::new(secret)).map_err(|refusal| refusal.code)
}

fn judged(ask: &AssetRequest) -> Result<(), &'static str> {
    judged_at(ask, AT, SECRET)
}

fn with(mut ask: AssetRequest, name: &str, value: &str) -> AssetRequest {
    ask.headers.push((name.to_owned(), value.to_owned()));
    ask
}

/// From "Signature Calculations for the Authorization Header" in the API reference of S3: the object and the listing.
#[test]
fn the_published_examples_are_true() {
    let host = "examplebucket.s3.amazonaws.com";
    let signature = |ask: &AssetRequest, address: &ObjectPath, signed: Vec<&str>| {
        let scope = "20130524/us-east-1/s3/aws4_request";
        let claim = Authorization {
            key: ID,
            scope,
            date: "20130524T000000Z",
            at: AT,
            signed,
            signature: "",
        };
        let digest = sha256_hex(&[canonical(ask, address, &claim).as_bytes()]);
        let text = format!("{ALGORITHM}\n{}\n{scope}\n{digest}", claim.date);
        let day = UNIX_EPOCH + Duration::from_millis(AT.0);
        calculate_signature(generate_signing_key(SECRET, day, "us-east-1", "s3"), text.as_bytes())
    };
    let mut read = with(ask("GET", "/"), "range", "bytes=0-9");
    read.headers[0].1 = host.to_owned();
    let object = ObjectPath { path: "/test.txt".to_owned(), key: "test.txt".to_owned() };
    assert_eq!(
        signature(&read, &object, vec!["host", "range", "x-amz-content-sha256", "x-amz-date"]),
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    );
    let mut list = ask("GET", "/?prefix=J&max-keys=2");
    list.headers[0].1 = host.to_owned();
    let bucket = ObjectPath { path: "/".to_owned(), key: String::new() };
    assert_eq!(
        signature(&list, &bucket, vec!["host", "x-amz-content-sha256", "x-amz-date"]),
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    );
}

#[test]
fn what_awss_own_signer_signs_is_true() {
    for (method, below) in [
        ("GET", "/maps/old%20inn/%C3%A4%2B%26%3D.webp"),
        ("HEAD", "/a//b"),
        ("GET", "?list-type=2&prefix=maps%2F&delimiter=%2F&encoding-type=url"),
        ("POST", "/k?uploads="),
        ("PUT", "/k?x-id=UploadPart&partNumber=2&uploadId=a%2Fb~c"),
        ("DELETE", "/k"),
    ] {
        let plain = with(ask(method, below), "x-amz-meta-note", "  two   blanks ");
        let plain = with(plain, "content-type", "image/webp");
        assert_eq!(judged(&signed(plain, SECRET)), Ok(()), "{method} {below}");
    }
    for payload in ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"] {
        let mut plain = ask("PUT", "/k");
        plain.headers[1].1 = payload.to_owned();
        assert_eq!(judged(&signed(plain, SECRET)), Ok(()), "{payload}");
    }
}

#[test]
fn any_change_to_what_was_signed_makes_it_false() {
    let whole =
        signed(with(ask("PUT", "/map?x-id=PutObject"), "content-type", "image/webp"), SECRET);
    assert_eq!(judged(&whole), Ok(()));
    let changed = |change: &dyn Fn(&mut AssetRequest)| {
        let mut ask = whole.clone();
        change(&mut ask);
        judged(&ask)
    };
    let header = |name: &'static str, value: &'static str| {
        changed(&move |ask| {
            let known = ask.headers.iter_mut().find(|(known, _)| known == name).unwrap();
            value.clone_into(&mut known.1);
        })
    };
    let no_match = Err("SignatureDoesNotMatch");
    assert_eq!(changed(&|ask| ask.method = "DELETE".into()), no_match);
    assert_eq!(changed(&|ask| ask.path = "/b/map2".into()), no_match);
    assert_eq!(changed(&|ask| ask.query = "x-id=GetObject".into()), no_match);
    assert_eq!(changed(&|ask| ask.query.clear()), no_match);
    assert_eq!(header("host", "monday.games.example"), no_match);
    assert_eq!(header("content-type", "text/html"), no_match);
    assert_eq!(header("x-amz-date", "20130524T000001Z"), no_match);
    assert_eq!(header("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), no_match);
    assert_eq!(
        changed(&|ask| ask.headers.push(("content-type".into(), "text/html".into()))),
        no_match
    );
    let cut = changed(&|ask| {
        let signature = ask.headers.iter_mut().find(|(name, _)| name == "authorization");
        signature.unwrap().1.pop();
    });
    assert_eq!(cut, no_match);
    assert_eq!(judged_at(&whole, AT, "another secret"), no_match);
}

#[test]
fn a_signature_is_good_for_a_quarter_of_an_hour_around_its_moment() {
    let whole = signed(ask("GET", "/map"), SECRET);
    let quarter = Duration::from_mins(15);
    let second = Duration::from_secs(1);
    let before = |by: Duration| Timestamp(AT.0 - u64::try_from(by.as_millis()).unwrap());
    assert_eq!(judged_at(&whole, AT.after(quarter), SECRET), Ok(()));
    assert_eq!(judged_at(&whole, before(quarter), SECRET), Ok(()));
    assert_eq!(judged_at(&whole, AT.after(quarter + second), SECRET), Err("RequestTimeTooSkewed"));
    assert_eq!(judged_at(&whole, before(quarter + second), SECRET), Err("RequestTimeTooSkewed"));
}
