//! The portal in a real browser: nothing on the console, nothing wider than a phone, nothing axe would object to.
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::Ordering;

use refractory_core::model::Principal;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

use super::support::Place;

fn chromium() -> PathBuf {
    let known = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    let found = known.iter().map(Path::new).find(|path| path.is_file());
    found.expect("no Chromium here: run `.ci/install`, or `apt-get install chromium`").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_gets_from_the_first_link_to_a_game_in_any_light_and_on_a_phone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let is_there = folder.join("node_modules/playwright-core").is_dir();
    assert!(
        is_there,
        "the browser's driver is not installed: run `npm ci` in refractory-web/tests/browser"
    );
    let place = Place::open().await;
    place.knob.open.store(false, Ordering::SeqCst);
    let link = place.refractory.setup_link(&Principal::operator()).await.unwrap();
    let portal = format!("http://localhost:{}", place.at.port());
    let mut walk = Command::new("node")
        .arg("walk.mjs")
        .arg(chromium())
        .arg(&portal)
        .arg(format!("{portal}/setup?token={}", link.secret.expose()))
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("portal"))
        .current_dir(&folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("no Node.js here: run `.ci/install`");
    let mut said = BufReader::new(walk.stdout.take().unwrap()).lines();
    let mut complaints = String::new();
    let mut stderr = walk.stderr.take().unwrap();
    let listen = async {
        while let Ok(Some(line)) = said.next_line().await {
            match line.as_str() {
                "OPEN" => place.knob.open.store(true, Ordering::SeqCst),
                "CLOSE" => place.knob.open.store(false, Ordering::SeqCst),
                "SEAT" => *place.guests.0.lock().unwrap() = vec!["Ann".into(), "Ben".into()],
                "LEAVE" => place.guests.0.lock().unwrap().clear(),
                _ => {}
            }
        }
    };
    let ((), read) = tokio::join!(listen, stderr.read_to_string(&mut complaints));
    read.unwrap();
    let ended = walk.wait().await.unwrap();
    assert!(ended.success(), "the walk has complaints:\n{complaints}");
}
