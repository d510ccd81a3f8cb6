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
async fn what_a_version_manager_prints_before_it_is_not_taken_for_the_version() {
    let node = pretend("Now using node v22.1.0 && echo v22.1.0");
    assert!(finder(&[&node]).find(13, None).await.is_ok());
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

fn script(path: &Path, text: &str) {
    std::fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A Node.js that answers as one does, and a shim that finds it by a file in the home folder of its user.
fn version_manager(version: &str) -> (tempfile::TempDir, NodeOptions) {
    let home = tempfile::tempdir().unwrap();
    let (real, shim) = (home.path().join("node-real"), home.path().join("node"));
    script(
        &real,
        &format!("case $1 in -p) echo '{version} {}';; *) echo {version};; esac", real.display()),
    );
    script(
        &shim,
        &format!(
            "if ! [ -f \"$HOME/.tool-versions\" ]; then echo 'No version is set' >&2; exit 126; fi\nexec {} \"$@\"",
            real.display()
        ),
    );
    std::fs::write(home.path().join(".tool-versions"), "nodejs 20\n").unwrap();
    let options = NodeOptions {
        environment: vec![("HOME".into(), home.path().into())],
        launch: vec![
            ("HOME".into(), "/nonexistent".into()),
            ("PATH".into(), "/usr/bin:/bin".into()),
        ],
        ..NodeOptions::default()
    };
    (home, options)
}

#[tokio::test]
async fn a_shim_is_asked_as_its_user_runs_it_and_what_it_leads_to_is_launched() {
    let (home, options) = version_manager("v20.1.0");
    let shim = home.path().join("node");
    for options in [
        NodeOptions { only: Some(shim.clone()), ..options.clone() },
        NodeOptions { configured: vec![shim.clone()], ..options.clone() },
        NodeOptions { search: vec![home.path().to_owned()], ..options.clone() },
    ] {
        let found = NodeFinder::new(options).choose(13, Some(20)).await.unwrap();
        assert_eq!((&found.path, found.program), (&shim, home.path().join("node-real")));
    }
    let stranger = NodeOptions { only: Some(shim.clone()), environment: Vec::new(), ..options };
    let error = NodeFinder::new(stranger).find(13, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.for_people().contains("No version is set"), "{}", error.for_people());
}

#[tokio::test]
async fn what_runs_for_its_user_alone_is_found_out_before_a_table_is_started() {
    let (home, mut options) = version_manager("v20.1.0");
    let real = home.path().join("node-real");
    script(&real, "[ \"$HOME\" = /nonexistent ] && exit 3\necho v20.1.0");
    options.only = Some(real);
    let error = NodeFinder::new(options).find(13, None).await.unwrap_err();
    assert!(error.for_people().contains("environment of a table"), "{}", error.for_people());
}

#[tokio::test]
async fn a_configured_one_that_will_not_do_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    script(&at("old"), "echo v14.21.3");
    script(&at("other"), "echo hello");
    script(&at("broken"), "echo cannot open >&2; exit 127");
    std::fs::write(at("plain"), "text").unwrap();
    for (path, word) in [
        (at("nowhere"), "not there"),
        (folder.path().to_owned(), "folder"),
        (at("plain"), "cannot be run"),
        (at("other"), "no Node.js"),
        (at("broken"), "cannot open"),
        (at("old"), "needs Node.js 20 or newer"),
    ] {
        let options = NodeOptions {
            only: Some(path.clone()),
            registry: Some("http://127.0.0.1:1".into()),
            ..NodeOptions::default()
        };
        let finder = NodeFinder::new(options);
        let error = finder.provide(13, None, |_| ()).await.unwrap_err();
        let said = error.for_people();
        assert!(error.kind() == ErrorKind::Invalid && !error.is_transient(), "{said}");
        assert!(
            said.contains(word) && said.contains(&path.display().to_string()),
            "{word}: {said}"
        );
        assert_eq!(finder.configured().await.len(), 1);
    }
    let new = NodeOptions { only: Some(at("new")), ..NodeOptions::default() };
    script(&at("new"), "echo v26.0.0");
    assert_eq!(NodeFinder::new(new).find(13, Some(20)).await.unwrap(), at("new"));
    assert!(!is_proven(13, "26.0.0".parse().unwrap()) && is_proven(13, "22.0.0".parse().unwrap()));
}
