//! The JSON API behind Lambda: events go in as AWS writes them, answers come out.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test cannot go on without may end it"
)]
use std::time::Duration;

use lambda_http::{Body, Context, Request, RequestExt as _, request};
use refractory_core::model::{NewInstance, Principal, Role, Slug, UserName};
use refractory_web::lambda::Gateway;
use refractory_web::{Listener, Portal, WebConfig};
use serde_json::{Value, json};
use testkit::http::{Misbehavior, Upstream};
use tokio::task::JoinSet;

use super::portal::{Place, hasher};

/// A deployment, its API on loopback, and what asks it.
struct Function {
    place: Place,
    gateway: Gateway,
    token: String,
    _serving: JoinSet<()>,
}

impl Function {
    async fn start() -> Self {
        let place = Place::open().await;
        let who = Principal::operator();
        let anna = UserName::new("anna").unwrap();
        let user = place.refractory.add_user(&who, anna, Role::Admin, None).await.unwrap();
        let token = place.refractory.open_session(&user).await.unwrap().secret.expose().to_owned();
        let config = WebConfig::listening_at("127.0.0.1:0");
        let listener = Listener::bind(&config).unwrap();
        let at = listener.addresses()[0];
        let portal = Portal::new(place.refractory.clone(), config, hasher());
        let portal = portal.listen_for_api(listener).unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(async move { portal.run_until(std::future::pending()).await.unwrap() });
        let gateway = Gateway::new(at, place.refractory.clone());
        Self { place, gateway, token, _serving: serving }
    }

    /// What the function answers to an event.
    async fn tell(&self, event: &Value) -> (u16, String, http::HeaderMap) {
        told(self.gateway.answer(read(event)).await)
    }

    /// An event of an HTTP API, of somebody who is signed in.
    fn v2(&self, method: &str, path: &str, query: &str, body: Option<&Value>) -> Value {
        json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
            "headers": {
                "authorization": format!("Bearer {}", self.token), "content-type": "application/json",
                "host": "abc.execute-api.eu-central-1.amazonaws.com", "x-forwarded-for": "6.6.6.6",
            },
            "requestContext": {
                "accountId": "111122223333", "apiId": "abc", "stage": "$default", "timeEpoch": 0, "requestId": "x",
                "domainName": "abc.execute-api.eu-central-1.amazonaws.com", "domainPrefix": "abc",
                "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "x" },
            },
            "body": body.map(ToString::to_string), "isBase64Encoded": false,
        })
    }

    /// An event of a load balancer.
    fn alb(&self, method: &str, path: &str, query: &Value) -> Value {
        json!({
            "requestContext": { "elb": { "targetGroupArn": "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/api/1" } },
            "httpMethod": method, "path": path, "queryStringParameters": query,
            "headers": {
                "authorization": format!("Bearer {}", self.token), "host": "api.play.example",
                "x-forwarded-for": "6.6.6.6, 203.0.113.7", "x-forwarded-port": "443", "x-forwarded-proto": "https",
            },
            "body": "", "isBase64Encoded": false,
        })
    }
}

fn read(event: &Value) -> Request {
    request::from_str(&event.to_string()).unwrap()
}

