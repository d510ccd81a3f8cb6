//! Tables that are not awake, and names that nothing has.
use refractory_core::ErrorKind;
use refractory_core::model::{Fault, Preemption, Step};
use refractory_core::{InstanceId, Timestamp};
use testkit::http::{RawClient, Upstream};

use super::house::{House, asleep, awake, browse, get, settings, starting, upgrade};

#[tokio::test]
async fn scenario_24_a_sleeping_table_is_a_page_that_no_cache_keeps() {
    let house = House::empty(settings());
    house.tell(&asleep("friday"));
    let answer = RawClient::ask(house.address, browse("/game")).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.headers("cache-control"), ["no-store"]);
    assert_eq!(answer.headers("retry-after"), ["30"]);
    assert_eq!(answer.headers("content-type"), ["text/html; charset=utf-8"]);
    assert!(answer.text().contains("friday is off."));
    house.tell(&starting("friday"));
    let answer = RawClient::ask(house.address, browse("/game")).await;
    assert_eq!((answer.status, answer.headers("retry-after")), (503, vec!["3"]));
    assert!(answer.text().contains("friday is starting: preparing data."));
}

#[tokio::test]
async fn programs_are_told_in_json_and_pictures_in_a_line() {
    let house = House::empty(settings());
    let mut given_up = starting("friday");
    given_up.fault = Some(Fault {
        step: Step::Volume,
        kind: ErrorKind::Exhausted,
        cause: None,
        message: "The disk is full.".to_owned(),
        attempts: 3,
        retry_at: Timestamp(0),
        wait: None,
        terminal: true,
        generation: given_up.generation,
    });
    house.tell(&given_up);
    let json = RawClient::ask(house.address, get("/api/status")).await;
    assert_eq!(json.headers("content-type"), ["application/json"]);
    assert!(json.text().contains(r#""error":"waiting""#), "{}", json.text());
    assert!(
        json.text().contains("friday could not be started. Its owner can see why in the portal."),
        "{}",
        json.text()
    );
    let picture = RawClient::ask(house.address, get("/icons/svg/d20.svg")).await;
    assert_eq!(
        (picture.status, picture.headers("content-type")),
        (503, vec!["text/plain; charset=utf-8"])
    );
}

#[tokio::test]
async fn an_upgrade_of_a_sleeping_table_is_refused_at_once() {
    let house = House::empty(settings());
    house.tell(&asleep("friday"));
    let mut wire = RawClient::open(house.address).await;
    wire.send(upgrade("/socket.io/?EIO=4&transport=websocket")).await;
    let answer = wire.answer().await;
    assert_eq!(
        (answer.status, answer.headers("content-type")),
        (503, vec!["text/plain; charset=utf-8"])
    );
    assert!(
        wire.is_closed().await,
        "nothing is left to say on a connection that wanted to be something else"
    );
}

#[tokio::test]
async fn an_unknown_name_is_not_told_which_names_there_are() {
    let house = House::empty(settings());
    house.tell(&asleep("friday"));
    let asked = "GET / HTTP/1.1\r\nHost: monday.play.test\r\nAccept: text/html\r\n\r\n";
    let answer = RawClient::ask(house.address, asked).await;
    assert_eq!(answer.status, 404);
    assert!(!answer.text().contains("friday"));
    let portal = RawClient::ask(house.address, "GET / HTTP/1.1\r\nHost: play.test\r\n\r\n").await;
    assert_eq!(portal.text(), "portal");
}

#[tokio::test]
async fn scenario_20_a_table_that_makes_room_takes_nobody_new() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let house = House::before(upstream.address());
    let mut preemption = awake("friday", upstream.address());
    preemption.preemption =
        Some(Preemption { to: InstanceId::new("monday").unwrap(), since: Timestamp(9) });
    house.tell(&preemption);
    let post = "POST /join HTTP/1.1\r\nHost: friday.play.test\r\nContent-Length: 0\r\n\r\n";
    for (asked, status) in [
        (post.to_owned(), 503),
        (upgrade("/socket.io/?EIO=4&transport=websocket"), 503),
        (get("/socket.io/?EIO=4&transport=polling"), 503),
        (upgrade("/other"), 503),
        (get("/socket.io/?EIO=4&transport=polling&sid=abc"), 200),
        (get("/game"), 200),
    ] {
        let answer = RawClient::ask(house.address, &asked).await;
        assert_eq!(answer.status, status, "{asked}");
    }
}

#[tokio::test]
async fn a_renamed_table_is_found_by_its_new_name_only() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let house = House::before(upstream.address());
    let mut renamed = awake("monday", upstream.address());
    renamed.id = InstanceId::new("friday").unwrap();
    house.tell(&renamed);
    assert_eq!(RawClient::ask(house.address, get("/")).await.status, 404);
    assert_eq!(
        RawClient::ask(house.address, get("/").replace("friday", "monday")).await.status,
        200
    );
    house.forget(&renamed);
    assert_eq!(
        RawClient::ask(house.address, get("/").replace("friday", "monday")).await.status,
        404
    );
}
