//! CSRF tokens.
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The CSRF token of the holder of `secret`: a session, or a visit before there is one.
/// It reveals nothing about the secret and is void with it.
pub(crate) fn token(secret: &str) -> String {
    digest(&["csrf", secret])
}

/// Whether `shown` is the token of `secret`.
pub(crate) fn is_good(secret: &str, shown: &str) -> bool {
    same(&token(secret), shown)
}

/// Whether two texts are equal, taking as long for any.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// SHA-256 of parts that cannot run into one another, in hex.
pub(crate) fn digest(parts: &[&str]) -> String {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part.as_bytes());
    }
    hex::encode(sha.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_belongs_to_one_session() {
        assert!(is_good("session-a", &token("session-a")));
        assert!(!is_good("session-b", &token("session-a")));
        assert!(!is_good("session-a", ""));
        assert_ne!(digest(&["a", "bc"]), digest(&["ab", "c"]));
    }
}
