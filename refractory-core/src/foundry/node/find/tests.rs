use std::os::unix::fs::PermissionsExt;

use super::*;

/// A folder with a `node` that says it is `version`.
fn pretend(version: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node");
    std::fs::write(&path, format!("#!/bin/sh\necho {version}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn finder(search: &[&tempfile::TempDir]) -> NodeFinder {
    let search = search.iter().map(|folder| folder.path().to_owned()).collect();
    NodeFinder::new(NodeOptions { search, ..NodeOptions::default() })
}

#[tokio::test]
async fn the_best_proven_major_is_taken() {
    let (old, new) = (pretend("v18.20.8"), pretend("v22.20.0"));
    let finder = finder(&[&old, &new]);
    assert_eq!(finder.find(13, None).await.unwrap(), new.path().join("node"));
    assert_eq!(finder.find(12, None).await.unwrap(), old.path().join("node"));
    assert_eq!(finder.find(13, Some(22)).await.unwrap(), new.path().join("node"));
}

#[tokio::test]
async fn a_missing_node_is_a_sentence_that_says_what_to_do_and_what_is_there() {
    let (node, other) = (pretend("v24.1.0"), pretend("hello"));
    let error = finder(&[&node, &other]).provide(13, None, |_| ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let said = error.for_people();
    for word in ["22 or 20", "node.registry", "24.1.0", "no Node.js"] {
        assert!(said.contains(word), "{said}");
    }
}

#[tokio::test]
async fn an_unknown_generation_takes_what_its_release_names() {
    assert_eq!(fitting(15, Some(26)), [26]);
    assert_eq!(fitting(15, None), [24]);
    assert_eq!(fitting(13, Some(26)), [26]);
}

#[tokio::test]
async fn one_node_under_two_names_is_found_once() {
    let node = pretend("v22.1.0");
    std::os::unix::fs::symlink("node", node.path().join("nodejs")).unwrap();
    assert_eq!(finder(&[&node]).found().await.len(), 1);
}

#[tokio::test]
async fn a_node_that_was_replaced_is_asked_again() {
    let node = pretend("v22.1.0");
    let finder = finder(&[&node]);
    finder.find(13, None).await.unwrap();
    let path = node.path().join("node");
    std::fs::write(&path, "#!/bin/sh\necho v24.10.0\n").unwrap();
    assert!(finder.find(13, None).await.is_err());
}
