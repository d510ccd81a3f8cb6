use aws_credential_types::Credentials;

use super::*;
use crate::stub_server;

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const LASTING: Validity =
    Validity { preferred: Duration::from_hours(2), minimum: Duration::from_mins(20) };

/// What becomes of an address that is signed with credentials which end after `left`; how long it says that it is good.
async fn signed(left: Option<Duration>) -> Result<String> {
    let end = left.map(|left| SystemTime::UNIX_EPOCH + Duration::from_millis(NOW.0) + left);
    let keys = Credentials::new("AKIDEXAMPLE", "sesame-open", Some("token".into()), end, "test");
    let shared = stub_server::shared("http://127.0.0.1:9");
    let shared = shared.credentials_provider(SharedCredentialsProvider::new(keys)).build();
    let clients = Clients::over(&shared).unwrap();
    let signer = Signer::new(&clients, "a test", NOW, LASTING).await?;
    let asked = signer.s3.get_object().bucket("club").key("releases/x");
    let link = asked.presigned(signer.at).await.unwrap();
    let query = link.uri().split_once('?').unwrap().1.to_owned();
    assert!(query.contains("X-Amz-Security-Token=token"), "{query}");
    Ok(query.split('&').find(|part| part.starts_with("X-Amz-Expires=")).unwrap().to_owned())
}

#[tokio::test]
async fn an_address_is_good_for_no_longer_than_who_signed_it() {
    assert_eq!(signed(None).await.unwrap(), "X-Amz-Expires=7200");
    assert_eq!(signed(Some(Duration::from_hours(6))).await.unwrap(), "X-Amz-Expires=7200");
    assert_eq!(signed(Some(Duration::from_hours(1))).await.unwrap(), "X-Amz-Expires=3600");
    assert_eq!(signed(Some(Duration::from_mins(20))).await.unwrap(), "X-Amz-Expires=1200");
}

#[tokio::test]
async fn credentials_that_end_too_soon_sign_nothing_and_it_is_said_what_to_do() {
    for left in [Duration::ZERO, Duration::from_mins(12)] {
        let error = signed(Some(left)).await.unwrap_err();
        assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unavailable, true));
        let (said, minutes) = (error.for_people(), left.as_secs() / 60);
        assert!(said.contains(&format!("end in {minutes} minutes")), "{said}");
        assert!(said.contains("aws sso login"), "{said}");
    }
}
