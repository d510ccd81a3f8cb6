use std::time::Duration;

use refractory_core::{MonotonicTime, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::stub_server::{StubResponse, StubServer};

/// When it is.
const NOW: u64 = 1_000_000_000;

#[derive(Debug)]
struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp(NOW)
    }

    fn monotonic(&self) -> MonotonicTime {
        MonotonicTime::default()
    }
}

/// A log of a line each second, of which a page holds twenty.
fn page(asked: &Value, lines: u64) -> Value {
    let from = asked["startTime"].as_u64().unwrap();
    let to = asked["endTime"].as_u64().unwrap_or(u64::MAX);
    let begin: u64 = asked["nextToken"].as_str().map_or(0, |token| token.parse().unwrap());
    let at = |line: u64| NOW - (lines - line) * 1_000;
    let all: Vec<u64> = (0..lines).filter(|line| (from..=to).contains(&at(*line))).collect();
    let some = all.iter().skip(usize::try_from(begin).unwrap()).take(20);
    let events: Vec<_> = some
        .map(|line| json!({ "timestamp": at(*line), "message": format!("line {line}") }))
        .collect();
    let more = begin + 20 < all.len() as u64;
    json!({ "events": events, "nextToken": more.then(|| (begin + 20).to_string()) })
}

async fn tail(lines: u64, limit: usize) -> Vec<String> {
    let canned = StubServer::serve(move |_, asked| {
        StubResponse::json(
            200,
            page(&serde_json::from_str(&asked.body).unwrap(), lines).to_string(),
        )
    })
    .await;
    let logs = CloudWatchLogs {
        client: canned.clients().logs,
        group: "/refractory/club".to_owned(),
        naming: Naming::new("club"),
        clock: Arc::new(FixedClock),
        kept: Duration::from_hours(24 * 30),
    };
    let chunk = logs.read(&InstanceId::new("a").unwrap(), None, limit).await.unwrap();
    let next = logs.read(&InstanceId::new("a").unwrap(), Some(&chunk.next), limit).await.unwrap();
    assert_eq!(next.lines, Vec::<String>::new(), "the position is the end of the log");
    chunk.lines
}

fn numbered(lines: std::ops::Range<u64>) -> Vec<String> {
    lines.map(|line| format!("line {line}")).collect()
}

#[tokio::test]
async fn the_last_lines_are_the_last_however_many_pages_come_before_them() {
    // A page more than one read takes, and very many.
    for lines in [201, 220, 800] {
        assert_eq!(tail(lines, 20).await, numbered(lines - 20..lines), "of {lines}");
    }
    // Older stretches are added in front.
    assert_eq!(tail(400, 300).await, numbered(100..400));
    assert_eq!(tail(5, 20).await, numbered(0..5));
}
