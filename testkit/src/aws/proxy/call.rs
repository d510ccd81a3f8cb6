//! Which call a request is.
use http::request::Parts;

use super::names::{efs, route53, s3};

/// A call that an SDK has made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// The service as in the credential's scope: `ecs`, `elasticfilesystem`, `s3`, `iam`, `elasticloadbalancing`,
    /// `secretsmanager`, `route53`, `dynamodb`, `logs`, `cloudformation`, `acm`, `sts`, ...
    pub service: String,
    /// The operation as in the API: `RunTask`.
    pub operation: String,
    /// The method and the path.
    pub request: String,
    /// Which attempt at the same call it is, from 1, as the SDK says; 1 where no one says.
    pub attempt: u32,
    /// What all attempts at one call have in common, as the SDK says.
    pub invocation: Option<String>,
    /// The [scene](super::FaultProxy::scene) that it was made in; empty where there are none.
    pub scene: String,
    /// Whether it was made to go wrong.
    pub wrong: bool,
    /// The status of the answer that the caller got; nothing while there is none, or for ever.
    pub status: Option<u16>,
}

impl Call {
    pub(super) fn of(head: &Parts, body: &[u8]) -> Self {
        let service = service(head);
        let operation = operation(&service, head, body);
        let operation = operation.unwrap_or_else(|| format!("{} {}", head.method, head.uri.path()));
        let request = format!("{} {}", head.method, head.uri.path());
        let attempt = header(head, "amz-sdk-request").and_then(attempt).unwrap_or(1);
        let invocation = header(head, "amz-sdk-invocation-id").map(str::to_owned);
        let scene = String::new();
        Self { service, operation, request, attempt, invocation, scene, wrong: false, status: None }
    }

    /// Whether the call only asks, so that nothing is changed by an answer that is lost.
    pub fn reads(&self) -> bool {
        let begin = ["BatchGet", "Describe", "Get", "Head", "List", "Query", "Scan", "Simulate"];
        begin.iter().any(|begin| self.operation.starts_with(begin))
    }

    pub(super) fn is(&self, service: &str, operation: &str) -> bool {
        self.service == service && self.operation == operation
    }
}

fn header<'a>(head: &'a Parts, name: &str) -> Option<&'a str> {
    head.headers.get(name)?.to_str().ok()
}

/// The number in `attempt=2; max=3`.
fn attempt(text: &str) -> Option<u32> {
    text.split(';').find_map(|part| part.trim().strip_prefix("attempt="))?.parse().ok()
}

/// The fourth part of `Credential=key/date/region/service/aws4_request`; who signs nothing reads S3.
fn service(head: &Parts) -> String {
    let signed = header(head, "authorization");
    let from_header = signed.and_then(|text| text.split_once("Credential="));
    let from_query = head.uri.query().and_then(|query| query.split_once("X-Amz-Credential="));
    let scope = from_header.or(from_query).map_or("", |(_, rest)| rest).replace("%2F", "/");
    let scope = scope.split([',', '&']).next().unwrap_or_default();
    scope.split('/').nth(3).unwrap_or("s3").to_owned()
}

fn operation(service: &str, head: &Parts, body: &[u8]) -> Option<String> {
    if let Some(target) = header(head, "x-amz-target") {
        return target.rsplit('.').next().map(str::to_owned);
    }
    let path = head.uri.path();
    if let Some((_, name)) = path.split_once("/operation/") {
        return Some(name.to_owned());
    }
    match service {
        "s3" => Some(s3(head)),
        "elasticfilesystem" => efs(&head.method, path).map(str::to_owned),
        "route53" => route53(&head.method, path).map(str::to_owned),
        _ => {
            let body = std::str::from_utf8(body).ok()?;
            body.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(str::to_owned)
        }
    }
}
