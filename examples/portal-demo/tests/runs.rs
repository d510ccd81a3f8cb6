//! The example is used as its reader would: an account, a license, a table that starts.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]
use std::process::Stdio;
use std::time::Duration;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

const PASSWORD: &str = "a lantern under the old mill";
const KEY: &str = "AAAA-BBBB-CCCC-DDDD-EEEE-FFFF";

fn client() -> Client {
    let _known = rustls::crypto::ring::default_provider().install_default();
    Client::builder().redirect(Policy::none()).build().unwrap()
}

/// The cookies that `answer` sets.
fn cookies(answer: &Response) -> String {
    let set = answer.headers().get_all(SET_COOKIE).into_iter();
    let pairs: Vec<_> = set.map(|set| set.to_str().unwrap().split(';').next().unwrap()).collect();
    pairs.join("; ")
}

/// Makes the first account with the link that was printed.
async fn set_up(client: &Client, portal: &str, link: &str) {
    let opened = client.get(link).send().await.unwrap();
    assert_eq!(opened.headers()[LOCATION], "/setup");
    let link_cookie = cookies(&opened);
    let page = client.get(format!("{portal}/setup")).header(COOKIE, &link_cookie);
    let page = page.send().await.unwrap();
    let all = format!("{link_cookie}; {}", cookies(&page));
    let text = page.text().await.unwrap();
    let (_, csrf) = text.split_once("name=\"csrf\" value=\"").unwrap();
    let form =
        [("csrf", &csrf[..64]), ("name", "ada"), ("password", PASSWORD), ("again", PASSWORD)];
    let made = client.post(format!("{portal}/setup")).header(COOKIE, all).form(&form);
    let made = made.send().await.unwrap();
    assert_eq!(made.status(), StatusCode::SEE_OTHER, "{}", made.text().await.unwrap());
}

/// Asks the API as `token`.
async fn ask(client: &Client, at: (Method, String), token: &str, body: Option<Value>) -> Value {
    let request = client.request(at.0, &at.1).bearer_auth(token);
    let request = body.iter().fold(request, RequestBuilder::json);
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{}: {status} {text}", at.1);
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn the_portal_lets_users_in_and_a_table_starts_on_a_leased_license() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_portal-demo"))
        .arg(folder.path())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let mut after = async |said: &str| {
        let line = lines.next_line().await.unwrap().unwrap_or_default();
        line.strip_prefix(said).unwrap_or_else(|| panic!("{line}")).to_owned()
    };
    let (portal, link) = (after("The portal: ").await, after("Make the first account: ").await);
    let client = client();

    set_up(&client, &portal, &link).await;
    let front = client.get(format!("{portal}/")).send().await.unwrap();
    assert_eq!(front.headers()[LOCATION], "/sign-in");
    let page = client.get(format!("{portal}/sign-in")).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.unwrap().contains("type=\"password\""));

    let api = |method: Method, path: &str| (method, format!("{portal}/api/v1{path}"));
    let session = json!({"name": "ada", "password": PASSWORD});
    let session = ask(&client, api(Method::POST, "/session"), "", Some(session)).await;
    let token = session["token"].as_str().unwrap();
    let license = json!({"name": "Club", "key": KEY});
    ask(&client, api(Method::POST, "/licenses"), token, Some(license)).await;
    let accept = json!({"accept": true});
    ask(&client, api(Method::POST, "/licenses/Club/accept-eula"), token, Some(accept)).await;
    let table = json!({"name": "friday-night"});
    ask(&client, api(Method::POST, "/instances"), token, Some(table)).await;
    ask(&client, api(Method::POST, "/instances/friday-night/start"), token, None).await;
    let started = async {
        loop {
            let at = api(Method::GET, "/instances/friday-night");
            let table = ask(&client, at, token, None).await;
            if table["phase"] == "on" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), started).await.expect("the table starts");
    let licenses = ask(&client, api(Method::GET, "/licenses"), token, None).await;
    assert!(licenses.to_string().contains("friday-night"), "it holds the license: {licenses}");

    let pid = Pid::from_raw(i32::try_from(program.id().unwrap()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), program.wait()).await;
    assert!(ended.expect("it stops at Ctrl-C").unwrap().success());
}

#[test]
fn the_program_is_short() {
    let lines = include_str!("../src/main.rs").lines().count();
    assert!(lines <= 60, "{lines} lines");
}
