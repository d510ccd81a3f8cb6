use super::*;

fn read(path: &str) -> Result<(String, String), u16> {
    let read = ObjectPath::read(path, "foundry-a");
    read.map(|address| (address.path, address.key)).map_err(|refusal| refusal.status)
}

#[test]
fn an_upload_is_written_in_one_way_however_it_was_asked_for() {
    for path in [
        "/foundry-a/old%20inn/%C3%A4.webp",
        "/foundry-a/%6fld%20inn/%c3%a4.webp",
        "/foundry-a/old inn/ä.webp",
    ] {
        let wanted =
            ("/foundry-a/old%20inn/%C3%A4.webp".to_owned(), "old%20inn/%C3%A4.webp".to_owned());
        assert_eq!(read(path), Ok(wanted), "{path}");
    }
    let odd = read("/foundry-a/it's%20(1)+2&3=4;~*.png").unwrap();
    assert_eq!(odd.1, "it%27s%20%281%29%2B2%263%3D4%3B~%2A.png");
    assert_eq!(
        read("/foundry-a//twice//").unwrap().1,
        "/twice//",
        "S3 knows folders by no other name"
    );
    assert_eq!(read("/foundry-a/100%").unwrap().1, "100%25");
    assert_eq!(read("/foundry-a/...a/..b/c..").unwrap().1, "...a/..b/c..");
}

#[test]
fn a_bucket_is_a_bucket_with_and_without_its_slash() {
    for path in ["/foundry-a", "/foundry-a/"] {
        let address = ObjectPath::read(path, "foundry-a").unwrap();
        assert!(address.is_bucket());
        assert_eq!(address.path, path);
    }
}

#[test]
fn what_is_elsewhere_or_leads_there_is_refused() {
    for path in
        ["/", "", "/foundry-b/x", "/foundry-ab/x", "foundry-a/x", "//foundry-a/x", "/%66oundry-a/x"]
    {
        assert_eq!(read(path), Err(403), "{path}");
    }
    for path in [
        "/foundry-a/../foundry-b/x",
        "/foundry-a/%2e%2e/x",
        "/foundry-a/x%2F..%2f..%2Fy",
        "/foundry-a/.",
        "/foundry-a/x/.",
    ] {
        assert_eq!(read(path), Err(400), "{path}");
    }
    assert_eq!(
        read("/foundry-a/%252e%252e/x").unwrap().1,
        "%252e%252e/x",
        "decoded once, as S3 does"
    );
}

#[test]
fn a_query_is_in_order_and_encoded_once() {
    let query = CanonicalQuery::read("prefix=maps%2F&list-type=2&delimiter=/&x=a+b&uploads");
    assert_eq!(query.text(), "delimiter=%2F&list-type=2&prefix=maps%2F&uploads=&x=a%2Bb");
    assert_eq!(query.value("list-type"), Some("2"));
    assert_eq!(CanonicalQuery::read("").text(), "");
    assert_eq!(CanonicalQuery::read("&&").names().count(), 0);
}
