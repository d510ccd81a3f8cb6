//! How launches come up.
use std::fs;
use std::time::Duration;

use refractory_core::digest::sha256_hex;
use refractory_core::model::Urgency;
use refractory_core::ports::{InstanceRuntime, LaunchSpec, Observed};
use refractory_core::words::{English, Words as _};
use refractory_core::{ErrorKind, LaunchId, Secret};
use rustix::process::Signal;
use testkit::foundry::LICENSE_KEY;
use tokio::time::{Instant, sleep};

use super::bed::{ADMIN_KEY, Bed, kill, marked, runs};

#[tokio::test]
async fn a_launch_comes_up_where_it_says_and_is_one_process() {
    let bed = Bed::made().await;
    let runtime = bed.runtime();
    let endpoint = bed.up(&runtime, 1).await;
    let pid = endpoint.pid.unwrap();
    assert_eq!(endpoint.host, "127.0.0.1");
    assert!((30_000..=30_999).contains(&endpoint.port));
    assert_eq!(runtime.observe(&bed.key(1)).await.unwrap(), Observed::Ready(endpoint.clone()));
    assert_eq!(bed.up(&runtime, 1).await, endpoint);
    let deployment = fs::read_to_string(bed.root().join("deployment")).unwrap();
    assert_eq!(marked(deployment.trim()), vec![pid]);
    assert_eq!(runtime.list().await.unwrap(), vec![bed.key(1)]);
}

