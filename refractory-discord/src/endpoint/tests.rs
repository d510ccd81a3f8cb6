use refractory_core::{Refractory, Timestamp};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use testkit::clock::PausedClock;
use testkit::world::World;

use super::*;

struct Signer {
    key: Ed25519KeyPair,
    endpoint: Endpoint,
    bot: Bot,
    clock: PausedClock,
}

impl Signer {
    fn new() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let key = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
        let endpoint = Endpoint::new(&hex::encode(key.public_key())).unwrap();
        let world = World::default();
        let clock = world.clock();
        let bot = Bot::new(Refractory::builder(world).build().0, None);
        Self { key, endpoint, bot, clock }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn sign(&self, timestamp: &str, body: &str) -> String {
        hex::encode(self.key.sign(format!("{timestamp}{body}").as_bytes()))
    }

    fn post(
        &self,
        signature: Option<&str>,
        timestamp: Option<&str>,
        body: &str,
    ) -> EndpointResponse {
        self.endpoint.receive(&self.bot, &self.clock, signature, timestamp, body.as_bytes())
    }

    fn signed(&self, timestamp: &str, body: &str) -> EndpointResponse {
        self.post(Some(&self.sign(timestamp, body)), Some(timestamp), body)
    }
}

const PING: &str = r#"{"id":"1","application_id":"7","type":1,"token":"t"}"#;

#[tokio::test(start_paused = true)]
async fn a_signed_ping_is_answered_and_nothing_else_is() {
    let discord = Signer::new();
    let seconds = (discord.now().0 / 1_000).to_string();
    let pong = discord.signed(&seconds, PING);
    assert_eq!((pong.status, pong.body.as_str()), (200, r#"{"type":1}"#));

    let good = discord.sign(&seconds, PING);
    let other = Signer::new();
    for (why, signature, timestamp, body) in [
        ("no signature", None, Some(seconds.as_str()), PING),
        ("no moment", Some(good.as_str()), None, PING),
        ("another body", Some(good.as_str()), Some(seconds.as_str()), "{}"),
        ("another moment", Some(good.as_str()), Some("1"), PING),
        ("no hex", Some("zz"), Some(seconds.as_str()), PING),
        ("another key", Some(&*other.sign(&seconds, PING).leak()), Some(seconds.as_str()), PING),
    ] {
        assert_eq!(discord.post(signature, timestamp, body).status, 401, "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_recorded_request_is_good_for_a_minute() {
    let discord = Signer::new();
    let seconds = discord.now().0 / 1_000;
    for (at, status) in
        [(seconds - 61, 401), (seconds - 59, 200), (seconds + 59, 200), (seconds + 61, 401)]
    {
        assert_eq!(discord.signed(&at.to_string(), PING).status, status, "{at}");
    }
    assert_eq!(discord.signed("soon", PING).status, 401);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_interaction_is_refused_and_a_repetition_does_nothing() {
    let discord = Signer::new();
    let seconds = (discord.now().0 / 1_000).to_string();
    for body in ["", "[]", "{}", r#"{"id":"1","type":99,"token":"t"}"#] {
        assert_eq!(discord.signed(&seconds, body).status, 400, "{body}");
    }
    let long = "x".repeat(LONGEST + 1);
    assert_eq!(discord.signed(&seconds, &long).status, 413);

    let command = r#"{"id":"5","application_id":"7","type":2,"token":"t","user":{"id":"80351110224678912","username":"j"},"data":{"name":"foundry","options":[{"type":1,"name":"dashboard"}]}}"#;
    let (first, again) = (discord.signed(&seconds, command), discord.signed(&seconds, command));
    assert_eq!((first.status, &first.body), (200, &again.body));
    assert!(first.work.is_some() && again.work.is_none());
}

#[test]
fn a_public_key_is_recognized() {
    for bad in ["", "zz", &"ab".repeat(31), &"ab".repeat(33)] {
        assert_eq!(Endpoint::new(bad).unwrap_err().kind(), ErrorKind::Invalid, "{bad}");
    }
}
