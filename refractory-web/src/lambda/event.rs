//! The path, the client and the response limit of an event.
use std::net::IpAddr;

use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};

use super::refusal::MAX_EVENT;
use crate::proxy::forwarded_hop;

/// Room for everything that is not the body.
const HEADERS: usize = 32 << 10;
/// The largest answer that a load balancer takes from a function.
const BALANCER: usize = 1 << 20;

/// The path within the API: without the stage, which API Gateway puts before it where it is not the default one.
pub(super) fn path(request: &Request) -> String {
    let path = request.raw_http_path();
    let stage = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.stage.as_deref(),
        Some(RequestContext::ApiGatewayV1(context)) => context.stage.as_deref(),
        _ => None,
    };
    let below = stage.and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage));
    match below {
        Some(below) if below.starts_with('/') => below.to_owned(),
        _ if path.starts_with('/') => path.to_owned(),
        _ => format!("/{path}"),
    }
}

/// The address of the client, as AWS reports it: headers of the client are not trusted.
pub(super) fn client(request: &Request) -> Option<IpAddr> {
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.as_deref()?.parse().ok(),
        RequestContext::ApiGatewayV1(context) => {
            context.identity.source_ip.as_deref()?.parse().ok()
        }
        RequestContext::Alb(_) => {
            // The load balancer adds who spoke to it at the end.
            let told = request.headers().get_all("x-forwarded-for").iter().next_back()?;
            forwarded_hop(told.to_str().ok()?.rsplit(',').next()?)
        }
        _ => None,
    }
}

/// How large the body of the answer may be, as it is written into the answer of the function.
pub(super) fn room(request: &Request) -> usize {
    match request.request_context_ref() {
        Some(RequestContext::Alb(_)) => BALANCER - HEADERS,
        _ => MAX_EVENT - HEADERS,
    }
}