#[tokio::test]
async fn no_call_waits_for_a_slow_start_and_each_says_how_far_it_is() {
    let bed = Bed::made().await;
    bed.control(r#"{"start": "1s"}"#);
    let runtime = bed.runtime();
    let started = Instant::now();
    let (mut longest, mut told) = (Duration::ZERO, Vec::new());
    loop {
        let asked = Instant::now();
        let seen = runtime.ensure(&bed.key(1), &bed.spec).await.unwrap();
        longest = longest.max(asked.elapsed());
        match seen {
            Observed::Ready(_) => break,
            Observed::Pending(progress) => told.extend(progress.map(|it| English.progress(&it))),
            other => panic!("{other:?}"),
        }
        assert!(started.elapsed() < Duration::from_secs(20));
        sleep(Duration::from_millis(50)).await;
    }
    assert!(longest < Duration::from_secs(1), "{longest:?}");
    assert!(told.iter().any(|message| message.contains("unpacking")), "{told:?}");
}

#[tokio::test]
async fn another_spec_under_the_same_key_is_invalid() {
    let bed = Bed::made().await;
    let runtime = bed.runtime();
    bed.up(&runtime, 1).await;
    let other = bed.spec.clone().with(|spec| spec.language = Some("de.core".to_owned()));
    let error = runtime.ensure(&bed.key(1), &other).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(matches!(runtime.observe(&bed.key(1)).await.unwrap(), Observed::Ready(_)));
}

/// The digest of a spec as versions before the `v2-` form wrote it down.
fn former_digest(spec: &LaunchSpec) -> String {
    let hidden = |secret: &Secret| sha256_hex(&[secret.expose().as_bytes()]);
    let release = spec.release.as_ref().map(|release| release.id.as_str());
    let text = format!(
        "{release:?} {:?} {:?} {} {:?} {:?} {:?} {:?}",
        spec.limits,
        spec.license.as_ref().map(hidden),
        hidden(&spec.admin_key),
        spec.language,
        spec.hostname,
        spec.route_prefix,
        spec.public,
    );
    sha256_hex(&[text.as_bytes()])
}

#[tokio::test]
async fn a_launch_that_a_former_version_began_goes_on_after_the_upgrade() {
    let mut bed = Bed::made().await;
    bed.control(r#"{"start": "1s"}"#);
    bed.spec.limits.memory = Some(1 << 30);
    let note = || -> serde_json::Value {
        serde_json::from_slice(&fs::read(bed.note(1)).unwrap_or_default()).unwrap_or_default()
    };
    let former = bed.runtime();
    let started = Instant::now();
    while note()["stage"]["started"].is_null() {
        let seen = former.ensure(&bed.key(1), &bed.spec).await.unwrap();
        assert!(matches!(seen, Observed::Pending(_)), "{seen:?}");
        assert!(started.elapsed() < Duration::from_secs(20));
        sleep(Duration::from_millis(5)).await;
    }
    let mut written = note();
    let pid = written["stage"]["started"]["pid"].clone();
    written["digest"] = former_digest(&bed.spec).into();
    fs::write(bed.note(1), written.to_string()).unwrap();
    let upgraded = bed.runtime();
    let other = bed.spec.clone().with(|spec| spec.language = Some("de.core".to_owned()));
    let refused = upgraded.ensure(&bed.key(1), &other).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    let endpoint = bed.up(&upgraded, 1).await;
    assert_eq!(endpoint.pid.map(serde_json::Value::from), Some(pid), "it is the same program");
}

#[tokio::test]
async fn no_secret_is_on_the_command_line_in_the_environment_or_in_the_log() {
    let bed = Bed::made().await;
    let pid = bed.up(&bed.runtime(), 1).await.pid.unwrap();
    let mut seen = vec![bed.log(), fs::read_to_string(bed.note(1)).unwrap()];
    for part in ["cmdline", "environ"] {
        let bytes = fs::read(format!("/proc/{pid}/{part}")).unwrap();
        seen.push(String::from_utf8_lossy(&bytes).replace('\0', "\n"));
    }
    let key: String = LICENSE_KEY.replace('-', "");
    for text in &seen {
        assert!(!text.contains(ADMIN_KEY) && !text.contains(LICENSE_KEY) && !text.contains(&key));
    }
    let names: Vec<_> = seen[3].lines().filter_map(|line| line.split('=').next()).collect();
    let allowed = ["REFRACTORY_KEY", "PATH", "HOME", "LANG", "TZ", "NODE_OPTIONS"];
    assert!(names.iter().all(|name| allowed.contains(name)), "{names:?}");
    assert!(fs::read_to_string(bed.volume().admin()).unwrap().len() == 128);
}

#[tokio::test]
async fn a_program_has_its_own_session_and_its_limits() {
    let mut bed = Bed::made().await;
    bed.config.open_files = 1000;
    bed.spec.limits.memory = Some(1 << 30);
    let pid = bed.up(&bed.runtime(), 1).await.pid.unwrap();
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    assert_eq!((fields[2], fields[3]), (pid.to_string().as_str(), pid.to_string().as_str()));
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let of = |name: &str| limits.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(of("Max open files").contains("1000"), "{limits}");
    assert!(of("Max core file size").contains(" 0 "), "{limits}");
    let environ = fs::read(format!("/proc/{pid}/environ")).unwrap();
    assert!(String::from_utf8_lossy(&environ).contains("NODE_OPTIONS=--max-old-space-size=819"));
}

#[tokio::test]
async fn a_program_that_ends_at_once_is_broken_with_its_last_words_and_never_revived() {
    let bed = Bed::made().await;
    bed.control(r#"{"node": "v12.0.0"}"#);
    let runtime = bed.runtime();
    let reason = bed.broken(&runtime, 1).await;
    assert!(reason.contains("exit code 1") && reason.contains("Node.js"), "{reason}");
    bed.control("{}");
    assert_eq!(bed.broken(&runtime, 1).await, reason);
    assert_eq!(bed.broken(&bed.runtime(), 1).await, reason);
    bed.up(&runtime, 2).await;
    let late = runtime.ensure(&bed.key(1), &bed.spec).await.unwrap();
    assert!(matches!(late, Observed::Broken(_)), "{late:?}");
    assert_eq!(runtime.observe(&bed.key(1)).await.unwrap(), Observed::Absent);
}

#[tokio::test]
async fn a_call_that_was_dropped_can_be_repeated() {
    let bed = Bed::made().await;
    let runtime = bed.runtime();
    for patience in 0..40 {
        let key = bed.key(1);
        let call = runtime.ensure(&key, &bed.spec);
        let _ = tokio::time::timeout(Duration::from_micros(patience * 250), call).await;
    }
    let pid = bed.up(&runtime, 1).await.pid.unwrap();
    let deployment = fs::read_to_string(bed.root().join("deployment")).unwrap();
    assert_eq!(marked(deployment.trim()), vec![pid]);
}

#[tokio::test]
async fn two_launches_of_one_table_never_run_at_once() {
    let bed = Bed::made().await;
    let runtime = bed.runtime();
    let pid = bed.up(&runtime, 1).await.pid.unwrap();
    let error = runtime.ensure(&bed.key(2), &bed.spec).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    kill(pid, Signal::KILL);
    super::bed::gone(pid).await;
    bed.up(&runtime, 2).await;
}

#[tokio::test]
async fn a_missing_folder_is_not_made_but_told() {
    let bed = Bed::made().await;
    let runtime = bed.runtime();
    let elsewhere = LaunchId { instance: "elsewhere".parse().unwrap(), attempt: 1 };
    let mut error = None;
    while error.is_none() {
        error = runtime.ensure(&elsewhere, &bed.spec).await.err();
        sleep(Duration::from_millis(20)).await;
    }
    assert!(error.unwrap().for_people().contains("mount its disk"));
    assert!(!bed.root().join("data/elsewhere").exists());
}

#[tokio::test]
async fn scenario_24_a_start_slower_than_patience_goes_on_and_is_never_killed() {
    let mut bed = Bed::made().await;
    bed.config.hung_after = Duration::from_millis(100).into();
    bed.control(r#"{"start": "2s"}"#);
    let runtime = bed.runtime();
    let pid = loop {
        let _ = runtime.ensure(&bed.key(1), &bed.spec).await.unwrap();
        let deployment = fs::read_to_string(bed.root().join("deployment")).unwrap();
        if let Some(pid) = marked(deployment.trim()).first() {
            break *pid;
        }
    };
    assert_eq!(bed.up(&runtime, 1).await.pid, Some(pid));
    assert!(runs(pid));
}

#[tokio::test]
async fn logs_are_read_through_rotation_and_every_launch() {
    let mut bed = Bed::made().await;
    bed.config.log_size = refractory_core::config::Size(300);
    let runtime = bed.runtime();
    bed.up(&runtime, 1).await;
    let _ = runtime.observe(&bed.key(1)).await.unwrap();
    bed.down(&runtime, 1, Urgency::Gentle).await;
    bed.up(&runtime, 2).await;
    let ports = bed.own_ports().await.connect().await.unwrap();
    let all = ports.logs.read(&bed.instance, None, 1000).await.unwrap().lines.join("\n");
    assert!(all.contains("launch 1, port") && all.contains("launch 2, port"), "{all}");
    assert!(all.contains("Server started and listening on port"), "{all}");
    assert!(bed.root().join(format!("logs/{}/1.log", bed.instance)).exists());
}
