use std::rc::Rc;

use http_body_util::BodyExt as _;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::{JoinSet, LocalSet};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::proxy::ProxyTimeouts;
use crate::proxy::body::{ActivityClock, RequestBody};
use crate::proxy::pool::Pool;
use crate::proxy::route::Target;
use crate::proxy::upstream::Upstream;

/// The certificate of `localhost`, which is good for a hundred years, and its key.
const CERTIFICATE: &[u8] = include_bytes!("store.crt");
const KEY: &[u8] = include_bytes!("store.key");

/// A server that answers every connection once, over HTTPS.
async fn store(serving: &mut JoinSet<()>) -> u16 {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(KEY));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(CERTIFICATE)], key)
        .unwrap();
    let (acceptor, listener) =
        (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let port = listener.local_addr().unwrap().port();
    serving.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut asked = [0; 1_024];
            let _some = stream.read(&mut asked).await;
            let _sent =
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na map").await;
        }
    });
    port
}

fn trusting(certificates: &[&'static [u8]]) -> Tls {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(CertificateDer::from(*certificate)).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Tls(TlsConnector::from(Arc::new(config)))
}

/// The response of `host` to a client that trusts these certificates.
async fn answered(host: &str, port: u16, tls: Tls) -> Result<Vec<u8>, Failure> {
    let target = Target::store(host, port, Some(tls));
    let timeouts = ProxyTimeouts::default();
    let way = Upstream { pool: Pool::for_thread(u64::MAX, &timeouts), target: &target, timeouts };
    let question =
        http::Request::get("/map").header("host", host).body(RequestBody::Empty).unwrap();
    let pulse: Rc<ActivityClock> = ActivityClock::new(true);
    let (answer, _lease) = way.send(question, || None, &pulse).await?;
    Ok(answer.into_body().collect().await.unwrap().to_bytes().to_vec())
}

#[tokio::test]
async fn a_store_that_can_prove_its_name_is_spoken_to_and_no_other() {
    let mut serving = JoinSet::new();
    let port = store(&mut serving).await;
    LocalSet::new()
        .run_until(async {
            let body = answered("localhost", port, trusting(&[CERTIFICATE])).await.unwrap();
            assert_eq!(body, b"a map");
            let stranger = answered("localhost", port, trusting(&[])).await.unwrap_err();
            assert!(!stranger.sent && stranger.side == Side::Upstream, "{}", stranger.chain());
            let misnamed = answered("127.0.0.1", port, trusting(&[CERTIFICATE])).await.unwrap_err();
            assert!(!misnamed.sent, "{}", misnamed.chain());
        })
        .await;
}
