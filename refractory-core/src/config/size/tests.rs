use super::Size;

fn said(text: &str) -> String {
    match text.parse::<Size>() {
        Ok(size) => size.to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_size_reads_as_people_write_it_and_prints_as_short_as_it_can() {
    for (text, printed) in [
        ("8GiB", "8GiB"),
        ("1024MiB", "1GiB"),
        ("512 mib", "512MiB"),
        ("1536MiB", "1536MiB"),
        ("17B", "17B"),
        ("0B", "0B"),
    ] {
        assert_eq!(said(text), printed, "{text}");
    }
}

#[test]
fn a_bad_size_says_what_to_write() {
    for (text, told) in [
        ("8", "`8` has no unit"),
        ("8GB", "`GB` is not a unit of size"),
        ("1.5GiB", "whole number"),
        ("big", "`big` is not a size"),
        ("99999999999TiB", "larger than can be counted"),
    ] {
        assert!(said(text).contains(told), "{text}: {}", said(text));
    }
}