fn told(answer: lambda_http::Response<Body>) -> (u16, String, http::HeaderMap) {
    let (head, body) = answer.into_parts();
    let text = match body {
        Body::Text(text) => text,
        Body::Empty => String::new(),
        other @ (Body::Binary(_) | _) => panic!("not text: {other:?}"),
    };
    (head.status.as_u16(), text, head.headers)
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[tokio::test]
async fn a_table_is_made_and_started_by_events_of_an_http_api() {
    let function = Function::start().await;
    let body = json!({ "name": "friday" });
    let made = function.tell(&function.v2("POST", "/api/v1/instances", "", Some(&body))).await;
    assert_eq!(made.0, 201, "{}", made.1);
    assert_eq!(made.2["content-type"], "application/json");
    let started = function.v2("POST", "/api/v1/instances/friday/start", "", None);
    assert_eq!(function.tell(&started).await.0, 202);
    let events = function.v2("GET", "/api/v1/instances/friday/events", "limit=1", None);
    let (status, text, _) = function.tell(&events).await;
    assert_eq!((status, json_of(&text)["items"].as_array().unwrap().len()), (200, 1));
    let gone = function.v2("DELETE", "/api/v1/instances/friday", "confirm=friday", None);
    assert_eq!(function.tell(&gone).await.0, 202);
}

#[tokio::test]
async fn a_load_balancer_asks_the_same() {
    let function = Function::start().await;
    let new = NewInstance::named(Slug::new("friday").unwrap());
    function.place.refractory.create(&Principal::operator(), new).await.unwrap();
    let (status, text, _) =
        function.tell(&function.alb("GET", "/api/v1/instances", &json!({}))).await;
    assert_eq!(status, 200);
    assert_eq!(json_of(&text)["items"][0]["name"], "friday");
    let unsure = function.alb("DELETE", "/api/v1/instances/friday", &json!({}));
    assert_eq!(function.tell(&unsure).await.0, 422);
    let sure = function.alb("DELETE", "/api/v1/instances/friday", &json!({ "confirm": "friday" }));
    assert_eq!(function.tell(&sure).await.0, 202);
    assert_eq!(function.tell(&function.alb("GET", "/healthz", &json!({}))).await.1, "ok\n");
}

#[tokio::test]
async fn a_stage_is_no_part_of_the_path() {
    let function = Function::start().await;
    let mut event = function.v2("GET", "/prod/api/v1/session", "", None);
    event["requestContext"]["stage"] = json!("prod");
    let (status, text, _) = function.tell(&event).await;
    assert_eq!(status, 200, "{text}");
    assert_eq!(json_of(&text)["name"], "anna");
}

#[tokio::test]
async fn nobody_gets_in_without_a_token() {
    let function = Function::start().await;
    let mut event = function.v2("GET", "/api/v1/instances", "", None);
    event["headers"]["authorization"] = json!("Bearer nonsense");
    let (status, text, headers) = function.tell(&event).await;
    assert_eq!(status, 401, "{text}");
    assert_eq!(headers["content-type"], "application/problem+json");
}

/// The API holds back whoever tries too often, by address: each client has its own tries, and nobody lends them.
#[tokio::test]
async fn clients_are_told_apart_by_what_aws_says_of_them() {
    let function = Function::start().await;
    let attempt = |source: &str, n: usize| {
        let mut event = function.v2(
            "POST",
            "/api/v1/session",
            "",
            Some(&json!({ "name": format!("guest{n}"), "password": "wrong password" })),
        );
        event["headers"].as_object_mut().unwrap().remove("authorization");
        event["requestContext"]["http"]["sourceIp"] = json!(source);
        event
    };
    let mut statuses = Vec::new();
    for n in 0..40 {
        statuses.push(function.tell(&attempt("203.0.113.7", n)).await.0);
    }
    assert_eq!(statuses[0], 422, "refused in a sentence, not for being too many");
    assert_eq!(*statuses.last().unwrap(), 429);
    assert_eq!(function.tell(&attempt("203.0.113.8", 99)).await.0, 422);
}

#[tokio::test]
async fn what_does_not_work_here_says_so_and_where_it_does() {
    let function = Function::start().await;
    let rows = [
        ("GET", "/api/v1/stream", 501, "use the portal"),
        ("POST", "/api/v1/releases", 501, "refractory release add"),
        ("POST", "/api/v1/releases/fetch", 501, "refractory release add"),
        ("GET", "/", 404, "at `/api/v1/`"),
        ("GET", "/sign-in", 404, "at `/api/v1/`"),
        ("GET", "/metrics", 404, "at `/api/v1/`"),
        ("GET", "/api/v1/nowhere", 404, "no page at this address"),
    ];
    for (method, path, status, part) in rows {
        let (told, text, headers) = function.tell(&function.v2(method, path, "", None)).await;
        assert_eq!(told, status, "{method} {path}: {text}");
        assert!(text.contains(part), "{method} {path}: {text}");
        assert_eq!(headers["content-type"], "application/problem+json", "{method} {path}");
        assert_eq!(json_of(&text)["status"], status);
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused_in_either_direction() {
    let function = Function::start().await;
    let large = json!({ "name": "x".repeat((6 << 20) + 1) });
    let (status, text, _) =
        function.tell(&function.v2("POST", "/api/v1/instances", "", Some(&large))).await;
    assert_eq!(status, 413, "{text}");
    assert!(text.contains("6 MB"), "{text}");

    let new = NewInstance::named(Slug::new("friday").unwrap());
    function.place.refractory.create(&Principal::operator(), new).await.unwrap();
    // 700 lines of 2 000 quotes: less than a load balancer takes, until it is written into an answer.
    function.place.paper.0.lock().unwrap().extend((0..700).map(|_| "\"".repeat(700)));
    let logs = "/api/v1/instances/friday/logs";
    let (status, text, _) =
        function.tell(&function.alb("GET", logs, &json!({ "limit": "700" }))).await;
    assert_eq!(status, 422, "{text}");
    assert!(text.contains("`limit=100`"), "{text}");
    let (status, ..) = function.tell(&function.alb("GET", logs, &json!({ "limit": "100" }))).await;
    assert_eq!(status, 200);
    let (status, ..) = function.tell(&function.v2("GET", logs, "limit=700", None)).await;
    assert_eq!(status, 200, "API Gateway takes more");
}

#[tokio::test]
async fn an_answer_comes_before_the_function_is_stopped() {
    let function = Function::start().await;
    let silent = Upstream::misbehaving(Misbehavior::Silent).await;
    let gateway = Gateway::new(silent.address(), function.place.refractory.clone());
    let mut context = Context::default();
    context.deadline = function.place.refractory.now().0 + 900;
    let event =
        read(&function.v2("GET", "/api/v1/instances", "", None)).with_lambda_context(context);
    let asked = tokio::time::timeout(Duration::from_secs(5), gateway.answer(event));
    let (status, text, _) = told(asked.await.unwrap());
    assert_eq!(status, 504);
    assert!(text.contains("check before you try again"), "{text}");
}

#[tokio::test]
async fn an_api_that_breaks_off_is_told_as_such() {
    let function = Function::start().await;
    for manner in [Misbehavior::HangsUp, Misbehavior::Garbage, Misbehavior::ResetsMidBody] {
        let rude = Upstream::misbehaving(manner).await;
        let gateway = Gateway::new(rude.address(), function.place.refractory.clone());
        let event = read(&function.v2("GET", "/api/v1/instances", "", None));
        assert_eq!(told(gateway.answer(event).await).0, 502, "{manner:?}");
    }
}
