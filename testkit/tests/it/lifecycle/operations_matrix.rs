//! A life with operations - backed up while on, verified, restored while off, its key replaced, its backup deleted - in which
//! each call goes wrong in turn, the handle's too, and the power is cut all along; driven by `run_until` with its queue.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use refractory_core::local::{DataDir, LocalPorts};
use refractory_core::model::{Operation, Phase, Urgency};
use refractory_core::{BackupId, ErrorKind, InstanceId, MemoryStore, Ports, Result};
use testkit::conformance::Contents;
use testkit::fault::{CallFault, Faults, PowerCut};
use testkit::world::World;

use super::house::{Goal, House, op, quick_world};

/// How long one part of a life may take.
const TIMEOUT: Duration = Duration::from_mins(20);
/// What a table holds when it is backed up, and later.
const FIRST: &str = "a world";
const LATER: &str = "spoiled";
/// How often a user looks whether it has come to what was asked for.
const LOOK: Duration = Duration::from_millis(500);

/// A world, its processes, and the data of its tables.
struct Scene {
    world: World,
    /// A process that remembers nothing.
    process: Box<dyn Fn() -> House + Send + Sync>,
    data: Arc<dyn Contents>,
}

impl Scene {
    /// A scene in which workers and users see the world through `faults`.
    async fn troubled(faults: Faults) -> Self {
        let world = world().await;
        let (data, seen) = (Arc::new(world.clone()), world.clone());
        let process = move || House::new(&seen, &seen.with(faults.clone()));
        Self { world, process: Box::new(process), data }
    }

    /// A scene with the data and the snapshots of one machine, in `place`.
    async fn in_folders(place: &Path) -> Self {
        let world = world().await;
        let (seen, root) = (world.clone(), place.to_owned());
        let process = move || {
            let dir = DataDir::open(&root).unwrap();
            let clock = Arc::new(seen.clock());
            let local = LocalPorts::new(dir, Arc::new(MemoryStore::default()), clock);
            let runtime = local.runtime(local.archives()).unwrap();
            let ports = Ports {
                storage: Arc::new(local.storage()),
                snapshots: Arc::new(local.snapshots(runtime)),
                ..seen.ports()
            };
            House::with_ports(&seen, ports)
        };
        let data = Arc::new(Folder(place.join("data")));
        Self { world, process: Box::new(process), data }
    }
}

/// The data of tables in a folder.
#[derive(Debug)]
struct Folder(PathBuf);

impl Contents for Folder {
    fn write(&self, of: &InstanceId, text: &str) {
        // Where there is no volume there is nothing to write.
        let _ = std::fs::write(self.0.join(of.as_str()).join("world"), text);
    }

    fn read(&self, of: &InstanceId) -> Option<String> {
        std::fs::read_to_string(self.0.join(of.as_str()).join("world")).ok()
    }
}

async fn world() -> World {
    let world = quick_world().await;
    world.configure(|knobs| knobs.copy_polls = 1);
    world
}

/// What a user wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Start,
    BackUpWhileOn,
    Stop,
    Verify,
    RestoreAndStart,
    Rotate,
    StopAgain,
    DeleteBackup,
    Delete,
}

const PARTS: [Part; 9] = [
    Part::Start,
    Part::BackUpWhileOn,
    Part::Stop,
    Part::Verify,
    Part::RestoreAndStart,
    Part::Rotate,
    Part::StopAgain,
    Part::DeleteBackup,
    Part::Delete,
];

/// One life in `scene`; what it did not come to on the way.
async fn life(scene: &Scene, cut: &mut PowerCut) -> Vec<String> {
    let mut house = (scene.process)();
    let id = house.table("friday").await;
    let mut missed = Vec::new();
    for part in PARTS {
        // An operation may be given up for good, as a start may: the user asks again.
        let mut reached = false;
        for _ in 0..3 {
            ask(scene, &house, part, &id).await;
            if drive(scene, &mut house, cut, part, &id).await {
                reached = true;
                break;
            }
        }
        if !reached {
            let row = house.get(&id).await;
            let active = house.app.operations(&op(), None, None, 50).await.unwrap().records;
            missed.push(format!("{part:?}: {row:?} {active:?}"));
        }
    }
    // Whatever is still on its way lands.
    tokio::time::sleep(Duration::from_mins(1)).await;
    missed
}

