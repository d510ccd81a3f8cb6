//! The real thing: express and socket.io behind the edge, and socket.io's own client before it.
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use refractory_core::Addressing;
use refractory_core::ports::Endpoint;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::house::{House, awake_at, settings, until};

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testkit/node");
    assert!(
        folder.join("node_modules/socket.io").is_dir(),
        "the Node packages are missing: run `npm ci` in testkit/node first"
    );
    folder
}

async fn game(prefix: &str, deflate: &str) -> (Child, Endpoint) {
    let mut game = Command::new("node")
        .arg("game.js")
        .current_dir(folder())
        .envs([("PREFIX", prefix), ("DEFLATE", deflate)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(game.stdout.take().unwrap()).lines();
    let port = lines.next_line().await.unwrap().unwrap().parse().unwrap();
    (game, Endpoint::new("127.0.0.1", port).with_prefix(prefix))
}

async fn play(edge: SocketAddr, host: &str, transports: &str, prefix: &str) {
    let player = Command::new("node")
        .args(["player.js", &edge.port().to_string(), host, transports, prefix])
        .current_dir(folder())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    assert!(player.status.success(), "{transports}: {}", String::from_utf8_lossy(&player.stderr));
}

async fn evening(transports: &str, deflate: &str) {
    let (_game, at) = game("", deflate).await;
    let house = House::empty(settings());
    house.tell(&awake_at("friday", at));
    play(house.address, "friday.play.test", transports, "").await;
    until("nothing is open", || house.edge.open() == 0).await;
}

#[tokio::test]
async fn a_game_is_played_by_polling() {
    evening("polling", "").await;
}

#[tokio::test]
async fn a_game_that_begins_by_polling_goes_on_over_a_websocket() {
    evening("polling,websocket", "").await;
}

#[tokio::test]
async fn a_game_is_played_over_a_websocket() {
    evening("websocket", "").await;
}

#[tokio::test]
async fn a_game_is_played_over_a_compressed_websocket() {
    evening("websocket", "yes").await;
}

#[tokio::test]
async fn a_game_is_played_under_a_path() {
    let (_game, at) = game("friday", "").await;
    let mut settings = settings();
    settings.addressing = Addressing::new("play.test", 80, false).by_path(true);
    let house = House::empty(settings);
    house.tell(&awake_at("friday", at));
    play(house.address, "play.test", "polling,websocket", "friday").await;
}
