//! From the command line to listening.
use std::process::Command;

use serde_json::json;
use testkit::foundry::{Launch, READY, Version};

use super::{EXE, V13, V14, licensed};

#[test]
fn the_executable_says_which_node_it_pretends_to_be() {
    let said = |node: Option<&str>| {
        let mut command = Command::new(EXE);
        command.arg("--version").env_clear().envs(node.map(|node| ("STAND_IN_NODE", node)));
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert_eq!(said(Some("v20.11.0")), "v20.11.0\n");
    assert!(said(None).starts_with('v'));
}

#[tokio::test]
async fn each_generation_says_its_lines_in_order() {
    for version in Version::EACH_GENERATION {
        let program = licensed(version).ready().await;
        let lines = program.lines().join("\n");
        let node = format!("[info] Running on Node.js - Version {}", version.fitting_node());
        let banner = format!(
            "[info] Foundry Virtual Tabletop - Version {} Build {}",
            version.generation, version.build
        );
        let order = [
            node.as_str(),
            &banner,
            "[info] User Data Directory - \"",
            "[info] Application Options:",
            "[info] Software license verification succeeded",
            READY,
        ];
        let places: Vec<_> = order.iter().map(|text| lines.find(text)).collect();
        assert!(places.iter().all(Option::is_some), "{version}: {lines}");
        assert!(places.is_sorted(), "{version}: {lines}");
    }
}

#[tokio::test]
async fn a_node_that_is_too_old_ends_it_with_status_1() {
    let mut program = licensed(V14).switch("node", "v22.20.0").start();
    program
        .line("You are using Node.js version 22.20.0. Foundry Virtual Tabletop requires Node.js version 24 or greater.")
        .await;
    assert_eq!(program.ended().await.code(), Some(1));
    assert_eq!(program.lines().len(), 1);
}

#[tokio::test]
async fn broken_options_end_it_and_are_not_overwritten() {
    let launch = licensed(V13).prepared(|data| {
        std::fs::create_dir_all(data.options().parent().unwrap()).unwrap();
        std::fs::write(data.options(), "{\"port\": ").unwrap();
        data
    });
    let mut program = launch.start();
    program.line("Unexpected token").await;
    assert_eq!(program.ended().await.code(), Some(1));
    assert_eq!(std::fs::read_to_string(program.data().options()).unwrap(), "{\"port\": ");
}

#[tokio::test]
async fn a_port_that_is_taken_ends_it_and_gives_the_lock_back() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut program = licensed(V13).flag(format!("--port={port}")).start();
    program.line("EADDRINUSE").await;
    assert_eq!(program.ended().await.code(), Some(1));
    assert!(!program.data().lock().exists());
}

#[tokio::test]
async fn a_data_folder_that_does_not_exist_ends_it() {
    let mut program = Launch::of(EXE, V13).flag("--dataPath=/nowhere/at/all").start();
    program.line("/nowhere/at/all").await;
    assert_eq!(program.ended().await.code(), Some(1));
}

#[tokio::test]
async fn a_switch_nobody_knows_ends_it_with_its_name() {
    let mut program = licensed(V13).switch("slow", "2s").start();
    program.line("`slow`").await;
    assert_eq!(program.ended().await.code(), Some(1));
}

#[tokio::test]
async fn a_slow_start_is_slow_and_then_ready() {
    let before = tokio::time::Instant::now();
    licensed(V13).switch("start", "400ms").ready().await;
    assert!(before.elapsed() >= std::time::Duration::from_millis(400));
}

#[tokio::test]
async fn secret_options_are_masked_on_the_console() {
    let options = json!({"adminPassword": "sesame", "unknownField": 7});
    let program = licensed(V13).prepared(|data| data.with_options(&options)).ready().await;
    let lines = program.lines().join("\n");
    assert!(!lines.contains("sesame") && lines.contains("\"adminPassword\": \"••••••••\""));
    assert!(std::fs::read_to_string(program.data().options()).unwrap().contains("unknownField"));
}
