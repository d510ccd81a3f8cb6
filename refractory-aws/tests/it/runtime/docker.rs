//! Tables as real containers, of a Docker engine that the tests start.
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use refractory_core::config::{Size, Span};
use refractory_core::foundry::FoundryControl;
use refractory_core::model::Version;
use refractory_core::ports::{
    GameControl as _, GameTarget, InstanceRuntime, LaunchSpec, LogSource as _, Observed, Stop,
    VolumeSpec, WorldRef, WorldStorage as _,
};
use refractory_core::{InstanceId, LaunchId};
use serde_json::Value;
use testkit::aws::{Engine, Image};
use testkit::conformance::Subject;
use testkit::conformance::runtime::{RuntimeSubject, instances};

use super::table::{runtime, settled, with_release};
use crate::support::bed::{Bed, PATIENCE, down, seen, up};

/// Says who it is, does what the table's language says, and then waits for the signal to end.
const SHELL: &str = r#"echo "user $(id -u):$(id -g)"
trap 'echo told to end; exit 0' TERM
eval "${FOUNDRY_LANGUAGE:-}"
echo ready
while :; do sleep 1000 & wait $!; done"#;

/// A bed whose tables are that shell, as the user that felddy's image has from 13.333 on.
async fn shells() -> Bed {
    let programs = ["sh", "id", "sleep", "cat", "rm", "ls", "mkdir", "tail"];
    let image = programs.into_iter().fold(Image::new(), Image::with);
    let image = image.user("1000:1000").entry(&["/bin/sh", "-c", SHELL]);
    let mut bed = Bed::in_docker("shell:13", &image).await;
    bed.config.stop_within = Span::seconds(5);
    bed
}

fn doing(bed: &Bed, what: &str) -> LaunchSpec {
    bed.spec.clone().with(|spec| spec.language = Some(what.to_owned()))
}

/// The volume of a table that is made for `release`.
async fn volume(bed: &Bed, raw: &str, release: Version) -> LaunchId {
    let instance = InstanceId::new(raw).unwrap();
    let spec = VolumeSpec::default().with(|spec| spec.release = Some(release));
    let made = bed.storage().ensure(&instance, &spec).await.unwrap();
    assert!(matches!(made, Observed::Ready(_)), "{made:?}");
    LaunchId { instance, attempt: 1 }
}

