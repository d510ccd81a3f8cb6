//! The way to uploads. A signature of this world is what was asked, in clear, beside the name of a key.
use refractory_core::ports::{
    AccessDecision, AssetGateway, AssetReader, AssetRefusal, AssetRequest, SignedRequest,
};
use refractory_core::{InstanceId, Result, async_trait};

use super::World;
use crate::conformance::door::Program;

const SIGNED: &str = "AWS4-WORLD";
const KEPT: [&str; 3] = ["range", "if-none-match", "if-modified-since"];

#[async_trait]
impl AssetGateway for World {
    async fn admit(&self, ask: &AssetRequest) -> Result<AccessDecision> {
        let ask = ask.clone();
        self.call("door.admit", move |world| Ok(world.judge(&ask))).await
    }
}

impl World {
    fn judge(&self, ask: &AssetRequest) -> AccessDecision {
        let below = ask.path.strip_prefix(&format!("/{}", ask.handle));
        let Some(below) = below.filter(|below| below.is_empty() || below.starts_with('/')) else {
            return refused(403);
        };
        let written = below.replace("%2e", ".").replace("%2F", "/").replace("%2f", "/");
        if written.split('/').any(|segment| matches!(segment, "." | "..")) {
            return refused(400);
        }
        let names_one = !below.trim_matches('/').is_empty();
        if !ask.is_signed() {
            let reads = matches!(ask.method.as_str(), "GET" | "HEAD") && names_one;
            return if reads { self.sent(ask, AssetReader::Browser, "") } else { refused(405) };
        }
        let own = signature(&ask.of, ask);
        let known = ask.values("authorization").eq([own.as_str()]);
        let reads = matches!(ask.method.as_str(), "GET" | "HEAD");
        let asked = ask.query.split('&').filter(|pair| !pair.is_empty());
        let legal = if names_one {
            asked.count() == 0 && matches!(ask.method.as_str(), "GET" | "HEAD" | "PUT" | "DELETE")
        } else {
            reads && ask.query.starts_with("list-type=2")
        };
        if !(known && legal && ask.launched) {
            return refused(403);
        }
        self.sent(ask, AssetReader::Program, &ask.query)
    }

    fn sent(&self, ask: &AssetRequest, to: AssetReader, query: &str) -> AccessDecision {
        let at = Some(self.ledger().settings.uploads_at.clone()).filter(|at| !at.is_empty());
        let at = at.unwrap_or_else(|| "http://uploads.test".to_owned());
        let host = at.rsplit('/').next().unwrap_or_default().to_owned();
        let mark = if query.is_empty() { "" } else { "?" };
        let kept = ask.headers.iter().filter(|(name, _)| {
            let body = matches!(name.as_str(), "content-type" | "content-length");
            KEPT.contains(&name.as_str()) || (to == AssetReader::Program && body)
        });
        let mut headers: Vec<_> = kept.cloned().collect();
        headers.push(("host".to_owned(), host));
        headers.push(("x-world-key".to_owned(), format!("key of {}", ask.of)));
        AccessDecision::Send(SignedRequest {
            method: ask.method.clone(),
            url: format!("{at}{}{mark}{query}", ask.path),
            headers,
            with: format!("key of {}", ask.of),
            to,
        })
    }
}

fn refused(status: u16) -> AccessDecision {
    let told = Some(("application/xml", format!("<Error><Code>{status}</Code></Error>")));
    AccessDecision::Refuse(AssetRefusal { status, told })
}

fn signature(by: &InstanceId, ask: &AssetRequest) -> String {
    format!("{SIGNED} key of {by}: {} {}?{}", ask.method, ask.path, ask.query)
}

impl Program for World {
    fn handle(&self, of: &InstanceId) -> String {
        super::data::handle(of)
    }

    fn sign(&self, by: &InstanceId, mut ask: AssetRequest) -> AssetRequest {
        let signed = signature(by, &ask);
        ask.headers.push(("authorization".to_owned(), signed));
        ask
    }
}
