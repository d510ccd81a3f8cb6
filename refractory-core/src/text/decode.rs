//! Bytes from outside as text.
use crate::{Error, ErrorKind};

/// Why bytes are not text that can be read here. `Display` is the sentence a person is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// Two bytes for each character.
    #[error(
        "This is text in UTF-16, as Windows PowerShell's `>` and Notepad's \"Unicode\" write it. Save it as UTF-8, then try again."
    )]
    Utf16,
    /// One byte for each character, as Latin-1 and Windows-1252 have it, or no text at all.
    #[error(
        "This is not text in UTF-8: byte {0} belongs to another encoding. Save it as UTF-8, then try again."
    )]
    NotUtf8(usize),
    /// Bytes that no text holds.
    #[error(
        "This is not text: byte {0} is zero. Check that it is the right file, and saved as UTF-8."
    )]
    Binary(usize),
}

impl From<TextError> for Error {
    fn from(error: TextError) -> Self {
        Self::new(ErrorKind::Invalid, "reading text").advise(error.to_string())
    }
}

/// Reads `bytes` as UTF-8, without the byte order mark that some editors put before it.
///
/// # Errors
///
/// A [`TextError`] for any other encoding, and for what is no text.
pub fn decode(bytes: &[u8]) -> Result<&str, TextError> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(TextError::Utf16);
    }
    let bare = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Some(at) = bare.iter().position(|byte| *byte == 0) {
        return Err(if is_utf16(bare) { TextError::Utf16 } else { TextError::Binary(at + 1) });
    }
    std::str::from_utf8(bare).map_err(|error| TextError::NotUtf8(error.valid_up_to() + 1))
}

/// Whether every other byte is zero, as in ASCII that was written as UTF-16 without a mark.
fn is_utf16(bytes: &[u8]) -> bool {
    let zeros = |skip| bytes.iter().skip(skip).step_by(2).filter(|byte| **byte == 0).count();
    let most = bytes.len() / 2;
    let (even, odd) = (zeros(0), zeros(1));
    most > 0 && (even == 0 || odd == 0) && (even.max(odd)) * 4 >= most * 3
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn utf8_is_read_with_and_without_a_mark() {
        assert_eq!(decode(b"key"), Ok("key"));
        assert_eq!(decode(b"\xEF\xBB\xBFkey\r\n"), Ok("key\r\n"));
        assert_eq!(decode(b""), Ok(""));
    }

    #[test]
    fn another_encoding_is_named() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
        assert_eq!(decode(&utf16("\u{feff}ABCD")), Err(TextError::Utf16));
        assert_eq!(decode(&big("\u{feff}ABCD")), Err(TextError::Utf16));
        assert_eq!(decode(&utf16("ABCD-EFGH\r\n")), Err(TextError::Utf16));
        assert_eq!(decode(&big("ABCD-EFGH\r\n")), Err(TextError::Utf16));
        assert_eq!(decode(b"caf\xE9"), Err(TextError::NotUtf8(4)));
        assert_eq!(decode(b"ab\0cdefgh"), Err(TextError::Binary(3)));
        assert_eq!(decode(&[0; 64]), Err(TextError::Binary(1)));
        assert_eq!(Error::from(TextError::Utf16).kind(), ErrorKind::Invalid);
    }

    proptest! {
        #[test]
        fn any_text_without_zeros_is_read_as_it_is(text in "[^\u{0}]*") {
            let bare = text.strip_prefix('\u{feff}').unwrap_or(&text);
            prop_assert_eq!(decode(text.as_bytes()), Ok(bare));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(text) = decode(&bytes) {
                prop_assert!(!text.contains('\0'));
            }
        }
    }
}
