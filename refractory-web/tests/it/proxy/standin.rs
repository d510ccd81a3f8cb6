//! The Foundry stand-in behind the edge, as a table would have it.
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use refractory_core::ports::Endpoint;
use testkit::foundry::{Launch, StandIn, Version};
use testkit::http::{RawClient, RawResponse};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::house::{House, asleep, awake_at, browse, get, settings};

const PASSWORD: &str = "atropos";

async fn playing(version: Version) -> StandIn {
    Launch::here(version)
        .prepared(|data| {
            data.with_signed_license()
                .with_admin_password(PASSWORD)
                .with_world("the-world", version)
        })
        .flag("--world=the-world")
        .ready()
        .await
}

fn house_before(program: &StandIn) -> House {
    let house = House::empty(settings());
    house.tell(&awake_at("friday", Endpoint::new("127.0.0.1", program.port())));
    house
}

async fn joinable(house: &House) -> RawResponse {
    for _ in 0..500 {
        let answer = RawClient::ask(house.address, browse("/")).await;
        if answer.headers("location") == ["/join"] {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the world never opened");
}

async fn socket(house: &House, session: &str) -> WebSocketStream<TcpStream> {
    let url =
        format!("ws://friday.play.test/socket.io/?session={session}&EIO=4&transport=websocket");
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("cookie", format!("session={session}").parse().unwrap());
    let stream = TcpStream::connect(house.address).await.unwrap();
    let (mut socket, _) = client_async(request, stream).await.unwrap();
    socket.send(Message::text("40")).await.unwrap();
    socket
}

async fn heard(socket: &mut WebSocketStream<TcpStream>, text: &str) -> String {
    loop {
        let message = socket.next().await.unwrap().unwrap();
        let message = message.into_text().unwrap();
        if message.as_str() == "2" {
            socket.send(Message::text("3")).await.unwrap();
        }
        if message.contains(text) {
            return message.to_string();
        }
    }
}

fn join(body: &str, session: &str) -> String {
    format!(
        "POST /join HTTP/1.1\r\nHost: friday.play.test\r\nOrigin: https://friday.play.test\r\nContent-Type: application/json\r\n\
         Cookie: session={session}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn a_player_joins_through_the_edge_in_every_generation() {
    for version in Version::EACH_GENERATION {
        let program = playing(version).await;
        let house = house_before(&program);
        let answer = joinable(&house).await;
        let cookie = answer.headers("set-cookie")[0];
        let session = cookie.split([';', '=']).nth(1).unwrap();
        assert_eq!(session.len(), 24, "{version}: {cookie}");
        let mut socket = socket(&house, session).await;
        heard(&mut socket, "\"session\"").await;
        socket.send(Message::text(r#"421["getJoinData"]"#)).await.unwrap();
        let data = heard(&mut socket, "431[").await;
        let data: serde_json::Value = serde_json::from_str(&data["431".len()..]).unwrap();
        let user = data[0]["users"][0]["_id"].as_str().unwrap();
        let body = format!(
            r#"{{"action":"join","userid":"{user}","userId":"{user}","password":"","adminPassword":""}}"#
        );
        let joined = RawClient::ask(house.address, join(&body, session)).await;
        assert_eq!(joined.status, 200, "{version}: {}", joined.text());
        assert!(joined.text().contains("success"), "{version}: {}", joined.text());
        let shut = format!(r#"{{"action":"shutdown","adminPassword":"{PASSWORD}"}}"#);
        assert_eq!(
            RawClient::ask(house.address, join(&shut, session)).await.status,
            403,
            "{version}"
        );
        let status = RawClient::ask(house.address, get("/api/status")).await;
        assert!(status.text().contains("\"active\":true"), "{version}: {}", status.text());
    }
}

#[tokio::test]
async fn assets_pass_unchanged_whole_and_in_part() {
    let program = playing(Version::new(13, 351)).await;
    let house = house_before(&program);
    joinable(&house).await;
    let asset = RawClient::ask(house.address, get("/assets/3000000")).await;
    assert_eq!((asset.status, asset.body.len()), (200, 3_000_000));
    let ranged = get("/assets/3000000").replace("\r\n\r\n", "\r\nRange: bytes=10-19\r\n\r\n");
    let part = RawClient::ask(house.address, ranged).await;
    assert_eq!((part.status, &part.body), (206, &asset.body[10..20].to_vec()));
    assert_eq!(part.headers("content-range"), ["bytes 10-19/3000000"]);
    let drip = RawClient::ask(house.address, get("/stand-in/drip?pieces=5&every=50")).await;
    assert!(drip.whole && drip.status == 200, "{}", drip.head);
}

#[tokio::test]
async fn players_are_cut_off_when_their_table_goes_to_sleep() {
    let program = playing(Version::new(13, 351)).await;
    let house = house_before(&program);
    let answer = joinable(&house).await;
    let session = answer.headers("set-cookie")[0].split([';', '=']).nth(1).unwrap().to_owned();
    let mut socket = socket(&house, &session).await;
    heard(&mut socket, "\"session\"").await;
    assert_eq!(house.edge.open(), 1);
    house.tell(&asleep("friday"));
    while let Some(Ok(_)) = socket.next().await {}
    assert_eq!(RawClient::ask(house.address, browse("/game")).await.status, 503);
    super::house::until("nothing is open", || house.edge.open() == 0).await;
}
