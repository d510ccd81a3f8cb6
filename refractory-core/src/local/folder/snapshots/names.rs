//! What the files of snapshots are called.
use crate::Timestamp;

const END: &str = ".tar.gz";

/// A complete snapshot, as the name of its archive tells it: `<milliseconds>-<sha256 of the file>.tar.gz`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kept {
    /// When it was asked for.
    pub(super) at: Timestamp,
    /// What the bytes of the file digest to.
    pub(super) digest: String,
}

impl Kept {
    pub(super) fn file_name(&self) -> String {
        format!("{}-{}{END}", self.at.0, self.digest)
    }

    /// Reads a file name; `None` for one of anything else.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (at, digest) = name.strip_suffix(END)?.split_once('-')?;
        let digits = at.bytes().all(|byte| byte.is_ascii_digit());
        let hex = digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !digits || !hex || digest.len() != 64 {
            return None;
        }
        Some(Self { at: Timestamp(at.parse().ok()?), digest: digest.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written_and_nothing_else_is_one() {
        let kept = Kept { at: Timestamp(1_700_000_000_004), digest: "0f".repeat(32) };
        assert_eq!(Kept::parse(&kept.file_name()), Some(kept));
        let short = format!("1-{}.tar.gz", "0f".repeat(31));
        let upper = format!("1-{}.tar.gz", "0F".repeat(32));
        let signed = format!("+1-{}.tar.gz", "0f".repeat(32));
        for other in ["", ".part", "1.tar.gz", "1-.tar.gz", &*short, &*upper, &*signed] {
            assert_eq!(Kept::parse(other), None, "{other}");
        }
    }
}
