//! The one way the program hashes passwords, and random text for salts and ids.
use hmac::Hmac;
use sha2::Sha512;

/// The salt of `admin.txt` when options.json names none; used as text.
pub const DEFAULT_ADMIN_SALT: &str = "17c4f39053ac5a50d5797c665ad1f4e6";

/// Lower-case hex of PBKDF2-HMAC-SHA512 over 1000 rounds and 64 bytes, with `salt` taken as text.
pub fn password_hash(password: &str, salt: &str) -> String {
    let mut hash = [0; 64];
    match pbkdf2::pbkdf2::<Hmac<Sha512>>(password.as_bytes(), salt.as_bytes(), 1000, &mut hash) {
        Ok(()) => hex::encode(hash),
        // HMAC takes keys of any length.
        Err(_) => String::new(),
    }
}

/// `digits` random hex digits.
pub(crate) fn random_hex(digits: usize) -> String {
    random(digits, b"0123456789abcdef")
}

/// An id of a document: 16 letters and digits.
pub(crate) fn random_document_id() -> String {
    random(16, b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
}

fn random(length: usize, alphabet: &[u8]) -> String {
    let mut bytes = vec![0; length];
    if getrandom::fill(&mut bytes).is_err() {
        // A session anyone can guess is worse than no program.
        std::process::abort();
    }
    bytes.iter().map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])).collect()
}

#[cfg(test)]
mod tests;
