use super::*;

#[test]
fn only_a_whole_sha_512_is_a_digest() {
    let good = format!("sha1-abc sha512-{}", STANDARD.encode([7; 64]));
    assert_eq!(digest(&good), Some(vec![7; 64]));
    for bad in ["", "sha1-abc", "sha512-", "sha512-AAAA", "sha512-!!"] {
        assert_eq!(digest(bad), None, "{bad}");
    }
}

#[test]
fn what_was_fetched_is_listed_newest_first() {
    let cache = tempfile::tempdir().unwrap();
    for name in ["node-22.9.0", "node-22.20.0", ".node-22.21.0.abc", "other"] {
        fs::write(cache.path().join(name), "").unwrap();
    }
    let names: Vec<_> =
        kept(cache.path()).iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["node-22.20.0", "node-22.9.0"]);
}
