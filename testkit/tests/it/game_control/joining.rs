//! Seats, and people on them.
use refractory_core::ports::GameControl;
use refractory_core::{ErrorKind, Secret};
use testkit::conformance::game::GameFixture;
use testkit::foundry::FoundryFixture;

use super::house;
use super::opening::until_ready;

async fn open(generation: u32) -> FoundryFixture {
    let house = house(generation).await;
    until_ready(&house, &house.first()).await;
    house
}

#[tokio::test]
async fn seats_are_listed_with_who_sits_on_them() {
    for generation in [9, 11, 13, 14] {
        let house = open(generation).await;
        let seats = house.foundry().seats(&house.target()).await.unwrap().unwrap().0;
        assert_eq!(seats[0].role, 4, "{generation}: the first user runs the game");
        assert!(!seats[0].taken);
        house.join_player().await;
        let seats = house.foundry().seats(&house.target()).await.unwrap().unwrap().0;
        assert!(seats[0].taken, "{generation}");
        let players = GameControl::players(house.foundry(), &house.target()).await.unwrap();
        assert_eq!(players, Some(vec![seats[0].name.clone()]), "{generation}");
    }
}

#[tokio::test]
async fn without_a_world_there_are_no_seats() {
    let house = house(13).await;
    assert_eq!(house.foundry().seats(&house.target()).await.unwrap(), None);
    let error = house.foundry().join(&house.target(), "nobody", None).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Unavailable));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_seat_are_told_apart() {
    for generation in [9, 13, 14] {
        let house = open(generation).await;
        let at = house.target();
        let seat = house.foundry().seats(&at).await.unwrap().unwrap().0.remove(0).id;
        let wrong = Secret::new("wrong");
        let error = house.foundry().join(&at, &seat, Some(&wrong)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Forbidden, "{generation}");
        let error = house.foundry().join(&at, "nobody", None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{generation}");
    }
}

#[tokio::test]
async fn a_person_who_is_seated_gets_no_rights_of_the_administrator() {
    let house = open(14).await;
    let at = house.target();
    let seat = house.foundry().seats(&at).await.unwrap().unwrap().0.remove(0).id;
    let session = house.foundry().join(&at, &seat, None).await.unwrap();
    let quit = post(&at.endpoint.url("quit"), session.expose()).await;
    assert_eq!(quit, 403, "the session cannot end the program");
}

/// The status of a POST without a body.
async fn post(url: &str, session: &str) -> u16 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let request = format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: session={session}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}
