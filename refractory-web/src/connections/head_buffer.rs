//! Heads of requests as they come, for those that never come to an end.

/// Longer heads than this are answered here. The server's parser gives up at twice of it, without a word about why.
pub(super) const MAX_HEAD: usize = 64 * 1024;

/// What was read of a head so far.
#[derive(Debug, Default)]
pub(super) struct HeadBuffer {
    read: Vec<u8>,
    is_whole: bool,
}

impl HeadBuffer {
    /// Begins anew.
    pub(super) fn clear(&mut self) {
        self.read = Vec::new();
        self.is_whole = false;
    }

    /// Adds what came, and returns how much of it belongs to the head. Nothing of a whole head is kept.
    pub(super) fn add(&mut self, bytes: &[u8]) -> usize {
        if self.is_whole {
            return 0;
        }
        // Parsers skip empty lines before a request.
        let is_blank = |byte: &&u8| self.read.is_empty() && matches!(**byte, b'\r' | b'\n');
        let blank = bytes.iter().take_while(is_blank).count();
        // The end may lie across two pieces.
        let before = self.read.len();
        let from = before.saturating_sub(3);
        self.read.extend_from_slice(&bytes[blank..]);
        let Some(end) = end_of(&self.read[from..]) else { return bytes.len() };
        self.is_whole = true;
        self.read = Vec::new();
        blank + from + end - before
    }

    /// Whether it has become too long.
    pub(super) fn is_too_long(&self) -> bool {
        self.read.len() > MAX_HEAD
    }

    /// What came of it.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.read
    }

    /// Whether its end came.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Adds what came and keeps it, whole or not: for one that is answered here.
    pub(super) fn add_all(&mut self, bytes: &[u8]) {
        let from = self.read.len().saturating_sub(3);
        self.read.extend_from_slice(bytes);
        self.is_whole = self.is_whole || end_of(&self.read[from..]).is_some();
    }
}

/// The end of the first empty line. A bare line feed ends a line for the server's parser as well.
fn end_of(bytes: &[u8]) -> Option<usize> {
    let feeds = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    feeds.map(|(at, _)| at + 1).find_map(|next| match bytes.get(next..)? {
        [b'\n', ..] => Some(next + 1),
        [b'\r', b'\n', ..] => Some(next + 2),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_wherever_it_is_cut() {
        let whole = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        for at in 1..whole.len() {
            let mut head = HeadBuffer::default();
            assert_eq!(head.add(&whole[..at]), at);
            assert!(!head.is_whole());
            let rest = [&whole[at..], b"GET /next HTTP/1.1"].concat();
            assert_eq!(head.add(&rest), whole.len() - at, "cut at {at}");
            assert!(head.is_whole() && head.bytes().is_empty(), "cut at {at}");
            assert_eq!(head.add(b"more"), 0);
        }
        let mut head = HeadBuffer::default();
        head.add(&vec![b'x'; MAX_HEAD]);
        assert!(!head.is_too_long());
        head.add(b"yz");
        assert!(head.is_too_long());
        let mut head = HeadBuffer::default();
        head.add(b"GET / HTTP/1.1\n\n");
        head.add(&vec![b'x'; MAX_HEAD * 2]);
        assert!(!head.is_too_long(), "a body is no head");
    }

    /// Heads as they may come, empty lines before them included.
    fn heads() -> impl Iterator<Item = String> {
        let ends = ["\r\n\r\n", "\n\n", "\n\r\n", "\r\n\n"];
        let blanks = ["", "\r\n\r\n", "\n\r\n\n"];
        let all = blanks.into_iter().flat_map(move |blank| ends.map(|end| (blank, end)));
        all.map(|(blank, end)| format!("{blank}GET / HTTP/1.1\r\nHost: a{end}"))
    }

    #[test]
    fn a_head_ends_where_the_parser_says() {
        for whole in heads() {
            for at in 1..whole.len() {
                let mut head = HeadBuffer::default();
                let rest = format!("{}GET /next HTTP/1.1\r\n", &whole[at..]);
                let taken = head.add(&whole.as_bytes()[..at]) + head.add(rest.as_bytes());
                assert!(head.is_whole() && taken == whole.len(), "{whole:?} at {at}: {taken}");
            }
        }
        // The server's parser only works where a server could run.
        actix_web::rt::System::new().block_on(async {
            for whole in heads() {
                let mut codec = actix_http::h1::Codec::default();
                let mut read = bytes::BytesMut::from(whole.as_str());
                let parsed = tokio_util::codec::Decoder::decode(&mut codec, &mut read);
                assert!(matches!(parsed, Ok(Some(_))) && read.is_empty(), "{whole:?}");
            }
        });
    }
}
