//! What a file is that is no zip.

/// How much of the beginning is looked at.
pub(super) const BEGINNING: usize = 512;

/// How some kinds of files begin, and what they are called.
const BEGINNINGS: [(&[u8], &str); 11] = [
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x1f\x8b", "a gzip file, as a `.tar.gz`"),
    (b"\xfd7zXZ\x00", "an xz file, as a `.tar.xz`"),
    (b"BZh", "a bzip2 file, as a `.tar.bz2`"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"MZ", "a program for Windows"),
    (b"\x7fELF", "a program for Linux"),
    (b"!<arch>", "a Debian package"),
    (b"%PDF", "a PDF"),
    (b"\xcf\xfa\xed\xfe", "a program for macOS"),
];

/// What the file is that begins and ends like this, where that can be told.
pub(super) fn kind_of(beginning: &[u8], end: &[u8]) -> Option<&'static str> {
    if beginning.is_empty() {
        return Some("an empty file");
    }
    if let Some((_, kind)) = BEGINNINGS.iter().find(|(magic, _)| beginning.starts_with(magic)) {
        return Some(kind);
    }
    if beginning.get(257..262) == Some(b"ustar") {
        return Some("a tar archive");
    }
    // A disk image of macOS' says so at its end.
    if end.windows(4).any(|word| word == b"koly") {
        return Some("a disk image for macOS");
    }
    page(beginning)
}

/// Pages and messages, as servers send them in the place of a file.
fn page(beginning: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(beginning);
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let begins =
        |word: &str| text.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word));
    if begins("<!doctype html") || begins("<html") {
        Some("a web page, as a timed link that ran out gives one")
    } else if begins("<?xml") || begins("<error") {
        Some("an error message in XML, as a timed link that ran out gives one")
    } else if begins("{") || begins("[") {
        Some("a JSON file")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_are_called_what_they_are() {
        let mut tar = vec![0; 512];
        tar[..4].copy_from_slice(b"main");
        tar[257..262].copy_from_slice(b"ustar");
        for (bytes, word) in [
            (&b""[..], "empty"),
            (b"<!DOCTYPE html><title>Sign in", "web page"),
            (b"\n <HTML>", "web page"),
            (b"<?xml version=\"1.0\"?><Error><Code>AccessDenied", "ran out"),
            (b"{\"url\":\"x\"}", "JSON"),
            (b"Rar!\x1a\x07\x01\x00", "RAR"),
            (b"7z\xbc\xaf\x27\x1c\x00", "7-Zip"),
            (b"\x1f\x8b\x08\x00", "gzip"),
            (b"MZ\x90\x00", "Windows"),
            (&tar, "tar"),
        ] {
            let kind = kind_of(bytes, bytes).unwrap_or_default();
            assert!(kind.contains(word), "{word}: {kind}");
        }
        assert_eq!(kind_of(b"hello, this is not a zip", b""), None);
        assert_eq!(kind_of(b"xx", b"koly\x00\x00\x00\x04"), Some("a disk image for macOS"));
    }
}