/// The table's log, as soon as it holds `part`.
async fn said(bed: &Bed, of: &InstanceId, part: &str) -> String {
    let begun = Instant::now();
    loop {
        let lines = bed.logs().read(of, None, 10_000).await.unwrap().lines;
        let text = lines.join("\n");
        if text.contains(part) {
            return text;
        }
        assert!(begun.elapsed() < PATIENCE, "no `{part}` in {text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The container `name` of the account's tasks.
async fn container(bed: &Bed, name: &str) -> Value {
    let all = Engine::shared().await.containers(&bed.account).await;
    let of = |one: &&Value| one["Config"]["Labels"]["com.amazonaws.ecs.container-name"] == name;
    all.iter().find(of).unwrap_or_else(|| panic!("no `{name}` in {all:?}")).clone()
}

async fn conforming() -> RuntimeSubject {
    let bed = shells().await;
    for instance in instances() {
        bed.volume(&instance).await;
    }
    let port: Arc<dyn InstanceRuntime> = Arc::new(bed.runtime());
    Subject::new(port, bed.spec.clone())
}

mod runs {
    testkit::conform_runtime!(real_time, super::conforming().await);
}

#[tokio::test]
async fn files_belong_to_the_access_points_user_whatever_user_a_container_has() {
    let bed = shells().await;
    // Made for an image that runs as 421; run by one that runs as 1000, as after an update from 12 to 13.
    let key = volume(&bed, "a", Version::new(12, 343)).await;
    let runtime = bed.runtime();
    let visit = "echo \"found $(cat /data/visits 2>/dev/null)\"; echo \"by $(id -u)\" > /data/visits; mkdir -p /data/Data";
    up(&runtime, &key, &doing(&bed, visit)).await;
    let log = said(&bed, &key.instance, "ready").await;
    assert!(log.contains("user 1000:1000") && log.contains("found \n"), "{log}");
    assert_eq!(container(&bed, "foundry").await["Config"]["User"], "1000:1000", "the image's own");
    down(&runtime, &key).await;

    let folder = bed.folder(&key.instance);
    for path in [folder.clone(), folder.join("visits"), folder.join("Data")] {
        let seen = std::fs::metadata(&path).unwrap();
        assert_eq!((seen.uid(), seen.gid()), (421, 421), "{}", path.display());
    }
    let next = LaunchId { attempt: 2, ..key };
    up(&runtime, &next, &doing(&bed, visit)).await;
    said(&bed, &next.instance, "found by 1000").await;
    down(&runtime, &next).await;
}

#[tokio::test]
async fn a_program_is_asked_to_end_and_killed_when_its_time_is_over() {
    let mut bed = shells().await;
    bed.config.stop_within = Span::seconds(2);
    let runtime = bed.runtime();
    let deaf = "trap '' TERM; echo ready; while :; do sleep 1000 & wait $!; done";
    for (table, what, code, shortest) in [("heeds", "", 0, 0), ("deaf", deaf, 137, 2)] {
        let key = volume(&bed, table, Version::new(13, 351)).await;
        up(&runtime, &key, &doing(&bed, what)).await;
        said(&bed, &key.instance, "ready").await;
        let begun = Instant::now();
        down(&runtime, &key).await;
        assert!(begun.elapsed() >= Duration::from_secs(shortest), "{table}: {:?}", begun.elapsed());
        let tasks = bed.tasks().await;
        let family = bed.naming.family(&key.instance);
        let task = tasks
            .iter()
            .find(|task| task.task_definition_arn().unwrap().contains(&format!("/{family}:")))
            .unwrap();
        let ended = task.containers().iter().find(|one| one.name() == Some("foundry")).unwrap();
        assert_eq!(ended.exit_code(), Some(code), "{table}: {task:?}");
        let log = said(&bed, &key.instance, "ready").await;
        assert_eq!(log.contains("told to end"), code == 0, "{log}");
    }
}

#[tokio::test]
async fn how_a_program_ended_is_told_as_it_was() {
    let mut bed = shells().await;
    bed.config.memory = Size::mib(512);
    bed.config.cpu_millis = 250;
    let runtime = bed.runtime();
    for (table, what, told) in [
        ("exits", "exit 3", "Foundry ended with exit code 3."),
        ("restarts", "exit 0", "Foundry ended on its own"),
        ("grows", "exec tail /dev/zero", "It ran out of memory."),
    ] {
        let key = volume(&bed, table, Version::new(13, 351)).await;
        let spec = doing(&bed, what);
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE
            && !matches!(runtime.ensure(&key, &spec).await.unwrap(), Observed::Broken(_))
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let ended = seen(&runtime, &key, |seen| matches!(seen, Observed::Broken(_))).await;
        let Observed::Broken(reason) = ended else { panic!("{ended:?}") };
        assert!(reason.0.starts_with(told), "{table}: {reason:?}");
    }
}

#[tokio::test]
async fn a_table_sees_its_own_volume_and_no_other() {
    let bed = shells().await;
    let runtime = bed.runtime();
    let look = "echo mine > /data/$(id -u)-$$; echo here $(ls -A /data); echo volumes $(ls -d /volume /mnt/* /data/.. 2>/dev/null)";
    let keys = [
        volume(&bed, "one", Version::new(13, 351)).await,
        volume(&bed, "two", Version::new(13, 351)).await,
    ];
    for key in &keys {
        up(&runtime, key, &doing(&bed, look)).await;
    }
    for key in &keys {
        let log = said(&bed, &key.instance, "ready").await;
        assert!(log.contains("here 1000-1\n") && log.contains("volumes /data/..\n"), "{log}");
    }
    for one in Engine::shared().await.containers(&bed.account).await {
        let mounts = one["Mounts"].as_array().unwrap();
        let places: Vec<_> =
            mounts.iter().map(|mount| mount["Destination"].as_str().unwrap()).collect();
        assert_eq!(places, ["/data"], "{one}");
    }
    for key in &keys {
        let files = std::fs::read_dir(bed.folder(&key.instance)).unwrap();
        assert_eq!(files.count(), 1, "{key}");
        down(&runtime, key).await;
    }
}

#[tokio::test]
async fn removing_a_volume_with_a_container_leaves_nothing_of_either() {
    let bed = shells().await;
    let runtime = bed.runtime();
    let key = volume(&bed, "a", Version::new(13, 351)).await;
    let fill = "mkdir -p /data/Data/worlds/-rf; echo x > '/data/Data/worlds/-rf/a b'; echo y > /data/.hidden";
    up(&runtime, &key, &doing(&bed, fill)).await;
    said(&bed, &key.instance, "ready").await;
    down(&runtime, &key).await;
    let folder = bed.folder(&key.instance);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
    let storage = bed.storage();
    let begun = Instant::now();
    while storage.remove(&key.instance).await.unwrap() != Observed::Absent {
        assert!(begun.elapsed() < PATIENCE, "still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(
        std::fs::read_dir(&folder).unwrap().count(),
        0,
        "an empty folder is all that EFS keeps"
    );
    assert!(storage.list().await.unwrap().is_empty());
    let begun = Instant::now();
    while !Engine::shared().await.containers(&bed.account).await.is_empty() {
        assert!(begun.elapsed() < PATIENCE, "containers are left");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_container_is_told_what_ecs_tells_it_and_no_secret_stands_elsewhere() {
    let bed = shells().await;
    let runtime = bed.runtime();
    let key = volume(&bed, "a", Version::new(13, 351)).await;
    up(&runtime, &key, &bed.spec).await;
    let license = testkit::foundry::LICENSE_KEY.replace('-', "");
    let admin = bed.spec.admin_key.expose();
    for (name, told) in [
        ("foundry", vec!["FOUNDRY_ADMIN_KEY", "FOUNDRY_LICENSE_KEY", "FOUNDRY_RELEASE_URL"]),
        ("prepare", vec!["LICENSE"]),
    ] {
        let mut seen = container(&bed, name).await;
        let environment = seen["Config"]["Env"].take();
        let environment = environment
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one.as_str().unwrap().split_once('=').unwrap());
        let is_secret = |text: &str| {
            [admin, &license, "X-Amz-Signature"].iter().any(|word| text.contains(word))
        };
        let mut with_secrets: Vec<_> =
            environment.filter(|(_, value)| is_secret(value)).map(|(name, _)| name).collect();
        with_secrets.sort_unstable();
        assert_eq!(with_secrets, told, "{name}: only where the task definition says");
        assert!(
            !is_secret(&seen.to_string()),
            "{name} has a secret beside its environment: {seen}"
        );
    }
    down(&runtime, &key).await;
}

#[tokio::test]
async fn a_table_lives_its_whole_life_in_containers() {
    // The image ends before the program has given its lock back, and the next launch does not wait here until that is stale.
    let image = Image::for_foundry().with_env("STAND_IN_LOCK_STALE", "10ms");
    let bed = Bed::in_docker("felddy/foundryvtt:{version}", &image).await;
    with_release(&bed).await;
    let runtime = runtime(&bed).await;
    let key = volume(&bed, "a", Version::new(13, 351)).await;
    let control = FoundryControl::new().unwrap();
    for epoch in [1, 2] {
        let key = LaunchId { attempt: epoch, ..key.clone() };
        let (endpoint, told) = up(&runtime, &key, &bed.spec).await;
        assert!(!told.is_empty(), "people were told what was waited for");
        let admin_key = bed.spec.admin_key.clone();
        let at = GameTarget { endpoint, version: Version::new(13, 351), admin_key };
        let want = WorldRef { world: None, license: bed.spec.license.clone(), eula_accepted: true };
        let open = settled(&control, &at, &want).await;
        let log = bed.logs().read(&key.instance, None, 1000).await.unwrap().lines.join("\n");
        assert!(matches!(open, Ok(Observed::Ready(_))), "{open:?}\n{log}");
        while !matches!(control.remove(&at, Stop::Gentle).await.unwrap(), Observed::Absent) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        down(&runtime, &key).await;
    }
    let signed = bed.folder(&key.instance).join("Config/license.json");
    let owner = std::fs::metadata(&signed).unwrap();
    assert_eq!(
        (owner.uid(), owner.gid()),
        (1000, 1000),
        "the program's own files, as the image's user"
    );
    let log = said(&bed, &key.instance, "listening on port 30000").await;
    assert_eq!(
        log.matches("listening on port 30000").count(),
        2,
        "both launches printed into one log: {log}"
    );
    let storage = bed.storage();
    while storage.remove(&key.instance).await.unwrap() != Observed::Absent {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!signed.exists());
}
