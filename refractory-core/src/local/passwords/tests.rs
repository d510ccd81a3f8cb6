use super::*;
use crate::model::Role;
use crate::{MemoryStore, Timestamp};

async fn with_user(password: Option<PasswordHash>) -> Passwords {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let name = UserName::new("ada").unwrap();
    let user = User::new(name, Role::Admin, password, Timestamp::default());
    Collection::of(store.as_ref()).insert(&user).await.unwrap();
    Passwords::new(store)
}

async fn enters(passwords: &Passwords, name: &str, password: &str) -> bool {
    let credential = Credential::Password {
        name: UserName::new(name).unwrap(),
        password: Secret::new(password),
    };
    passwords.authenticate(&credential).await.unwrap().is_some()
}

#[tokio::test]
async fn only_the_right_password_of_a_known_name_is_good() {
    let hash = Passwords::hash(&Secret::new("open sesame")).await.unwrap();
    assert!(hash.0.starts_with("$argon2id$v=19$"), "{}", hash.0);
    let passwords = with_user(Some(hash)).await;
    assert!(enters(&passwords, "ada", "open sesame").await);
    assert!(!enters(&passwords, "ada", "open sesame ").await);
    assert!(!enters(&passwords, "bob", "open sesame").await);
    assert!(!enters(&passwords, "bob", "").await);
    assert!(!enters(&passwords, "ada", &"x".repeat(2000)).await);
}

#[tokio::test]
async fn an_account_without_a_password_lets_nobody_in() {
    let passwords = with_user(None).await;
    assert!(!enters(&passwords, "ada", "").await);
}

#[tokio::test]
async fn two_hashes_of_one_password_differ_and_endless_ones_are_refused() {
    let one = Passwords::hash(&Secret::new("a")).await.unwrap();
    assert!(one != Passwords::hash(&Secret::new("a")).await.unwrap());
    let error = Passwords::hash(&Secret::new("a".repeat(2000))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn an_unknown_name_costs_what_a_known_one_does() {
    let fresh = Passwords::hash(&Secret::new("open sesame")).await.unwrap().0;
    let cost = |hash: &str| hash.rsplitn(3, '$').nth(2).map(str::to_owned);
    assert_eq!(cost(NOBODYS), cost(&fresh));
    let refused =
        |hash: &str| Argon2::default().verify_password(b"guess", hash).unwrap_err().to_string();
    assert_eq!(refused(NOBODYS), refused(&fresh), "it is checked to the end");
}
