//! S3.
use super::account;
use super::api::{Api, between, boto};

const HERE: &str = "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint>\
    </CreateBucketConfiguration>";

#[tokio::test]
async fn a_policy_that_cannot_be_read_is_not_stored() {
    let api = Api::of(&account().await);
    let (status, said) = api.rest("s3", "PUT", "/a-bucket-of-policies", HERE).await;
    assert_eq!(status, 200, "{said}");
    for policy in ["{not json", "{}", r#"{"Statement": [{"Effect": "Perhaps", "Principal": "*"}]}"#]
    {
        let (status, said) = api.rest("s3", "PUT", "/a-bucket-of-policies?policy", policy).await;
        assert_eq!((status, between(&said, "Code")), (400, "MalformedPolicy"), "{policy}");
    }
    let (status, _) = api.rest("s3", "GET", "/a-bucket-of-policies?policy", "").await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn an_address_that_root_has_signed_is_good() {
    let account = account().await;
    let said = boto(
        &account,
        "
import urllib.error, urllib.request
s3 = client('s3')
s3.create_bucket(Bucket='signed', CreateBucketConfiguration={'LocationConstraint': region})
s3.put_object(Bucket='signed', Key='k', Body=b'hello')
def read(signer):
    address = signer.generate_presigned_url('get_object', Params={'Bucket': 'signed', 'Key': 'k'})
    try:
        return urllib.request.urlopen(address).read().decode()
    except urllib.error.HTTPError as error:
        return error.code
print(read(s3), read(client('s3', secret='wrong')))
",
    )
    .await;
    assert_eq!(said, "hello 403");
}
