//! Taking an address, and giving it back.
use refractory_core::ErrorKind;
use refractory_web::{Listener, WebConfig};

use super::support::Place;

#[test]
fn a_port_in_use_is_told_with_what_to_do() {
    let taken = Listener::bind(&WebConfig::listening_at("127.0.0.1:0")).unwrap();
    let again = WebConfig::listening_at(taken.addresses()[0].to_string());
    let error = Listener::bind(&again).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let said = error.for_people();
    assert!(said.contains(&taken.port().to_string()) && said.contains("--listen"), "{said}");
}

#[test]
fn addresses_that_are_none_are_told_so() {
    for listen in ["", "nowhere", "127.0.0.1:port", "1.2.3.4.5:1"] {
        let error = Listener::bind(&WebConfig::listening_at(listen)).unwrap_err();
        assert!(error.for_people().contains("127.0.0.1:8080"), "{listen}");
    }
    let error = Listener::bind(&WebConfig::listening_at("192.0.2.1:0")).unwrap_err();
    assert!(error.for_people().contains("not an address of this machine"), "{error:?}");
}

#[tokio::test]
async fn a_portal_that_was_stopped_frees_its_port() {
    let place = Place::open().await;
    let at = place.at;
    assert_eq!(place.browser().get("/healthz").await.text, "ok\n");
    place.close().await.unwrap();
    std::net::TcpListener::bind(at).unwrap();
}
