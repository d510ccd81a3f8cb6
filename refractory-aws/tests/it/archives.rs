//! Release archives in S3: the port's contract, and what a try that fails leaves.
use std::fs;
use std::path::Path;
use std::sync::Arc;

use refractory_aws::S3Archives;
use refractory_core::model::Version;
use refractory_core::ports::{ArchiveSource, Archives};
use testkit::aws::{Fault, FaultProxy, Rule};
use testkit::conformance::Subject;
use testkit::conformance::archives::{ArchivesSubject, Sources};
use testkit::foundry::{Layout, Version as StandInVersion, release_zip};

use crate::support;
use crate::support::bed::Bed;

fn zip(build: u32) -> Vec<u8> {
    release_zip(StandInVersion::new(13, build), Layout::Node).unwrap()
}

fn file(folder: &Path, name: &str, bytes: &[u8]) -> ArchiveSource {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    ArchiveSource::File(path)
}

fn archives(bed: &Bed, scratch: &Path) -> S3Archives {
    S3Archives::new(&bed.clients, &bed.outputs, scratch.to_owned())
}

async fn subject() -> ArchivesSubject {
    let (bed, folder) = (Bed::made().await, tempfile::tempdir().unwrap());
    let (one, other) = (zip(350), zip(351));
    let sources = Sources {
        good: [
            (file(folder.path(), "one.zip", &one), Version::new(13, 350)),
            (file(folder.path(), "other.zip", &other), Version::new(13, 351)),
        ],
        copy: file(folder.path(), "copy.zip", &one),
        bad: file(folder.path(), "bad.zip", &one[..one.len() / 2]),
    };
    let port: Arc<dyn Archives> = Arc::new(archives(&bed, folder.path()));
    Subject::new(port, sources).keeping((bed, folder))
}

mod conforms {
    testkit::conform_archives!(real_time, super::subject().await);
}

#[tokio::test]
async fn what_is_listed_is_what_was_read_for_another_process_too() {
    let (bed, folder) = (Bed::made().await, tempfile::tempdir().unwrap());
    let bytes = zip(351);
    let info =
        archives(&bed, folder.path()).add(&file(folder.path(), "a.zip", &bytes)).await.unwrap();
    assert_eq!(archives(&bed, folder.path()).list().await.unwrap(), vec![info.clone()]);
    assert_eq!(
        bed.keys().await,
        vec![S3Archives::key(&info.id)],
        "one object, and nothing beside it"
    );
    let stored =
        bed.clients.s3.get_object().bucket(&bed.outputs.bucket).key(S3Archives::key(&info.id));
    assert_eq!(stored.send().await.unwrap().body.collect().await.unwrap().to_vec(), bytes);
}

#[tokio::test]
async fn a_try_that_fails_stores_nothing_and_leaves_nothing() {
    let (bed, folder) = (Bed::made().await, tempfile::tempdir().unwrap());
    let source = file(folder.path(), "a.zip", &zip(351));
    let proxy = FaultProxy::start(bed.account.address()).await;
    let failing = S3Archives::new(
        &support::clients_at(&bed.account, &proxy.endpoint()),
        &bed.outputs,
        folder.path().to_owned(),
    );
    for operation in ["UploadPart", "CompleteMultipartUpload"] {
        proxy.arrange(Rule::on("s3", operation), Fault::Refused(403, "AccessDenied"));
        failing.add(&source).await.unwrap_err();
        proxy.heal();
        assert_eq!(bed.keys().await, Vec::<String>::new(), "{operation}");
        assert_eq!(unfinished(&bed).await, 0, "{operation}");
    }
    failing.add(&source).await.unwrap();
}

#[tokio::test]
async fn what_a_dead_process_left_is_aborted_by_the_next_that_adds_the_same() {
    let (bed, folder) = (Bed::made().await, tempfile::tempdir().unwrap());
    let source = file(folder.path(), "a.zip", &zip(351));
    let proxy = FaultProxy::start(bed.account.address()).await;
    let clients = support::clients_at(&bed.account, &proxy.endpoint());
    // It dies as soon as the first part has arrived.
    let calls = ["HeadObject", "ListMultipartUploads", "CreateMultipartUpload", "UploadPart"].len();
    proxy.cut_after(calls);
    let dying = S3Archives::new(&clients, &bed.outputs, folder.path().to_owned());
    tokio::select! {
        _ = dying.add(&source) => {}
        () = proxy.cut() => {}
    }
    assert_eq!(unfinished(&bed).await, 1);
    let info = archives(&bed, folder.path()).add(&source).await.unwrap();
    assert_eq!(unfinished(&bed).await, 0);
    assert_eq!(bed.keys().await, vec![S3Archives::key(&info.id)]);
}

#[tokio::test]
async fn a_url_of_another_host_is_refused_and_an_allowed_one_fetched() {
    use refractory_core::ErrorKind;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (bed, folder) = (Bed::made().await, tempfile::tempdir().unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let url = ArchiveSource::Url(format!("http://{host}/13.351/FoundryVTT-13.351.zip?verify=x"));
    let refused = archives(&bed, folder.path()).add(&url).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    let served = async {
        let (mut line, _) = listener.accept().await.unwrap();
        let mut asked = [0; 4096];
        assert_ne!(line.read(&mut asked).await.unwrap(), 0, "it asks");
        let bytes = zip(351);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            bytes.len()
        );
        line.write_all(head.as_bytes()).await.unwrap();
        line.write_all(&bytes).await.unwrap();
    };
    let scratch = folder.path().join("scratch");
    let allowed = archives(&bed, &scratch).with_hosts(vec![host]);
    let (info, ()) = tokio::join!(allowed.add(&url), served);
    assert_eq!(info.unwrap().version, Version::new(13, 351));
    assert_eq!(fs::read_dir(scratch).unwrap().count(), 0, "what was fetched is gone again");
}

async fn unfinished(bed: &Bed) -> usize {
    let listed =
        bed.clients.s3.list_multipart_uploads().bucket(&bed.outputs.bucket).send().await.unwrap();
    listed.uploads().len()
}
