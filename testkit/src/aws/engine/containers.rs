//! What an engine tells of containers.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test whose engine does not answer has failed"
)]
use std::fmt::Write as _;

use bytes::Bytes;
use hyper::Method;
use serde_json::Value;

use super::Engine;
use crate::aws::Account;

impl Engine {
    /// The containers of `account`'s tasks, ended ones too, each as the engine's `inspect` shows it. What holds a task's network
    /// together is none of them.
    pub async fn containers(&self, account: &Account) -> Vec<Value> {
        let label = format!("refractory.account={}/{}", account.address().port(), account.id());
        let filters = serde_json::json!({ "label": [label] }).to_string();
        let path = format!("/containers/json?all=1&filters={}", escaped(&filters));
        let listed = self.door.get(&path).await.unwrap_or_default();
        let mut found = Vec::new();
        for id in listed.as_array().into_iter().flatten().filter_map(|one| one["Id"].as_str()) {
            // One that has gone since is not there.
            found.extend(self.door.get(&format!("/containers/{id}/json")).await);
        }
        found
    }

    /// The number of containers of whatever account, of whatever kind.
    pub async fn count(&self) -> usize {
        let all = self.door.get("/containers/json?all=1").await.unwrap_or_default();
        all.as_array().map_or(0, Vec::len)
    }

    /// Runs `image` with these words, as someone beside ECS might.
    pub async fn run(&self, image: &str, words: &[&str]) {
        let wanted = serde_json::json!({ "Image": image, "Cmd": words });
        let body = Bytes::from(wanted.to_string());
        let (status, said) = self.door.ask(Method::POST, "/containers/create", body).await;
        assert!(status.is_success(), "{}", String::from_utf8_lossy(&said));
        let made: Value = serde_json::from_slice(&said).expect("JSON");
        let path = format!("/containers/{}/start", made["Id"].as_str().unwrap_or_default());
        let (status, said) = self.door.ask(Method::POST, &path, Bytes::new()).await;
        assert!(status.is_success(), "{}", String::from_utf8_lossy(&said));
    }

    /// Ends the container `id` with the signal `name`, as someone beside ECS might.
    pub async fn signal(&self, id: &str, name: &str) -> bool {
        let path = format!("/containers/{id}/kill?signal={name}");
        self.door.ask(Method::POST, &path, Bytes::new()).await.0.is_success()
    }
}

/// `text` as a value of a query.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing into memory succeeds.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
