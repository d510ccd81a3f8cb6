//! What unit tests ask, and sign as a client would.
use refractory_core::ports::AssetRequest;
use refractory_core::{InstanceId, Secret, Timestamp};

use super::sign::{NO_BODY, UnsignedRequest};

/// The key of AWS's own examples.
pub(super) const ID: &str = "AKIAIOSFODNN7EXAMPLE";
/// Its secret.
pub(super) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// 2013-05-24T00:00:00Z, the moment of these examples.
pub(super) const AT: Timestamp = Timestamp(1_369_353_600_000);
/// What tables are reached at.
pub(super) const HOST: &str = "friday.games.example";

/// A question about `below` in the bucket `b`, with what every signed one has but the signature.
pub(super) fn ask(method: &str, below: &str) -> AssetRequest {
    let (path, query) = below.split_once('?').unwrap_or((below, ""));
    let headers =
        [("host", HOST), ("x-amz-content-sha256", NO_BODY), ("x-amz-date", "20130524T000000Z")];
    AssetRequest {
        of: InstanceId::new("a").unwrap(),
        handle: "b".to_owned(),
        launched: true,
        method: method.to_owned(),
        path: format!("/b{path}"),
        query: query.to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        refused: None,
    }
}

/// `ask`, signed by AWS's own implementation, which has nothing in common with what judges it.
pub(super) fn signed(mut ask: AssetRequest, secret: &str) -> AssetRequest {
    let payload = ask.values("x-amz-content-sha256").next().unwrap().to_owned();
    let mark = if ask.query.is_empty() { "" } else { "?" };
    let url = format!("https://{HOST}{}{mark}{}", ask.path, ask.query);
    let its_own = ["host", "x-amz-content-sha256", "x-amz-date"];
    ask.headers.retain(|(name, _)| !its_own.contains(&name.as_str()));
    let question =
        UnsignedRequest { method: &ask.method, url: &url, payload: &payload, headers: ask.headers };
    ask.headers = question.signed((ID, &Secret::new(secret)), "us-east-1", AT).unwrap();
    ask
}
