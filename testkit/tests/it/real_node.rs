//! A whole life on a real Node.js, with express, socket.io and classic-level as the peer: not every peer is ours.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the allowance for tests does not reach the functions beside them"
)]
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use refractory_core::local::{DataDir, LocalConfig, LocalPorts};
use refractory_core::model::{
    Instance, InstanceSpec, LicenseChoice, NewInstance, Phase, Principal, Slug, Urgency, WorldId,
};
use refractory_core::ports::{ArchiveSource, Endpoint};
use refractory_core::{Builder, InstanceId, MemoryStore, Refractory, SystemClock};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const PATIENCE: Duration = Duration::from_mins(1);

fn packages() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
    assert!(
        folder.join("node_modules/express").exists(),
        "the npm packages are missing: run `npm ci` in testkit/node"
    );
    folder
}

fn node() -> String {
    let found = Command::new("sh").args(["-c", "command -v node"]).output().unwrap();
    assert!(found.status.success(), "Node.js is missing: run `.ci/install`");
    String::from_utf8(found.stdout).unwrap().trim().to_owned()
}

/// A release archive of the table and of everything it stands on.
fn archive(into: &Path) {
    let packages = packages();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for name in ["main.js", "package.json"] {
        put(&mut zip, name, &packages.join("table").join(name));
    }
    put_folder(&mut zip, &packages, Path::new("node_modules"));
    fs::write(into, zip.finish().unwrap().into_inner()).unwrap();
}

fn put_folder(zip: &mut ZipWriter<Cursor<Vec<u8>>>, root: &Path, folder: &Path) {
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = folder.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        let needed = !name.ends_with("node_modules/.bin");
        if kind.is_dir() && needed {
            put_folder(zip, root, &name);
        } else if kind.is_file() {
            put(zip, name.to_str().unwrap(), &entry.path());
        }
    }
}

fn put(zip: &mut ZipWriter<Cursor<Vec<u8>>>, name: &str, file: &Path) {
    zip.start_file(name, SimpleFileOptions::default()).unwrap();
    zip.write_all(&fs::read(file).unwrap()).unwrap();
}

async fn reach(
    app: &Refractory,
    id: &InstanceId,
    what: &str,
    done: impl Fn(&Instance) -> bool + Sync,
) -> Instance {
    let who = Principal::operator();
    if let Ok(reached) = tokio::time::timeout(PATIENCE, app.wait(&who, id, &done)).await {
        return reached.unwrap().unwrap();
    }
    let stuck = app.get(&who, id).await.unwrap();
    panic!("never {what}: {:?} {:?}\n{}", stuck.phase(), stuck.fault, log(app, id).await);
}

fn is_on(instance: &Instance) -> bool {
    matches!(instance.phase(), Phase::On(_))
}

async fn log(app: &Refractory, id: &InstanceId) -> String {
    app.logs(&Principal::operator(), id, None, 200).await.unwrap().lines.join("\n")
}

fn world(data: &Path, id: &InstanceId) {
    let folder = data.join("data").join(id.as_str()).join("Data/worlds/strahd");
    fs::create_dir_all(folder.join("data")).unwrap();
    fs::write(
        folder.join("world.json"),
        r#"{"id":"strahd","title":"Curse of Strahd","system":"none"}"#,
    )
    .unwrap();
}

fn kill(endpoint: &Endpoint) {
    let pid = endpoint.pid.unwrap().to_string();
    assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
}

async fn deployment(data: &Path) -> (Refractory, refractory_core::Worker) {
    let mut config = LocalConfig::default();
    config.node = Some(node());
    let ports = LocalPorts::new(
        DataDir::open(data).unwrap(),
        Arc::new(MemoryStore::default()),
        Arc::new(SystemClock),
    )
    .with_config(config)
    .connect()
    .await
    .unwrap();
    Builder::from_ports(ports).build()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_the_packages_foundry_stands_on_lives_a_whole_life() {
    let data = tempfile::tempdir().unwrap();
    let (app, worker) = deployment(data.path()).await;
    let who = Principal::operator();
    let zip = data.path().join("table.zip");
    archive(&zip);
    app.add_release(&who, &ArchiveSource::File(zip)).await.unwrap();
    let spec = InstanceSpec {
        world: Some(WorldId::new("strahd").unwrap()),
        license: LicenseChoice::NotNeeded,
        ..InstanceSpec::default()
    };
    let new = NewInstance::named(Slug::new("strahd").unwrap()).with_spec(spec);
    let id = app.create(&who, new).await.unwrap().id;
    world(data.path(), &id);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let work = worker.run_until(async {
        // A sender that is dropped stops the worker as well.
        let _ = stopped.await;
    });
    let play = async {
        app.start(&who, &id).await.unwrap();
        let up = reach(&app, &id, "up", is_on).await;
        assert!(log(&app, &id).await.contains("World strahd is open, launch 1"));

        // It dies in mid-session: it is started again, and the database it left open is opened again.
        kill(up.endpoint().unwrap());
        let again = reach(&app, &id, "up again", |now| now.epoch > up.epoch && is_on(now)).await;
        assert_ne!(again.endpoint().unwrap().pid, up.endpoint().unwrap().pid);
        assert!(log(&app, &id).await.contains("World strahd is open, launch 2"));

        app.stop(&who, &id, Urgency::Gentle).await.unwrap();
        reach(&app, &id, "off", |now| now.phase() == Phase::Off).await;
        let printed = log(&app, &id).await;
        assert!(printed.contains("World strahd is closed"), "{printed}");
        assert!(
            !printed.contains("Ended with a world open"),
            "the world was closed before the signal: {printed}"
        );

        app.delete(&who, &id, "strahd").await.unwrap();
        assert!(
            tokio::time::timeout(PATIENCE, app.wait(&who, &id, |_| false))
                .await
                .unwrap()
                .unwrap()
                .is_none()
        );
        assert!(!data.path().join("data").join(id.as_str()).exists());
        drop(stop);
    };
    tokio::join!(work, play);
}
