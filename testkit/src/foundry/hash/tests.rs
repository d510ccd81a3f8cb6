use super::*;

#[test]
fn the_admin_password_hashes_to_the_published_vector() {
    assert_eq!(
        password_hash("atropos", DEFAULT_ADMIN_SALT),
        "d2326bd2303ba399b5b4080f58671a6654f5c36b9bdaa57bdf2fc2bfd410c84ee3faf5dfca030d01022cfffdc7aea0fc75b927fc2fd1a4eb1fda7dae1b4395b9"
    );
}

#[test]
fn an_empty_user_password_hashes_to_the_published_vector() {
    assert_eq!(
        password_hash("", "68aec1c9c2259e177fb5b628fa94578bad9f30be29c6ad971a5d029476fbbee3"),
        "0fefa5a03ff8c87a8a9c334575382acfc5a6ee7ac5cbcf4538775bee7b7ea2d8754ba49a58e15ff63867e2de6cb2c5904aa1a1e842de5a2934609d729b4a7598"
    );
}

#[test]
fn ids_have_the_alphabet_and_the_length_of_the_program() {
    let id = random_document_id();
    assert!(id.len() == 16 && id.chars().all(|c| c.is_ascii_alphanumeric()));
    let session = random_hex(24);
    assert!(session.len() == 24 && session.chars().all(|c| c.is_ascii_hexdigit()));
    assert_ne!(session, random_hex(24));
}
