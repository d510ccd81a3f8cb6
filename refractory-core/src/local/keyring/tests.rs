use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::MemoryStore;

fn name(text: &str) -> SecretName {
    SecretName::new(text).unwrap()
}

async fn keyring(folder: &Path, store: &Arc<dyn Store>) -> Keyring {
    Keyring::open(&folder.join("secret.key"), Arc::clone(store)).await.unwrap()
}

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::default())
}

#[tokio::test]
async fn the_first_writer_of_a_secret_wins_and_the_row_does_not_show_it() {
    let (folder, store) = (tempfile::tempdir().unwrap(), memory());
    let ring = keyring(folder.path(), &store).await;
    let first = ring.ensure(&name("a"), &Secret::new("one")).await.unwrap();
    assert_eq!(first, Observed::Ready(Secret::new("one")));
    let again = keyring(folder.path(), &store).await;
    assert_eq!(again.ensure(&name("a"), &Secret::new("two")).await.unwrap(), first);
    let row = Collection::<Sealed>::of(store.as_ref()).load("a").await.unwrap().unwrap();
    assert!(!row.text.contains("one") && !format!("{row:?} {ring:?}").contains("one"));
}

#[tokio::test]
async fn a_secret_under_another_name_or_another_key_is_broken() {
    let (folder, other, store) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), memory());
    let ring = keyring(folder.path(), &store).await;
    ring.ensure(&name("a"), &Secret::new("one")).await.unwrap();
    let table = Collection::<Sealed>::of(store.as_ref());
    let mut moved = table.load("a").await.unwrap().unwrap();
    moved.name = name("b");
    table.insert(&moved).await.unwrap();
    assert!(matches!(ring.observe(&name("b")).await.unwrap(), Observed::Broken(_)));
    key_file::create(&other.path().join("secret.key")).unwrap();
    let stranger = Keyring::with_key(
        key_file::read(&other.path().join("secret.key")).unwrap().unwrap(),
        Arc::clone(&store),
    );
    assert!(matches!(stranger.observe(&name("a")).await.unwrap(), Observed::Broken(_)));
    assert!(matches!(ring.observe(&name("a")).await.unwrap(), Observed::Ready(_)));
}

#[tokio::test]
async fn a_key_file_that_others_can_read_is_refused_with_the_command_to_run() {
    let (folder, store) = (tempfile::tempdir().unwrap(), memory());
    keyring(folder.path(), &store).await;
    let path = folder.path().join("secret.key");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let error = Keyring::open(&path, store).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(error.for_people().contains(&format!("chmod 600 {}", path.display())));
}

#[tokio::test]
async fn a_lost_key_file_is_not_replaced_while_secrets_depend_on_it() {
    let (folder, store) = (tempfile::tempdir().unwrap(), memory());
    let path = folder.path().join("secret.key");
    let ring = keyring(folder.path(), &store).await;
    ring.ensure(&name("a"), &Secret::new("one")).await.unwrap();
    fs::remove_file(&path).unwrap();
    let error = Keyring::open(&path, Arc::clone(&store)).await.unwrap_err();
    assert!(error.for_people().contains("Restore it"), "{error:?}");
    assert!(!path.exists());
    fs::write(&path, "not a key").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let error = Keyring::open(&path, store).await.unwrap_err();
    assert!(error.for_people().contains("damaged"));
}

#[tokio::test]
async fn a_removed_secret_is_absent_and_not_listed() {
    let (folder, store) = (tempfile::tempdir().unwrap(), memory());
    let ring = keyring(folder.path(), &store).await;
    ring.ensure(&name("a"), &Secret::new("one")).await.unwrap();
    assert_eq!(ring.list().await.unwrap(), vec![name("a")]);
    for _ in 0..2 {
        assert_eq!(ring.remove(&name("a")).await.unwrap(), Observed::Absent);
    }
    assert_eq!(ring.observe(&name("a")).await.unwrap(), Observed::Absent);
    assert!(ring.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_key_of_another_deployment_is_refused_before_anything_is_sealed_with_it() {
    let (folder, store) = (tempfile::tempdir().unwrap(), memory());
    let path = folder.path().join("secret.key");
    assert_eq!(Keyring::examine(&path, Arc::clone(&store)).await.unwrap(), KeyFile::None);
    let ring = keyring(folder.path(), &store).await;
    assert_eq!(Keyring::examine(&path, Arc::clone(&store)).await.unwrap(), KeyFile::Good);
    // Before any secret of use is there, the key is known already.
    let right = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    key_file::create(&path).unwrap();
    let rows = revisions(&store).await;
    for opened in [
        Keyring::open(&path, Arc::clone(&store)).await.map(|_| ()),
        Keyring::examine(&path, Arc::clone(&store)).await.map(|_| ()),
    ] {
        let error = opened.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.for_people().contains("key of another deployment"), "{error:?}");
    }
    assert_eq!(revisions(&store).await, rows);
    fs::write(&path, right).unwrap();
    ring.ensure(&name("a"), &Secret::new("one")).await.unwrap();
    keyring(folder.path(), &store).await;
}

#[tokio::test]
async fn one_secret_that_is_damaged_does_not_make_the_key_a_wrong_one() {
    let (folder, store) = (tempfile::tempdir().unwrap(), memory());
    let ring = keyring(folder.path(), &store).await;
    ring.ensure(&name("a"), &Secret::new("one")).await.unwrap();
    let table = Collection::<Sealed>::of(store.as_ref());
    for damaged in ["a", MARK] {
        let row = table.load(damaged).await.unwrap().unwrap();
        let spoilt = Sealed { text: "AAAA".to_owned(), ..row.clone() };
        let saved = table.save(&spoilt).await.unwrap();
        assert_eq!(keyring(folder.path(), &store).await.list().await.unwrap(), [name("a")]);
        table.save(&Sealed { text: row.text, ..saved }).await.unwrap();
    }
}

/// Ids and revisions of all secrets.
async fn revisions(store: &Arc<dyn Store>) -> std::collections::BTreeMap<String, u64> {
    let mut follower = crate::ports::Follower::new(Kind::Secret);
    follower.poll(store.as_ref()).await.unwrap().written
}
