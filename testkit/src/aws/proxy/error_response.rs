//! Refusals as each service words them.
use bytes::Bytes;
use http::Response;
use http::request::Parts;
use serde_json::{Value, json};

use super::call::Call;
use super::fault::Fault;

/// The answer that `fault` stands for; nothing if it is not an answer.
pub(super) fn answer(
    fault: &Fault,
    call: &Call,
    head: &Parts,
    body: &[u8],
) -> Option<Response<Bytes>> {
    let wording = ErrorFormat::of(call, head);
    match fault {
        Fault::Refused(status, code) => Some(wording.refusal(*status, code)),
        Fault::Throttled => {
            let (status, code) = throttled(&call.service);
            Some(wording.refusal(status, code))
        }
        Fault::Unavailable => {
            let (status, code) = unavailable(&call.service);
            Some(wording.refusal(status, code))
        }
        Fault::Missing => Some(missing_tasks(call, body).unwrap_or_else(|| {
            let (status, code) = missing(call);
            wording.refusal(status, code)
        })),
        Fault::Reset
        | Fault::ReplyLost
        | Fault::Truncated
        | Fault::Late(_)
        | Fault::Hang
        | Fault::Cut => None,
    }
}

/// How a service writes an error.
#[derive(Clone, Copy)]
enum ErrorFormat {
    Json,
    RestJson,
    Query,
    S3,
}

impl ErrorFormat {
    fn of(call: &Call, head: &Parts) -> Self {
        match call.service.as_str() {
            "s3" => Self::S3,
            "elasticfilesystem" => Self::RestJson,
            "route53" => Self::Query,
            _ if head.headers.contains_key("x-amz-target") => Self::Json,
            _ => Self::Query,
        }
    }

    fn refusal(self, status: u16, code: &str) -> Response<Bytes> {
        const WHY: &str = "as the test has arranged";
        let who = if status < 500 { "Sender" } else { "Receiver" };
        match self {
            Self::Json => json_answer(status, code, &json!({"__type": code, "message": WHY})),
            Self::RestJson => {
                json_answer(status, code, &json!({"ErrorCode": code, "Message": WHY}))
            }
            Self::Query => xml_answer(
                status,
                format!(
                    "<ErrorResponse><Error><Type>{who}</Type><Code>{code}</Code><Message>{WHY}</Message></Error>\
                 <RequestId>arranged</RequestId></ErrorResponse>"
                ),
            ),
            Self::S3 => xml_answer(
                status,
                format!(
                    "<Error><Code>{code}</Code><Message>{WHY}</Message><RequestId>arranged</RequestId></Error>"
                ),
            ),
        }
    }
}

fn json_answer(status: u16, code: &str, body: &Value) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(body.to_string()));
    *answer.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    answer.headers_mut().extend([
        (http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/x-amz-json-1.1")),
        (
            http::HeaderName::from_static("x-amzn-errortype"),
            http::HeaderValue::from_str(code).unwrap_or(http::HeaderValue::from_static("Unknown")),
        ),
    ]);
    answer
}

fn xml_answer(status: u16, body: String) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    let xml = http::HeaderValue::from_static("text/xml");
    answer.headers_mut().insert(http::header::CONTENT_TYPE, xml);
    answer
}

fn throttled(service: &str) -> (u16, &'static str) {
    match service {
        "s3" => (503, "SlowDown"),
        "elasticfilesystem" => (429, "ThrottlingException"),
        "iam" | "route53" | "elasticloadbalancing" | "cloudformation" | "sts" => {
            (400, "Throttling")
        }
        _ => (400, "ThrottlingException"),
    }
}

fn unavailable(service: &str) -> (u16, &'static str) {
    match service {
        "s3" => (500, "InternalError"),
        "ecs" => (500, "ServerException"),
        "elasticfilesystem" | "dynamodb" => (500, "InternalServerError"),
        "secretsmanager" => (500, "InternalServiceError"),
        "logs" => (503, "ServiceUnavailableException"),
        _ => (503, "ServiceUnavailable"),
    }
}

fn missing(call: &Call) -> (u16, &'static str) {
    let about = |part: &str| call.operation.contains(part);
    match call.service.as_str() {
        "s3" if about("Object") && !about("List") => (404, "NoSuchKey"),
        "s3" => (404, "NoSuchBucket"),
        "iam" => (404, "NoSuchEntity"),
        "ecs" if about("TaskDefinition") => (400, "ClientException"),
        "ecs" if about("Task") => (400, "InvalidParameterException"),
        "ecs" => (400, "ClusterNotFoundException"),
        "elasticfilesystem" if about("AccessPoint") => (404, "AccessPointNotFound"),
        "elasticfilesystem" if about("MountTarget") => (404, "MountTargetNotFound"),
        "elasticfilesystem" => (404, "FileSystemNotFound"),
        "elasticloadbalancing" if about("Rule") => (400, "RuleNotFound"),
        "elasticloadbalancing" if about("Target") => (400, "TargetGroupNotFound"),
        "elasticloadbalancing" if about("Listener") => (400, "ListenerNotFound"),
        "elasticloadbalancing" => (400, "LoadBalancerNotFound"),
        "route53" if about("Change") => (404, "NoSuchChange"),
        "route53" => (404, "NoSuchHostedZone"),
        "cloudformation" => (400, "ValidationError"),
        _ => (400, "ResourceNotFoundException"),
    }
}

/// `DescribeTasks` has its own answer for what it does not know.
fn missing_tasks(call: &Call, body: &[u8]) -> Option<Response<Bytes>> {
    if !call.is("ecs", "DescribeTasks") {
        return None;
    }
    let asked: Value = serde_json::from_slice(body).ok()?;
    let failures: Vec<Value> = asked["tasks"]
        .as_array()?
        .iter()
        .map(|arn| json!({"arn": arn, "reason": "MISSING"}))
        .collect();
    let mut answer =
        Response::new(Bytes::from(json!({"tasks": [], "failures": failures}).to_string()));
    let kind = http::HeaderValue::from_static("application/x-amz-json-1.1");
    answer.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    Some(answer)
}
