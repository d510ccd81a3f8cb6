//! Heads of requests as they come, for those that never come to an end.

/// Longer heads than this are answered here. The server's parser gives up at twice of it, without a word about why.
pub(super) const LONGEST: usize = 64 * 1024;

/// What was read of a head so far.
#[derive(Debug, Default)]
pub(super) struct Head {
    read: Vec<u8>,
    is_whole: bool,
}

impl Head {
    /// Begins anew.
    pub(super) fn clear(&mut self) {
        self.read = Vec::new();
        self.is_whole = false;
    }

    /// Adds what came; once the head is whole, nothing more of it is kept.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        if self.is_whole {
            return;
        }
        // The end may lie across two pieces.
        let from = self.read.len().saturating_sub(3);
        self.read.extend_from_slice(bytes);
        if ends(&self.read[from..]) {
            self.is_whole = true;
            self.read = Vec::new();
        }
    }

    /// Whether it has become too long.
    pub(super) fn is_too_long(&self) -> bool {
        self.read.len() > LONGEST
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
        self.is_whole = self.is_whole || ends(&self.read[from..]);
    }
}

/// Whether there is an empty line. A bare line feed ends a line for the server's parser as well.
fn ends(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|two| two == b"\n\n") || bytes.windows(3).any(|three| three == b"\n\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_wherever_it_is_cut() {
        let whole = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        for at in 1..whole.len() {
            let mut head = Head::default();
            head.add(&whole[..at]);
            assert!(!head.is_whole());
            head.add(&whole[at..]);
            assert!(head.is_whole() && head.bytes().is_empty(), "cut at {at}");
        }
        let mut head = Head::default();
        head.add(&vec![b'x'; LONGEST]);
        assert!(!head.is_too_long());
        head.add(b"yz");
        assert!(head.is_too_long());
        let mut head = Head::default();
        head.add(b"GET / HTTP/1.1\n\n");
        head.add(&vec![b'x'; LONGEST * 2]);
        assert!(!head.is_too_long(), "a body is no head");
    }
}