/// Presses the button until it is known to have had its effect.
async fn ask(scene: &Scene, house: &House, part: Part, id: &InstanceId) {
    for _ in 0..10 {
        let asked = press(scene, house, part, id).await;
        match asked {
            Ok(()) => return,
            // It was refused for what it is: what was asked for is under way, or done.
            Err(error) if error.kind() == ErrorKind::Conflict => return,
            Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
}

async fn press(scene: &Scene, house: &House, part: Part, id: &InstanceId) -> Result<()> {
    let app = house.troubled();
    match part {
        Part::Start => app.start(&op(), id).await.map(|_| ()),
        Part::Stop => {
            app.stop(&op(), id, Urgency::Gentle).await?;
            scene.data.write(id, LATER);
            Ok(())
        }
        Part::StopAgain => app.stop(&op(), id, Urgency::Gentle).await.map(|_| ()),
        Part::BackUpWhileOn => {
            if newest(house, id).await.is_some() {
                // The backup is there; the start after it may have been given up.
                return app.start(&op(), id).await.map(|_| ());
            }
            scene.data.write(id, FIRST);
            app.create_backup(&op(), id, true).await.map(|_| ())
        }
        Part::Verify => {
            let Some(backup) = newest(house, id).await else { return Ok(()) };
            app.verify_backup(&op(), &backup.0).await.map(|_| ())
        }
        Part::RestoreAndStart => {
            if let Some((backup, _)) = newest(house, id).await
                && scene.data.read(id).as_deref() != Some(FIRST)
            {
                let is_off = Goal::Off.is_reached(house.get(id).await.as_ref());
                if !is_off {
                    // It was given up, and the table started without it: off again first.
                    return app.stop(&op(), id, Urgency::Gentle).await.map(|_| ());
                }
                let asked = app.restore_backup(&op(), &backup, id, "friday").await;
                if let Err(error) = asked
                    && error.kind() != ErrorKind::Conflict
                {
                    return Err(error);
                }
            }
            app.start(&op(), id).await.map(|_| ())
        }
        Part::Rotate => app.rotate_asset_credentials(&op(), id).await.map(|_| ()),
        Part::DeleteBackup => {
            let Some((backup, _)) = newest(house, id).await else { return Ok(()) };
            app.delete_backup(&op(), &backup).await.map(|_| ())
        }
        Part::Delete => match app.delete(&op(), id, "friday").await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            asked => asked.map(|_| ()),
        },
    }
}

/// The newest backup, and whether it was read back and is whole.
async fn newest(house: &House, id: &InstanceId) -> Option<(BackupId, bool)> {
    let page = house.app.backups(&op(), id, None, 1).await.unwrap();
    let backup = page.records.into_iter().next()?;
    Some((backup.id, backup.check.is_some_and(|check| check.damage.is_none())))
}

async fn operations(house: &House, id: &InstanceId) -> Vec<Operation> {
    house.app.operations(&op(), Some(id), None, 50).await.unwrap().records
}

/// Whether `part` has come to what it was asked for.
async fn is_reached(scene: &Scene, house: &House, part: Part, id: &InstanceId) -> bool {
    let row = house.get(id).await;
    let on = Goal::OnAfter(0).is_reached(row.as_ref())
        && row.as_ref().is_some_and(|row| matches!(row.phase(), Phase::On(_)));
    let off = Goal::Off.is_reached(row.as_ref());
    match part {
        Part::Start => on,
        Part::BackUpWhileOn => on && newest(house, id).await.is_some(),
        Part::Stop => off,
        Part::StopAgain => {
            // The old key goes once no launch has it.
            off && operations(house, id).await.iter().all(|it| !it.is_active())
        }
        Part::Verify => newest(house, id).await.is_some_and(|(_, whole)| whole),
        Part::RestoreAndStart => on && scene.data.read(id).as_deref() == Some(FIRST),
        Part::Rotate => house.world.keys_turned(id) > 0,
        Part::DeleteBackup => {
            newest(house, id).await.is_none()
                && operations(house, id).await.iter().all(|it| !it.is_active())
        }
        Part::Delete => row.is_none(),
    }
}

/// Lets a worker work until `part` is reached or nothing is in hand any more; another one where the power is cut.
async fn drive(
    scene: &Scene,
    process: &mut House,
    cut: &mut PowerCut,
    part: Part,
    id: &InstanceId,
) -> bool {
    let end = tokio::time::Instant::now() + TIMEOUT;
    loop {
        let house = &*process;
        let stop = async {
            while tokio::time::Instant::now() < end && !is_reached(scene, house, part, id).await {
                tokio::time::sleep(LOOK).await;
                if is_given_up(house, id).await {
                    break;
                }
            }
        };
        if cut.run(Box::pin(house.worker().run_until(stop))).await.is_some() {
            return is_reached(scene, house, part, id).await;
        }
        *process = (scene.process)();
    }
}

/// Whether only a user can bring it further: a start was given up, or an operation.
async fn is_given_up(house: &House, id: &InstanceId) -> bool {
    let Some(row) = house.get(id).await else { return false };
    let given_up = row.given_up() && row.is_at_rest();
    let mut operations = operations(house, id).await.into_iter();
    let failed =
        operations.next().is_some_and(|last| last.failure().is_some() && !last.is_active());
    let settled = Goal::Off.is_reached(Some(&row)) || matches!(row.phase(), Phase::On(_));
    given_up || (failed && settled && row.hold.is_none() && operations.all(|it| !it.is_active()))
}

async fn assert_nothing_is_held(scene: &Scene, when: &str) {
    let house = House::new(&scene.world, &scene.world);
    // A request that came late may have come after the last part: a worker has yet to see it.
    let end = tokio::time::Instant::now() + TIMEOUT;
    let ended = async {
        while tokio::time::Instant::now() < end
            && house
                .app
                .operations(&op(), None, None, 200)
                .await
                .unwrap()
                .records
                .iter()
                .any(Operation::is_active)
        {
            tokio::time::sleep(LOOK).await;
        }
    };
    house.worker().run_until(ended).await;
    let all = house.app.operations(&op(), None, None, 200).await.unwrap().records;
    let active: Vec<_> = all.iter().filter(|it| it.is_active()).collect();
    assert!(active.is_empty(), "{when}: {active:?}");
    house.assert_tidy(when);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_life_with_operations_leaves_nothing_behind() {
    let scene = Scene::troubled(Faults::default()).await;
    assert_eq!(life(&scene, &mut PowerCut::default()).await, Vec::<String>::new());
    assert_nothing_is_held(&scene, "a quiet life").await;
}

/// Calls of which so many are struck of each name: the others are the same question, asked again while nothing happens.
const READS: usize = 12;

async fn converges_under(trouble: CallFault) {
    let quiet = Faults::default();
    life(&Scene::troubled(quiet.clone()).await, &mut PowerCut::default()).await;
    let calls = quiet.calls();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut struck = 0;
    for (index, name) in calls.iter().enumerate() {
        let count = seen.entry(name).or_default();
        *count += 1;
        let reads = ["load", "find", "list", "query", "changes", "observe"];
        let is_read = reads.iter().any(|verb| name.ends_with(verb));
        let harmless = matches!(trouble, CallFault::ReplyLost | CallFault::Late);
        if is_read && (harmless || *count % 7 != 1 || *count / 7 > READS) {
            continue;
        }
        struck += 1;
        let scene = Scene::troubled(Faults::at(index, trouble)).await;
        let when = format!("{trouble:?} at call {index}, {name}");
        let missed = life(&scene, &mut PowerCut::default()).await;
        assert_eq!(missed, Vec::<String>::new(), "{when}");
        assert_nothing_is_held(&scene, &when).await;
    }
    assert!(struck > 60, "a life makes some calls: {struck} of {}", calls.len());
}

#[tokio::test(start_paused = true)]
async fn operations_converge_whatever_call_is_refused() {
    converges_under(CallFault::Refused).await;
}

#[tokio::test(start_paused = true)]
async fn operations_converge_whatever_reply_is_lost() {
    converges_under(CallFault::ReplyLost).await;
}

#[tokio::test(start_paused = true)]
async fn operations_converge_whatever_call_comes_late() {
    converges_under(CallFault::Late).await;
}

#[tokio::test(start_paused = true)]
async fn operations_converge_whatever_call_fails_for_good() {
    converges_under(CallFault::Fatal).await;
}

#[tokio::test(start_paused = true)]
async fn operations_converge_whatever_call_outlasts_the_deadline() {
    converges_under(CallFault::Slow).await;
}

/// Lives with the power cut at a poll, at every so many from `first` on, until one has fewer; how many were cut.
async fn converges_cut_at(first: usize, step: usize, folders: bool) -> usize {
    let mut cuts = 0;
    for poll in (first..).step_by(step) {
        let place = tempfile::tempdir().unwrap();
        let scene = if folders {
            Scene::in_folders(place.path()).await
        } else {
            Scene::troubled(Faults::default()).await
        };
        let mut cut = PowerCut::at(poll);
        let missed = life(&scene, &mut cut).await;
        if cut.left > 0 {
            break;
        }
        cuts += 1;
        let when = format!("the power was cut at poll {poll}");
        assert_eq!(missed, Vec::<String>::new(), "{when}");
        assert_nothing_is_held(&scene, &when).await;
        if folders {
            let copies = std::fs::read_dir(place.path().join("snapshots")).unwrap();
            let left: Vec<_> = copies.map(|entry| entry.unwrap().file_name()).collect();
            assert!(left.is_empty(), "{when}: {left:?}");
        }
    }
    cuts
}

#[tokio::test(start_paused = true)]
async fn operations_converge_wherever_the_power_is_cut() {
    let cuts = converges_cut_at(1, 13, false).await;
    assert!(cuts > 30, "a life has some polls: {cuts} cuts");
}

#[tokio::test(start_paused = true)]
async fn operations_converge_wherever_the_power_is_cut_in_between() {
    let cuts = converges_cut_at(7, 13, false).await;
    assert!(cuts > 30, "a life has some polls: {cuts} cuts");
}

#[tokio::test(start_paused = true)]
async fn operations_on_folders_converge_wherever_the_power_is_cut() {
    let cuts = converges_cut_at(3, 29, true).await;
    assert!(cuts > 15, "a life has some polls: {cuts} cuts");
}
