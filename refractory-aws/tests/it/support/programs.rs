//! The programs of tables, as far as they sign what they ask of their buckets.
use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_s3::config::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;
use refractory_core::digest::sha256_hex;
use refractory_core::ports::AssetRequest;
use refractory_core::{Clock, InstanceId};
use testkit::conformance::door::Program;

use super::assets::Tables;
use super::clients;
use super::clock::AheadClock;

/// Where tables are reached.
const HOST: &str = "friday.games.example";

/// What the programs of some tables were told.
#[derive(Debug)]
pub(crate) struct Programs {
    clock: AheadClock,
    region: String,
    /// Bucket, key and secret.
    told: BTreeMap<InstanceId, [String; 3]>,
}

impl Programs {
    /// The programs of `of`, which have places, as launched now.
    pub(crate) async fn of(tables: &Tables, of: &[InstanceId]) -> Self {
        let mut told = BTreeMap::new();
        for table in of {
            let secrets = clients(&tables.account).secrets;
            let kept = secrets.get_secret_value().secret_id(tables.naming().assets_secret(table));
            let text = kept.send().await.unwrap().secret_string.unwrap();
            let file: serde_json::Value = serde_json::from_str(&text).unwrap();
            let (keys, bucket) = (&file["credentials"], &file["buckets"][0]);
            let parts = [bucket, &keys["accessKeyId"], &keys["secretAccessKey"]];
            told.insert(table.clone(), parts.map(|part| part.as_str().unwrap().to_owned()));
        }
        let region = tables.account.region().to_owned();
        Self { clock: tables.clock.clone(), region, told }
    }

    /// `ask` with a body.
    pub(crate) fn with_body(mut ask: AssetRequest, body: &str) -> AssetRequest {
        let digest = sha256_hex(&[body.as_bytes()]);
        ask.headers.push(("x-amz-content-sha256".to_owned(), digest));
        ask
    }

    /// `ask` signed with a key that no one made.
    pub(crate) fn invented(&self, ask: AssetRequest, id: &str) -> AssetRequest {
        self.signed(ask, id, "invented")
    }

    fn signed(&self, mut ask: AssetRequest, id: &str, secret: &str) -> AssetRequest {
        let identity: Identity = Credentials::new(id, secret, None, None, "a program").into();
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(UNIX_EPOCH + Duration::from_millis(self.clock.now().0))
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let known = ask.values("x-amz-content-sha256").next().map(ToOwned::to_owned);
        let digest = known.unwrap_or_else(|| sha256_hex(&[]));
        let mark = if ask.query.is_empty() { "" } else { "?" };
        let url = format!("https://{HOST}{}{mark}{}", ask.path, ask.query);
        ask.headers.retain(|(name, _)| name != "x-amz-content-sha256");
        let headers = ask.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let body = SignableBody::Precomputed(digest);
        let request = SignableRequest::new(&ask.method, url, headers, body).unwrap();
        let (made, _) = sign(request, &params).unwrap().into_parts();
        ask.headers.extend(made.headers().map(|(name, value)| (name.to_owned(), value.to_owned())));
        ask
    }
}

impl Program for Programs {
    fn handle(&self, of: &InstanceId) -> String {
        self.told[of][0].clone()
    }

    fn sign(&self, by: &InstanceId, ask: AssetRequest) -> AssetRequest {
        let [_, id, secret] = &self.told[by];
        self.signed(ask, id, secret)
    }
}

/// A question about `below` in the bucket of `of`, as a browser puts it.
pub(crate) fn plain(
    of: &InstanceId,
    programs: &Programs,
    method: &str,
    below: &str,
) -> AssetRequest {
    let handle = programs.handle(of);
    AssetRequest {
        of: of.clone(),
        path: format!("/{handle}{below}"),
        handle,
        launched: true,
        method: method.to_owned(),
        query: String::new(),
        headers: vec![("host".to_owned(), HOST.to_owned())],
        refused: None,
    }
}
