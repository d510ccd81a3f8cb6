use http::Request;

use super::super::call::Call;

fn call(method: &str, uri: &str, service: &str, headers: &[(&str, &str)], body: &str) -> String {
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential=k/20261125/eu-central-1/{service}/aws4_request, Signature=s"
    );
    let mut request = Request::builder().method(method).uri(uri).header("authorization", scope);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    let call = Call::of(&head, body.as_bytes());
    assert_eq!(call.service, service);
    call.operation
}

#[test]
fn json_services_say_it_in_a_header_and_query_services_in_the_body() {
    let target = [("x-amz-target", "AmazonEC2ContainerServiceV20141113.RunTask")];
    assert_eq!(call("POST", "/", "ecs", &target, "{}"), "RunTask");
    assert_eq!(call("POST", "/", "iam", &[], "Action=CreateUser&UserName=x"), "CreateUser");
    assert_eq!(
        call("POST", "/service/GraniteService/operation/PutMetricData", "monitoring", &[], ""),
        "PutMetricData"
    );
    assert_eq!(call("GET", "/what", "acm", &[], ""), "GET /what");
}

#[test]
fn path_services_are_told_by_method_and_path() {
    for (method, uri, service, wanted) in [
        ("POST", "/2015-02-01/access-points", "elasticfilesystem", "CreateAccessPoint"),
        ("DELETE", "/2015-02-01/access-points/fsap-1", "elasticfilesystem", "DeleteAccessPoint"),
        (
            "GET",
            "/2015-02-01/file-systems?CreationToken=a",
            "elasticfilesystem",
            "DescribeFileSystems",
        ),
        ("POST", "/2013-04-01/hostedzone/Z1/rrset", "route53", "ChangeResourceRecordSets"),
        ("GET", "/2013-04-01/hostedzone/Z1/rrset?maxitems=1", "route53", "ListResourceRecordSets"),
        ("POST", "/2013-04-01/hostedzone/Z1/rrset/", "route53", "ChangeResourceRecordSets"),
    ] {
        assert_eq!(call(method, uri, service, &[], ""), wanted);
    }
}

#[test]
fn s3_is_told_by_subresource() {
    for (method, uri, wanted) in [
        ("GET", "/", "ListBuckets"),
        ("PUT", "/b", "CreateBucket"),
        ("PUT", "/b/", "CreateBucket"),
        ("HEAD", "/b", "HeadBucket"),
        ("DELETE", "/b", "DeleteBucket"),
        ("PUT", "/b?policy", "PutBucketPolicy"),
        ("DELETE", "/b?lifecycle", "DeleteBucketLifecycle"),
        ("GET", "/b?policyStatus", "GetBucketPolicyStatus"),
        ("PUT", "/b?publicAccessBlock=", "PutPublicAccessBlock"),
        ("GET", "/b?list-type=2&prefix=x", "ListObjectsV2"),
        ("GET", "/b?versions", "ListObjectVersions"),
        ("GET", "/b", "ListObjects"),
        ("POST", "/b?delete", "DeleteObjects"),
        ("GET", "/b/k?x-id=GetObject", "GetObject"),
        ("PUT", "/b/k", "PutObject"),
        ("HEAD", "/b/k/l", "HeadObject"),
        ("DELETE", "/b/k", "DeleteObject"),
        ("POST", "/b/k?uploads", "CreateMultipartUpload"),
        ("PUT", "/b/k?partNumber=1&uploadId=u", "UploadPart"),
        ("POST", "/b/k?uploadId=u", "CompleteMultipartUpload"),
        ("DELETE", "/b/k?uploadId=u", "AbortMultipartUpload"),
        ("GET", "/b/k?tagging", "GetObjectTagging"),
    ] {
        assert_eq!(call(method, uri, "s3", &[], ""), wanted, "{method} {uri}");
    }
    assert_eq!(call("PUT", "/b/k", "s3", &[("x-amz-copy-source", "a/b")], ""), "CopyObject");
}

#[test]
fn who_signs_in_the_query_or_not_at_all_is_known_too() {
    let query =
        "/b/k?X-Amz-Credential=k%2F20261125%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=1";
    for uri in [query, "/b/k"] {
        let (head, ()) = Request::get(uri).body(()).unwrap().into_parts();
        let call = Call::of(&head, b"");
        assert_eq!((call.service.as_str(), call.operation.as_str()), ("s3", "GetObject"));
    }
}
